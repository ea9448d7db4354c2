"""PyG's explainers see our model as it is, and their masks stand at the right edges."""

import json

import numpy as np
import pytest
import torch
from torch_geometric.explain import Explainer

from mmsr_lite.explain.changed_graphs import blocks
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.explain.pyg import CONFIG, AsPyG, EdgeGradient, _sentence, compare_with_pyg
from mmsr_lite.graph.relations import SELF
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

PAST = [1, 2, 1, 3, 5]


@pytest.fixture
def adapted(random_model):
    def made(**settings):
        model = random_model(**settings)
        with torch.no_grad():
            return model, AsPyG(model, model.graphs(torch.tensor([PAST])))

    return made


@pytest.mark.parametrize(
    "settings", [{}, {"fusion": "heho-invasive"}, {"fusion": "synchronous"}, {"aggregator": "gat"}]
)
def test_without_a_mask_the_adapter_is_the_model(adapted, settings):
    model, adapter = adapted(**settings)
    wanted = model.scores(torch.tensor([PAST]))[:, 1:]
    assert torch.allclose(adapter(adapter.x, adapter.edge_index), wanted, rtol=1e-4, atol=1e-4)
    assert adapter.edge_index.shape[1] == int((adapter.graph.edges > 0).sum())


def test_a_mask_scales_the_attention_of_its_edge_in_every_phase(adapted):
    model, adapter = adapted()
    explainer = Explainer(adapter, EdgeGradient(), "model", CONFIG, edge_mask_type="object")
    mask = torch.rand(adapter.edge_index.shape[1], generator=torch.Generator().manual_seed(0))
    full = torch.zeros(1, len(adapter.x), len(adapter.x))
    full[0, adapter.edge_index[1], adapter.edge_index[0]] = mask

    def scaled(weights):
        own = [full] if weights[0].shape[1] == full.shape[1] else blocks(full, adapter.graph)
        return tuple(weight * part for weight, part in zip(weights, own, strict=True))

    _, seen = rerun(model, adapter.graph)
    wanted, _ = rerun(model, adapter.graph, extra={name: scaled for name in seen if name.endswith("_weights")})
    found = explainer.get_masked_prediction(adapter.x, adapter.edge_index, edge_mask=mask)
    assert torch.allclose(found, wanted[:, 1:], rtol=1e-4, atol=1e-4)


def test_the_gradient_of_an_edge_is_what_less_of_it_does(adapted):
    _, adapter = adapted(layers=1)
    explainer = Explainer(adapter.double(), EdgeGradient(), "model", CONFIG, edge_mask_type="object")
    adapter.x, adapter.mask = adapter.x.double(), adapter.mask
    found = explainer(adapter.x, adapter.edge_index)
    mask = torch.ones(adapter.edge_index.shape[1], dtype=torch.double)
    log = lambda own: explainer.get_masked_prediction(  # noqa: E731
        adapter.x, adapter.edge_index, edge_mask=own
    ).log_softmax(1)[0, found.target]
    for edge in range(len(mask)):
        less = mask.clone()
        less[edge] -= 1e-6
        assert float(found.edge_mask[edge]) == pytest.approx(
            abs(float(log(mask) - log(less))) / 1e-6, rel=1e-2, abs=1e-5
        )
    assert 0 < int((found.edge_mask > 0).sum()) < len(mask)  # with one layer some edges do not reach the answer


def test_the_record_stands_beside_the_trace(random_model, world):
    model, before = random_model(), torch.random.get_rng_state()
    record = compare_with_pyg(model, world, history=PAST, epochs=3)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert torch.equal(before, torch.random.get_rng_state()) and all(p.grad is None for p in model.parameters())
    assert record == compare_with_pyg(model, world, history=PAST, epochs=3)
    trace, values = record["trace"], np.array(record["edges"])
    assert values.shape == (len(trace["edges"]), len(record["methods"]))
    assert record["methods"][:4] == ["attention", "flow", "GNNExplainer", "gradient"]
    for row, (_, centre, _) in enumerate(trace["edges"]):
        each = []
        for layer in trace["layers"]:
            last = [layer["attention"][path][1]["weights"][row] or 0 for path in ("hohe", "heho")]
            each.append(np.dot(layer["beta"][centre], last))
        assert values[row, 0] == pytest.approx(np.mean(each), abs=1e-5)
    assert [pair["methods"] for pair in record["agreement"][:2]] == [[0, 1], [0, 2]]
    assert f"{record['agreement'][1]['spearman']:+.2f} with our attention" in record["sentence"]
    assert all({fid["plus"], fid["minus"]} <= {0, 1} for fid in record["fidelity"])  # one history
    assert record["item"] == trace["answer"]["top"][0]["item"]


def test_methods_that_tell_edges_not_apart_have_numbers_too(books, world):
    torch.manual_seed(0)
    fresh = MMSR(MMSRConfig(dim=8, fusion="homogeneous"), 12, books(0))  # its attention is uniform
    record = compare_with_pyg(fresh, world, history=[1, 2], epochs=1)
    assert record["agreement"][1]["spearman"] == 0 and json.dumps(record, allow_nan=False)


def test_fidelity_is_of_the_half_of_the_edges_with_the_largest_numbers_of_a_method(random_model, world, monkeypatch):
    kept = []

    def seen(explainer, explanation):
        kept.append(explanation.edge_mask.clone().numpy())
        return 0.0, 0.0

    monkeypatch.setattr("mmsr_lite.explain.pyg.fidelity", seen)
    record = compare_with_pyg(random_model(), world, history=PAST, epochs=3)
    values = np.array(record["edges"])
    assert len(kept) == len(record["methods"])
    for mask, numbers in zip(kept, values.T, strict=True):
        assert mask.sum() == (len(numbers) + 1) // 2
        assert numbers[mask == 1].min() >= numbers[mask == 0].max()


def test_a_mask_of_all_edges_keeps_the_answer_and_none_of_them_is_the_input_alone(adapted):
    model, adapter = adapted()
    explainer = Explainer(adapter, EdgeGradient(), "model", CONFIG, edge_mask_type="object")
    none = explainer.get_masked_prediction(
        adapter.x, adapter.edge_index, edge_mask=torch.zeros(adapter.edge_index.shape[1])
    )
    bare, _ = rerun(model, adapter.graph, torch.zeros_like(adapter.graph.edges, dtype=torch.bool))
    assert torch.allclose(none, bare[:, 1:], rtol=1e-4, atol=1e-4) and int((adapter.graph.edges == SELF).sum()) > 0


def test_the_sentence_compares_the_ten_strongest_edges_and_both_correlations_with_the_mask():
    edges = np.arange(12.0)
    values = {"attention": edges, "flow": edges, "GNNExplainer": np.roll(edges, 3), "gradient": -edges}
    pairs = [([0, 1], 0.9), ([0, 2], 0.25), ([1, 2], -0.5), ([2, 3], 0.1)]
    agreement = [{"methods": methods, "spearman": number} for methods, number in pairs]
    shared = len(set(range(2, 12)) & set(np.argsort(-np.roll(edges, 3))[:10].tolist()))
    assert _sentence(values, agreement) == (
        "Over 12 edges GNNExplainer has rank correlation +0.25 with our attention and -0.50 with its flow to the "
        f"answer; of the 10 strongest edges of flow and mask {shared} are the same."
    )
    few = {name: one[:4] for name, one in values.items()}
    assert "of the 4 strongest edges of flow and mask 4 are the same" in _sentence(few, agreement)
