"""The flow: contributions add up to states and scores, and each path is in the group that its steps say."""

import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.flow import GROUPS, contributions, score_readouts
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.probe import listen

HISTORY = torch.tensor([[3, 7, 4, 12, 7, 4, 1]])  # 1, 4 and 7 share codes of the first modality


def flow_of(model: MMSR, readouts=None):
    with listen(model) as seen, torch.no_grad():
        graph, states = model.states(HISTORY)
    last = states[0][0, int(graph.last[0])]
    rows = score_readouts(model, last, range(1, 13)) if readouts is None else readouts
    with torch.no_grad():
        parts, constant = contributions(model, graph, seen, rows)
    return graph, last, parts, constant


def by_group(model: MMSR) -> dict[str, float]:
    """The largest contribution of any node to any score, by group."""
    _, _, parts, _ = flow_of(model)
    return dict(zip(GROUPS, parts.abs().amax((0, 1)).tolist(), strict=True))


def used(model: MMSR) -> set[str]:
    return {group for group, most in by_group(model).items() if most > 0}


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize(("layers", "modalities"), [(1, 2), (2, 0), (2, 1), (3, 3)])
def test_contributions_add_up_to_every_score_and_to_the_state(random_model, fusion, layers, modalities):
    model = random_model(modalities, fusion=fusion, layers=layers).double()
    _, _, parts, constant = flow_of(model)
    assert torch.allclose(parts.sum((1, 2)) + constant, model.scores(HISTORY)[0, 1:].detach(), atol=1e-6)
    _, last, parts, constant = flow_of(model, torch.eye(8, dtype=torch.double))
    assert torch.allclose(parts.sum((1, 2)) + constant, last, atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [
        {"cosine": 16.0},
        {"item_features": True},
        {"residual": False},
        {"tied_maps": True},
        {"global_attention": True},
        {"hohe_reads_input": True, "separate_gate": True},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_they_add_up_with_every_departure_from_the_paper(random_model, settings):
    model = random_model(2, **settings).double()
    _, _, parts, constant = flow_of(model)
    assert torch.allclose(parts.sum((1, 2)) + constant, model.scores(HISTORY)[0, 1:].detach(), atol=1e-6)


def test_one_non_invasive_layer_called_early_sums_no_code_into_an_item(random_model):
    assert used(random_model(2, fusion="heho", layers=1)) == {"own identity", "time alone"}


def test_one_non_invasive_layer_called_late_sums_the_last_items_own_codes_alone(random_model):
    assert used(random_model(2, fusion="hohe", layers=1)) == {"own identity", "own codes"}


def test_only_invasive_orders_mix_a_modality_and_follow_time_within_a_layer(random_model):
    assert by_group(random_model(2, fusion="heho-invasive", layers=1))["crossed, then time"] > 0
    assert by_group(random_model(2, fusion="heho-invasive", layers=1))["time, then crossed"] == 0
    assert by_group(random_model(2, fusion="hohe-invasive", layers=1))["time, then crossed"] > 0
    assert by_group(random_model(2, fusion="hohe-invasive", layers=1))["crossed, then time"] == 0


def test_one_adaptive_layer_is_no_early_fusion_and_two_are(random_model):
    assert used(random_model(2, layers=1)) == {"own identity", "own codes", "time alone"}
    assert by_group(random_model(2, layers=2))["crossed, then time"] > 0  # across in layer 1, along in layer 2


def test_without_modalities_nothing_crosses(random_model):
    assert used(random_model(0, layers=2)) == {"own identity", "time alone"}


def test_two_steps_across_reach_an_item_that_shares_a_code(random_model):
    assert by_group(random_model(2, fusion="heterogeneous", layers=1))["shared codes"] == 0
    assert by_group(random_model(2, fusion="heterogeneous", layers=2))["shared codes"] > 0


def test_only_han_gnn_layers_have_a_flow(random_model):
    with pytest.raises(MMSRError, match="this model has GCN"):
        flow_of(random_model(2, aggregator="gcn"))
