"""What-if: the record says what the changed history does, and the band what chance does."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.edited_history import EditedHistory
from mmsr_lite.explain.edits import CHANGES, apply, filled
from mmsr_lite.explain.random_edits import other_choices, repeat
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import _measured, what_if
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.nn.aggregators import AGGREGATORS
from tests.properties import examples

PAST, TARGET = [1, 2, 1, 3, 5], 12


@pytest.fixture
def ask(random_model, world):
    def asked(change, model=None, **given):
        told = {"history": PAST, "target": TARGET, "repeats": 5} | given
        return what_if(model or random_model(), world, change=change, **told)

    return asked


@pytest.fixture(scope="module")
def scene(books, world):
    tables = {book.name: book.codes for book in books(2)}
    return lambda: EditedHistory(list(PAST), tables, world.titles, 2, ())


def outcome(record):
    return [record["target"]["score"], record["target"]["rank"], [one["item"] for one in record["answer"]["top"]]]


@pytest.mark.parametrize(
    "change, after",
    [
        ({"do": "remove", "position": 2}, [1, 1, 3, 5]),
        ({"do": "replace", "position": 3, "item": 9}, [1, 2, 9, 3, 5]),
        ({"do": "move", "position": 5, "to": 1}, [5, 1, 2, 1, 3]),
        ({"do": "add", "item": 7}, [1, 2, 1, 3, 5, 7]),
        ({"do": "add", "item": 7, "position": 1}, [7, 1, 2, 1, 3, 5]),
        ([{"do": "remove", "position": 1}, {"do": "remove", "position": 1}], [1, 3, 5]),
        ([{"do": "add", "item": 7}, {"do": "remove", "position": 6}], PAST),
    ],
)
def test_an_edited_history_is_that_history(ask, random_model, world, change, after):
    record = ask(change)
    assert record["changed"] == trace(random_model(), world, history=after, target=TARGET)
    assert record["clean"] == trace(random_model(), world, history=PAST, target=TARGET)
    assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_dropped_modality_is_a_codebook_without_codes(ask, random_model, world, books):
    one, two = books(2)
    bare = trace(random_model(codebooks=(one, replace(two, codes=0 * two.codes))), world, history=PAST, target=TARGET)
    record = ask({"do": "drop", "modality": two.name})["changed"]
    assert outcome(record) == outcome(bare) and record["nodes"] == bare["nodes"] and record["edges"] == bare["edges"]
    steps = ask({"do": "drop", "modality": two.name, "position": 2})["changed"]["history"]
    left = [set() if item == 2 else set(two.codes[item].tolist()) - {0} for item in PAST]
    assert [set(step["codes"][two.name]) for step in steps] == left


def test_items_swap_their_codes_wherever_they_occur(ask, books):
    book = books(1)[0]
    steps = ask({"do": "swap", "modality": book.name, "position": 1, "other": 5})["changed"]["history"]
    source = [{1: 5, 5: 1}.get(item, item) for item in PAST]
    assert [set(s["codes"][book.name]) for s in steps] == [set(book.codes[item].tolist()) - {0} for item in source]


@given(rate=st.floats(0, 1), seed=st.integers(0, 99), name=st.sampled_from(["mismatch", "noise", "shuffle"]))
@settings(max_examples=examples(40), deadline=None)
def test_random_changes_keep_what_they_should(scene, rate, seed, name):
    changed, items = scene(), sorted(set(PAST))
    apply(changed, [filled({"do": name, "rate": rate})], np.random.default_rng(seed))
    own, now = ([[s.codes_of(m, item) for item in items] for m in range(2)] for s in (scene(), changed))
    assert sorted(changed.history) == sorted(PAST) and (name == "shuffle" or changed.history == PAST)
    assert [[bool(codes) for codes in row] for row in now] == [[bool(codes) for codes in row] for row in own]
    if name == "mismatch":  # what the items trade stays among them
        assert [sorted(row) for row in now] == [sorted(row) for row in own]
    if name == "shuffle" or rate == 0:
        assert now == own


def test_what_is_taken_out_is_gone_from_the_changed_record_and_keeps_its_place(ask):
    clean = ask("shuffle")["clean"]
    names, number = clean["node_types"], len(clean["nodes"]) - 1
    node = clean["nodes"][number]
    record = ask({"do": "node", "type": names[node["type"]], "id": node["id"]})
    changed, lost = record["changed"], [number in edge[:2] for edge in clean["edges"]]
    assert [n.get("removed", False) for n in changed["nodes"]] == [False] * number + [True]
    assert changed["edges"] == [edge for edge, out in zip(clean["edges"], lost, strict=True) if not out]
    assert [layer["beta"][number] for layer in changed["layers"]] == [None, None]
    assert [edge["changed"] is None for edge in record["edges"]] == lost
    assert [gate["delta"] for gate in record["nodes"][number]["beta"]] == [None, None]
    near, centre, kind = clean["edges"][3]
    ends = [[names[clean["nodes"][i]["type"]], clean["nodes"][i]["id"]] for i in (centre, near)]
    cut = ask({"do": "edge", "centre": ends[0], "neighbour": ends[1]})["changed"]["edges"]
    assert cut == [edge for edge in clean["edges"] if edge != [near, centre, kind]]
    cut = ask({"do": "relation", "relation": "homogeneous"})["changed"]["edges"]
    assert {RELATIONS[kind] for *_, kind in cut} == {"self", "match"}


def test_deltas_are_the_two_runs_number_by_number(ask):
    record = ask([{"do": "remove", "position": 2}, {"do": "gate", "to": "heho", "type": "item"}])
    clean, changed = record["clean"], record["changed"]
    for name in ("rank", "score", "probability"):
        found = record["measures"][name]
        assert [found["clean"], found["changed"]] == pytest.approx(
            [r["target"][name] for r in (clean, changed)], abs=1e-5
        )
        assert found["delta"] == found["changed"] - found["clean"]
    late = np.mean([beta[0] for layer in changed["layers"] for beta in layer["beta"]])
    assert record["measures"]["beta"]["changed"] == pytest.approx(late, abs=1e-6)

    def both(one, values):  # of a node or an edge in the clean and in the changed run, None where it is not in one
        return [None if one[end] is None else values(record[end])[one[end]] for end in ("clean", "changed")]

    for node in record["nodes"]:
        for layer, gate in enumerate(node["beta"]):
            beta = both(node, lambda run, layer=layer: [pair[0] for pair in run["layers"][layer]["beta"]])
            assert [gate["clean"], gate["changed"]] == beta and (gate["delta"] is None) == (None in beta)
            assert node["type"] > 0 or beta[1] in (0, None)
    last = lambda run: run["layers"][1]["attention"]["hohe"][1]["weights"]  # noqa: E731
    for edge, delta in zip(record["edges"], record["attention"][1]["hohe"][1], strict=True):
        one, two = both(edge, last)
        assert delta == (None if None in (one, two) else two - one)
    ranks = {one["item"]: place for place, one in enumerate(changed["answer"]["top"], 1)}
    assert {row["item"]: row["changed"] for row in record["top"] if row["item"] in ranks} == ranks


def test_a_change_with_one_way_to_do_it_has_a_band_without_width(ask):
    for change in ({"do": "gate", "to": "half"}, {"do": "drop"}, {"do": "relation", "relation": "match"}):
        record = ask(change)
        for found in record["measures"].values():
            assert (
                found["draws"] == pytest.approx([found["delta"]] * 5, abs=1e-5)
                and found["alike"]
                and not found["outside"]
            )
            assert np.ptp(found["band"]) < 1e-5
        assert "every change of this kind does the same" in record["sentence"]


def test_of_few_choices_all_others_are_made_once_and_the_place_among_them_is_told(ask):
    change = {"do": "remove", "position": 5}
    record = ask(change, repeats=40, seed=3)
    others = [ask({"do": "remove", "position": p})["measures"]["score"]["delta"] for p in range(1, 5)]
    found = record["measures"]["score"]
    assert record["exact"] and record["repeats"] == 5 - 1  # the tested one is not among them
    assert found["draws"] == pytest.approx(others, abs=1e-4)
    assert found["band"] == pytest.approx([min(others), max(others)], abs=1e-4)
    assert found["place"] == 1 + sum(abs(other) > abs(found["delta"]) + 1e-4 for other in others)
    assert " of all 5 changes of this kind; the others give " in record["sentence"]
    assert record == ask(change, repeats=40, seed=3)


def test_of_more_choices_than_repeats_some_are_drawn_and_never_the_tested_one(ask):
    past = list(range(1, 12))
    every = [ask({"do": "remove", "position": p}, history=past)["measures"]["score"]["delta"] for p in range(1, 12)]
    record = ask({"do": "remove", "position": 11}, history=past, repeats=6)
    found = record["measures"]["score"]
    assert not record["exact"] and len(found["draws"]) == 6 and "place" not in found
    tested, others = every[-1], every[:-1]
    assert all(min(abs(draw - one) for one in others) < 1e-4 < abs(draw - tested) for draw in found["draws"])
    assert found["band"] == pytest.approx(np.quantile(found["draws"], [0.05, 0.95]))


def test_no_other_choice_is_the_tested_one_or_does_the_same(scene):
    edited = scene()
    for change in ({"do": "swap", "position": 1, "other": 2}, {"do": "move", "position": 4, "to": 2}):
        others = other_choices(edited, [filled(change)])
        assert filled(change) not in others and len({json.dumps(one) for one in others}) == len(others)
        assert len(others) == (4 * 3 / 2 - 1 if change["do"] == "swap" else 5 * 4 - 1)  # items 1, 2, 3, 5; five places
    dropped = other_choices(edited, [filled({"do": "drop", "position": 1})])
    assert [one["position"] for one in dropped] == [2, 4, 5]  # position 3 holds the same item as position 1


def test_the_order_of_a_shuffle_is_drawn_at_random(ask):
    random = ask("shuffle", repeats=9, seed=4)
    assert not random["exact"] and len(np.unique(random["measures"]["score"]["draws"])) > 3
    assert random["measures"]["score"] != ask("shuffle", repeats=9, seed=5)["measures"]["score"]


def test_a_change_that_no_other_choice_makes_is_the_largest_of_all(ask, random_model):
    past = [*range(1, 12), *range(1, 12), *range(1, 12)]  # with one layer only the last item's gate reaches the answer
    forced = {"do": "gate", "to": "hohe", "type": "item", "id": 11}
    alike = {"do": "gate", "to": "hohe", "type": "item", "id": 4}
    model = random_model(layers=1)
    for change, outside in ((forced, True), (alike, False)):
        record = ask(change, model, history=past, repeats=10, seed=0)
        assert record["measures"]["score"]["outside"] == outside
        assert ("the largest of all 11 changes of this kind" in record["sentence"]) == outside


def test_a_sentence_gives_the_two_ranks(ask):
    records = [ask({"do": "remove", "position": position}) for position in range(1, 6)]
    moved = [record for record in records if record["measures"]["rank"]["delta"]]
    assert moved
    for record in moved:
        rank = record["measures"]["rank"]
        assert f"goes from {rank['clean']:.3g} to {rank['changed']:.3g}" in record["sentence"]


def test_the_last_item_is_no_other_choice_for_a_node_that_is_taken_out(scene):
    others = other_choices(scene(), [filled({"do": "node", "type": "item", "id": 1})])
    assert sorted(one["id"] for one in others) == [2, 3]  # of the items 1, 2, 3 and 5, in which the history ends


def test_a_sentence_names_items_by_their_titles(ask, world, random_model):
    clean = ask("shuffle")["clean"]
    near, centre, _ = next(
        edge for edge in clean["edges"] if clean["nodes"][edge[0]]["type"] == 0 and edge[0] != edge[1]
    )
    ends = [[clean["node_types"][clean["nodes"][i]["type"]], clean["nodes"][i]["id"]] for i in (centre, near)]
    told = ask({"do": "edge", "centre": ends[0], "neighbour": ends[1]})["told"][0]
    assert f"“{clean['nodes'][near]['label']}”" in told and "item" not in told.split("“")[0]
    gate = {"do": "gate", "to": "half", "type": "item", "id": 2}
    assert ask(gate)["told"] == [f"the gate of “{world.titles[2]}” is forced to half"]


def test_every_kind_has_random_repeats_that_the_graph_allows(scene, random_model, world, ask):
    clean = ask("shuffle")["clean"]
    names, last = clean["node_types"], clean["nodes"][-1]
    near, centre, _ = clean["edges"][-2]
    ends = [[names[clean["nodes"][i]["type"]], clean["nodes"][i]["id"]] for i in (centre, near)]
    changes = [
        *map(filled, ("shuffle", "mismatch", "noise", "drop")),
        {"do": "swap", "position": 2, "other": 3},
        {"do": "remove", "position": 2},
        {"do": "replace", "position": 2, "item": 4},
        {"do": "move", "position": 2, "to": 1},
        {"do": "add", "item": 4},
        {"do": "node", "type": names[last["type"]], "id": last["id"]},
        {"do": "edge", "centre": ends[0], "neighbour": ends[1]},
        {"do": "relation", "relation": "in"},
        {"do": "gate", "to": "half", "type": "item", "id": 2, "layer": 1},
    ]
    assert {change["do"] for change in changes} == set(CHANGES)
    for change in changes:
        draws = ask(change, repeats=12)["measures"]["score"]["draws"]
        assert np.isfinite(draws).all()
        assert np.ptp(draws) > 1e-6 or change["do"] in (
            "relation",
            "drop",
            "mismatch",
            "edge",
        )  # two items trade in one way only; other edges of this kind reach no score
    alone = EditedHistory([3], scene().tables, world.titles, 2, ())
    repeat(alone, [filled({"do": "remove", "position": 1})], np.random.default_rng(0))
    assert alone.history == [3]  # what a history leaves no room for changes nothing


def test_without_a_target_the_first_of_the_clean_run_is_watched(ask, world, random_model):
    record = ask({"do": "add", "item": 7}, target=None)
    assert (
        record["watched"]["item"] == record["clean"]["answer"]["top"][0]["item"]
        and record["measures"]["rank"]["clean"] == 1
    )
    assert record["clean"]["target"] is record["changed"]["target"] is None
    plain = ask("shuffle", random_model(fusion="hohe"))
    assert plain["measures"]["beta"] is None and plain["nodes"][0]["beta"] is None
    of_user = what_if(random_model(), world, 0, "mismatch", repeats=2)
    assert of_user["clean"] == trace(random_model(), world, 0) and of_user["changed"]["user"] == {
        "index": 0,
        "id": "u0",
    }


@pytest.mark.parametrize(
    "change, message",
    [
        ("sing", "unknown change 'sing'; choose from: add, drop,"),
        ([], "no change to make"),
        ({"do": "remove"}, r"change 'remove' without a field: expected position \(needed\)"),
        ({"do": "remove", "position": 2, "rate": 1}, "with position=2, rate=1: expected position"),
        ({"do": "remove", "position": 6}, "position is 6; expected 1 to 5"),
        ({"do": "replace", "position": 1, "item": 13}, "item is 13; expected 1 to 12"),
        ({"do": "move", "position": 1, "to": 6}, "to is 6; expected 1 to 5"),
        (
            [{"do": "node", "type": "item", "id": 3}, {"do": "remove", "position": 5}],
            "last item's node holds the answer",
        ),
        ({"do": "drop", "modality": "smell"}, "unknown modality 'smell'"),
        ({"do": "noise", "rate": 2}, "rate is 2"),
        ({"do": "shuffle", "rate": "much"}, "rate is 'much'; expected a share from 0 to 1"),
        ({"do": "remove", "position": 1.5}, "position is 1.5; expected 1 to 5"),
        ({"do": "edge", "centre": 3, "neighbour": ["item", 5]}, "centre is 3; expected the type and the id of a node"),
        ({"do": "node", "type": ["item"], "id": 1}, r"the graph has no node \['item'\] 1"),
        (7, "a change is 7; expected a name such as 'shuffle', or a dict"),
        ([3], "a change is 3; expected a name"),
        ({"do": "node", "type": "item", "id": 5}, "last item's node holds the answer"),
        ({"do": "node", "type": "item", "id": 9}, "the graph has no node 'item' 9"),
        ({"do": "edge", "centre": ["item", 2], "neighbour": ["item", 5]}, "does not attend to"),
        ({"do": "relation", "relation": "love"}, "unknown relation 'love'"),
        ({"do": "gate", "to": "late"}, "unknown gate 'late'; choose from: half, heho, hohe"),
        ({"do": "gate", "to": "half", "layer": 2}, "layer is 2; expected 0 to 1"),
        ([{"do": "remove", "position": 1}] * 5, "the history has one item"),
    ],
)
def test_what_cannot_be_done_is_told(ask, change, message):
    with pytest.raises(MMSRError, match=message):
        ask(change)


def test_a_what_if_of_every_aggregator_is_whole(ask, random_model):
    for name in AGGREGATORS:
        record = ask({"do": "relation", "relation": "match"}, random_model(aggregator=name), repeats=2)
        assert record.validate().attention[0].keys() == record.clean.layers[0]["attention"].keys()


def test_what_cannot_be_asked_is_told(ask, random_model):
    with pytest.raises(MMSRError, match="MMSR, hohe has no update gates to force"):
        ask({"do": "gate", "to": "half"}, random_model(fusion="hohe"))
    with pytest.raises(MMSRError, match="repeats is 0"):
        ask("shuffle", repeats=0)
    with pytest.raises(MMSRError, match="has no MSGraph"):
        ask("shuffle", object())


@pytest.mark.parametrize(
    ("delta", "draws", "place"),
    [(3.0, [1, -2, 3], 1), (-3.0, [1, -2, 3], 1), (2.0, [1, -4, 3], 3), (0.0, [1, -4, 3], 4)],
)
def test_the_place_of_a_change_among_all_others_counts_the_larger_ones_either_way(delta, draws, place):
    found = _measured(np.array([10.0, 10 + delta, *(10.0 + draw for draw in draws)]), False, True)
    assert (found["place"], found["delta"], found["draws"]) == (place, delta, draws)
    assert found["band"] == [min(draws), max(draws)] and (found["clean"], found["changed"]) == (10, 10 + delta)
    assert found["outside"] == (not min(draws) <= delta <= max(draws)) and not found["alike"]
    assert "place" not in _measured(np.array([10.0, 10 + delta, 11.0]), False, False)


def test_a_band_of_random_changes_leaves_out_five_percent_on_each_side():
    found = _measured(np.array([0.0, 19.5, *range(21)]), False, False)
    assert found["band"] == pytest.approx([0.05 * 20, 0.95 * 20]) and found["outside"]
    assert not _measured(np.array([0.0, 19.0, *range(21)]), False, False)["outside"]
    assert _measured(np.array([0.0, 0.5, *range(21)]), False, False)["outside"]
    assert not _measured(np.array([0.0, 1.0, *range(21)]), False, False)["outside"]


@pytest.mark.parametrize(
    ("clean", "off", "is_probability", "inside"),
    [
        (0.0, 0.9e-5, False, True),
        (0.0, 1.1e-5, False, False),
        (100.0, 0.9e-3, False, True),  # of a large number the rounding is larger
        (100.0, 1.1e-3, False, False),
        (1e-3, 0.9e-7, True, True),  # of a probability it is relative, for it may be tiny
        (1e-3, 1.1e-7, True, False),
    ],
)
def test_what_differs_by_rounding_alone_is_inside_and_alike(clean, off, is_probability, inside):
    for sign in (1, -1):
        found = _measured(np.array([clean, clean + sign * off, clean, clean]), is_probability, False)
        assert (found["outside"], found["alike"]) == (not inside, inside)
