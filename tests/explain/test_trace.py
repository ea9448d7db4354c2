"""A trace says what the model did: its graph, its attention, its gates, and how the score came about."""

import base64
import json

import numpy as np
import pytest
import torch
from PIL import Image

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.explain.gates import last_examples
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.msgraph import build_msgraph
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models.counting import Markov, MarkovConfig
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.han import FUSIONS

ITEMS = [1, 2, 1, 3, 5, 12]
EVERYWHERE = {"global_attention": True}
FAMILIES = {"homogeneous": (0, 1, 2, 3), "heterogeneous": (0, 4)}


@pytest.fixture
def dataset(tmp_path) -> Dataset:
    Image.new("RGB", (300, 200), "red").save(tmp_path / "1.png")
    (tmp_path / "2.png").write_text("<svg onload=alert(1)>")
    pictures = (None, str(tmp_path / "1.png"), str(tmp_path / "2.png"), *[None] * 10)
    names, facts = tuple(f"i{item}" for item in range(13)), {"causes": ["noise", "match"], "cause": np.arange(7) == 5}
    user, texts = np.array([0] * 6 + [1]), {"title": names}
    return Dataset("d", user, np.array([*ITEMS, 4]), user, ("a", "b"), names, names, texts, pictures, facts=facts)


@pytest.fixture
def make(random_model):
    return lambda modalities=3, **settings: random_model(modalities, **{"layers": 1} | settings)


