"""Three tests that other papers use and that do not decide here: each takes one of the two samples for all there is.

See `statistics` for the one that decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from mmsr_lite.arguments import checked
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.cells import gain_of


def in_one_row(runs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Put the orders at ties of each run one after the other, as if they were further targets of the same users.

    Args:
        runs: S arrays of ranks (E,), or (O, E) with O orders at ties.

    Returns:
        S arrays (O E,); their users are `np.tile(user, O)`.

    Example:
        >>> in_one_row([np.array([[1, 2], [3, 4]])])[0].tolist()
        [1, 2, 3, 4]
    """
    return [run.ravel() for run in runs]


@checked()
def paired(one: Sequence[np.ndarray], other: Sequence[np.ndarray], user: np.ndarray, metric: str) -> dict[str, float]:
    """The paired t-test over users, which knows nothing of other seeds; it is reported and never decides.

    A user's value is the mean over seeds and over the user's targets, in percent.

    Args:
        one: ranks (E,) by each run of the first system.
        other: ranks (E,) by each run of the second system.
        user: (E,) whose target it is.
        metric: such as "HR@5".

    Returns:
        `difference` (mean over users), `low` and `high` of its 95 % interval, two-sided `p`, and `users`.

    Example:
        >>> of = np.array([0, 0, 1, 2])
        >>> test = paired([np.array([1, 9, 1, 9])], [np.array([9, 9, 1, 9])], of, "HR@5")    # 50, 0 and 0 more
        >>> round(test["difference"], 2), round(test["p"], 3), test["users"]
        (16.67, 0.423, 3)
    """
    values = _user_values(one, other, user, metric)  # (U,)
    if not values.any():
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0, "users": len(values)}
    test = stats.ttest_1samp(values, 0.0)
    numbers = {"difference": values.mean(), "p": test.pvalue} | test.confidence_interval(0.95)._asdict()
    return {name: float(f"{value:.4g}") for name, value in numbers.items()} | {"users": len(values)}


def over_seeds(one: Sequence[np.ndarray], other: Sequence[np.ndarray], metric: str) -> float:
    """The p-value of Welch's t-test over seeds, which knows nothing of other users; it is reported and never decides.

    Args:
        one: ranks (E,) by each run of the first system; one run is taken for a system without seeds.
        other: the same for the second system.
        metric: such as "HR@5".

    Returns:
        The two-sided p-value; 1 where neither system has two runs.

    Example:
        >>> runs = [np.array([1, 9]), np.array([1, 2])]
        >>> over_seeds(runs, runs, "HR@5")
        1.0
    """
    first, second = (100 * gain_of(ranks, metric).mean(1) for ranks in (one, other))  # (S,)
    difference = float(first.mean() - second.mean())
    parts = [(float(means.var(ddof=1)) / len(means), len(means) - 1) for means in (first, second) if len(means) > 1]
    variance = sum(value for value, _ in parts)
    if variance == 0:
        return float(difference == 0 or not parts)
    degrees = variance**2 / sum(value**2 / size for value, size in parts)
    return 2 * float(stats.t.sf(abs(difference) / np.sqrt(variance), degrees))


def bootstrap(
    one: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    user: np.ndarray,
    metric: str,
    *,
    draws: int = 500,
    seed: int = 0,
) -> float:
    """The p-value of a bootstrap over users and seeds; it is reported and never decides.

    With five seeds a bootstrap over them finds too little spread, so this rejects too often where seeds dominate.

    Args:
        one: ranks (E,) by each run of the first system.
        other: ranks (E,) by each run of the second system.
        user: (E,) whose target it is.
        metric: such as "HR@5".
        draws: how many samples are drawn.
        seed: of the samples.

    Returns:
        Twice the share of samples on the other side of zero, at most 1.

    Example:
        >>> runs = [np.array([1, 9, 1]), np.array([1, 2, 9])]
        >>> bootstrap(runs, runs, np.arange(3), "HR@5", draws=100) > 0.5
        True
    """
    chance = np.random.default_rng(seed)
    first, second = (_user_means(ranks, user, metric) for ranks in (one, other))  # (S, U)
    users = first.shape[1]
    differences = np.empty(draws)
    for index in range(draws):
        weights = np.bincount(chance.integers(users, size=users), minlength=users) / users  # (U,)
        means = [values[chance.integers(len(values), size=len(values))].mean(0) for values in (first, second)]
        differences[index] = (means[0] - means[1]) @ weights
    low, high = (differences <= 0).mean(), (differences >= 0).mean()
    return float(min(1.0, 2 * min(low, high)))


def _user_means(ranks: Sequence[np.ndarray], user: np.ndarray, metric: str) -> np.ndarray:
    """(S, U) the mean of `metric` over each user's targets, in percent."""
    _, number = np.unique(user, return_inverse=True)
    if any(np.shape(one) != user.shape or user.ndim != 1 for one in ranks):
        shapes = [np.shape(one) for one in ranks]
        raise MMSRError(f"ranks have the shapes {shapes} and user has {user.shape}; expected one axis, the same in all")
    return np.stack([np.bincount(number, 100 * gain) / np.bincount(number) for gain in gain_of(ranks, metric)])


def _user_values(one: Sequence[np.ndarray], other: Sequence[np.ndarray], user: np.ndarray, metric: str) -> np.ndarray:
    """(U,) mean over seeds and targets of each user, `one` minus `other`, in percent."""
    return _user_means(one, user, metric).mean(0) - _user_means(other, user, metric).mean(0)
