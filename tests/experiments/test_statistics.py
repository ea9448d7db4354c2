"""The paired test over users, by hand."""

import numpy as np
import pytest

from mmsr_lite.experiments.statistics import paired


def test_a_user_counts_once_and_the_test_is_the_paired_t_test():
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
    back = paired(other, one, user, "HR@5")
    assert (back["difference"], back["p"]) == pytest.approx((-found["difference"], found["p"]))


def test_equal_systems_do_not_differ():
    ranks = [np.array([1, 7, 3])]
    assert paired(ranks, ranks, np.array([0, 1, 1]), "MRR@5")["p"] == 1
