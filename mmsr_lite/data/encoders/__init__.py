"""From texts and pictures to feature vectors, one encoder a file; results are kept in the cache by the encoded content.

An encoder is named as `name` or `name:model`. The model is a file, a folder, or a name that its library knows. Nothing
is fetched from a network unless a model with such a name is asked for.
"""

import shutil
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from mmsr_lite.data.encoders import clip, colour_edges, resnet50, sentence, t5, tfidf_svd
from mmsr_lite.data.features import read_features, write_features
from mmsr_lite.data.storage import cache_dir, content_hash, file_hash
from mmsr_lite.errors import MMSRError, choose


@dataclass(frozen=True)
class Encoder:
    """How texts or pictures are encoded. It has either `open` or `fit`; one that reads finished features has neither.

    Args:
        reads: "text" (values are strings, "" when absent), "picture" (paths, None when absent), or "file" (finished
            features).
        open: a function `open(model)` that loads the network, and returns a function of at most `batch` values. That
            one returns the features of the values that can be encoded, and which these are (bool).
        batch: how many values are encoded at once.
        models: what may be named as model, where one has to be named; "": none has to be.
        default: a function that finds the model when none is named.
        fit: a function `fit(values, dim=, seed=)` of an encoder that learns from all values at once; it returns
            features (n, F) and present (n,).

    Example:
        >>> lengths = Encoder("text", fit=lambda values, dim, seed: (np.array([[len(one)] for one in values]), None))
        >>> lengths.fit(["hat", "scarf"], dim=1, seed=0)[0].tolist()
        [[3], [5]]
    """

    reads: str
    open: Any = None
    batch: int = 0
    models: str = ""
    default: Callable[[], Path] | None = None
    fit: Callable[..., tuple[np.ndarray, np.ndarray]] | None = None


ENCODERS = {
    "clip-picture": Encoder("picture", clip.pictures, 64, clip.EXAMPLE),
    "clip-text": Encoder("text", clip.texts, 256, clip.EXAMPLE),
    "colour-edges": Encoder("picture", colour_edges.pictures, 256),
    "precomputed": Encoder("file", models="precomputed:FILE, one of .npz, .safetensors, .parquet, .b"),
    "resnet50": Encoder("picture", resnet50.pictures, 64, resnet50.EXAMPLE),
    "sentence": Encoder("text", sentence.texts, 1024, default=sentence.model_folder),
    "t5": Encoder("text", t5.texts, 64, t5.EXAMPLE),
    "tfidf-svd": Encoder("text", fit=tfidf_svd.encode),
}
VERSION = 4  # a new number makes the cache encode everything again
DEFAULTS = {"text": "tfidf-svd", "picture": "colour-edges"}


def encoder_of(spec: str) -> Encoder:
    """Find an encoder by name.

    Args:
        spec: a name in `ENCODERS`, perhaps with a colon and a model.

    Returns:
        The encoder; its model is not opened.

    Example:
        >>> encoder_of("resnet50:weights.pth").reads
        'picture'
    """
    return ENCODERS[choose("encoder", spec.partition(":")[0], ENCODERS)]


def weights(spec: str) -> str:
    """Identify the weights of a model, for the cache and for manifests.

    Args:
        spec: a name in `ENCODERS`, perhaps with a colon and a model.

    Returns:
        A hash of the file of the model, or of all files in its folder; a model that is only a name stands for itself.

    Example:
        >>> weights("resnet50")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: encoder 'resnet50' needs a model: resnet50:FILE.pth, or ...
    """
    path = Path(model := model_of(spec) or "")
    if model and path.is_dir():
        return content_hash([[file.name, file_hash(file)] for file in sorted(path.rglob("*")) if file.is_file()])
    return file_hash(path) if path.is_file() else model


def model_of(spec: str) -> str | None:
    """The model that is named in `name:model`, else the default model of the encoder.

    Args:
        spec: a name in `ENCODERS`, perhaps with a colon and a model.

    Returns:
        The model; None where the encoder needs none.

    Raises:
        MMSRError: the encoder needs a model, and none is named.

    Example:
        >>> model_of("resnet50:weights.pth")
        'weights.pth'
    """
    encoder, (name, _, model) = encoder_of(spec), spec.partition(":")
    if encoder.models and not model:
        raise MMSRError(f"encoder {name!r} needs a model: {encoder.models}")
    return model or (str(encoder.default()) if encoder.default else None)


