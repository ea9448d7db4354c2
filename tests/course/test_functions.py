"""Functions that learners write: each fault is told, and nothing that such a function does stops the check."""

import numpy as np
import torch

from mmsr_lite.course.functions import OPEN, Case, as_array, close_to, fault_of

TWICE = (
    Case(lambda: (2,), close_to(4), lambda found: f"2 becomes 4, not {found}."),
    Case(lambda: (-1,), close_to(-2), "right for 2, wrong for -1."),
)


def test_a_right_function_has_no_fault():
    assert fault_of(lambda number: 2 * number, TWICE) is None


def test_the_first_case_that_fails_gives_the_sentence():
    assert fault_of(lambda number: number + 1, TWICE) == "2 becomes 4, not 3."
    assert fault_of(lambda number: abs(2 * number), TWICE) == "right for 2, wrong for -1."


def test_dots_are_a_body_that_is_still_to_be_written():
    assert fault_of(lambda number: ..., TWICE) == OPEN


def test_a_value_is_no_function():
    assert "a function is asked for, got 4" in fault_of(4, TWICE)


def test_what_a_function_raises_is_told_with_its_call():
    assert fault_of(lambda number: 1 / 0, TWICE) == "call 1 of 2 stops with ZeroDivisionError: division by zero."
    assert "call 1 of 2 stops with TypeError" in fault_of(lambda: 4, TWICE)


def test_a_strange_result_is_wrong_and_stops_nothing():
    for odd in (None, "four", [], {}, object(), [[1], [2, 3]]):
        cases = (Case(lambda: (2,), close_to(4), "2 becomes 4."),)
        assert fault_of(lambda number, odd=odd: odd, cases) == "2 becomes 4."


def test_numbers_of_every_library_are_compared_by_shape_and_value():
    assert close_to([1.0, 2.0])(torch.tensor([1.0, 2.0], requires_grad=True))
    assert not close_to([1.0, 2.0])(np.array([[1.0, 2.0]])) and not close_to([1.0, 2.0])([1.0, 2.1])
    assert as_array(torch.tensor(3)).shape == ()
