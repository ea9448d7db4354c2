"""Do two systems differ, or is it chance? One test decides; three others are reported beside it.

A result hangs on two samples. Other users would give other numbers, and so would other seeds. Every seed of a system is
tested on every user, so seeds and users are *crossed*. `crossed` takes both into account; a test that knows only users
calls two seeds of the same system different, and a test that knows only seeds calls it a difference when a few users
like one system more.

`crossed` decides; `holm` corrects the p-values of a whole table for their number. The tests that other papers use are
in `reported_tests`, for comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from scipy import stats

from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import gains

LEVEL = 0.05  # a difference is called a difference below this, after Holm's correction


@dataclass(frozen=True)
class Comparison:
    """What a test says of the difference between two systems, in percent.

    Attributes:
        difference: mean metric of the one system minus that of the other, over all targets and seeds.
        low: lower end of the 95 % interval of the difference.
        high: upper end of the 95 % interval of the difference.
        p: two-sided p-value of "the difference is zero".
        degrees: degrees of freedom of the t distribution that gave `p` and the interval.
        users_sd: the part of the standard error that comes from the users, in percent.
        seeds_sd: the part of the standard error that comes from the seeds, in percent.
        users: how many users there are.
    """

    difference: float
    low: float
    high: float
    p: float
    degrees: float
    users_sd: float
    seeds_sd: float
    users: int

    def record(self) -> dict[str, float]:
        """The same as a dictionary, with four significant digits, for a JSON file."""
        rounded = {name: float(f"{value:.4g}") for name, value in asdict(self).items() if name != "users"}
        return rounded | {"users": self.users}


def crossed(
    one: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    user: np.ndarray,
    metric: str,
    *,
    one_has_seeds: bool = True,
    other_has_seeds: bool = True,
    same_models: bool = False,
) -> Comparison:
    """Compare two systems, with users and seeds as two crossed random samples.

    The estimate is the difference of the two means that a table shows. With z_su the part of user u in the mean of
    seed s (the ratio estimator: a user with more targets weighs more), its variance is

        T + V_one + V_other - R

    T is the variance between users of z (mean over seeds, one system minus the other) over U; V is the variance between
    the seeds of a system over S, zero for a system without seeds; R is the variance of what is left of z once users and
    seeds are taken out, over S U. T and V both contain R, so it is taken off once; the sum is never less than T, and
    never less than V. The t distribution has the degrees of freedom of Welch and Satterthwaite, from U - 1 for T and
    S - 1 for each V: near S - 1 to 2 (S - 1) where seeds dominate, and very many where users do.

    Seed 3 of one system has nothing in common with seed 3 of another, so seeds are not paired, except where both
    systems were read off the same trained models (`same_models`): then the difference within each model is the sample.

    Simulated without any difference, it rejects 3 to 7 % at the 5 % level whether users dominate, seeds dominate or
    neither does (`python -m benchmarks null_rejections`).

    Args:
        one: ranks of all E targets by each run (seed) of the first system, S arrays of shape (E,); 1 is the best rank.
        other: the same for the second system, for the same targets in the same order.
        user: (E,) whose target it is.
        metric: such as "HR@5" or "MRR@20".
        one_has_seeds: False for a system that counts and so gives the same ranks whatever the seed.
        other_has_seeds: the same for the second system.
        same_models: whether run s of `one` and run s of `other` were read off the same trained model.

    Returns:
        The difference with its 95 % interval and p-value, all from this one model.

    Raises:
        MMSRError: when a system with seeds has only one run (one seed says nothing about other seeds), when there are
            fewer than two users, or when the shapes do not fit.

    Example:
        >>> chance = np.random.default_rng(0)
        >>> user = np.repeat(np.arange(300), 2)
        >>> good, bad = ([chance.integers(1, most, 600) for _ in range(5)] for most in (20, 40))
        >>> comparison = crossed(good, bad, user, "HR@5")
        >>> round(comparison.difference), comparison.p < 0.001
        (11, True)
    """
    _check(one, other, user, one_has_seeds, other_has_seeds, same_models)
    first, second = (_parts_of_users(ranks, user, metric) for ranks in (one, other))  # (S, U) and (S,)
    users = first.parts.shape[1]
    if same_models:
        pairs = _SeedsByUsers(first.parts - second.parts, first.means - second.means)
        samples = [pairs]
        between = pairs.parts.mean(0)  # (U,)
    else:
        samples = []
        if one_has_seeds:
            samples.append(first)
        if other_has_seeds:
            samples.append(second)
        between = first.parts.mean(0) - second.parts.mean(0)  # (U,)
    of_users = float(between.var(ddof=1)) / users  # T
    of_seeds = [float(sample.means.var(ddof=1)) / len(sample.means) for sample in samples]  # each V
    shared = sum(_residual(sample.parts) / sample.parts.size for sample in samples)  # R
    variance = max(of_users, sum(of_seeds), of_users + sum(of_seeds) - shared)
    difference = float(first.means.mean() - second.means.mean())
    if variance == 0:
        return Comparison(difference, difference, difference, float(difference == 0), float(users - 1), 0.0, 0.0, users)
    sizes = [users, *(len(sample.means) for sample in samples)]
    squares = sum(value**2 / (size - 1) for value, size in zip([of_users, *of_seeds], sizes, strict=True))
    degrees = variance**2 / squares
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.975, degrees)) * error
    p = 2 * float(stats.t.sf(abs(difference) / error, degrees))
    seeds_sd = float(np.sqrt(max(0.0, variance - of_users)))
    return Comparison(
        difference, difference - half, difference + half, p, degrees, float(np.sqrt(of_users)), seeds_sd, users
    )


def gain_of(ranks: Sequence[np.ndarray], metric: str) -> np.ndarray:
    """What each target adds to a metric, from 0 to 1, in each run.

    Args:
        ranks: S arrays (E,) of ranks.
        metric: such as "HR@5".

    Returns:
        (S, E) gains.

    Example:
        >>> gain_of([np.array([1, 2, 9])], "MRR@5").tolist()
        [[1.0, 0.5, 0.0]]
    """
    cutoff = int(metric.split("@")[1])
    return np.asarray(gains(np.stack(ranks), (cutoff,))[metric], float)


@dataclass(frozen=True)
class _SeedsByUsers:
    """The metric of one system in percent: `means` (S,) of each seed, `parts` (S, U) what each user adds to it.

    The parts of a seed have mean zero: they say how far a user lies from the mean of the seed, weighed by how many
    targets the user has.
    """

    parts: np.ndarray
    means: np.ndarray


def _parts_of_users(ranks: Sequence[np.ndarray], user: np.ndarray, metric: str) -> _SeedsByUsers:
    _, number = np.unique(user, return_inverse=True)
    targets = np.bincount(number)  # (U,)
    sums = np.stack([np.bincount(number, 100 * gain) for gain in gain_of(ranks, metric)])  # (S, U)
    means = sums.sum(1) / targets.sum()  # (S,)
    parts = (sums - targets * means[:, None]) / targets.mean()  # (S, U)
    return _SeedsByUsers(parts, means)


def _residual(parts: np.ndarray) -> float:
    """The variance in `parts` (S, U), whose rows have mean zero, that neither users nor seeds explain."""
    seeds, users = parts.shape
    return float(((parts - parts.mean(0)) ** 2).sum() / ((seeds - 1) * (users - 1)))


def _check(
    one: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    user: np.ndarray,
    one_has_seeds: bool,
    other_has_seeds: bool,
    same_models: bool,
) -> None:
    for ranks, has_seeds in ((one, one_has_seeds), (other, other_has_seeds)):
        if any(run.shape != user.shape for run in ranks) or not len(ranks):
            shapes = [run.shape for run in ranks]
            raise MMSRError(f"ranks have the shapes {shapes}; expected at least one run, each of shape {user.shape}")
        if has_seeds and len(ranks) < 2:
            raise MMSRError("a system has one seed; expected two seeds or more, because one says nothing about others")
    if same_models and len(one) != len(other):
        raise MMSRError(
            f"there are {len(one)} and {len(other)} runs; expected as many where both are of the same models"
        )
    if len(np.unique(user)) < 2:
        raise MMSRError("the targets are of one user; expected two users or more")


def holm(p: Iterable[float]) -> list[float]:
    """The p-values of a family of tests after Holm's step-down correction (Holm, 1979), in the order given.

    The chance to call any difference real that is none stays below the level that the corrected values are compared
    with, however the tests depend on each other.

    Args:
        p: the p-values of all tests of the family.

    Returns:
        The corrected p-values, at most 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    values = np.array(list(p), float)
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(1, np.maximum.accumulate(steps))
    return corrected.tolist()