def choose_encoders(kinds: dict[str, str], encoders: str | dict[str, str] | None = None) -> dict[str, str]:
    """Choose the encoder of each modality: the one that is asked for, else the default for its kind.

    Args:
        kinds: name of a modality -> "text" or "picture".
        encoders: one encoder for all modalities of the kind that it reads, or one for each by name; None (the default):
            those of `DEFAULTS`.

    Returns:
        Name of a modality -> its encoder.

    Raises:
        MMSRError: there is no such encoder or modality, or an encoder reads another kind.

    Example:
        >>> choose_encoders({"title": "text", "photo": "picture"}, "sentence")
        {'title': 'sentence', 'photo': 'colour-edges'}
    """
    if isinstance(encoders, str):
        if (reads := encoder_of(encoders).reads) == "file":
            raise MMSRError(f"encoder {encoders!r} makes one modality; name it: MODALITY={encoders}")
        encoders = {name: encoders for name, kind in kinds.items() if kind == reads}
    for name, encoder in (encoders or {}).items():
        encoder_of(encoder)
        choose("modality to encode", name, kinds)
    return {name: DEFAULTS[kind] for name, kind in kinds.items()} | (encoders or {})


def encode(spec: str, values: Sequence[str | None], *, dim: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Encode values, or take their features from the cache when neither the values nor the encoder changed.

    An encoder with a network keeps each finished batch, so that a run after one that was stopped goes on from there.

    Args:
        spec: the encoder, `name` or `name:model`.
        values: n strings, "" where absent; or n paths of pictures, None where absent.
        dim: the largest F of an encoder that learns from all values at once, default 128.
        seed: the seed of such an encoder, default 0.

    Returns:
        Features (n, F) float32 and present (n,) bool.

    Example:
        >>> features, present = encode("tfidf-svd", ["red dress", "", "green dress"])
        >>> features.shape, present.tolist()
        ((3, 3), [True, False, True])
    """
    encoder, name = encoder_of(spec), spec.partition(":")[0]
    content = [_file_hash(value) for value in values] if encoder.reads == "picture" else list(values)
    key = content_hash(VERSION, name, weights(spec))
    parts = cache_dir("features", f"{name}-{key}")
    file = cache_dir("features") / f"{name}-{content_hash(key, content, dim, seed)}.safetensors"
    if (kept := _kept(file, len(values))) is not None:
        return kept
    if encoder.fit is not None:
        features, present = encoder.fit(values, dim=dim, seed=seed)
    else:
        features, present = _in_batches(spec, values, content, parts)
    if _keep(file, features[present], present):
        shutil.rmtree(parts, ignore_errors=True)
    return features, present


def _in_batches(spec: str, values: Sequence, content: Sequence, parts: Path) -> tuple[np.ndarray, np.ndarray]:
    """As `encode`, batch by batch; equal values are encoded once."""
    encoder = encoder_of(spec)
    first = {known: row for row, known in reversed(list(enumerate(content))) if known and known.strip()}
    order = sorted(first, key=lambda known: (len(known), known))  # texts of similar length need little padding
    batches = [order[begin : begin + encoder.batch] for begin in range(0, len(order), encoder.batch)]
    run, keeping, features, found = None, True, [np.zeros((0, 0), np.float32)], []
    for batch in tqdm(batches, desc=spec.partition(":")[0], unit="batch", disable=len(batches) < 3):
        part = parts / f"{content_hash(batch)}.safetensors"
        if (kept := _kept(part, len(batch))) is not None:
            rows, present = kept[0][kept[1]], kept[1]
        else:
            run = run or encoder.open(model_of(spec))
            rows, present = run([values[first[known]] for known in batch])
            keeping = keeping and _keep(part, rows, present)
        found += present.tolist()
        features += [rows] if len(rows) else []
    together = np.concatenate([*features[1:], np.zeros((1, features[-1].shape[1] or 1), np.float32)])  # (m + 1, F)
    place = dict(zip(order, np.where(found, np.cumsum(found) - 1, -1).tolist(), strict=True))
    rows = np.array([place.get(known or "", -1) for known in content], int)  # -1: the last row, zeros
    return together[rows], rows >= 0


def _kept(file: Path, count: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Features (n, F) and present (n,) from the cache; None when the file is missing or damaged."""
    with suppress(MMSRError):
        return read_features(file, [str(row) for row in range(count)])
    return None


def _keep(file: Path, features: np.ndarray, present: np.ndarray) -> bool:
    """Write the features (m, F) of the present values into the cache; False, with a warning, when that fails."""
    try:
        write_features(file, features, [str(row) for row in np.flatnonzero(present)])
    except MMSRError as error:
        warnings.warn(f"features are not kept for the next time: {error}", stacklevel=3)
        return False
    return True


def _file_hash(path: str | None) -> str | None:
    """A hash of the content of a file; None when it cannot be read."""
    with suppress(MMSRError):
        return path and file_hash(path)
    return None
