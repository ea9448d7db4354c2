"""Do two systems differ, or is it chance? A paired test over users."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from mmsr_lite.evaluation.metrics import gains


def paired(one: Sequence[np.ndarray], other: Sequence[np.ndarray], user: np.ndarray, metric: str) -> dict[str, float]:
    """The paired t-test over users of two systems, given the ranks (E,) of the same examples by each of their seeds.

    A user's value is the mean over seeds and over the user's examples, in percent; `user` (E,) says whose they are.
    `difference` is the mean of `one` minus `other` over users, `low` to `high` its 95 % interval, `p` two-sided.

    >>> of = np.array([0, 0, 1, 2])
    >>> found = paired([np.array([1, 9, 1, 9])], [np.array([9, 9, 1, 9])], of, "HR@5")    # 50, 0 and 0 more
    >>> round(found["difference"], 2), round(found["p"], 3), found["users"]
    (16.67, 0.423, 3)
    """
    _, user = np.unique(user, return_inverse=True)
    here, there = (gains(np.stack(ranks), (int(metric.split("@")[1]),))[metric].mean(0) for ranks in (one, other))
    values = 100 * np.bincount(user, here - there) / np.bincount(user)  # (U,)
    if not values.any():
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0, "users": len(values)}
    test = stats.ttest_1samp(values, 0.0)
    found = {"difference": values.mean(), "p": test.pvalue} | test.confidence_interval(0.95)._asdict()
    return {name: float(f"{value:.4g}") for name, value in found.items()} | {"users": len(values)}
