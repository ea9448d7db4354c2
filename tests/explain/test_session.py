"""A session: what an edit does to the trace, what comes back when it is undone, and what cannot be done."""

import dataclasses
import json
import resource
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.soak import MEBIBYTES, soak
from mmsr_lite import data, explore, stored, what_if
from mmsr_lite.data.code_names import name_codes
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.data.sources.worlds import load as load_world
from mmsr_lite.data.sources.worlds.clocks import ClocksConfig
from mmsr_lite.data.sources.worlds.pick import PickConfig
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.codebook import codebook
from mmsr_lite.explain.first_experiment import _deciding_positions, first_experiment
from mmsr_lite.explain.session import Session
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

SMALL = WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6)


@pytest.fixture(scope="module")
def world():
    return load("cycle", config=SMALL)


@pytest.fixture(scope="module")
def model(world):
    torch.manual_seed(0)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    made = MMSR(MMSRConfig(dim=8, layers=2), world.num_items, books)
    for parameter in made.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.5)
    return made


@pytest.fixture
def session(model, world):
    return Session(model, world, 3)


def items(session) -> list[int]:
    return [step["item"] for step in session.record["history"]]


def plain(record: dict) -> dict:
    """What a trace holds, too: without the names of codes and the state of the controls."""
    nodes = [{key: value for key, value in node.items() if key != "name"} for node in record["nodes"]]
    return {key: value for key, value in record.items() if key not in ("draft", "user")} | {"nodes": nodes}


def test_the_record_of_an_untouched_user_is_the_trace_with_the_planted_cause(session, model, world):
    assert plain(session.record) == plain(trace(model, world, 3)) and session.record["truth"] is not None
    assert session.record["draft"]["edited"] is False and session.record["user"] == {
        "index": 3,
        "id": world.user_ids[3],
    }


@pytest.mark.parametrize(
    ("request_", "after"),
    [
        ({"do": "add", "item": 5, "position": 1}, lambda past: [5, *past]),
        ({"do": "remove", "position": 2}, lambda past: [past[0], *past[2:]]),
        ({"do": "replace", "position": 1, "item": 9}, lambda past: [9, *past[1:]]),
        ({"do": "move", "position": 1, "to": 3}, lambda past: [past[1], past[2], past[0], *past[3:]]),
    ],
)
def test_an_edit_changes_the_history_and_undo_and_redo_walk_back_and_forth(session, model, world, request_, after):
    before, past, target = session.record, items(session), session.record["target"]["item"]
    assert session.do(request_ | {"number": 7}) == {}
    assert items(session) == after(past) and session.record["draft"]["edited"]
    assert plain(session.record) == plain(trace(model, world, history=after(past), target=target))
    session.do({"do": "undo"})
    assert session.record["draft"] == before["draft"] | {"redo": 1} and plain(session.record) == plain(before)
    session.do({"do": "redo"})
    assert items(session) == after(past)


def test_a_whole_history_is_taken_with_its_target_and_what_is_no_item_is_told(session, model, world):
    session.do({"do": "history", "history": [5, 2, 5], "target": 7})
    assert plain(session.record) == plain(trace(model, world, history=[5, 2, 5], target=7))
    session.do({"do": "history", "history": [*range(1, 10)] * 9})
    assert items(session) == ([*range(1, 10)] * 9)[-model.max_history :] and session.record["target"]["item"] == 7
    for wrong in ([], [0], [10**6], "5, 2"):
        with pytest.raises(MMSRError, match="history"):
            session.do({"do": "history", "history": wrong})


def test_without_a_family_its_edges_are_gone_and_a_what_if_asks_for_all(session):
    session.do({"do": "families", "families": ["heterogeneous"]})
    names = {session.record["relations"][relation] for *_, relation in session.record["edges"]}
    assert names == {"self", "match"}
    with pytest.raises(MMSRError, match="switch both families on"):
        session.do({"do": "what_if", "change": {"do": "shuffle"}, "repeats": 2})


def test_more_codes_an_item_keep_the_trained_codes_and_another_c_says_it_is_untrained(session, model):
    carried = [step["codes"] for step in session.record["history"]]
    session.do({"do": "codes", "codes": 3, "codes_per_item": 2})
    for step, own in zip(session.record["history"], carried, strict=True):
        assert all(len(step["codes"][name]) == 2 and set(own[name]) <= set(step["codes"][name]) for name in own)
    assert "trained with k = 1" in session.record["draft"]["note"]
    used = session._model(session.draft)[0]
    assert torch.equal(used.nodes.tables[1].weight, model.nodes.tables[1].weight)
    session.do({"do": "codes", "codes": 4, "codes_per_item": 1})
    assert "trained with C = 3" in session.record["draft"]["note"]
    session.do({"do": "undo"}), session.do({"do": "undo"})
    assert session.record["draft"]["note"] == "" and session.record["draft"]["codes"] == 3


