"""Answers are compared as a person would, and a difference is told without the right answer."""

import pytest

from mmsr_lite.course.comparing import difference, is_same


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
    assert not is_same(given, wanted, 0.005)
    assert difference(given, wanted) == said


def test_a_fraction_may_be_rounded_and_a_count_may_not():
    assert is_same(0.333, 1 / 3, 0.005) and not is_same(3.004, 3, 0.005)


def test_words_may_be_written_as_one_likes_and_sets_as_lists():
    assert is_same(" HoHe ", "hohe", 0) and is_same([2, 1, 2], {1, 2}, 0)
