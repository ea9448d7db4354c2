"""Below an explanation of one model stands how many models that differ in their seed alone say the same."""

import pytest
from fixtures import HOSTILE

from mmsr_lite import MMSRError, show
from mmsr_lite.views.samples import sample


def about_the_flow(seeds):
    """The same, asked about the history of the sample flow, which holds it as positions of its items."""
    at = {place: node["id"] for node in sample("flow")["nodes"] if node["type"] == 0 for place in node["positions"]}
    return seeds | {"history": [seeds["history"][0] | {"position": one, "item": at[one]} for one in sorted(at)]}


@pytest.fixture
def seeds():
    """Five models asked about the history of the sample trace."""
    record = sample("stability")
    told = {
        "first by attention": "4 of 5 models attend most to “Red shirt” (position 1).",
        "first by flow": "5 of 5 models get most of the score from “Red shirt” (position 1).",
        "larger order": "3 of 5 models have more flow by late fusion than by early fusion.",
        "larger beta": "2 of 5 models give hohe the larger beta at the last item, last layer.",
        "what if": "1 of 5 models say that this lowers the probability of “Green skirt”.",
    }
    agreements = [one | {"sentence": told[one["about"]]} for one in record["agreements"]]
    change = "; ".join(sample("what-if")["told"])
    return record | {"history": sample("trace")["history"], "agreements": agreements, "change": change}


@pytest.mark.parametrize(
    ("draw", "kind", "said"),
    [
        (show.gates, "trace", ["2 of 5 models give hohe the larger beta at the last item, last layer."]),
        (show.attention, "trace", ["4 of 5 models attend most to “Red shirt” (position 1)."]),
        (show.what_if, "what-if", ["1 of 5 models say that this lowers the probability of “Green skirt”."]),
        (
            show.flow,
            "flow",
            [
                "5 of 5 models get most of the score from “Red shirt” (position 1).",
                "3 of 5 models have more flow by late fusion than by early fusion.",
            ],
        ),
    ],
)
def test_the_caption_ends_with_what_the_figure_is_about_and_nothing_else_changes(seeds, draw, kind, said):
    seeds = about_the_flow(seeds) if kind == "flow" else seeds
    plain, drawn = draw(sample(kind)).data, draw(sample(kind), seeds=seeds).data
    assert drawn.caption.removeprefix(plain.caption.rstrip(".") + ".").strip() == " ".join(said)
    assert (drawn.title, drawn.marks, drawn.panels) == (plain.title, plain.marks, plain.panels)
    assert all(sentence in draw(sample(kind), seeds=seeds).text for sentence in said)


def test_a_flow_is_held_to_the_history_by_the_positions_of_its_items(seeds):
    asked = about_the_flow(seeds)["history"]
    with pytest.raises(MMSRError, match="the seeds were asked about the history"):
        show.flow(sample("flow"), seeds=seeds | {"history": asked[::-1]})


def test_seeds_that_were_asked_about_something_else_are_refused(seeds):
    with pytest.raises(MMSRError, match=r"about the history \[6, 3, 9\], and this record is of \[3, 6, 25\]"):
        show.gates(sample("trace"), seeds=sample("stability"))
    with pytest.raises(MMSRError, match="the seeds were asked what if 'another change', and this record is of"):
        show.what_if(sample("what-if"), seeds=seeds | {"change": "another change"})
    with pytest.raises(MMSRError, match="stability"):
        show.gates(sample("trace"), seeds=sample("trace"))


def test_what_the_seeds_were_not_asked_is_not_told(seeds):
    without = seeds | {"agreements": [one for one in seeds["agreements"] if one["about"] != "what if"]}
    plain = show.what_if(sample("what-if")).data.caption
    assert show.what_if(sample("what-if"), seeds=without).data.caption.rstrip(".") == plain.rstrip(".")


def test_a_hostile_title_in_a_sentence_stays_text(seeds):
    hostile = [one | {"sentence": f"{HOSTILE}."} for one in seeds["agreements"]]
    assert HOSTILE not in show.gates(sample("trace"), seeds=seeds | {"agreements": hostile}).html()
