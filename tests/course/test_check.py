"""Checked answers: what is wrong is said, whatever is given, and the right answer is not given away."""

import numpy as np
import pytest
import torch

from mmsr_lite import MMSRError, check
from mmsr_lite.course.check import Exercise, _difference, _same


def test_dots_are_no_answer():
    assert check("02.1", ...).right is None
    assert str(check("02.1")) == "02.1 open: put your answer, a number, in place of the dots."


def test_a_verdict_is_true_only_when_right():
    assert check("02.1", 3) and not check("02.1", 4) and not check("02.1")


@pytest.mark.parametrize("given", [3, np.int64(3), torch.tensor(3), 3.0])
def test_numbers_of_every_library_are_read(given):
    assert check("02.1", given)


def test_an_unknown_exercise_names_the_known_ones():
    with pytest.raises(MMSRError, match=r"no exercise '02\.99'; choose from: 02\.1, 02\.2"):
        check("02.99", 1)
    with pytest.raises(MMSRError, match="notebook '77' has none"):
        check("77.1", 1)


@pytest.mark.parametrize(
    ("given", "wanted", "said"),
    [
        (12, 10, "12 is too large."),
        (9.5, 10, "close, but 9.5 is too small."),
        ("ten", 10, "expected a number, got 'ten'."),
        (None, "in", "expected a word, got None."),
        ("out", "in", "it is not 'out'."),
        (["a", "x"], {"a", "b"}, "'x' should not be there; 1 missing."),
        ([1, 2], [1, 2, 3], "expected 3 entries, got 2."),
        ([1, 5, 3], [1, 2, 3], "look again at entry 2 of 3."),
        ({"a": 1, "c": 1}, {"a": 2, "b": 1}, "look again at 'a'; not asked for: 'c'; missing: 'b'."),
        (1, True, "expected True or False, got 1."),
    ],
)
def test_without_a_hint_the_difference_is_told(given, wanted, said):
    assert not _same(given, wanted, 0.005)
    assert _difference(given, wanted) == said


def test_a_fraction_may_be_rounded_and_a_count_may_not():
    assert _same(0.333, 1 / 3, 0.005) and not _same(3.004, 3, 0.005)


def test_words_may_be_written_as_one_likes_and_sets_as_lists():
    assert _same(" HoHe ", "hohe", 0) and _same([2, 1, 2], {1, 2}, 0)


def test_an_answer_that_cannot_be_used_says_why():
    assert check("02.4", 7).right is False
    assert "it cannot be used" in check("02.4", 7).message
    assert Exercise("x", lambda: 1, "").hints == ()