def test_c_and_k_are_not_changed_where_the_modalities_of_a_model_differ_in_them(world):
    first, *others = (modality.name for modality in world.modalities)
    books = fit_codebooks(world, num_codes={first: 2} | dict.fromkeys(others, 3), codes_per_item=1, dim=8)
    session = Session(MMSR(MMSRConfig(dim=8), world.num_items, books), world)
    before = session.record["draft"]
    assert (before["codes"], before["codes_per_item"]) == (None, None)
    with pytest.raises(
        MMSRError, match="C is 3 and k is 1 for all modalities, but the modalities of this model differ"
    ):
        session.do({"do": "codes", "codes": 3, "codes_per_item": 1})
    assert session.record["draft"] == before


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"do": "remove", "position": 99}, "position is 99"),
        ({"do": "user", "user": "nobody"}, "there is no user 'nobody'"),
        ({"do": "codes", "codes": 0, "codes_per_item": 1}, "codes is 0; expected a whole number from 1 on"),
        ({"do": "codes", "codes": 1, "codes_per_item": 2}, "k of 'picture' .* is 2"),
        ({"do": "codes", "codes": 3}, r"request 'codes' with .*: expected the field 'codes_per_item'"),
        ({"do": "find"}, "expected the field 'words'"),
        ({"do": "what_if", "change": "shuffle", "repeats": "many"}, "repeats is 'many'"),
        ({"do": "families", "families": 5}, "families is 5; expected a list of names"),
        ({"do": "undo"}, "nothing to undo"),
        ({"do": "dance"}, "unknown request 'dance'"),
        ({"do": "families", "families": ["odd"]}, "unknown family 'odd'"),
    ],
)
def test_what_cannot_be_done_is_told_and_changes_nothing(session, request_, says):
    before = session.record
    with pytest.raises(MMSRError, match=says):
        session.do(request_)
    assert session.record is before


def test_a_search_finds_titles_and_a_codebook_its_nearest_items(session, model, world):
    title = world.titles[7]
    assert 7 in [item["item"] for item in session.do({"do": "find", "words": title.upper()})["found"]]
    assert session.do({"do": "find", "words": "no such thing"}) == {"found": []}
    record, codes = codebook(model, world), model.codes[0].numpy()
    assert record["modality"] == world.modalities[0].name and len(record["codes"]) == 3
    for row in record["codes"]:
        assert row["count"] == np.sum(codes == row["id"]) and {codes[i["item"], 0] for i in row["items"]} <= {row["id"]}


def test_a_title_of_a_hundred_thousand_letters_is_cut(model, world):
    long = dataclasses.replace(world, titles=tuple("<b>\u202e" * 25_000 for _ in world.titles))
    session = Session(model, long, 3)
    assert len(json.dumps(session.record)) < 2 * len(json.dumps(Session(model, world, 3).record))
    assert session.do({"do": "find", "words": "<b>"})["found"][0]["title"] == ("<b>\u202e" * 125)


def test_a_picture_of_400_million_pixels_is_neither_unfolded_nor_shown(model, world, tmp_path):
    most = lambda: 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # noqa: E731  peak, bytes
    vast = tmp_path / "pictures/b.png"
    vast.parent.mkdir()
    Image.new("RGB", (9, 9), "red").save(vast.with_name("a.png"))
    Image.new("1", (20_000, 20_000)).save(vast)  # 49 kB; unfolded as RGBA 1.6 GB
    rows = [f"{user},{'ab'[(user + step) % 2]},{step}" for user in range(6) for step in range(6)]
    (tmp_path / "interactions.csv").write_text("\n".join(["user_id,item_id,timestamp", *rows]))
    before = most()
    with pytest.warns(UserWarning, match="cannot be read count as absent"):
        assert data.load(str(tmp_path)).pictures == (None, str(vast.with_name("a.png")), None)
    view = explore(model, dataclasses.replace(world, pictures=(None, *[str(vast)] * world.num_items)), 3)
    view.ask(do="find", words="")
    view.save_png(tmp_path / "still.png"), view.save_html(tmp_path / "page.html")
    assert {step["picture"] for step in (*view.record["history"], view.record["target"])} == {None}
    assert '"data:image' not in (tmp_path / "page.html").read_text()
    assert most() - before < 4e8


