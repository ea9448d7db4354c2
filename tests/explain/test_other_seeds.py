"""How many models of other seeds say what the shown one says: as `stability` counts, live, and of nothing else."""

from collections import Counter

import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import other_seeds as module
from mmsr_lite.explain.session import Session
from mmsr_lite.explain.stability import stability
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.records.mistakes import first_mistake
from mmsr_lite.records.trace import TraceRecord

FIVE = range(5)
ABOUTS = ["first by flow", "larger order", "larger beta"]


@pytest.fixture(scope="module")
def models(random_model, books):
    """Five models of one kind, each with weights and codes of its own."""
    return [random_model(seed=seed, codebooks=books(2, seed=seed)) for seed in FIVE]


@pytest.fixture
def session(models, world):
    return opened(models, world)


def opened(models, world, user=2, **terms):
    others = {f"seed {seed}": model for seed, model in enumerate(models[1:], 1)}
    return Session(models[0], world, user, other_seeds=others, **terms)


def answers_of(models, world, session):
    """About -> what each model answers, from the record of `stability` of the history that the session has now."""
    history = [step["item"] for step in session.record["history"]]
    record = stability([(model, world) for model in models], history=history, target=session.draft.target, repeats=1)
    return {one["about"]: one["answers"] for one in record.agreements if one["about"] in ABOUTS}


def expected(answers, shown):
    """About -> the answer of the shown model, how many give it, and all answers."""
    return {about: (of[shown], of.count(of[shown]), Counter(of)) for about, of in answers.items()}


def told(session):
    found = session.record["draft"]["seeds"]
    return {one["about"]: (one["says"], one["count"], Counter(one["answers"])) for one in found}


def test_the_counts_are_those_of_stability_whichever_model_is_shown(models, world):
    counts = set()
    for user in range(4):
        session = opened(models, world, user)
        answers = answers_of(models, world, session)
        for shown in (0, 3):
            session.do({"do": "model", "model": shown})
            assert told(session) == expected(answers, shown)
            counts |= {count for _, count, _ in told(session).values()}
    assert len(counts) > 2  # they do not all say the same


def test_an_edit_is_counted_anew_and_undo_brings_the_old_count_back(models, world, session):
    before = session.record["draft"]["seeds"]
    found = [before]
    edits = [{"do": "remove", "position": 1}, {"do": "replace", "position": 4, "item": 11}, {"do": "user", "user": 5}]
    for request in edits:
        session.do(request)
        assert told(session) == expected(answers_of(models, world, session), 0)
        found.append(session.record["draft"]["seeds"])
    assert any(one != before for one in found)
    for _ in edits:
        session.do({"do": "undo"})
    assert session.record["draft"]["seeds"] == before


def test_without_a_family_of_relations_the_smaller_graph_is_counted(models, world, session):
    whole = told(session)
    session.do({"do": "families", "families": ["heterogeneous"]})
    alone = [Session(model, world, 2) for model in models]
    for one in alone:
        one.do({"do": "families", "families": ["heterogeneous"]})
    by_hand = module.agreements([one.record for one in alone])
    assert session.record["draft"]["seeds"] == by_hand and told(session) != whole
    assert "larger order" not in told(session)  # without steps in time there is none


def test_the_sentence_is_of_the_shown_model_and_names_what_most_say_where_it_is_one_of_few():
    clause = "{} comes first".format
    most = module._agreement("a", ["sock", "sock", "hat", "sock", "tie"], clause)
    assert most["sentence"] == "3 of 5 models say so: sock comes first."
    few = module._agreement("a", ["hat", "sock", "sock", "sock", "tie"], clause)
    assert few["sentence"] == "1 of 5 models says so: hat comes first. 3 say that sock comes first."
    even = module._agreement("a", ["hat", "sock", "sock", "hat", "tie"], clause)
    assert even["sentence"] == "2 of 5 models say so: hat comes first."
    assert (few["says"], few["count"], few["of"]) == ("hat", 1, 5)


def test_places_that_differ_by_rounding_alone_are_equal_and_the_first_is_named():
    numbers = {
        ("flow", None, "item", place, None): value for place, value in ((1, 0.2), (2, 0.5), (3, 0.5000001), (4, 9.0))
    }
    assert module.first_place(module.Said(numbers, None, last=4), "flow") == ("item", 2)
    numbers["flow", None, "item", 3, None] = 0.501
    assert module.first_place(module.Said(numbers, None, last=4), "flow") == ("item", 3)


