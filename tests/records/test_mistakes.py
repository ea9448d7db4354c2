"""A mistake names the first place at which a value is not what its type says."""

import numpy as np

from mmsr_lite.records.mistakes import first_mistake
from mmsr_lite.values import MOST_QUOTED


def test_numpy_numbers_are_numbers():
    assert first_mistake([np.int64(1), np.float32(0.5)], list[float]) is None
    assert first_mistake(np.int64(1), int) is None
    assert first_mistake(np.float64("inf"), float) == ("", f"is {np.float64('inf')!r}, expected a number")


def test_the_first_of_several_mistakes_is_named_by_its_path():
    value = {"a": [1, 2], "b": [3, "4"], "c": [None]}
    assert first_mistake(value, dict[str, list[int]]) == ("b[1]", "is '4', expected a whole number")


def test_true_is_no_number_and_one_is_no_truth():
    assert first_mistake(True, int) == ("", "is True, expected a whole number")
    assert first_mistake(1, bool) == ("", "is 1, expected true or false")


def test_a_long_value_is_quoted_by_its_beginning():
    _, sentence = first_mistake("x" * 100, int)
    assert sentence == "is '" + "x" * (MOST_QUOTED - 1) + "..., expected a whole number"
