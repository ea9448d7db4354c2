"""Features that somebody else computed, read from a file: NPZ, safetensors, Parquet, or Amazon's image_features_X.b."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmsr_lite.data.features import read_features

EXAMPLE = "precomputed:FILE, one of .npz, .safetensors, .parquet, .b"


def encode(values: Sequence[str], *, model: str, dim: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, F) float32 of the items with these ids and present (n,); a row of zeros counts as absent.

    `dim` and `seed` are not used.
    """
    features, present = read_features(model, values)
    return features, present & features.any(axis=1)
