"""The flow of one history and of a data set: a record adds up, a trace holds the same, a table sums its users."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.contributions import GROUPS
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.flow_table import flow_summary, flow_table
from mmsr_lite.explain.gates import last_examples
from mmsr_lite.explain.trace import trace
from mmsr_lite.models.sasrec import SASRec, SASRecConfig
from mmsr_lite.records import FlowRecord, TraceRecord, as_record
from mmsr_lite.records.flow import flow_of_trace

EARLY, LATE = GROUPS.index("crossed, then time"), GROUPS.index("time, then crossed")


def with_causes(world, cause):
    return replace(world, facts={"causes": ["noise", "cycle", "match"], "cause": np.asarray(cause)})


def test_the_parts_of_each_item_add_up_to_the_score_that_the_model_gives(random_model, world):
    model, past = random_model(2), world.history(0).tolist()
    scores = model.scores(torch.tensor([past[:-1]]))[0]
    record = flow(model, world, 0, top=3).validate()
    assert record.target == past[-1] and record.target in [item["item"] for item in record.ranked]
    for card, own in zip(record.ranked, record.flow["items"], strict=True):
        assert card["score"] == pytest.approx(float(scores[card["item"]].detach()), abs=1e-4)
        assert sum(own["groups"]) + own["rest"] == pytest.approx(card["score"], abs=1e-4)
        assert np.sum(own["nodes"], 0) == pytest.approx(own["groups"], abs=1e-4)


def test_items_are_those_asked_for_with_the_target_by_rank(random_model, world):
    record = flow(random_model(2), world, history=[3, 7, 4], target=5, items=[9, 2, 9])
    assert {item["item"] for item in record.ranked} == {9, 2, 5}
    ranks = [item["rank"] for item in record.ranked]
    assert ranks == sorted(ranks)


def test_a_trace_holds_the_same_flow(random_model, world):
    model = random_model(2)
    held, own = flow_of_trace(trace(model, world, 0, top=3)).validate(), flow(model, world, 0, top=3)
    assert [item["item"] for item in held.ranked] == [item["item"] for item in own.ranked]
    assert held.beta == own.beta and held.last == own.last
    for ours, theirs in zip(held.flow["items"], own.flow["items"], strict=True):
        assert ours["groups"] == pytest.approx(theirs["groups"], abs=1e-5)


def test_a_trace_keeps_nodes_of_the_first_item_and_the_target_alone(random_model, world):
    record = trace(random_model(2), world, 0, top=10)
    whole = [own["item"] for own in record.flow["items"] if "nodes" in own]
    assert set(whole) == {record.answer["top"][0]["item"], record.target["item"]}
    assert len(json.dumps(record.flow)) < 0.2 * len(json.dumps(record))


def test_an_older_trace_without_a_flow_opens(random_model, world):
    record = dict(trace(random_model(2), world, 0))
    del record["flow"]
    opened = as_record(record, "trace")
    assert opened.flow is None and flow_of_trace(opened) is None


def test_only_han_gnn_layers_have_a_flow(random_model, world):
    other = random_model(2, aggregator="gcn")
    assert "flow" not in trace(other, world, 0) and "flow" not in trace(SASRec(SASRecConfig(dim=8), 12), world, 0)
    with pytest.raises(MMSRError, match="MMSR, gcn has no flow"):
        flow(other, world, 0)
    with pytest.raises(MMSRError, match="items of one time as one step, which a flow cannot show"):
        flow(random_model(2, together=True), world, 0)


def test_a_forced_gate_is_in_the_flow_and_a_changed_state_ends_it(random_model, world):
    model = random_model(2, layers=1)
    heho = {"layers.0.probes.beta": lambda beta: torch.tensor([0.0, 1.0]).expand_as(beta)}
    held = trace(model, world, 0, replace=heho).validate().flow
    assert all(own["groups"][GROUPS.index("own codes")] == 0 for own in held["items"])
    assert "flow" not in trace(model, world, 0, replace={"layers.0.probes.hohe": lambda ends: ends})


def test_the_scores_of_a_trace_are_the_models_with_cosine_scores_too(random_model, world):
    model = random_model(2, cosine=16.0)
    record, past = trace(model, world, 0).validate(), world.history(0)[:-1].tolist()
    scores = model.scores(torch.tensor([past]))[0]
    best = record.answer["top"][0]
    assert best["score"] == pytest.approx(float(scores[best["item"]].detach()), abs=1e-4)
    assert sum(best["parts"]) == pytest.approx(best["score"], abs=1e-4)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda r: r["flow"]["items"][0]["groups"].__setitem__(0, 99.0), "groups and rest add up to"),
        (lambda r: r["flow"]["items"][0]["nodes"][0].__setitem__(3, 99.0), r"nodes\[\]\[3\] add up to"),
        (lambda r: r["flow"]["items"][0]["nodes"].pop(), "values, expected one for each of"),
        (lambda r: r["flow"]["items"][0].__setitem__("item", 999), "expected one of"),
        (lambda r: r["flow"]["items"].pop(), "flow.items has 2 values, expected one for each of 3 items"),
        (lambda r: r.__setitem__("last", 99), "last is 99, expected 0 to"),
        (lambda r: r["beta"].__setitem__(0, [0.9, 0.9]), "sums to 1.8, expected 1"),
    ],
)
def test_a_record_whose_parts_do_not_add_up_is_refused(random_model, world, spoil, message):
    record = json.loads(json.dumps(flow(random_model(2), world, 0, top=3)))
    spoil(record)
    with pytest.raises(MMSRError, match=message):
        FlowRecord(record).validate()


def test_a_trace_whose_flow_does_not_add_up_is_refused(random_model, world):
    record = json.loads(json.dumps(trace(random_model(2), world, 0)))
    record["flow"]["items"][1]["rest"] = 5.0
    with pytest.raises(MMSRError, match=r"flow.items\[1\].groups and rest add up to"):
        TraceRecord(record).validate()


@pytest.mark.parametrize("fusion", ["adaptive", "synchronous", "heho-invasive"])
def test_the_table_adds_up_to_the_score_of_every_target(random_model, world, fusion):
    model = random_model(2, fusion=fusion)
    table = flow_table(model, world, batch=3)
    examples = last_examples(world)
    sums = table.groupby("example").agg({"contribution": "sum", "score": "first", "rest": "first"})
    assert np.allclose(sums["contribution"] + sums["rest"], sums["score"], atol=1e-4)
    scores = model.scores(torch.from_numpy(examples.histories())).detach().numpy()
    assert np.allclose(sums["score"], scores[np.arange(len(examples)), examples.targets], atol=1e-4)
    assert (table["size"] >= table["contribution"].abs() - 1e-6).all()


def test_the_table_of_one_user_is_the_users_flow_by_position(random_model, world):
    model = random_model(2)
    record = flow(model, world, 3)
    own = next(own for own in record.flow["items"] if own["item"] == record.target)
    expected = {}
    for node, parts in zip(record.nodes, own["nodes"], strict=True):
        place = 9 - max(node["positions"])  # eight items: the last one is 1
        expected[place] = np.add(expected.get(place, 0), parts)
    table = flow_table(model, world)
    for place, some in table[table["user"] == 3].groupby("position"):
        assert some["contribution"].to_numpy() == pytest.approx(expected.pop(place), abs=1e-4)
    assert not expected


def test_shares_sum_to_one_over_groups_and_over_positions_and_kinds_are_the_planted_causes(random_model, world):
    told = with_causes(world, np.arange(76) // 9 % 3)
    record = flow_summary(flow_table(random_model(2), told)).validate()
    assert record.users == 8 and [row["kind"] for row in record.by["cause"]] == ["cycle", "match", "noise"]
    assert sum(row["users"] for row in record.by["cause"]) == 8
    assert np.sum([row["shares"] for row in record.by["position"]]) == pytest.approx(1, abs=1e-4)
    whole = np.sum([row["users"] * np.array(row["shares"]) for row in record.by["cause"]], 0) / 8
    assert whole == pytest.approx(record.by["all"][0]["shares"], abs=1e-4)
    assert "early fusion" in record.sentence and "match: " in record.sentence
    assert as_record(json.loads(json.dumps(record))) == record


def test_one_non_invasive_layer_has_no_early_or_late_share_whatever_its_gate_says(random_model, world):
    shares = flow_summary(flow_table(random_model(2, layers=1), world)).by["all"][0]
    assert shares["shares"][EARLY] == shares["shares"][LATE] == 0
    assert 0 < shares["beta"][0] < 1


def test_causes_are_left_out_for_examples_of_other_items(random_model, world):
    told, other = with_causes(world, np.zeros(76, int)), last_examples(world)
    changed = replace(other, items=np.roll(other.items, 1))
    assert set(flow_table(random_model(2), told, changed)["cause"]) == {""}


def test_kinds_are_those_of_the_users_where_a_world_plants_them(random_model, world):
    kind = np.arange(12) % 2
    told = replace(world, facts={"user_kinds": ("pick", "clocks"), "user_kind": kind})
    table = flow_table(random_model(2), told)
    assert all(found == ("pick", "clocks")[user % 2] for user, found in zip(table["user"], table["kind"], strict=True))
    assert [row["kind"] for row in flow_summary(table).by["kind"]] == ["clocks", "pick"]


def test_a_summary_has_ten_positions_and_the_last_one_holds_all_that_are_older():
    rows = [(place, group) for place in range(1, 15) for group in GROUPS]
    table = pd.DataFrame(rows, columns=["position", "group"]).assign(example=0, user=0, kind="", cause="")
    table = table.assign(contribution=1.0, size=1.0)
    table.attrs = {"dataset": "d", "model": "m"}
    by = flow_summary(table).by["position"]
    assert [row["position"] for row in by] == [*([n, n] for n in range(1, 10)), [10, 14]]
    assert sum(by[-1]["shares"]) == pytest.approx(5 / 14, abs=1e-5)


def test_a_group_that_a_table_lacks_has_a_share_of_zero(random_model, world):
    table = flow_table(random_model(2), world)
    for shares in flow_summary(table[table["group"] != GROUPS[EARLY]]).by["all"]:
        assert shares["shares"][EARLY] == shares["contributions"][EARLY] == 0
        assert sum(shares["shares"]) > 0
