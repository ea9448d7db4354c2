"""The parts of a metric by user, seed and order at ties, and the test on them that `statistics` explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from scipy import stats

from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import gains

NAMES = ("HR", "MRR", "NDCG")  # of metrics, without their cut-off


class ComparisonNumbers(TypedDict):
    """A `Comparison` as a record holds it, with the same fields."""

    difference: float
    low: float
    high: float
    p: float
    degrees: float
    users_sd: float
    seeds_sd: float
    orders_sd: float
    users: int


@dataclass(frozen=True)
class Comparison:
    """The result of a test of the difference between two systems, in percent.

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

    Example:
        >>> Comparison(1.0, 0.5, 1.5, 0.01, 9.0, 0.1, 0.2, 0.0, 100).record()["difference"]
        1.0
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

    def record(self) -> ComparisonNumbers:
        """The comparison as a dictionary with four significant digits, for a JSON file."""
        return {
            "difference": _short(self.difference),
            "low": _short(self.low),
            "high": _short(self.high),
            "p": _short(self.p),
            "degrees": _short(self.degrees),
            "users_sd": _short(self.users_sd),
            "seeds_sd": _short(self.seeds_sd),
            "orders_sd": _short(self.orders_sd),
            "users": self.users,
        }


def _short(value: float) -> float:
    """A number with four significant digits."""
    return float(f"{value:.4g}")


def gain_of(ranks: Sequence[np.ndarray], metric: str) -> np.ndarray:
    """What each target contributes to a metric, from 0 to 1, in each run.

    Args:
        ranks: S arrays of ranks, all of one shape: (E,), or (O, E) with O orders at ties.
        metric: such as "HR@5".

    Returns:
        Gains, (S, E) or (S, O, E).

    Raises:
        MMSRError: there is no such metric, or the arrays have different shapes.

    Example:
        >>> gain_of([np.array([1, 2, 9])], "MRR@5").tolist()
        [[1.0, 0.5, 0.0]]
    """
    name, _, cutoff = metric.partition("@")
    if name not in NAMES or not cutoff.isdecimal() or int(cutoff) < 1:
        raise MMSRError(f"metric is {metric!r}; expected one of {', '.join(NAMES)} with a cut-off, such as HR@5")
    if not len(ranks) or len({np.shape(one) for one in ranks}) > 1:
        raise MMSRError(f"the ranks have the shapes {[np.shape(one) for one in ranks]}; expected arrays of one shape")
    return np.asarray(gains(np.stack(ranks), (int(cutoff),))[metric], float)


@dataclass(frozen=True)
class Cells:
    """The metric of one system in percent: `means` of its runs, and in `parts` each user's deviation from the mean.

    Args:
        parts: the runs, with U users as one axis more. The parts of a run have mean zero: each is a user's deviation
            from the mean of the run, weighted by the number of the user's targets.
        means: the mean of each run; runs are (S, O), seeds by orders at ties, or (S,).

    Example:
        >>> one = Cells(np.array([[5.0, -5.0]]), np.array([30.0]))
        >>> two = Cells(np.array([[1.0, -1.0]]), np.array([25.0]))
        >>> (one - two).means.tolist(), (one - two).parts.tolist()
        ([5.0], [[4.0, -4.0]])
    """

    parts: np.ndarray
    means: np.ndarray

    def __sub__(self, other: Cells) -> Cells:
        """The cells of the difference of two systems, run by run."""
        return Cells(self.parts - other.parts, self.means - other.means)


def cells_of(ranks: Sequence[np.ndarray], user: np.ndarray, metric: str) -> Cells:
    """The cells (S, O, U) of a system.

    Args:
        ranks: S arrays of ranks, (E,), or (O, E) with O orders at ties.
        user: (E,) whose target it is.
        metric: such as "HR@5".

    Returns:
        The cells.

    Example:
        >>> cells = cells_of([np.array([1, 9, 9, 2])], user=np.array([0, 0, 1, 1]), metric="HR@5")
        >>> cells.means.tolist(), cells.parts.tolist()  # each user has one hit of two
        ([[50.0]], [[[0.0, 0.0]]])
    """
    _, number = np.unique(user, return_inverse=True)
    targets = np.bincount(number)  # (U,)
    gain = 100 * gain_of([np.atleast_2d(run) for run in ranks], metric)  # (S, O, E)
    sums = np.apply_along_axis(lambda run: np.bincount(number, run), 2, gain)  # (S, O, U)
    means = sums.sum(2) / targets.sum()  # (S, O)
    parts = (sums - targets * means[..., None]) / targets.mean()  # (S, O, U)
    return Cells(parts, means)


def compared(first: Cells, second: Cells, samples: Sequence[Cells]) -> Comparison:
    """Test the difference of two systems, with users, seeds and orders as crossed samples; see `statistics.crossed`.

    Args:
        first: cells (S, O, U) of the one system.
        second: cells of the other system, whose users and orders are the same.
        samples: the cells of the systems that have seeds, or those of the differences within models.

    Returns:
        The difference with its 95 % interval and p-value.

    Example:
        >>> chance, user = np.random.default_rng(0), np.arange(200)
        >>> good, bad = (cells_of([chance.integers(1, most, 200) for _ in range(3)], user, "HR@5") for most in (10, 40))
        >>> test = compared(good, bad, [good, bad])
        >>> test.difference > 0, test.low > 0
        (True, True)
    """
    orders, users = first.parts.shape[1:]
    between = first.parts.mean((0, 1)) - second.parts.mean((0, 1))  # (U,)
    of_users = float(between.var(ddof=1)) / users  # T
    over_orders = [Cells(sample.parts.mean(1), sample.means.mean(1)) for sample in samples]  # (S, U) and (S,)
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
    fewest = min(size - 1 for size in [*sizes, orders] if size > 1)
    degrees = max(fewest, variance**2 / squares)
    error = float(np.sqrt(variance))
    half = float(stats.t.ppf(0.975, degrees)) * error
    p = 2 * float(stats.t.sf(abs(difference) / error, degrees))
    spreads = [of_users, variance - of_orders - of_users, of_orders]
    users_sd, seeds_sd, orders_sd = (float(np.sqrt(max(0.0, spread))) for spread in spreads)
    low, high = difference - half, difference + half
    return Comparison(difference, low, high, p, degrees, users_sd, seeds_sd, orders_sd, users)


def _residual(parts: np.ndarray) -> float:
    """The variance in `parts` (S, U), whose rows have mean zero, that neither users nor seeds explain."""
    seeds, users = parts.shape
    return float(((parts - parts.mean(0)) ** 2).sum() / ((seeds - 1) * (users - 1)))


def _of_orders(first: Cells, second: Cells, samples: Sequence[Cells]) -> tuple[float, float]:
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
    """What remains of `values` (S, O) or (S, O, U) after subtracting the means of seeds and of orders."""
    whole = values.mean((0, 1), keepdims=True)
    return values - values.mean(0, keepdims=True) - values.mean(1, keepdims=True) + whole
