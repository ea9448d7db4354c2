"""The tests of an explanation say yes where it is one, and no where it is not."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import faithfulness as module
from mmsr_lite.explain import faithfulness_planted as planted
from mmsr_lite.explain.changed_graphs import remove_edges
from mmsr_lite.explain.contributions import dense
from mmsr_lite.explain.faithfulness import faithfulness
from mmsr_lite.explain.faithfulness_scores import (
    SHARES,
    correlations_of,
    curve_test,
    fidelity_test,
    forced_gate_test,
)
from mmsr_lite.explain.gates import last_examples
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.explain.rollout import carried, rollout
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

HISTORIES = torch.tensor([[1, 2, 1, 3, 5], [12, 4, 4, 7, 0]])


def late_of(model, examples):
    graph = model.graphs(torch.from_numpy(examples.histories()))
    beta = rerun(model, graph)[1]["layers.1.probes.beta"]
    return beta[torch.arange(len(graph.last)), graph.last, 0].detach().numpy()


@pytest.mark.parametrize("settings", [{}, {"fusion": "hohe-invasive"}, {"fusion": "synchronous"}, {"residual": False}])
def test_rollout_shares_the_answer_among_the_nodes(random_model, settings):
    model = random_model(**settings)
    graph = model.graphs(HISTORIES)
    _, seen = rerun(model, graph)
    shares, _ = rollout(model, graph, seen)
    assert torch.allclose(shares.sum(1), torch.ones(2)) and not shares[~graph.exists].any()


def test_what_a_layer_carries_is_the_last_phase_by_beta(random_model):
    model = random_model()
    graph = model.graphs(HISTORIES)
    _, seen = rerun(model, graph)
    late, early = (dense(seen[f"layers.0.probes.{path}_2_weights"], graph) for path in ("hohe", "heho"))
    beta = seen["layers.0.probes.beta"][:, :, None]
    wanted = beta[..., 0] * late + beta[..., 1] * early
    assert torch.allclose(carried(model, graph, seen, 0), wanted)
    one = random_model(layers=1)  # half of the answer is the last item itself
    _, seen = rerun(one, graph)
    place, own = torch.arange(2), torch.nn.functional.one_hot(graph.last, wanted.shape[1])
    heard = carried(one, graph, seen, 0)[place, graph.last]
    shares, along = rollout(one, graph, seen)
    assert torch.allclose(shares, (own + heard) / 2) and torch.allclose(along[place, graph.last], heard / 2)
    assert torch.allclose(along.sum((1, 2)), torch.full((2,), 0.5))  # no other edge carries anything to the answer


@pytest.fixture(scope="module")
def records(random_model, world):
    """What is explained -> the record of one model, which several tests read."""
    return {name: faithfulness(random_model(), world, explains=name, orders=2) for name in ("attention", "beta")}


@pytest.mark.parametrize("explains", ["attention", "beta"])
def test_the_record_is_whole_and_the_curves_begin_and_end_where_they_must(random_model, world, records, explains):
    model, record = random_model(), records[explains]
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record == faithfulness(model, world, explains=explains, orders=2)
    tests, examples = record["tests"], last_examples(world)
    graph = model.graphs(torch.from_numpy(examples.histories()))
    scores, _ = rerun(model, graph)
    first = scores.argmax(1, keepdim=True)
    if explains == "beta":
        bare, _ = rerun(model, graph, beta=torch.full((2, *graph.exists.shape, 2), 0.5))
    else:
        others = graph.exists.clone()
        others[torch.arange(8), graph.last] = False
        bare, _ = rerun(model, graph, remove_edges(others))
    ends = [float(each.detach().softmax(1).gather(1, first).mean()) for each in (scores, bare)]
    for name, order in (("deletion", ends), ("insertion", ends[::-1])):
        for curve in ("ours", "random"):
            assert [tests[name][curve][0], tests[name][curve][-1]] == pytest.approx(order, abs=1e-5)
        assert len(tests[name]["ours"]) == len(SHARES) and tests[name]["sentence"]
    passed = [test["passed"] for test in tests.values() if test]
    assert f"passes {sum(passed)} of {len(passed)}" in record["sentence"]
    assert (tests["forced_gate"] is None) == (explains == "attention") and tests["planted"] is None


@pytest.mark.parametrize("settings", [{"fusion": "homogeneous"}, {"aggregator": "gat"}, {"global_attention": True}])
def test_attention_of_every_kind_of_layer_is_tested(random_model, world, settings):
    tests = faithfulness(random_model(**settings), world, orders=1, histories=3)["tests"]
    assert all(np.isfinite(tests[name]["spearman"]) for name in ("gradient", "random_weights"))


def test_an_order_by_true_effect_passes_deletion_and_its_reverse_fails(random_model, world):
    model, examples = random_model(), last_examples(world)
    graph = model.graphs(torch.from_numpy(examples.histories()))
    importance, _, watched, _ = module._importance(model, graph, "attention")
    chance = lambda scores: scores.softmax(1).gather(1, watched[:, None])[:, 0]  # noqa: E731
    effect, whole = torch.full_like(importance, -torch.inf), chance(rerun(model, graph)[0])
    for slot in range(importance.shape[1]):
        gone = torch.zeros_like(graph.exists)
        gone[:, slot] = True
        lost = whole - chance(rerun(model, graph, remove_edges(gone))[0])
        effect[:, slot] = torch.where(importance[:, slot].isnan(), -torch.inf, lost)
    backwards = torch.where(effect.isinf(), effect, -effect)
    curves, same = module._curves(model, graph, watched, [effect, backwards], "attention")
    assert curve_test("deletion", "effect", curves[0])["passed"]
    assert not curve_test("deletion", "effect", curves[0][::-1])["passed"]
    assert same[0, :, 0].all() and curves.shape == (2, 2, 11, 8)


def test_the_gradient_of_a_gate_is_what_moving_it_to_half_does(random_model):
    model = random_model(layers=1).double()
    graph = model.graphs(HISTORIES[:1])
    graph = replace(graph, incidence=tuple(one.double() for one in graph.incidence))
    importance, slope, watched, late = module._importance(model, graph, "beta")
    _, seen = rerun(model, graph)
    beta, last = seen["layers.0.probes.beta"].detach(), int(graph.last)
    moved = torch.full((1, *beta.shape), torch.nan, dtype=torch.double)
    moved[0, 0, last] = beta[0, last] + 1e-6 * (0.5 - beta[0, last])
    logs = [rerun(model, graph, beta=b)[0].log_softmax(1)[0, watched].detach() for b in (None, moved)]
    assert float(slope[0, last]) == pytest.approx(abs(float(logs[1] - logs[0])) / 1e-6, rel=1e-3)
    assert float(importance[0, last]) == pytest.approx(abs(float(beta[0, last, 0]) - 0.5)) and late == beta[0, last, 0]
    assert slope[0].nan_to_num().sum() == slope[0, last]  # with one layer no other gate reaches the answer


def test_attention_that_was_never_trained_fails_the_random_weights_check(books, world):
    torch.manual_seed(0)
    fresh = MMSR(MMSRConfig(dim=8), 12, books(2))  # its attention is uniform: the graph alone
    test = faithfulness(fresh, world, orders=1)["tests"]["random_weights"]
    assert not test["passed"] and test["spearman"] > 0.5 and "hardly more than the graph" in test["sentence"]
    own = [np.array([1.0, 3.0, 2.0]), np.array([1.0, 2.0])]  # the second has too few units
    assert correlations_of(own, own).tolist() == [1]
    assert correlations_of(own, [np.array([2.0, 1.0, 3.0]), own[1]]) == pytest.approx([-0.5])


def test_fidelity_is_the_share_of_histories_whose_first_item_changes_and_passes_by_its_interval():
    changed = np.zeros((2, 2, 11, 40))  # deletion and insertion, our order and a random one
    changed[0, 0, 5, :30], changed[1, 1, 5, :20] = 1, 1
    found = fidelity_test(changed)
    assert [found[n] for n in ("plus", "minus", "random_plus", "random_minus", "passed")] == [0.75, 0, 0, 0.5, True]
    assert (found["difference_plus"], found["difference_minus"]) == (0.75, -0.5)
    wide = 1.96 * np.sqrt(0.75 * 0.25 / 40)
    assert found["interval_plus"] == pytest.approx([0.75 - wide, 0.75 + wide], abs=0.03)
    assert not fidelity_test(changed[..., [0, 39]])["passed"]  # two histories, of which one changes, say little


def test_an_explanation_that_does_no_more_than_chance_does_not_pass():
    changed = np.zeros((2, 2, 11, 40))
    changed[1, 1, 5] = 1  # kept alone, a random half changes the first item each time, and ours never
    found = fidelity_test(changed)
    assert found["interval_plus"] == [0, 0] and found["interval_minus"][1] < 0 and not found["passed"]


@pytest.mark.pairwise(right=[True, False], seen_by_late_then_early=[("cycle", "match"), ("clocks", "pick")])
def test_beta_that_leans_to_the_cause_names_it(random_model, world, right, seen_by_late_then_early):
    model, examples = random_model(seed=2), last_examples(world)
    names, cause = ("first", "noise", *seen_by_late_then_early), np.zeros(len(world.item), int)
    cause[examples.end] = np.where((late_of(model, examples) > 0.5) == right, 2, 3)
    cause[examples.end[0]] = 1  # noise has no right order
    told = replace(world, facts={"causes": names, "cause": cause})
    found = planted.planted_test(model, told, examples)
    late = (cause[examples.end[1:]] == 2).mean()
    assert (found["share"], found["auc"], found["steps"]) == (float(right), float(right), 7)
    assert found["chance"] == pytest.approx(late**2 + (1 - late) ** 2 if right else 2 * late * (1 - late))
    assert found["passed"] == right and found["by"] == dict.fromkeys(seen_by_late_then_early, float(right))
    if seen_by_late_then_early == ("cycle", "match"):  # two of the cases go through the whole test
        assert faithfulness(model, told, explains="beta", orders=1)["tests"]["planted"] == found


def test_forced_gates_are_read_at_the_last_item(random_model):
    model = random_model(layers=1)
    graph = model.graphs(HISTORIES)
    *_, watched, _ = module._importance(model, graph, "beta")
    plain = [random_model(layers=1, fusion=name) for name in ("hohe", "heho")]
    for one in plain:
        one.load_state_dict(model.state_dict(), strict=False)
    late, early = (one.scores(HISTORIES).log_softmax(1).gather(1, watched[:, None])[:, 0] for one in plain)
    assert module._forced(model, graph, watched) == pytest.approx((late - early).detach().numpy(), abs=1e-4)
    effect = np.arange(8.0)
    assert forced_gate_test(effect**3, effect)["spearman"] == 1 and forced_gate_test(effect, effect)["passed"]
    assert not forced_gate_test(-effect, effect)["passed"]


def test_histories_of_any_length_go_in_pieces_of_like_length(random_model, world, records, monkeypatch):
    whole = records["attention"]["tests"]
    monkeypatch.setattr(module, "CHUNK", 3)
    pieces = faithfulness(random_model(), world, orders=1)["tests"]
    for name in ("gradient", "random_weights"):
        assert pieces[name]["spearman"] == pytest.approx(whole[name]["spearman"], abs=1e-5)
    assert pieces["deletion"]["ours"] == pytest.approx(whole["deletion"]["ours"], abs=1e-5)


def test_what_cannot_be_tested_is_told(random_model, world):
    with pytest.raises(MMSRError, match="unknown explanation 'tea'; choose from: attention, beta"):
        faithfulness(random_model(), world, explains="tea")
    with pytest.raises(MMSRError, match="MMSR, heho has no gates"):
        faithfulness(random_model(fusion="heho"), world, explains="beta")
    with pytest.raises(MMSRError, match="no examples"):
        faithfulness(random_model(), world, last_examples(world).select(np.array([], int)))
    with pytest.raises(MMSRError, match="no history has three units"):
        short = last_examples(world, max_history=1)
        faithfulness(random_model(0), world, short)


@pytest.mark.parametrize("explains", ["attention", "beta"])
def test_fidelity_is_how_often_the_first_item_is_no_longer_first_at_one_half(random_model, world, records, explains):
    model, examples = random_model(), last_examples(world)
    graph = model.graphs(torch.from_numpy(examples.histories()))
    importance, _, watched, _ = module._importance(model, graph, explains)
    ordered = importance.masked_fill(importance.isnan(), -torch.inf)
    is_first = module._curves(model, graph, watched, [ordered], explains)[1]  # away or in, order, share, history
    found = records[explains]["tests"]["fidelity"]
    assert (found["plus"], found["minus"]) == (1 - is_first[0, 0, 5].mean(), 1 - is_first[1, 0, 5].mean())
    assert 0 <= found["random_plus"] <= 1 and 0 <= found["random_minus"] <= 1


@pytest.mark.parametrize(("above", "passed"), [(0.01, True), (0.0, False), (-0.01, False)])
def test_beta_names_the_cause_where_its_whole_interval_is_above_chance(random_model, world, monkeypatch, above, passed):
    model, examples = random_model(seed=2), last_examples(world)
    cause = np.zeros(len(world.item), int)
    cause[examples.end] = np.arange(8) % 2
    told = replace(world, facts={"causes": ("cycle", "match"), "cause": cause})
    hohe, late = cause[examples.end] == 0, late_of(model, examples) > 0.5
    chance = late.mean() * hohe.mean() + (1 - late.mean()) * (1 - hohe.mean())
    monkeypatch.setattr(planted, "bootstrap", lambda values: (values.mean(), [chance + above, 1.0]))
    found = planted.planted_test(model, told, examples)
    assert found["passed"] == passed and found["chance"] == pytest.approx(chance)
    assert found["share"] == (late == hohe).mean() and found["steps"] == 8
    assert f"in {100 * (late == hohe).mean():.1f} % of 8 steps" in found["sentence"]
    assert f"chance in {100 * chance:.1f} %; the area under its ROC curve is" in found["sentence"]
    one = replace(world, facts={"causes": ("cycle", "match"), "cause": np.zeros(len(world.item), int)})
    alone = planted.planted_test(model, one, examples)
    assert alone["auc"] is None and alone["sentence"].endswith(" %.")  # with steps of one kind there is no curve
    assert planted.planted_test(model, world, examples) is None