def test_what_can_be_undone_and_the_models_with_other_codes_are_bounded(session, monkeypatch):
    monkeypatch.setattr("mmsr_lite.explain.session.UNDO", 3)
    for codes in (2, 3, 4, 5, 6, 7):
        session.do({"do": "codes", "codes": codes, "codes_per_item": 2})
    assert session.record["draft"]["undo"] == 3 and len(session._models) == 4
    for _ in range(3):
        session.do({"do": "undo"})
    assert session.record["draft"]["codes"] == 4 and len(session._models) == 4
    with pytest.raises(MMSRError, match="nothing to undo"):
        session.do({"do": "undo"})


def test_an_edit_of_fifty_items_takes_less_than_a_fifth_of_a_second(session):
    session.do({"do": "history", "history": [item % 18 + 1 for item in range(50)]})
    assert len(items(session)) == 50
    spent = []
    for _ in range(5):
        begun = time.process_time()
        session.do({"do": "move", "position": 1, "to": 30})
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.2


def test_a_code_has_the_name_that_its_words_or_its_items_give_it(session, model, world):
    names = {
        (modality.name, code["code"]): code["name"]
        for modality, codes in zip(world.modalities, model.codes, strict=True)
        for code in name_codes(world, modality.name, codes.numpy())
    }
    record = session.record
    of_codes = [(record["node_types"][node["type"]], node) for node in record["nodes"] if node["type"]]
    assert of_codes and all(node["name"] == names[kind, node["id"]] for kind, node in of_codes)
    assert all("name" not in node for node in record["nodes"] if node["type"] == 0)
    words = {node["name"] for kind, node in of_codes if kind == "text"}
    assert any("like " not in name for name in words)  # of a text its words tell it from all others


def test_another_model_stands_beside_on_the_same_history_and_follows_every_edit(model, world):
    torch.manual_seed(1)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    other = MMSR(MMSRConfig(dim=8, layers=1, fusion="heho"), world.num_items, books)
    session = Session(model, world, 3, beside={"early": other})
    assert session.record["draft"]["beside"] == ["early"]
    answer = session.do({"do": "beside", "model": "early"})["beside"]
    assert answer["name"] == "early" and plain(answer["record"]) == plain(trace(other, world, 3))
    past = items(session)
    followed = session.do({"do": "remove", "position": 1})["beside"]["record"]
    assert [step["item"] for step in followed["history"]] == items(session) == past[1:]
    assert session.record["draft"]["beside"] == ["early", "before the edits"]
    before = session.do({"do": "beside", "model": "before the edits"})["beside"]["record"]
    assert [step["item"] for step in before["history"]] == past
    assert session.do({"do": "undo"}) == {"beside": None}  # what is not edited has no run before the edits
    assert session.do({"do": "undo"} if session.record["draft"]["undo"] else {"do": "redo"}) == {}
    with pytest.raises(MMSRError, match="unknown model 'late'"):
        session.do({"do": "beside", "model": "late"})


def test_another_model_takes_the_place_of_the_one_that_is_shown_and_undo_brings_it_back(model, world):
    torch.manual_seed(1)
    other = MMSR(MMSRConfig(dim=8, layers=1, fusion="heho"), world.num_items, [])
    session = Session(model, world, 3, beside={"early": other}, panes=("early", model.label))
    assert plain(session.record) == plain(trace(other, world, 3)) and session.record["draft"]["model"] == 1
    assert session.record["draft"]["models"] == [model.label, "early"]
    assert session.beside["name"] == model.label and plain(session.beside["record"]) == plain(trace(model, world, 3))
    assert session.record["draft"]["codes"] is None  # no modality, no C
    assert session.do({"do": "model", "model": 0}) == {"beside": None}  # nothing stands beside itself
    assert plain(session.record) == plain(trace(model, world, 3)) and session.record["draft"]["codes"] == 3
    session.do({"do": "undo"})
    assert session.record["draft"]["model"] == 1
    for number in (2, -1, "early", None):
        with pytest.raises(MMSRError, match="expected a number from 0 to 1"):
            session.do({"do": "model", "model": number})
    assert session.page_data()["start"] == {"model": 1, "beside": None}


def test_the_first_experiment_is_a_change_that_can_be_tried(session):
    experiment = session.record["draft"]["experiment"]
    answer = session.do({"do": "what_if", "change": experiment["change"], "repeats": 3})
    assert experiment["question"].endswith("?") and answer["what_if"]["sentence"]


def test_in_a_world_that_says_what_decided_the_experiment_is_about_just_that():
    world = load_world("pick", config=PickConfig(users=12, garments=2, basics=1))
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    session = Session(MMSR(MMSRConfig(dim=8), world.num_items, books), world, 0)
    last = world.offsets[1] - 1
    decided = [int(place) + 1 for place in world.facts["because"][last] if place >= 0]
    experiment = session.record["draft"]["experiment"]
    if decided:
        assert experiment["change"]["position"] == decided[0]
        assert session.record["history"][decided[0] - 1]["title"] in experiment["question"]
    else:
        assert experiment["change"]["position"] == len(session.record["history"])


