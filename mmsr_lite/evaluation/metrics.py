"""Ranking metrics of next-item recommendation (paper, section 5, "Evaluation Protocol")."""

import numpy as np

CUTOFFS = (5, 20)


def gains(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, np.ndarray]:
    """What each rank, 1 being best, adds to HR@K, MRR@K and NDCG@K, from 0 to 1, in arrays of the shape of `ranks`.

    With one target an example, the ideal of NDCG is 1, so NDCG@K is the mean of 1 / log2(1 + rank).

    >>> gains(np.array([1, 2, 9]), (5,))["MRR@5"].tolist()
    [1.0, 0.5, 0.0]
    """
    found = {}
    for k in cutoffs:
        hit = ranks <= k
        found |= {f"HR@{k}": hit, f"MRR@{k}": hit / ranks, f"NDCG@{k}": hit / np.log2(1 + ranks)}
    return found


def metrics(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K in percent from the rank (E,) of each target.

    >>> {name: round(value, 2) for name, value in metrics(np.array([1, 4, 30]), (5,)).items()}
    {'HR@5': 66.67, 'MRR@5': 41.67, 'NDCG@5': 47.69}
    """
    return {name: 100 * float(gain.mean()) for name, gain in gains(ranks, cutoffs).items()}
