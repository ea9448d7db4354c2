"""Ranking metrics of next-item recommendation (paper, section 5, "Evaluation Protocol")."""

import numpy as np

CUTOFFS = (5, 20)


def gains(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, np.ndarray]:
    """The gain of each rank in HR@K, MRR@K and NDCG@K.

    An example has one target, so the ideal of NDCG is 1, and NDCG@K is the mean of 1 / log2(1 + rank).

    Args:
        ranks: the rank of each target, an array of any shape; 1 is the best.
        cutoffs: the values of K, default 5 and 20.

    Returns:
        Name of a metric, such as "HR@5" -> an array of the shape of `ranks`, with values from 0 to 1.

    Example:
        >>> gains(np.array([1, 2, 9]), (5,))["MRR@5"].tolist()
        [1.0, 0.5, 0.0]
    """
    gain_of: dict[str, np.ndarray] = {}
    for k in cutoffs:
        hit = ranks <= k
        gain_of |= {f"HR@{k}": hit, f"MRR@{k}": hit / ranks, f"NDCG@{k}": hit / np.log2(1 + ranks)}
    return gain_of


def metrics(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K of all targets, in percent.

    Args:
        ranks: (E,) the rank of each target; 1 is the best.
        cutoffs: the values of K, default 5 and 20.

    Returns:
        Name of a metric, such as "HR@5" -> its mean over the targets, from 0 to 100.

    Example:
        >>> {name: round(value, 2) for name, value in metrics(np.array([1, 4, 30]), (5,)).items()}
        {'HR@5': 66.67, 'MRR@5': 41.67, 'NDCG@5': 47.69}
    """
    return {name: 100 * float(gain.mean()) for name, gain in gains(ranks, cutoffs).items()}
