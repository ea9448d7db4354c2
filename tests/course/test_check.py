"""Checked answers: what is wrong is said, whatever is given, and the right answer is not given away."""

import numpy as np
import pytest
import torch

from mmsr_lite import MMSRError, check
from mmsr_lite.course.check import Exercise


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


def test_an_answer_that_cannot_be_used_says_why():
    assert check("02.4", 7).right is False
    assert "it cannot be used" in check("02.4", 7).message
    assert check("02.4", 7).message.endswith("Has it the form that the question asks for?")  # not Python's words alone
    assert Exercise("x", lambda: 1, "").hints == ()


def test_a_number_of_an_exercise_in_another_form_is_told_the_right_one():
    with pytest.raises(MMSRError, match=r"no exercise '0\.1'; expected the notebook in two digits, such as '00\.1'"):
        check("0.1", 1)
