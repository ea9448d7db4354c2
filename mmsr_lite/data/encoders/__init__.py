"""From texts and pictures to feature vectors, one encoder a file; what was encoded once is kept by content."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmsr_lite.data.encoders import colour_edges, sentence, tfidf_svd
from mmsr_lite.data.prepared import read_features, write_features
from mmsr_lite.data.storage import cache_dir, content_hash
from mmsr_lite.errors import MMSRError, choose


@dataclass(frozen=True)
class Encoder:
    """`run(values, *, dim, seed, model)` gives features (n, F) float32 and present (n,) bool; absent rows are zero.

    `reads` is "text" (strings, "" when absent) or "picture" (paths, None when absent); `weights(model)` names what was
    learned elsewhere.
    """

    run: Callable[..., tuple[np.ndarray, np.ndarray]]
    reads: str
    weights: Callable[[str | None], str] = lambda model: ""


ENCODERS = {
    "colour-edges": Encoder(colour_edges.encode, "picture"),
    "sentence": Encoder(sentence.encode, "text", sentence.weights),
    "tfidf-svd": Encoder(tfidf_svd.encode, "text"),
}
VERSION = 2  # counts up when an encoder gives other numbers
DEFAULTS = {"text": "tfidf-svd", "picture": "colour-edges"}


def choose_encoders(kinds: dict[str, str], encoders: str | dict[str, str] | None = None) -> dict[str, str]:
    """The encoder of each modality, given its kind: the one asked for, else the default of the kind.

    >>> choose_encoders({"title": "text", "photo": "picture"}, "sentence")
    {'title': 'sentence', 'photo': 'colour-edges'}
    """
    if isinstance(encoders, str):
        reads = ENCODERS[choose("encoder", encoders, ENCODERS)].reads
        encoders = {name: encoders for name, kind in kinds.items() if kind == reads}
    for name, encoder in (encoders or {}).items():
        choose("encoder", encoder, ENCODERS)
        choose("modality to encode", name, kinds)
    return {name: DEFAULTS[kind] for name, kind in kinds.items()} | (encoders or {})


def encode(
    name: str, values: Sequence[str | None], *, dim: int = 128, seed: int = 0, model: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, F) and present (n,) of `values` by the encoder `name`, taken from the cache when nothing changed.

    >>> features, present = encode("tfidf-svd", ["red dress", "", "green dress"])
    >>> features.shape, present.tolist()
    ((3, 3), [True, False, True])
    """
    encoder = ENCODERS[choose("encoder", name, ENCODERS)]
    content = [_file_hash(value) for value in values] if encoder.reads == "picture" else list(values)
    key = content_hash(VERSION, name, content, dim, seed, encoder.weights(model))
    file = cache_dir("features") / f"{name}-{key}.safetensors"
    rows = [str(row) for row in range(len(values))]
    if file.is_file():
        try:
            return read_features(file, rows)
        except MMSRError:
            pass  # a damaged file is made again
    features, present = encoder.run(values, dim=dim, seed=seed, model=model)
    try:
        write_features(file, features[present], np.array(rows)[present].tolist())
    except MMSRError as error:
        warnings.warn(f"features are not kept for the next time: {error}", stacklevel=2)
    return features, present


def _file_hash(path: str | None) -> str | None:
    """A hash of what the file holds; None when there is none to read."""
    try:
        return path and hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None
