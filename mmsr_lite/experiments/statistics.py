"""Do two systems differ, or is it chance? One test decides; three others are reported beside it.

A result hangs on two samples. Other users would give other numbers, and so would other seeds. Every seed of a system is
tested on every user, so seeds and users are *crossed*. `crossed` takes both into account; a test that knows only users
calls two seeds of the same system different, and a test that knows only seeds calls it a difference when a few users
like one system more.

`crossed` decides. `over_users`, `over_seeds` and `bootstrap` are the tests that other papers use, for
comparison. `holm` corrects the p-values of a whole table for their number.
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
        found = {name: float(f"{value:.4g}") for name, value in asdict(self).items() if name != "users"}
        return found | {"users": self.users}


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
        >>> found = crossed(good, bad, user, "HR@5")
        >>> round(found.difference), found.p < 0.001
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
        samples = [found for found, has in ((first, one_has_seeds), (second, other_has_seeds)) if has]
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
    sums = np.stack([np.bincount(number, 100 * gain) for gain in _gains(ranks, metric)])  # (S, U)
    means = sums.sum(1) / targets.sum()  # (S,)
    parts = (sums - targets * means[:, None]) / targets.mean()  # (S, U)
    return _SeedsByUsers(parts, means)


def _residual(parts: np.ndarray) -> float:
    """The variance in `parts` (S, U), whose rows have mean zero, that neither users nor seeds explain."""
    seeds, users = parts.shape
    return float(((parts - parts.mean(0)) ** 2).sum() / ((seeds - 1) * (users - 1)))


def _gains(ranks: Sequence[np.ndarray], metric: str) -> np.ndarray:
    """(S, E) what each target adds to `metric`, from 0 to 1."""
    cutoff = int(metric.split("@")[1])
    return np.asarray(gains(np.stack(ranks), (cutoff,))[metric], float)


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


def over_users(
    one: Sequence[np.ndarray], other: Sequence[np.ndarray], user: np.ndarray, metric: str
) -> dict[str, float]:
    """The paired t-test over users, which takes the seeds at hand for all there are: reported, never decisive.

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
        >>> found = over_users([np.array([1, 9, 1, 9])], [np.array([9, 9, 1, 9])], of, "HR@5")    # 50, 0 and 0 more
        >>> round(found["difference"], 2), round(found["p"], 3), found["users"]
        (16.67, 0.423, 3)
    """
    values = _user_values(one, other, user, metric)  # (U,)
    if not values.any():
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0, "users": len(values)}
    test = stats.ttest_1samp(values, 0.0)
    found = {"difference": values.mean(), "p": test.pvalue} | test.confidence_interval(0.95)._asdict()
    return {name: float(f"{value:.4g}") for name, value in found.items()} | {"users": len(values)}


paired = over_users  # the name that benchmarks and notebooks know


def over_seeds(one: Sequence[np.ndarray], other: Sequence[np.ndarray], metric: str) -> float:
    """The p-value of Welch's t-test over seeds, which takes the users at hand for all there are: reported only.

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
    first, second = (100 * _gains(ranks, metric).mean(1) for ranks in (one, other))  # (S,)
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
    """The p-value of a bootstrap that draws users and seeds anew: reported only.

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
    found = np.empty(draws)
    for index in range(draws):
        weights = np.bincount(chance.integers(users, size=users), minlength=users) / users  # (U,)
        means = [values[chance.integers(len(values), size=len(values))].mean(0) for values in (first, second)]
        found[index] = (means[0] - means[1]) @ weights
    low, high = (found <= 0).mean(), (found >= 0).mean()
    return float(min(1.0, 2 * min(low, high)))


def _user_means(ranks: Sequence[np.ndarray], user: np.ndarray, metric: str) -> np.ndarray:
    """(S, U) the mean of `metric` over each user's targets, in percent."""
    _, number = np.unique(user, return_inverse=True)
    return np.stack([np.bincount(number, 100 * gain) / np.bincount(number) for gain in _gains(ranks, metric)])


def _user_values(one: Sequence[np.ndarray], other: Sequence[np.ndarray], user: np.ndarray, metric: str) -> np.ndarray:
    """(U,) mean over seeds and targets of each user, `one` minus `other`, in percent."""
    return _user_means(one, user, metric).mean(0) - _user_means(other, user, metric).mean(0)