def test_the_experiment_names_the_item_that_decided_wherever_the_world_says_which():
    world = load_world("pick", config=PickConfig(users=12, garments=2, basics=1))
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model, tried = MMSR(MMSRConfig(dim=8), world.num_items, books), 0
    for user in range(12):
        decided = [int(place) + 1 for place in world.facts["because"][world.offsets[user + 1] - 1] if place >= 0]
        record = trace(model, world, user)
        assert _deciding_positions(world, record) == decided
        tried += bool(decided)
        if decided:
            name = record["history"][decided[0] - 1]["title"]
            experiment = first_experiment(world, record)
            asks = f"{name} decided what came next: does the answer change without its picture and text?"
            assert experiment["question"] == asks
            assert experiment["change"] == {
                "do": "drop",
                "position": decided[0],
            }  # one modality alone may change nothing
    assert tried > 0


def test_also_the_very_first_item_may_have_decided():
    because = np.array([[-1, -1], [-1, -1], [-1, -1], [2, 0]])  # counted from 0; what came next is the fourth item
    shop = SimpleNamespace(facts={"because": because}, offsets=[0, 4])
    record = {"user": {"index": 0}, "truth": {"cause": "pick"}, "history": [{}, {}, {}]}
    assert _deciding_positions(shop, record) == [2 + 1, 0 + 1]
    assert _deciding_positions(shop, record | {"history": [{}, {}]}) == [2 + 1 - 1]  # the model does not read the first


def test_where_two_items_decided_the_experiment_says_whose_modalities_go():
    world = load_world("clocks", config=ClocksConfig(users=12, garments=2, accessories=1))
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model = MMSR(MMSRConfig(dim=8), world.num_items, books)
    records = [trace(model, world, user) for user in range(12)]
    record = next(one for one in records if len(_deciding_positions(world, one)) == 2)
    one, two = (record["history"][place - 1]["title"] for place in _deciding_positions(world, record))
    asks = f"{one} and {two} decided what came next: does the answer change without the picture and text of {one}?"
    assert first_experiment(world, record)["question"] == asks


@pytest.mark.slow
def test_the_first_experiment_of_the_first_screen_shows_that_the_answer_rests_on_the_item_that_decided():
    model, world = stored("both-small-early")
    experiment = first_experiment(world, trace(model, world, 15))
    rank = what_if(model, world, 15, experiment["change"])["measures"]["rank"]
    assert rank["clean"] == 2 and rank["changed"] > 100


def test_a_page_begins_with_the_history_that_was_edited_and_with_none_where_it_is_the_users_own(session):
    shown = {"model": 0, "beside": None}
    assert session.page_data()["start"] == shown
    session.do({"do": "remove", "position": 1})
    assert session.page_data()["start"] == shown | {"history": items(session), "target": session.draft.target}


@pytest.mark.parametrize("fusion", ["adaptive", "adaptive-invasive", "hohe"])
def test_the_terms_of_every_product_sum_to_the_logit_of_the_trace(world, fusion):
    torch.manual_seed(2)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model = MMSR(MMSRConfig(dim=8, layers=2, fusion=fusion), world.num_items, books)
    for parameter in model.parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.5)
    session = Session(model, world, 3)
    record = session.record
    for number, layer in enumerate(record["layers"]):
        for path, phases in layer["attention"].items():
            for phase, own in enumerate(phases):
                edges = [e for e, logit in enumerate(own["logits"]) if logit is not None]
                for edge in edges[:: max(1, len(edges) // 6)]:
                    asked = {"do": "product", "layer": number, "path": path, "phase": phase, "edge": edge}
                    found = session.do(asked)["product"]
                    total = sum(found["terms"])
                    logit = total if total > 0 else found["slope"] * total
                    assert logit == pytest.approx(own["logits"][edge], abs=1e-4, rel=1e-4)
                    assert found["logit"] == pytest.approx(own["logits"][edge]) and len(found["terms"]) == 8
    with pytest.raises(MMSRError, match="edge is 9999; expected 0 to"):
        session.do({"do": "product", "layer": 0, "path": "hohe", "phase": 0, "edge": 9999})


@pytest.mark.slow
def test_hundreds_of_random_requests_leave_the_memory_flat():
    done, memory = soak(300, seed=1)
    assert sum(done.values()) == 300 and done["refused"] < 150
    assert max(memory) - memory[0] < MEBIBYTES
