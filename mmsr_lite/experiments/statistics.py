"""Do two systems differ, or is it chance? One test decides; three others are only reported.

A result depends on two samples: other users would give other numbers, and so would other seeds. Every seed of a system
is tested on every user, so seeds and users are *crossed*. `crossed` accounts for both. A test that knows only users
calls two seeds of the same system different; a test that knows only seeds finds a difference when a few users happen to
suit one system.

`crossed` decides; `holm` corrects the p-values of a whole table for their number. The tests that other papers use are
in `reported_tests`, for comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.cells import Comparison, cells_of, compared

LEVEL = 0.05  # systems are called different below this, after Holm's correction


@checked()
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

    Seed 3 of one system has nothing in common with seed 3 of another, so seeds are not paired. The exception is two
    systems read from the same trained models (`same_models`): there the sample is the difference within each model.

    Where times tie, every seed is trained and ranked in O orders at ties, a third crossed sample. All systems meet the
    same orders, so these are paired. Users and seeds are then taken from the mean over the orders, as above, and the
    variance gets what the orders add beyond users, seeds and chance, never less than zero:

        Q - Q_users - Q_seeds + Q_both

    Q is the variance between the orders of the difference over O; the others are the variances of what is left of the
    cells order x user, order x seed and order x user x seed once their margins are taken out, each over its number of
    cells. Three orders say little about their own spread, so all of Q, with O - 1 degrees of freedom, counts in the
    degrees of freedom of the test, which are never fewer than those of the smallest sample. Targets differ from order
    to order, but their users do not, and the test knows targets by their users alone.

    In simulations without any difference it rejects 3 to 7 % at the 5 % level, whether users dominate, seeds dominate
    or neither does; with three orders 1 to 5 %, also where orders dominate (`python -m benchmarks null_rejections`).

    Args:
        one: ranks of all E targets by each run (seed) of the first system, S arrays of shape (E,), or (O, E) with O
            orders at ties; 1 is the best rank.
        other: the same for the second system, for the same users in the same order.
        user: (E,) whose target it is.
        metric: such as "HR@5" or "MRR@20".
        one_has_seeds: False for a system that counts and so gives the same ranks whatever the seed.
        other_has_seeds: the same for the second system.
        same_models: whether run s of `one` and run s of `other` were read from the same trained model.

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
    first, second = (cells_of(ranks, user, metric) for ranks in (one, other))
    if same_models:
        samples = [first - second]
    else:
        samples = []
        if one_has_seeds:
            samples.append(first)
        if other_has_seeds:
            samples.append(second)
    return compared(first, second, samples)


def crossed_losses(
    one: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    other: tuple[Sequence[np.ndarray], Sequence[np.ndarray]],
    user: np.ndarray,
    metric: str,
) -> Comparison:
    """Compare what two systems lose by a damage: the loss of the first minus that of the second, as `crossed` does.

    The loss of a seed is its metric undamaged minus its metric damaged; it is the sample over seeds, whether both were
    read from one trained model or the damaged one was trained separately.

    Args:
        one: ranks by each run of the first system, undamaged and damaged, as `crossed` takes them.
        other: the same for the second system.
        user: (E,) whose target it is.
        metric: such as "HR@5".

    Returns:
        The difference of the losses with its 95 % interval and p-value.

    Raises:
        MMSRError: as `crossed`; or a system has not as many damaged runs as undamaged ones.

    Example:
        >>> chance = np.random.default_rng(0)
        >>> good, bad = ([chance.integers(1, most, 600) for _ in range(5)] for most in (10, 40))
        >>> losses = crossed_losses((good, bad), (good, good), np.arange(600), "HR@5")
        >>> round(losses.difference), losses.p < 0.001
        (39, True)
    """
    for whole, damaged in (one, other):
        _check(whole, damaged, user, True, True, same_models=True)
    first, second = (cells_of(w, user, metric) - cells_of(d, user, metric) for w, d in (one, other))
    return compared(first, second, [first, second])


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

    However the tests depend on each other, the chance that any of them wrongly finds a difference stays below the level
    that the corrected values are compared with.

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
