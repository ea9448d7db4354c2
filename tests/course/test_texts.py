"""Arguments: length and points are checked; whether they convince is not."""

import pytest

from mmsr_lite import MMSRError
from mmsr_lite.course.texts import fault_of_text

POINTS = {"other seeds": "seed", "a control": "control|shuffl"}


def test_a_text_of_the_right_length_that_names_the_points_has_no_fault():
    assert fault_of_text("Five SEEDS, and shuffled codes beside them.", 5, 10, POINTS) is None


def test_a_text_is_told_its_length_first_and_then_the_points_it_lacks():
    assert fault_of_text("Seeds.", 5, 10, POINTS) == "it has 1 words; write 5 to 10."
    assert fault_of_text("a b c d e", 5, 10, POINTS) == "it does not name other seeds; a control."


def test_what_is_no_text_is_refused():
    with pytest.raises(MMSRError, match="a text is asked for, got 7"):
        fault_of_text(7, 5, 10, POINTS)
