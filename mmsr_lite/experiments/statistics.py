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
        orders_sd: the part of the standard error that comes from the orders at ties, in percent; 0 where there is one.
        users: how many users there are.
    """

    difference: float
    low: float
    high: float
    p: float
    degrees: float
    users_sd: float
    seeds_sd: float
    orders_sd: float
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

    Where times tie, every seed is trained and ranked in O orders at ties, a third crossed sample. All systems meet the
    same orders, so these are paired. Users and seeds are then taken from the mean over the orders, as above, and the
    variance gets what the orders add beyond users, seeds and chance, never less than zero:

        Q - Q_users - Q_seeds + Q_both

    Q is the variance between the orders of the difference over O; the others are the variances of what is left of the
    cells order x user, order x seed and order x user x seed once their margins are taken out, each over its number of
    cells. Three orders say little of their own spread, so the whole of Q, with O - 1 degrees of freedom, counts in
    the degrees of freedom of the test. A target is another one in each order, but its user is the same, and the test
    knows targets by their users alone.

    Simulated without any difference, it rejects 3 to 7 % at the 5 % level whether users dominate, seeds dominate or
    neither does, and with three orders 1 to 5 %, also where orders dominate (`python -m benchmarks null_rejections`).

    Args:
        one: ranks of all E targets by each run (seed) of the first system, S arrays of shape (E,), or (O, E) with O
            orders at ties; 1 is the best rank.
        other: the same for the second system, for the same users in the same order.
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
    first, second = (_parts_of_users(ranks, user, metric) for ranks in (one, other))  # (S, O, U) and (S, O)
    orders, users = first.parts.shape[1:]
    if same_models:
        samples = [_Cells(first.parts - second.parts, first.means - second.means)]
    else:
        samples = []
        if one_has_seeds:
            samples.append(first)
        if other_has_seeds:
            samples.append(second)
    between = first.parts.mean((0, 1)) - second.parts.mean((0, 1))  # (U,)
    of_users = float(between.var(ddof=1)) / users  # T
    over_orders = [_Cells(sample.parts.mean(1), sample.means.mean(1)) for sample in samples]  # (S, U) and (S,)
    of_seeds = [float(sample.means.var(ddof=1)) / len(sample.means) for sample in over_orders]  # each V
    shared = sum(_residual(sample.parts) / sample.parts.size for sample in over_orders)  # R
    variance = max(of_users, sum(of_seeds), of_users + sum(of_seeds) - shared)
    between_orders, of_orders = _of_orders(first, second, samples)
    variance += of_orders
    difference = float(first.means.mean() - second.means.mean())
    if variance == 0:
        equal = float(difference == 0)
        return Comparison(difference, difference, difference, equal, float(users - 1), 0.0, 0.0, 0.0, users)
    sizes = [users, *(len(sample.means) for sample in samples)]
    squares = sum(value**2 / (size - 1) for value, size in zip([of_users, *of_seeds], sizes, strict=True))
    squares += between_orders**2 / max(1, orders - 1)
    degrees = variance**2 / squares
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.975, degrees)) * error
    p = 2 * float(stats.t.sf(abs(difference) / error, degrees))
    spreads = [of_users, variance - of_orders - of_users, of_orders]
    users_sd, seeds_sd, orders_sd = (float(np.sqrt(max(0.0, spread))) for spread in spreads)
    low, high = difference - half, difference + half
    return Comparison(difference, low, high, p, degrees, users_sd, seeds_sd, orders_sd, users)


def gain_of(ranks: Sequence[np.ndarray], metric: str) -> np.ndarray:
    """What each target adds to a metric, from 0 to 1, in each run.

    Args:
        ranks: S arrays of ranks, all of one shape: (E,), or (O, E) with O orders at ties.
        metric: such as "HR@5".

    Returns:
        Gains, (S, E) or (S, O, E).

    Example:
        >>> gain_of([np.array([1, 2, 9])], "MRR@5").tolist()
        [[1.0, 0.5, 0.0]]
    """
    cutoff = int(metric.split("@")[1])
    return np.asarray(gains(np.stack(ranks), (cutoff,))[metric], float)


@dataclass(frozen=True)
class _Cells:
    """The metric of one system in percent: `means` of each run, `parts` what each user adds to it.

    The runs are (S, O), seeds by orders at ties, or (S,); `parts` has one axis more, of U users. The parts of a run
    have mean zero: they say how far a user lies from the mean of the run, weighed by how many targets the user has.
    """

    parts: np.ndarray
    means: np.ndarray


def _parts_of_users(ranks: Sequence[np.ndarray], user: np.ndarray, metric: str) -> _Cells:
    _, number = np.unique(user, return_inverse=True)
    targets = np.bincount(number)  # (U,)
    gain = 100 * gain_of([np.atleast_2d(run) for run in ranks], metric)  # (S, O, E)
    sums = np.apply_along_axis(lambda run: np.bincount(number, run), 2, gain)  # (S, O, U)
    means = sums.sum(2) / targets.sum()  # (S, O)
    parts = (sums - targets * means[..., None]) / targets.mean()  # (S, O, U)
    return _Cells(parts, means)


def _residual(parts: np.ndarray) -> float:
    """The variance in `parts` (S, U), whose rows have mean zero, that neither users nor seeds explain."""
    seeds, users = parts.shape
    return float(((parts - parts.mean(0)) ** 2).sum() / ((seeds - 1) * (users - 1)))


def _of_orders(first: _Cells, second: _Cells, samples: Sequence[_Cells]) -> tuple[float, float]:
    """The variance of the difference between the orders at ties, in all and beyond users, seeds and chance.

    Args:
        first: cells (S, O, U) of the one system.
        second: cells of the other system, whose orders are the same.
        samples: the cells of the systems that have seeds, or those of the differences within models.

    Returns:
        Q, and Q - Q_users - Q_seeds + Q_both, at least 0, as `crossed` explains them; both 0 where there is one order.
    """
    orders, users = first.parts.shape[1:]
    if orders < 2:
        return 0.0, 0.0
    between = float((first.means.mean(0) - second.means.mean(0)).var(ddof=1)) / orders  # Q
    found = between - _residual(first.parts.mean(0) - second.parts.mean(0)) / (orders * users)  # Q_users
    for sample in samples:
        cells = (len(sample.means) - 1) * (orders - 1)
        means, parts = (_without_margins(values) for values in (sample.means, sample.parts))
        found -= float((means**2).sum()) / cells / means.size  # Q_seeds
        found += float((parts**2).sum()) / (cells * (users - 1)) / parts.size  # Q_both
    return between, max(0.0, found)


def _without_margins(values: np.ndarray) -> np.ndarray:
    """What is left of `values` (S, O) or (S, O, U) once the means of seeds and of orders are taken out."""
    whole = values.mean((0, 1), keepdims=True)
    return values - values.mean(0, keepdims=True) - values.mean(1, keepdims=True) + whole


def _check(
    one: Sequence[np.ndarray],
    other: Sequence[np.ndarray],
    user: np.ndarray,
    one_has_seeds: bool,
    other_has_seeds: bool,
    same_models: bool,
) -> None:
    for ranks, has_seeds in ((one, one_has_seeds), (other, other_has_seeds)):
        if any(run.shape[-1:] != user.shape or run.ndim > 2 for run in ranks) or not len(ranks):
            shapes = [run.shape for run in ranks]
            raise MMSRError(f"ranks have the shapes {shapes}; expected at least one run, each of shape {user.shape}")
        if has_seeds and len(ranks) < 2:
            raise MMSRError("a system has one seed; expected two seeds or more, because one says nothing about others")
    orders = {len(np.atleast_2d(run)) for run in (*one, *other)}
    if len(orders) > 1:
        raise MMSRError(f"runs have {sorted(orders)} orders at ties; expected as many in all runs of both systems")
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