@pytest.mark.parametrize("modalities", [1, 3])
@pytest.mark.parametrize("settings", [*({"fusion": name} for name in FUSIONS), {"residual": False}, EVERYWHERE])
def test_the_record_is_the_graph_the_attention_and_the_score(make, dataset, books, settings, modalities):
    model = make(modalities, layers=2, **settings)
    record = trace(model, dataset, 0)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    tables = {book.name: book.codes for book in books(modalities)}
    graph = build_msgraph(ITEMS[:-1], tables, global_attention=settings == EVERYWHERE)
    assert record["edges"] == [[e.neighbour, e.centre, RELATIONS.index(e.relation)] for e in graph.edges]
    places = [(record["node_types"][n["type"]], n["id"], tuple(n["positions"])) for n in record["nodes"]]
    assert places == [(node.type, node.id, node.positions) for node in graph.nodes]
    for step, item in zip(record["history"], ITEMS, strict=False):
        assert step["item"] == item == record["nodes"][step["node"]]["id"] and step["texts"] == {"title": f"i{item}"}
        assert step["codes"] == {name: sorted(set(table[item].tolist()) - {0}) for name, table in tables.items()}
    for layer in record["layers"]:
        for phase in (phase for path in layer["attention"].values() for phase in path):
            heard = np.isin([relation for _, _, relation in record["edges"]], FAMILIES[phase["family"]])
            centre = np.array([centre for _, centre, _ in record["edges"]])[heard]
            weights, logits = (np.array(phase[what], float) for what in ("weights", "logits"))  # None is NaN
            assert np.array_equal(heard, ~np.isnan(weights)) and np.array_equal(heard, ~np.isnan(logits))
            assert np.allclose(np.bincount(centre, weights[heard]), np.ones(len(places)))
            power = np.exp(logits[heard])
            assert np.allclose(weights[heard], power / np.bincount(centre, power)[centre], atol=1e-5)
        assert (layer["beta"] is not None) == model.config.fusion.startswith("adaptive")
        assert layer["beta"] is None or np.allclose(np.sum(layer["beta"], axis=1), 1)
        assert {len(norms) for norms in layer["norms"].values()} == {len(places)}
    goal, top = record["target"], record["answer"]["top"]
    assert len(top) == 10 and [a["score"] for a in top] == sorted((a["score"] for a in top), reverse=True)
    assert all(len(a["parts"]) == len(record["answer"]["parts"]) for a in [goal, *top])
    assert all(sum(a["parts"]) == pytest.approx(a["score"], abs=1e-4) for a in [goal, *top])
    example = Examples(np.array(ITEMS), np.array([0]), np.array([5]), np.array([0]))
    assert goal["item"] == 12 and [goal["rank"]] == ranks(model, example).tolist()
    wanted = model.scores(torch.tensor([ITEMS[:-1]])).topk(10).values[0].tolist()
    assert [a["score"] for a in top] == pytest.approx(wanted, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", AGGREGATORS)
def test_every_aggregator_tells_what_each_edge_weighs(make, dataset, name):
    record = trace(make(2, layers=2, aggregator=name), dataset, 0)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    for layer in record["layers"]:
        phases = [phase for path in layer["attention"].values() for phase in path]
        weights = np.array([phase["weights"] for phase in phases], float)
        assert np.isfinite(weights).any(0).all()  # each edge is heard in some phase
    assert all(sum(a["parts"]) == pytest.approx(a["score"], abs=1e-3) for a in record["answer"]["top"])


def test_a_forced_gate_gives_the_score_to_one_path(make, dataset):
    model, late = make(), torch.tensor([1.0, 0.0])
    record = trace(model, dataset, 0, replace={"layers.0.probes.beta": lambda beta: late.expand_as(beta)})
    assert record["layers"][0]["beta"] == [[1, 0]] * len(record["nodes"]) and record["answer"]["parts"][1] == "heho"
    plain = make(fusion="hohe")
    plain.load_state_dict(model.state_dict(), strict=False)
    assert [a["parts"][1] for a in record["answer"]["top"]] == [0] * 10
    wanted = trace(plain, dataset, history=ITEMS[:-1], top=99)["answer"]["top"]
    assert len(wanted) == 12 and sum(a["probability"] for a in wanted) == pytest.approx(1)
    assert [a["score"] for a in record["answer"]["top"]] == pytest.approx([a["score"] for a in wanted[:10]], abs=1e-4)


@pytest.mark.parametrize("fusion", ["adaptive", "synchronous", "heho"])
def test_the_stages_walk_through_the_probes_to_the_score(make, dataset, fusion):
    model = make(2, layers=2, fusion=fusion)
    record, probes = trace(model, dataset, 0), dict(model.named_modules())
    stages = record["stages"]
    assert all(stage["probe"] is None or stage["probe"] in probes for stage in stages)
    walked = [stage["stage"] for stage in stages if stage.get("layer", 0) == 0]
    both = ["homogeneous", "heterogeneous", "heterogeneous", "homogeneous", "gate"]
    inside = {"adaptive": both, "synchronous": [*both[:2], "linear"], "heho": [*both[2:4], "only"]}[fusion]
    assert walked == ["build", "codes", "input", *inside, "pool", "score"]
    table, (pooled, score) = model.item_table()[record["target"]["item"]], stages[-2:]
    assert float(torch.tensor(pooled["row"]) @ table.detach()) == pytest.approx(record["target"]["score"], abs=1e-2)
    assert score["shape"] == [12] and pooled["shape"] == [8] == [len(pooled["row"])]
    for layer in record["layers"] if fusion == "adaptive" else ():
        power = np.exp(layer["gate_logits"])
        assert np.allclose(power / power.sum(1, keepdims=True), layer["beta"], atol=1e-6)  # equation 16


def test_the_numbers_of_a_stage_have_five_digits_after_the_point(make, dataset):
    model = make(2)
    stages = trace(model, dataset, history=ITEMS[:-1])["stages"]
    graph, states = model.states(torch.tensor([ITEMS[:-1]]))
    pooled = next(stage["row"] for stage in stages if stage["stage"] == "pool")
    assert pooled == [round(value, 5) for value in pooled]
    assert pooled == pytest.approx(states[0][0, graph.last[0]].tolist(), abs=10**-5 / 2 + 1e-6)


def test_a_user_brings_the_target_pictures_and_truth_and_a_history_only_itself(make, dataset):
    record = trace(make(1), dataset, 0)
    assert (record["user"], record["truth"]) == ({"index": 0, "id": "a"}, {"cause": "match"})
    first, second, *_ = record["history"]
    head, _, data = first["picture"].partition("base64,")
    assert head == "data:image/png;" and base64.b64decode(data).startswith(b"\x89PNG") and second["picture"] is None
    bare = trace(make(1, max_history=3), dataset, history=ITEMS, target=4)
    assert (bare["user"], bare["truth"], bare["target"]["item"]) == (None, None, 4)
    assert [step["item"] for step in bare["history"]] == ITEMS[-3:]
    assert trace(make(1), dataset, history=[1])["target"] is None


@pytest.mark.parametrize(
    "asked, message",
    [
        ({"history": [1, 13]}, r"history \[1, 13\] has 13; expected items from 1 to 12"),
        ({"history": []}, "history is empty; expected items from 1 to 12"),
        ({"history": [1], "target": 0}, "target is 0; expected an item from 1 to 12"),
        ({"history": [1, 2.5]}, r"history \[1, 2.5\] has 2.5; expected items from 1 to 12"),
        ({"history": "12"}, "history is '12'; expected items from 1 to 12"),
        ({"history": 3}, "history is 3; expected items from 1 to 12"),
        ({"history": np.ones((1, 2), int)}, r"history has the shape \(1, 2\); expected one axis"),
        ({"user": 7}, "there is no user 7 in 'd'; give an id such as 'a', or a number from 0 to 1"),
        ({"user": "²"}, "there is no user '²' in 'd'"),
        ({"user": True}, "there is no user True in 'd'"),
        ({"user": 0.0}, "there is no user 0.0 in 'd'"),
        ({"user": 0, "top": -1}, "top is -1; expected a whole number from 1 on"),
        ({"user": 0, "top": "3"}, "top is '3'; expected a whole number"),
        ({"user": 1}, r"user 1 \('b'\) has one item"),
        ({}, "either a user or a history"),
        ({"user": 0, "history": [1]}, "either a user or a history"),
    ],
)
def test_what_cannot_be_traced_is_told(make, dataset, asked, message):
    with pytest.raises(MMSRError, match=message):
        trace(make(0), dataset, **asked)


def test_a_user_and_a_history_are_taken_in_every_natural_form(make, dataset):
    model = make(1)
    by_number = trace(model, dataset, 0)
    for user in ("a", np.int64(0), "0", torch.tensor(0)):
        assert trace(model, dataset, user) == by_number
    bare = trace(model, dataset, history=ITEMS)
    for history in (tuple(ITEMS), np.array(ITEMS), torch.tensor(ITEMS), [np.int32(item) for item in ITEMS]):
        assert trace(model, dataset, history=history) == bare
    assert json.loads(json.dumps(trace(model, dataset, np.int64(0), top=np.int64(3)))) == trace(
        model, dataset, 0, top=3
    )


def test_of_a_model_that_counts_an_items_share_of_all_counts_stands_for_its_probability(world):
    model = Markov(MarkovConfig(decay=0.5), 12)
    model.count(last_examples(world))
    scores = model.scores(torch.tensor([[1, 2]]))[0, 1:]
    top = trace(model, world, history=[1, 2], top=12)["answer"]["top"]
    assert sum(one["probability"] for one in top) == pytest.approx(1)
    for one in top:
        assert one["probability"] == pytest.approx(float(scores[one["item"] - 1] / scores.sum()))
    silent = Markov(MarkovConfig(decay=0.5), 12)
    silent.count(last_examples(world).select(np.arange(1)))
    nobody = next(item for item in range(1, 13) if item not in world.history(0))
    assert {one["probability"] for one in trace(silent, world, history=[nobody])["answer"]["top"]} == {0}
