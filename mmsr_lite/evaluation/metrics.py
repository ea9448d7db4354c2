"""Ranking metrics of next-item recommendation, in percent (paper, section 5, "Evaluation Protocol")."""

from __future__ import annotations

import numpy as np

CUTOFFS = (5, 20)


def metrics(ranks: np.ndarray, cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, float]:
    """HR@K, MRR@K and NDCG@K in percent from the rank (E,) of each target, 1 being best.

    With one target an example, the ideal of NDCG is 1, so NDCG@K is the mean of 1 / log2(1 + rank).

    >>> {name: round(value, 2) for name, value in metrics(np.array([1, 4, 30]), (5,)).items()}
    {'HR@5': 66.67, 'MRR@5': 41.67, 'NDCG@5': 47.69}
    """
    found = {}
    for k in cutoffs:
        hit = ranks <= k
        gains = {"HR": hit, "MRR": hit / ranks, "NDCG": hit / np.log2(1 + ranks)}
        found |= {f"{name}@{k}": 100 * float(gain.mean()) for name, gain in gains.items()}
    return found
