"""A text encoder that needs no download: weighted counts of words, reduced by a truncated SVD."""

from collections.abc import Sequence

import numpy as np


def encode(values: Sequence[str], *, dim: int = 128, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Encode texts; a text without a word is absent.

    Args:
        values: n texts.
        dim: the largest F, default 128.
        seed: the seed of the reduction, default 0.

    Returns:
        Unit vectors (n, F) float32, and present (n,) bool.

    Example:
        >>> features, present = encode(["red dress", "dress, red!", "", "blue jeans"])
        >>> bool(np.allclose(features[0], features[1], atol=1e-6)), present.tolist()
        (True, [True, True, False, True])
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(sublinear_tf=True, max_features=50_000, token_pattern=r"(?u)\b\w+\b", dtype=np.float32)
    try:
        counts = words.fit_transform(values)  # (n, vocabulary)
    except ValueError:  # scikit-learn raises this when there is no word at all
        return np.zeros((len(values), 1), np.float32), np.zeros(len(values), bool)
    if counts.shape[1] <= dim:  # so few words need no reduction
        features = counts.toarray()
    else:
        svd = TruncatedSVD(min(dim, len(values)), random_state=seed)
        features = svd.fit_transform(counts.astype(np.float64))  # (n, F); the last digits depend on the place in memory
    norm = np.linalg.norm(features, axis=1, keepdims=True)
    present = norm[:, 0] > 1e-6
    return np.where(present[:, None], features / np.maximum(norm, 1e-6), 0).astype(np.float32), present