def test_one_model_alone_and_models_of_other_kinds_say_nothing(models, world, random_model):
    assert "seeds" not in Session(models[0], world, 2).record["draft"]
    session = opened(models, world, beside={"early": random_model(fusion="heho")})
    assert len(session.record["draft"]["seeds"]) == 3
    session.do({"do": "model", "model": 1})
    assert "seeds" not in session.record["draft"]
    assert "seeds" not in session.do({"do": "what_if", "change": "shuffle", "repeats": 2})["what_if"]
    session.do({"do": "model", "model": 4})
    assert {one["of"] for one in session.record["draft"]["seeds"]} == {5}


def test_of_a_history_without_a_next_item_only_the_gates_are_counted(models, world):
    records = [trace(model, world, history=[3, 7, 5]) for model in models]
    assert all(record.flow and record.target is None for record in records)
    assert [one["about"] for one in module.agreements(records)] == ["larger beta"]


def test_other_codes_than_the_trained_ones_are_no_other_seed(models, world, session, monkeypatch):
    monkeypatch.setattr("mmsr_lite.explain.session.with_other_codes", lambda *_, **__: (models[4], "untrained"))
    session.do({"do": "codes", "codes": 3, "codes_per_item": 1})
    assert session.record["draft"]["note"] == "untrained" and "seeds" not in session.record["draft"]


@pytest.mark.parametrize("change", ["shuffle", {"do": "drop", "modality": "text"}, {"do": "gate", "to": "hohe"}])
def test_the_sign_of_a_what_if_is_that_of_each_model(models, world, session, change):
    found = session.do({"do": "what_if", "change": change, "repeats": 2})["what_if"]
    records = [what_if(model, world, 2, change, repeats=2, shared_random=True) for model in models]
    signs = ["raises" if one.measures["probability"]["delta"] > 0 else "lowers" for one in records]
    assert found["seeds"]["answers"] == signs and found["seeds"]["count"] == signs.count(signs[0])
    assert f"so: the change {signs[0]} the probability of “{found['watched']['title']}”" in found["seeds"]["sentence"]
    assert first_mistake(found["clean"], TraceRecord) is None and found.validate() is found


def test_a_change_of_nothing_changes_the_probability_in_no_model(session):
    found = session.do({"do": "what_if", "change": {"do": "swap", "position": 2, "other": 2}, "repeats": 2})["what_if"]
    assert (found["seeds"]["says"], found["seeds"]["count"]) == ("does not change", 5)


def nodes_of(record, kind):
    return {node["id"] for node in record["nodes"] if record["node_types"][node["type"]] == kind}


def test_a_change_that_names_a_code_or_an_edge_that_others_lack_is_of_this_model_alone(models, world, session):
    records = [Session(model, world, 2).record for model in models]
    shared = {kind: set.intersection(*(nodes_of(one, kind) for one in records)) for kind in ("item", "picture")}
    last = session.record["history"][-1]["item"]
    asked = [("item", min(shared["item"] - {last})), ("picture", min(shared["picture"]))]  # all have both nodes
    changes = [{"do": "node", "type": kind, "id": number} for kind, number in asked]
    of_item, of_code = (session.do({"do": "what_if", "change": one, "repeats": 2})["what_if"] for one in changes)
    assert of_item["seeds"]["of"] == 5 and "seeds" not in of_code
    edge = {"do": "edge", "centre": [*asked[0]], "neighbour": [*asked[1]]}
    gate = {"do": "gate", "to": "half", "type": "picture", "id": None}
    assert module.names_codes([edge]) and not module.names_codes([gate])


def test_models_that_differ_in_more_than_their_seed_are_refused(models, world, random_model):
    for other in (random_model(layers=1), random_model(1)):
        with pytest.raises(MMSRError, match=r"'seed 1' is .* differs from MMSR, adaptive in more than its seed"):
            Session(models[0], world, 2, other_seeds={"seed 1": other})


def test_the_models_of_a_page_are_those_of_the_session_with_their_group(models, world, random_model):
    session = opened(models[:3], world, beside={"early": random_model(fusion="heho")})
    data = session.page_data()
    assert [model["name"] for model in data["models"]] == ["MMSR, adaptive", "early", "seed 1", "seed 2"]
    assert data["seeds"] == [[0, 2, 3]]
    assert Session(models[0], world).page_data()["seeds"] == []
