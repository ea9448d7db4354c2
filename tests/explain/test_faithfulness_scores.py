"""The numbers and verdicts of the tests of an explanation, by hand and on both sides of each threshold."""

import numpy as np
import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import faithfulness_scores as module
from mmsr_lite.explain import random_weights as shuffling
from mmsr_lite.explain.faithfulness_scores import (
    SHARES,
    correlations_of,
    curve_test,
    fidelity_test,
    forced_gate_test,
    gradient_test,
    interval_in_words,
    rank_correlation,
)
from mmsr_lite.explain.random_weights import random_weights


def says(low: float, high: float):
    """A bootstrap that gives this interval, whatever it is asked about."""
    return lambda values: (0.0, [low, high]) if np.ndim(values) == 1 else ([0.0, 0.0], [[low, high], [-high, -low]])


def curves(ours: float, random: float) -> np.ndarray:
    """(3, shares, 2) one curve of ours and two random ones, each at one height."""
    return np.stack([np.full((len(SHARES), 2), height) for height in (ours, random, random)])


@pytest.mark.parametrize(("low", "high", "above", "below"), [(0.1, 0.2, True, False), (-0.2, -0.1, False, True)])
@pytest.mark.parametrize("edge", [False, True])
def test_a_whole_interval_on_the_right_side_of_zero_passes_and_one_that_ends_there_does_not(
    monkeypatch, low, high, above, below, edge
):
    if edge:  # the interval reaches zero, which is on no side
        low, high = min(low, 0.0) if below else 0.0, max(high, 0.0) if above else 0.0
        above = below = False
    monkeypatch.setattr(module, "bootstrap", says(low, high))
    deletion = curve_test("deletion", "beta", curves(0.5, 0.5))
    insertion = curve_test("insertion", "beta", curves(0.5, 0.5))
    gradient = gradient_test([np.arange(3.0)], [np.arange(3.0)])
    assert (deletion["passed"], insertion["passed"], gradient["passed"]) == (below, above, above)
    assert ("falls faster" in deletion["sentence"]) == below and ("no faster" in insertion["sentence"]) != above
    assert ("It agrees with" in gradient["sentence"]) == above
    fidelity = fidelity_test(np.zeros((2, 2, len(SHARES), 4)))
    assert fidelity["passed"] == above  # of the second, minus, the interval is the mirror image


def test_fidelity_needs_both_of_its_intervals(monkeypatch):
    changed = np.zeros((2, 2, len(SHARES), 4))
    for plus, minus, passed in (([0.1, 0.2], [-0.2, -0.1], True), ([0.1, 0.2], [-0.2, 0.1], False)):
        monkeypatch.setattr(module, "bootstrap", lambda values, found=(plus, minus): ([0.0, 0.0], list(found)))
        assert fidelity_test(changed)["passed"] == passed
    monkeypatch.setattr(module, "bootstrap", lambda values: ([0.0, 0.0], [[-0.1, 0.2], [-0.2, -0.1]]))
    assert not fidelity_test(changed)["passed"]


def test_a_curve_has_the_means_of_its_histories_and_the_area_under_it():
    values = np.stack([np.stack([1 - SHARES, np.zeros(11)], 1), np.ones((11, 2)), np.full((11, 2), 0.5)])
    found = curve_test("deletion", "attention", values)
    assert found["share"] == pytest.approx([n / 10 for n in range(11)])
    assert found["ours"] == pytest.approx([(1 - n / 10 + 0) / 2 for n in range(11)])
    assert found["random"] == pytest.approx([(1 + 0.5) / 2] * 11)
    assert found["band"] == [[0.5] * 11, [1.0] * 11]  # the least and the greatest random curve
    area = found["area"]
    assert area["ours"] == pytest.approx((1 / 2 + 0) / 2) and area["random"] == pytest.approx((1 + 0.5) / 2)
    assert area["difference"] == pytest.approx(1 / 4 - 3 / 4) and "differs by -0.500" in found["sentence"]
    assert found["sentence"].startswith("Taking units away by attention, the first item's probability falls faster")
    other = curve_test("insertion", "attention", values)
    assert other["sentence"].startswith("Bringing units in by attention, the first item's probability rises no faster")


