"""A model run again over changed graphs does what a model of that graph does."""

from dataclasses import replace

import pytest
import torch

from mmsr_lite.explain.changed_graphs import blocks, remove_edges
from mmsr_lite.explain.contributions import dense
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.graph.relations import SELF
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.probe import listen

HISTORIES = torch.tensor([[1, 2, 1, 3, 5], [12, 4, 4, 7, 0], [9, 0, 0, 0, 0]])
RULES = [{}, {"fusion": "hohe-invasive"}, {"fusion": "heho"}, {"fusion": "synchronous"}, {"global_attention": True}]
RULES.append({"cosine": 20.0})


def close(one: torch.Tensor, two: torch.Tensor) -> bool:
    return torch.allclose(one, two, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", RULES)
def test_nothing_changed_gives_the_model_s_scores_and_a_training_model_trains_on(random_model, settings):
    model = random_model(**settings).train()
    scores, _ = rerun(model, model.graphs(HISTORIES))
    assert model.training and close(scores[:, 1:], model.eval().scores(HISTORIES)[:, 1:])


def test_a_part_that_was_left_in_training_drops_nothing(random_model):
    """The model says that it does not train, and one of its layers does."""
    model = random_model(dropout=0.5)
    wanted = model.scores(HISTORIES)
    model.layers[0].train()
    assert close(rerun(model, model.graphs(HISTORIES))[0][:, 1:], wanted[:, 1:])


@pytest.mark.parametrize("settings", [*RULES, *({"aggregator": name} for name in AGGREGATORS)])
def test_taking_a_node_out_is_a_graph_without_it(random_model, settings):
    model = random_model(**settings)
    graph = model.graphs(HISTORIES[:1])
    begin = 0
    for kind, width in enumerate(graph.widths):
        for slot in range(width):
            if (kind, slot) == (0, int(graph.last)):
                continue
            gone = torch.zeros(1, sum(graph.widths), dtype=torch.bool)
            gone[0, begin + slot] = True
            ids, incidence = ([one.clone() for one in many] for many in (graph.ids, graph.incidence))
            ids[kind][0, slot], incidence[kind][0, :, slot] = 0, 0
            bare = replace(graph, ids=tuple(ids), incidence=tuple(incidence))
            assert close(rerun(model, graph, remove_edges(gone))[0][:, 1:], rerun(model, bare)[0][:, 1:])
        begin += width


@pytest.mark.parametrize("settings", RULES[:4])
def test_cutting_an_edge_is_masking_its_logits(random_model, settings):
    model = random_model(**settings)
    graph = model.graphs(HISTORIES)
    keep = torch.rand(graph.edges.shape, generator=torch.Generator().manual_seed(0)) < 0.6
    keep |= graph.edges == SELF  # everyone keeps a neighbour

    def masked(logits):
        stay = [keep] if logits[0].shape[1] == keep.shape[1] else blocks(keep, graph)
        return tuple(logit.masked_fill(~mask, MASKED) for logit, mask in zip(logits, stay, strict=True))

    with listen(model) as seen:
        model.states(HISTORIES)
    places = {name: masked for name in seen if name.endswith("_logits")}
    scores, seen = rerun(model, graph, keep)
    assert places and close(scores[:, 1:], rerun(model, graph, extra=places)[0][:, 1:])
    for name in places:
        weights = dense(seen[name.replace("logits", "weights")], graph)
        assert close(weights.sum(2)[graph.exists], torch.ones(()))
        assert not weights[graph.exists][~(keep & (graph.edges > 0))[graph.exists]].any()


def test_a_node_that_hears_nobody_gathers_nothing(random_model):
    model = random_model(0)
    graph = model.graphs(HISTORIES[2:])  # one item, one self-loop
    scores, _ = rerun(model, graph, keep=torch.zeros(1, 1, 1, dtype=torch.bool))
    (state,) = model.nodes(graph)  # the residual connection alone
    assert close(scores[:, 1:], (state[:, 0] @ model.item_table().T)[:, 1:])


@pytest.mark.parametrize("to, fusion", [((1.0, 0.0), "hohe"), ((0.0, 1.0), "heho")])
def test_a_gate_forced_everywhere_is_the_model_of_that_order(random_model, to, fusion):
    model, plain = random_model(), random_model(fusion=fusion)
    plain.load_state_dict(model.state_dict(), strict=False)
    graph = model.graphs(HISTORIES)
    beta = torch.tensor(to).expand(2, *graph.exists.shape, 2)
    assert close(rerun(model, graph, beta=beta)[0][:, 1:], plain.scores(HISTORIES)[:, 1:])
    free = torch.full_like(beta, torch.nan)
    assert close(rerun(model, graph, beta=free)[0][:, 1:], model.scores(HISTORIES)[:, 1:])
