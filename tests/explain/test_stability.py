"""Would another seed explain it the same way? Numbers by hand, sums that hold, agreement that is counted right."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import stability as module
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.said import Said
from mmsr_lite.explain.stability import stability, stability_table
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.records import StabilityRecord, as_record
from mmsr_lite.records.flow_parts import FLOW_GROUPS
from mmsr_lite.records.stability import said_by
from mmsr_lite.training.run_config import RunConfig
from mmsr_lite.training.runs import Run


@pytest.fixture(scope="module")
def seeds(world, random_model):
    """Three models with other weights and other codes, on one world."""
    return [(random_model(seed=seed), world) for seed in (1, 2, 3)]


@pytest.fixture(scope="module")
def record(seeds):
    return stability(seeds, history=[3, 7, 3, 5], target=9, repeats=2)


def rows_of(record, measure):
    return [row for row in record.rows if row["measure"] == measure]


def test_attention_and_beta_are_those_computed_by_hand(world):
    model = MMSR(MMSRConfig(dim=8, layers=1), world.num_items).eval()  # attention starts uniform
    with torch.no_grad():
        for parameter in model.layers[0].gate.parameters():
            parameter.zero_()  # beta is 1/2 and 1/2
    found = stability([(model, world), (model, world)], history=[3, 7], target=9, repeats=1)
    # hohe keeps item 7 itself, heho reads half of it and half of item 3; half of a state is the residual connection
    from_earlier = 1 / 2 * (1 / 2 * 0 + 1 / 2 * 1 / 2)
    attention = {row["position"]: row["values"] for row in rows_of(found, "attention")}
    assert attention[1] == pytest.approx([from_earlier] * 2) and attention[2] == pytest.approx([1 - from_earlier] * 2)
    assert [row["values"] for row in rows_of(found, "beta")] == [[pytest.approx(1 / 2)] * 2] * 2
    assert found.agreements[0]["says"] == "“i3” (position 1)"  # the last item itself is left out


def test_beta_is_the_weight_of_late_fusion(world):
    model = MMSR(MMSRConfig(dim=8, layers=1), world.num_items).eval()
    with torch.no_grad():
        for parameter in model.layers[0].gate.parameters():
            parameter.zero_()
        model.layers[0].gate.mlp[-1].bias.copy_(torch.tensor([3.0, 1.0]).log())  # late fusion weighs 3 of 3 + 1
    found = stability([(model, world), (model, world)], history=[3, 7], target=9, repeats=1)
    assert [row["values"] for row in rows_of(found, "beta")] == [[pytest.approx(3 / (3 + 1))] * 2] * 2


def test_attention_adds_up_to_one_and_flow_to_the_score_in_every_model(record, seeds):
    attention, parts = (np.array([row["values"] for row in rows_of(record, name)]) for name in ("attention", "flow"))
    assert attention.sum(0) == pytest.approx([1, 1, 1], abs=1e-5)
    for number, (model, world) in enumerate(seeds):
        [own] = flow(model, world, history=[3, 7, 3, 5], target=9, items=[9]).ranked
        assert parts[:, number].sum() == pytest.approx(own["score"], abs=1e-3)
        assert record.ranks[number] == own["rank"]


def test_a_node_at_two_positions_gives_each_half(record, seeds):
    model, world = seeds[0]
    found = flow(model, world, history=[3, 7, 3, 5], target=9, items=[9])
    node = next(place for place, one in enumerate(found.nodes) if one["type"] == 0 and one["id"] == 3)
    assert found.nodes[node]["positions"] == [1, 3]
    whole = sum(found.flow["items"][0]["nodes"][node])
    shares = {row["position"]: row["values"][0] for row in rows_of(record, "flow") if row["type"] == "item"}
    assert shares[1] == shares[3] == pytest.approx(whole / 2)


def test_orders_are_the_sizes_of_the_flow_by_group(record, seeds):
    model, world = seeds[1]
    found = flow(model, world, history=[3, 7, 3, 5], target=9, items=[9])
    sizes = np.abs(np.array(found.flow["items"][0]["nodes"])).sum(0)
    assert [row["values"][1] for row in rows_of(record, "order")] == pytest.approx(sizes.tolist())
    assert [row["group"] for row in rows_of(record, "order")] == list(FLOW_GROUPS)


def test_the_band_is_from_the_least_to_the_greatest_of_the_models_that_have_the_place():
    place = ("attention", None, "item", 1, None)
    only = ("attention", None, "text", 1, None)
    rows = module._rows([{place: 0.2, only: 0.5}, {place: 0.5}, {place: 0.8}])
    assert [(row["values"], row["mean"], row["low"], row["high"]) for row in rows] == [
        ([0.2, 0.5, 0.8], pytest.approx((0.2 + 0.5 + 0.8) / 3), 0.2, 0.8),
        ([0.5, None, None], 0.5, 0.5, 0.5),
    ]


def said(first, early, late, beta):
    """A model that attends most to a position, with these sizes of flow and this last gate."""
    numbers = {("attention", None, "item", p, None): 0.9 if p == first else 0.1 for p in (1, 2)}
    numbers |= {("flow", None, "item", p, None): 0.9 if p == first else 0.1 for p in (1, 2)}
    numbers["attention", None, "item", 3, None] = numbers["flow", None, "item", 3, None] = 5.0  # the last item itself
    sizes = dict.fromkeys(FLOW_GROUPS, 0.0) | {"crossed, then time": early, "time, then crossed": late}
    numbers |= {("order", None, None, None, group): size for group, size in sizes.items()}
    return Said(numbers, SimpleNamespace(beta=[[0.5, 0.5], beta]), last=3)


def test_it_counts_how_many_models_say_what_most_say(world):
    models = [
        said(2, 3, 1, [0.6, 0.4]),
        said(2, 3, 1, [0.3, 0.7]),
        said(1, 1, 3, [0.6, 0.4]),
        said(2, 3, 1, [0.6, 0.4]),
    ]
    found = {one["about"]: one for one in module._of_numbers(world, [3, 7, 5], models)}
    aside = "the last item itself aside"
    assert found["first by attention"]["sentence"] == f"3 of 4 models attend most to “i7” (position 2), {aside}."
    assert found["larger order"]["answers"] == ["early", "early", "late", "early"]
    assert found["larger order"]["sentence"] == "3 of 4 models have more flow by early fusion than by late fusion."
    assert found["larger beta"]["count"] == 3 and found["larger beta"]["says"] == "hohe"
    record = StabilityRecord(agreements=list(found.values()))
    assert said_by(record, "larger order") == "3 of 4 models say so" and said_by(record, "what if") == ""


def test_the_what_if_is_one_change_for_all_and_its_sign_is_that_of_each_model(seeds):
    change = {"do": "remove", "position": 2}
    found = stability(seeds, history=[3, 7, 5], target=9, change=change, repeats=2)
    deltas = [
        what_if(model, world, history=[3, 7, 5], target=9, change=change, repeats=2).measures["probability"]["delta"]
        for model, world in seeds
    ]
    answers = found.agreements[-1]
    assert answers["answers"] == ["raises" if delta > 0 else "lowers" for delta in deltas]
    assert f"{answers['count']} of 3 models say that this {answers['says']} the probability of “i9”" in found.sentence
    alone = stability(seeds, history=[3], target=9, repeats=2)
    assert alone.change == "" and "what if" not in [one["about"] for one in alone.agreements]


@pytest.mark.parametrize(("attends", "removed"), [((3, 3, 1), 1), ((1, 2, 2), 2), ((3, 3, 3), 3 - 1)])
def test_the_last_item_is_not_removed_however_many_models_attend_most_to_one_of_its_codes(seeds, attends, removed):
    models, datasets = zip(*seeds, strict=True)
    flow_of_target = SimpleNamespace(ranked=[{"item": 9, "title": "i9", "item_id": "i9"}])
    says = [Said({("attention", None, "picture", place, None): 0.9}, flow_of_target, last=3) for place in attends]
    asked = {"history": [3, 7, 5], "target": 9}
    told, _ = module._what_ifs(models, datasets, asked, None, 1, says)
    change = {"do": "remove", "position": removed}
    assert told == module._what_ifs(models, datasets, asked, change, 1, says)[0]


def test_a_user_and_an_unknown_target_are_watched_by_all_models_alike(seeds, world):
    of_user = stability(seeds, 2, repeats=1)
    assert of_user.watched["item"] == world.history(2)[-1] and of_user.user["id"] == "u2"
    tops = [flow(model, world, history=[3, 7], top=1).ranked[0]["item"] for model, _ in seeds]
    without = stability(seeds, history=[3, 7], repeats=1)
    assert without.watched["item"] == max(tops, key=tops.count)


def test_titles_with_braces_are_kept_as_they_are(seeds, world):
    braces = replace(world, titles=("", *("{says} {0} }" for _ in range(world.num_items))))
    found = stability([(model, braces) for model, _ in seeds], history=[3, 7], target=9, repeats=1)
    assert "attend most to “{says} {0} }” (position 1)" in found.sentence


def test_the_record_and_its_table_hold_every_number(record):
    assert as_record(json.loads(json.dumps(record)), "stability") == record
    table = stability_table(record)
    assert len(table) == len(record.rows)
    first = table.iloc[0]
    assert [first["model 1"], first["model 2"], first["model 3"]] == record.rows[0]["values"]
    assert table.query("measure == 'beta'")["layer"].unique().tolist() == [1, 2]
    broken = json.loads(json.dumps(record))
    broken["agreements"][0]["count"] += 1
    with pytest.raises(MMSRError, match=r"agreements\[0\].count is"):
        as_record(broken, "stability")


def test_what_differs_in_more_than_the_seed_is_refused(seeds, world, random_model):
    with pytest.raises(MMSRError, match="two models or more"):
        stability(seeds[:1], 0)
    with pytest.raises(MMSRError, match="expected one kind of model"):
        stability([*seeds, (random_model(fusion="hohe"), world)], 0)
    first = RunConfig("wardrobe:match", ()).with_settings(dim=8)
    runs = [Run(first, world), Run(first.with_settings(seed=1, lr=0.5), world)]
    with pytest.raises(MMSRError, match=r"differ in more than their seed: lr is 0.01 in one and 0.5 in another"):
        stability(runs, 0)
    with pytest.raises(MMSRError, match="two runs have the seed 0"):
        stability([Run(first, world), Run(first, world)], 0)
    other = replace(world, item=world.item[::-1].copy())
    with pytest.raises(MMSRError, match="other data or other histories"):
        stability([seeds[0], (seeds[1][0], other)], 0)


def test_a_model_whose_items_have_other_ids_is_refused_for_a_history_too(seeds, world):
    renamed = replace(world, item_ids=("", *(f"other {item}" for item in range(world.num_items))))
    with pytest.raises(MMSRError, match="other data or other histories"):
        stability([seeds[0], (seeds[1][0], renamed)], history=[3, 7], target=9, repeats=1)
