"""How two answers are compared: all of both, but for what rounding alone tells."""

import copy
import math

import pytest
from fixtures import sample_trace, sample_what_if
from parity import TIE, compared, differences


def answer(scores=(9.0, 8.0, 7.0), target=6.0) -> dict:
    """An answer without a comparison; the best items are 1, 2, 3, and item 4 came next."""
    record = dict(sample_trace(3))
    rows = [record["answer"]["top"][0] | {"item": item, "score": score} for item, score in enumerate(scores, 1)]
    record["answer"] = record["answer"] | {"top": rows}
    record["target"] = record["target"] | {"item": 4, "score": target, "rank": 4.0}
    record["flow"] = None
    return copy.deepcopy({"message": None, "record": record, "error": None})


def of_change(**fields) -> dict:
    """An answer with a comparison, and other fields of its measure "rank"."""
    what_if = copy.deepcopy(dict(sample_what_if()))
    for name, measure in what_if["measures"].items():
        if measure is not None:
            what_if["measures"][name] = measure | {"clean": 1.0, "changed": 2.0, "delta": 1.0, "band": [-3.0, 3.0]}
            what_if["measures"][name] |= {"draws": [-3.0, 3.0], "outside": False, "alike": False}
    what_if["measures"]["score"] |= fields
    return answer() | {"message": {"what_if": what_if}}


def test_equal_answers_have_no_difference_and_nothing_is_left_out():
    assert compared(answer(), answer()) == ([], set()) == compared(of_change(), of_change())


def test_another_order_of_clearly_different_scores_is_a_difference():
    other = answer()
    other["record"]["answer"]["top"].reverse()
    wrong, _ = compared(answer(), other)
    assert len(wrong) > 0


def test_scores_that_are_all_but_equal_may_come_in_either_order_but_must_be_the_same_items():
    one, other = answer((9.0, 9.0 - 9 * TIE / 2, 7.0)), answer((9.0, 9.0 - 9 * TIE / 2, 7.0))
    top = other["record"]["answer"]["top"]
    top[0], top[1] = top[1], top[0]
    assert compared(one, other) == ([], {"order"})
    top[0] = top[0] | {"item": 5}
    assert compared(one, other)[0] != []


@pytest.mark.parametrize("second", [8.0, 8.5])
def test_who_stands_at_the_cut_of_a_tie_may_be_either(second):
    one, other = answer((9.0, second, 8.0)), answer((9.0, second, 8.0))
    other["record"]["answer"]["top"][2] |= {"item": 5}
    assert compared(one, other) == ([], {"order"})
    other["record"]["answer"]["top"][2] |= {"score": 7.9}
    assert compared(one, other)[0] != []


@pytest.mark.parametrize(("end", "may_differ"), [(1.0 - 1e-5, True), (0.9, False)])
def test_a_verdict_may_differ_at_the_very_end_of_its_band_alone(end, may_differ):
    one, other = (of_change(band=[-3.0, end], outside=outside) for outside in (True, False))
    wrong, hangs = compared(one, other)
    assert (wrong == []) == may_differ == (hangs == {"verdict"})


def test_a_number_is_compared_where_the_verdict_on_it_is_not():
    one, other = (of_change(band=[-3.0, 1.0 - 1e-5], outside=True, changed=changed) for changed in (2.0, 2.01))
    assert compared(one, other)[0] == [".message.what_if.measures.score.changed: 2.0 and 2.01"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", math.nan, math.inf, None])
def test_what_is_no_number_differs_from_a_number(value):
    assert len(differences({"score": [1.0, 2.0]}, {"score": [value, 2.0]})) == 1
    assert differences({"score": 1.0}, {"score": 1.0 + 1e-4}) == [] != differences({"score": 1.0}, {"score": 1.0003})


def test_ranks_of_a_what_if_may_be_one_place_apart_and_no_more():
    """Their scores are not in the record, so a tie in one language may be a place in the other."""
    python, near, far = of_change(), of_change(), of_change()
    for answer_, by in ((near, 0.5), (far, 2)):
        answer_["message"]["what_if"]["top"][0]["clean"] += by
        answer_["message"]["what_if"]["measures"]["rank"]["draws"][1] += 2 * by
    assert compared(python, near) == ([], {"order"})
    wrong, hangs = compared(python, far)
    assert len(wrong) == 2 and hangs == set()


def test_the_band_of_ranks_may_be_a_place_apart_where_a_repeat_is_and_nowhere_else():
    """An end of a band lies between two repeats, so a place of one of them is three quarters of a place there."""
    python, near, band_alone = of_change(), of_change(), of_change()
    for answer_ in (near, band_alone):
        answer_["message"]["what_if"]["measures"]["rank"]["band"][0] += 0.75
    near["message"]["what_if"]["measures"]["rank"]["draws"][0] += 1
    assert compared(python, near) == ([], {"order"})
    assert compared(python, band_alone)[0] == [".message.what_if.measures.rank.band[0]: -3.0 and -2.25"]