def test_fidelity_says_its_shares_in_percent():
    changed = np.zeros((2, 3, len(SHARES), 4))
    changed[0, 0, 5, :3] = 1  # at one half
    changed[:, :, 4] = changed[:, :, 6] = 1  # at other shares, which do not count
    changed[1, 1, 5, :1] = 1
    found = fidelity_test(changed)
    assert (found["plus"], found["random_plus"], found["minus"], found["random_minus"]) == (3 / 4, 0, 0, 1 / 8)
    assert "in 75 % of the histories (fid+; a random half 0 %;" in found["sentence"]
    assert "with that half alone in 0 % (fid-; random 12 %;" in found["sentence"] and found["share"] == 0.5


def test_the_interval_of_a_rank_correlation_is_that_of_bonett_and_wright():
    late, effect = np.array([1.0, 2, 3, 4]), np.array([2.0, 1, 4, 3])
    found, r = forced_gate_test(late, effect), 1 - 6 * 4 / (4 * (4**2 - 1))
    error = ((1 + r**2 / 2) / (4 - 3)) ** 0.5
    wanted = [np.tanh(np.arctanh(r) - 1.96 * error), np.tanh(np.arctanh(r) + 1.96 * error)]
    assert found["spearman"] == pytest.approx(r) and found["interval"] == pytest.approx(wanted)
    assert not found["passed"] and "does not lean" in found["sentence"] and f"{r:+.2f}" in found["sentence"]
    three = forced_gate_test(late[:3], late[:3])["interval"]  # divided by one, not by zero
    far = np.arctanh(0.999999)
    assert three == pytest.approx([np.tanh(far - 1.96 * 1.5**0.5), np.tanh(far + 1.96 * 1.5**0.5)])
    many = np.arange(40.0)
    assert forced_gate_test(many, many)["passed"] and "beta leans" in forced_gate_test(many, many)["sentence"]


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        ([1, 1, 1], [2, 2, 2], 1.0),
        ([1, 1, 1], [1, 2, 3], 0.0),
        ([1, 2, 3], [5, 5, 5], 0.0),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1e6, 1e6, 1e6 + 1], [1, 2, 3], 0.0),  # within a millionth of each other: rounding
        ([1e6, 1e6 + 2, 1e6 + 4], [1, 2, 3], 1.0),
        ([-1e6, -1e6, -1e6 - 1], [1, 2, 3], 0.0),
    ],
)
def test_equal_numbers_have_no_order_to_agree_with(one, two, wanted):
    assert rank_correlation(np.array(one, float), np.array(two, float)) == pytest.approx(wanted)


def test_a_history_of_three_units_has_an_order_and_one_of_two_has_none():
    three, two = np.arange(3.0), np.arange(2.0)
    assert correlations_of([three, two], [three, two]).tolist() == [1]
    with pytest.raises(MMSRError, match="no history has three units"):
        correlations_of([two], [two])


def test_an_interval_in_words_has_three_digits_and_may_be_in_percent():
    assert interval_in_words([0.12345, 2.0]) == "95 % interval 0.123 to 2"
    assert interval_in_words([0.5, 1.0], 100) == "95 % interval 50 to 100"


@pytest.mark.parametrize(
    ("high", "each", "passed"), [(0.4, 0.4, True), (0.5, 0.4, False), (0.6, 0.4, False), (0.4, 0.5, False)]
)
def test_shuffled_weights_give_less_than_half_or_the_check_fails(monkeypatch, high, each, passed):
    monkeypatch.setattr(shuffling, "bootstrap", lambda values: (0.25, [0.1, high]))
    found = random_weights(np.array([[each, each], [0.0, 0.2]]), {})
    assert found["passed"] == passed and found["draws"] == pytest.approx([each, 0.1])
    assert found["sentence"].startswith(
        f"It shows {'what the model learned' if passed else 'hardly more than the graph'}: with shuffled weights it "
        f"comes out with rank correlation +0.25 (95 % interval 0.1 to {high:.3g}; 2 draws from +0.10 to {each:+.2f})"
    )
    assert "Shuffled from the top" not in found["sentence"]
