"""Side by side: the still has both pictures, the table and the sentence have the numbers of both traces."""

import re

import pytest
from fixtures import sample_trace

from mmsr_lite import MMSRError
from mmsr_lite.views import show, wording
from mmsr_lite.views.differences import say_differences, watched


@pytest.fixture
def pair():
    return sample_trace(3), sample_trace(4, length=6)


def test_the_still_has_both_pictures_with_their_names_and_is_no_wider_than_one(pair):
    view = show.side_by_side(*pair, names=("early", "late"))
    figure, one = view.to_matplotlib(), show.msgraph(pair[0]).to_matplotlib()
    whole = [axes for axes in figure.axes if axes.get_position().width > 0.99]
    written = [{text.get_text() for text in axes.texts} for axes in whole]
    assert len(whole) == 2 and "early" in written[0] and "late" in written[1]
    assert figure.get_figwidth() == one.get_figwidth() == 8.0
    for texts, record in zip(written, pair, strict=True):
        families = [phase["family"] for phase in record["layers"][0]["attention"]["hohe"]]
        assert any(all(family in text for family in families) for text in texts)


def test_the_table_has_the_numbers_of_both(pair):
    one, two = pair
    rows = {row["of"]: row for row in show.side_by_side(one, two, ("a", "b")).table}
    assert rows["rank of the next item"] == {
        "of": "rank of the next item",
        "a": one["target"]["rank"],
        "b": two["target"]["rank"],
    }
    last = [record["history"][-1]["node"] for record in pair]
    beta = [record["layers"][1]["beta"][n][0] for record, n in zip(pair, last, strict=True)]
    assert [rows["β of hohe at the last item, layer 2"][name] for name in "ab"] == beta


def test_the_sentence_counts_what_is_shared_and_what_is_alone(pair):
    one, two = pair
    sentence = say_differences(one, two, ("a", "b"))
    tops = [{item["item"] for item in record["answer"]["top"]} for record in pair]
    assert f"{len(tops[0] & tops[1])} of the first 10 items are the same" in sentence
    key = lambda record, n: (record["node_types"][record["nodes"][n]["type"]], record["nodes"][n]["id"])  # noqa: E731
    edges = [{(key(record, a), key(record, b)) for a, b, _ in record["edges"]} for record in pair]
    assert f"{len(edges[0] ^ edges[1])} edges are in one graph alone" in sentence
    same = say_differences(one, one, ("a", "b"))
    assert same.startswith("Both rank the next item") and "alone" not in same
    assert "10 of the first 10 items are the same" in same


def test_the_part_of_the_score_that_differs_most_is_named(pair):
    one, two = pair
    two["target"] = one["target"]
    for record, early in ((one, 0.25), (two, -1.5)):
        groups = [1.0, 0.5, 0.0, early, 0.0, 0.0]
        record["flow"] = {
            "groups": ["own identity", "own codes", "shared codes", "crossed, then time", "time, then crossed", "x"],
            "items": [{"item": watched(one), "groups": groups, "rest": 0.0}],
        }
    says = say_differences(one, two, ("a", "b"))
    assert "the part that differs most is early (crossed, then time), +0.25 against -1.50" in says


def test_two_of_one_name_are_told_apart_and_a_wrong_record_is_an_error(pair):
    one, two = pair
    assert show.side_by_side(one, two).names == ("MMSR, adaptive (1)", "MMSR, adaptive (2)")
    with pytest.raises(MMSRError, match="expected a trace record"):
        show.side_by_side(one, {"schema": "mmsr-lite/gates/1"})


def test_a_number_that_rounds_to_zero_has_no_sign():
    assert [wording.signed(value, 2) for value in (-0.001, 0.0, 0.004, -0.006)] == ["0.00", "0.00", "0.00", "-0.01"]
    assert not re.search(r"-0\.0+\b", wording.signed(-1e-9))
