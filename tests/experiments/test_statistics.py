"""The test that decides holds its level, its parts are sums by hand; the others are what they say they are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from benchmarks.null_rejections import HIT, MISS, WORLDS, World, draw, p_values
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.reported_tests import bootstrap, over_seeds, paired
from mmsr_lite.experiments.statistics import crossed, holm

TIMES = 500


def rejections(world: World, times: int = TIMES, reported: bool = False) -> dict[str, float]:
    """The share of tables in which each test finds a difference at 5 %, in percent; `reported`: of all tests."""
    found = list(p_values(replace(world, users=min(world.users, 300)), times, seed=1, reported=reported))
    return {name: 100 * np.mean([p[name] < 0.05 for p in found]) for name in found[0]}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["users dominate", "seeds dominate", "both", "both, against counting"])
def test_without_a_difference_the_crossed_test_finds_one_in_3_to_7_percent(name):
    assert 3 <= rejections(WORLDS[name])["crossed"] <= 7


@pytest.mark.slow
@pytest.mark.parametrize("name, blind", [("users dominate", "over seeds"), ("seeds dominate", "over users")])
def test_a_test_that_knows_one_sample_alone_rejects_too_often_where_the_other_dominates(name, blind):
    assert rejections(WORLDS[name], 300, reported=True)[blind] > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", ["users dominate", "both"])
def test_a_difference_of_four_points_is_found_more_often_than_not(name):
    assert rejections(replace(WORLDS[name], better=4.0), 200)["crossed"] > 50


def ranks_of(*hits):
    """Runs of ranks, a hit where there is a one."""
    return [np.where(np.array(run) == 1, HIT, MISS) for run in hits]


USER = np.arange(4)


def test_the_variance_is_that_of_users_and_seeds_less_what_they_share():
    one, other = ranks_of([1, 1, 0, 0], [1, 1, 1, 0]), ranks_of([0, 1, 0, 0], [0, 0, 0, 0])
    found = crossed(one, other, USER, "HR@5")
    # means of the seeds: 50 and 75, 25 and 0
    assert found.difference == 62.5 - 12.5
    # parts of the users, less the mean of their seed: one (50, 50, -50, -50), (25, 25, 25, -75); mean of both
    # (37.5, 37.5, -12.5, -62.5); other (-25, 75, -25, -25), (0, 0, 0, 0); mean (-12.5, 37.5, -12.5, -12.5)
    of_users = np.var([50, 0, 0, -50], ddof=1) / 4
    of_seeds = np.var([50, 75], ddof=1) / 2 + np.var([25, 0], ddof=1) / 2
    # what is left: plus and minus (12.5, 12.5, -37.5, 12.5) and (-12.5, 37.5, -12.5, -12.5), over (S - 1) (U - 1)
    shared = 2 * 2 * (3 * 12.5**2 + 37.5**2) / (1 * 3) / (2 * 4)
    variance = of_users + of_seeds - shared
    degrees = variance**2 / (of_users**2 / 3 + 2 * (np.var([50, 75], ddof=1) / 2) ** 2 / 1)
    assert found.degrees == pytest.approx(degrees)
    half = stats.t.ppf(0.975, degrees) * np.sqrt(variance)
    assert (found.low, found.high) == pytest.approx((50 - half, 50 + half))
    assert found.p == pytest.approx(2 * stats.t.sf(50 / np.sqrt(variance), degrees))
    back = crossed(other, one, USER, "HR@5")
    assert (back.difference, back.low, back.p) == pytest.approx((-50, -found.high, found.p))


def test_the_difference_is_that_of_the_tables_means_however_many_targets_a_user_has():
    user = np.array([7, 7, 7, 8, 9, 9])
    one, other = ranks_of([1, 0, 1, 1, 1, 0], [1, 0, 0, 1, 0, 0]), ranks_of([0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0])
    assert crossed(one, other, user, "HR@5").difference == pytest.approx(100 * (4 + 2 - 1) / 2 / 6)


def test_seeds_are_a_sample_of_their_own_so_their_order_does_not_matter():
    chance = np.random.default_rng(0)
    one, other = ([chance.integers(1, 12, 50) for _ in range(4)] for _ in range(2))
    user = np.arange(50) // 2
    found = crossed(one, other, user, "MRR@5")
    assert crossed(one, other[::-1], user, "MRR@5").p == pytest.approx(found.p)


def test_of_the_same_models_the_difference_within_each_model_counts():
    base = [np.array([1, 1, 0, 0, 1, 0]), np.array([1, 0, 0, 0, 0, 0]), np.array([1, 1, 1, 0, 1, 1])]
    more = [np.maximum(run, [0, 1, 0, 1, 0, 0]) for run in base]
    one, other, user = ranks_of(*more), ranks_of(*base), np.arange(6)
    apart, within = (crossed(one, other, user, "HR@5", same_models=same) for same in (False, True))
    assert apart.difference == within.difference
    assert within.seeds_sd < apart.seeds_sd and within.p < apart.p


def test_one_seed_is_never_compared_but_a_system_without_seeds_is():
    one, two = ranks_of([1, 0, 1, 0]), ranks_of([1, 1, 1, 0], [1, 1, 0, 1])
    with pytest.raises(MMSRError, match="a system has one seed; expected two seeds or more"):
        crossed(one, two, USER, "HR@5")
    found = crossed(one, two, USER, "HR@5", one_has_seeds=False)
    assert found.difference == 50 - 75 and 0 < found.p < 1


def test_equal_systems_do_not_differ_and_bad_shapes_are_told():
    ranks = ranks_of([1, 0, 1, 0], [1, 0, 1, 0])
    assert crossed(ranks, ranks, USER, "MRR@5").p == 1
    with pytest.raises(MMSRError, match=r"expected at least one run, each of shape \(3,\)"):
        crossed(ranks, ranks, np.arange(3), "HR@5")
    with pytest.raises(MMSRError, match="the targets are of one user"):
        crossed(ranks, ranks, np.zeros(4, int), "HR@5")


def test_holm_multiplies_the_smallest_by_all_the_next_by_one_less_and_never_falls():
    assert holm([0.01, 0.03, 0.02, 0.5]) == pytest.approx([0.04, 0.06, 0.06, 0.5])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9]) and holm([]) == []


def test_over_users_is_the_paired_t_test_and_a_user_counts_once():
    user = np.array([7, 7, 7, 8, 9, 9])
    one = [np.array([1, 9, 1, 1, 2, 9]), np.array([1, 9, 9, 1, 9, 9])]  # two seeds
    other = [np.array([9, 9, 9, 1, 9, 9])]
    # hits by user, mean over seeds: 7 has (1 + 0 + 1/2) / 3 against 0, 8 has 1 against 1, 9 has (1/2 + 0) / 2 against 0
    values = 100 * np.array([1 / 2, 0, 1 / 4])
    found = paired(one, other, user, "HR@5")
    assert found["users"] == 3 and found["difference"] == pytest.approx(values.mean())
    # with two degrees of freedom, P(T > t) = 1/2 - t / (2 sqrt(2 + t^2))
    t = values.mean() / (values.std(ddof=1) / np.sqrt(3))
    assert found["p"] == pytest.approx(1 - t / np.sqrt(2 + t**2), rel=1e-3)
    half = 4.302653 * values.std(ddof=1) / np.sqrt(3)  # the 97.5 % point of Student's t with two degrees of freedom
    assert (found["low"], found["high"]) == pytest.approx((values.mean() - half, values.mean() + half), rel=1e-3)


def test_over_seeds_is_welchs_test():
    one, other = ranks_of([1, 1, 0, 0], [1, 0, 0, 0], [1, 1, 1, 0]), ranks_of([0, 1, 0, 0], [0, 0, 0, 0])
    welch = stats.ttest_ind([50, 25, 75], [25, 0], equal_var=False).pvalue
    assert over_seeds(one, other, "HR@5") == pytest.approx(welch)
    assert over_seeds(one[:1], other, "HR@5") == pytest.approx(stats.ttest_1samp([25, 0], 50).pvalue)


def test_a_bootstrap_of_what_is_always_better_is_sure():
    one, other = ranks_of([1, 1, 1], [1, 1, 1]), ranks_of([0, 0, 0], [0, 0, 0])
    assert bootstrap(one, other, np.arange(3), "HR@5", draws=50) == 0


ORDERS = [name for name in WORLDS if name.startswith("three orders")]


@pytest.mark.slow
@pytest.mark.parametrize("name", ORDERS)
def test_with_three_orders_at_ties_it_finds_a_difference_that_is_none_in_at_most_7_percent(name):
    assert rejections(replace(WORLDS[name], users=100), 300)["crossed"] <= 7


def test_without_the_part_of_the_orders_a_test_rejects_far_too_often_where_orders_dominate():
    chance, found = np.random.default_rng(3), []
    for _ in range(200):
        *systems, user = draw(replace(WORLDS["three orders, orders dominate"], users=100, orders_sd=6.0), chance)
        one, other = ([run.ravel() for run in runs] for runs in systems)
        found.append(crossed(one, other, np.tile(user, 3), "HR@5").p < 0.05)  # as if orders were targets more
    assert np.mean(found) > 0.2


def test_orders_are_a_third_crossed_sample_whose_part_is_a_sum_by_hand():
    # one seed of a system that counts, two orders, two users of one target each; the other system misses always
    one = [np.where(np.array([[1, 1], [1, 0]]) == 1, HIT, MISS)]
    other = [np.full((2, 2), MISS)]
    found = crossed(one, other, np.arange(2), "HR@5", one_has_seeds=False, other_has_seeds=False)
    assert found.difference == 75  # orders 100 and 50
    # users: mean over orders 100 and 50, so T = var(25, -25) / 2; orders: Q = var(100, 50) / 2, and all of what is
    # left of the cells (less their order's mean: 0, 0 and 50, -50) is taken off: 2 (25^2 + 25^2) / 1 over 4 cells
    of_users, between = np.var([25, -25], ddof=1) / 2, np.var([100, 50], ddof=1) / 2
    of_orders = max(0, between - 2 * (25**2 + 25**2) / 4)
    assert (found.users_sd, found.orders_sd) == pytest.approx((of_users**0.5, of_orders**0.5))
    variance = of_users + of_orders
    assert found.degrees == pytest.approx(max(1, variance**2 / (of_users**2 / 1 + between**2 / 1)))


def test_the_degrees_of_freedom_are_never_fewer_than_those_of_the_smallest_sample():
    """The orders of these two systems differ by the chance of their users alone, which is taken off the variance again.

    Without the bound one of these 200 pairs has 1.1, and a pair with 0.3 an interval thousands of points wide.
    """
    world = replace(WORLDS["three orders, users dominate"], users=100, users_sd=0.0)
    chance, found = np.random.default_rng(0), []
    for _ in range(200):
        one, other, user = draw(world, chance)
        found.append(crossed(one, other, user, "HR@5"))
    assert min(test.degrees for test in found) == pytest.approx(3 - 1)
    assert np.mean([test.p < 0.05 for test in found]) <= 0.07


def test_what_whole_orders_add_is_a_part_of_the_variance_of_its_own():
    one = [np.where(np.array([[1, 1], [0, 0]]) == 1, HIT, MISS)]  # all users hit in one order, none in the other
    found = crossed(one, [np.full((2, 2), MISS)], np.arange(2), "HR@5", one_has_seeds=False, other_has_seeds=False)
    error = np.sqrt(np.var([100, 0], ddof=1) / 2)
    assert (found.users_sd, found.orders_sd, found.degrees) == (0, pytest.approx(error), 1)
    assert found.high == pytest.approx(50 + stats.t.ppf(0.975, 1) * error)


def test_the_same_order_twice_changes_nothing_but_the_degrees_of_freedom():
    chance, user = np.random.default_rng(0), np.arange(60) // 2
    runs = [[chance.integers(1, 12, 60) for _ in range(3)] for _ in range(2)]
    once, twice = (crossed(*([np.stack([r] * n) for r in some] for some in runs), user, "MRR@5") for n in (1, 2))
    assert twice.difference == pytest.approx(once.difference) and twice.orders_sd == 0
    assert twice.high == pytest.approx(once.high) and once.orders_sd == 0
    with pytest.raises(MMSRError, match=r"runs have \[1, 2\] orders at ties; expected as many"):
        crossed(runs[0], [np.stack([run, run]) for run in runs[1]], user, "HR@5")
