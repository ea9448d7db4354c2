"""Contributions: they add up to states and scores, and each path is in the group that its steps say."""

import numpy as np
import pytest
import torch

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.contributions import GROUPS, contributions, score_readouts
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.probe import listen

HISTORY = torch.tensor([[3, 7, 4, 12, 7, 4, 1]])  # 1, 4 and 7 share codes of the first modality


def flow_of(model: MMSR, readouts=None):
    with listen(model) as seen, torch.no_grad():
        graph, states = model.states(HISTORY)
    last = states[0][0, int(graph.last[0])]
    rows = score_readouts(model, last, range(1, 13)) if readouts is None else readouts
    with torch.no_grad():
        parts, constant = contributions(model, graph, seen, rows[None])
    return graph, last, parts[0], constant[0]


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


def by_hand(fusion: str, layers: int) -> MMSR:
    """Items 1 and 2 with codes 1 and 2 of one modality; every number is made by hand.

    Attention is even (its maps are zero), the gate gives each order one half, values are the states themselves, and a
    state is the identity alone: x1 = (1, 0), x2 = (0, 10), c1 = (100, 0), c2 = (0, 1000).
    """
    codes, centres = np.array([[0], [1], [2]]), np.zeros((3, 2), np.float32)
    book = Codebook("look", codes, centres, reduced=centres)
    model = MMSR(MMSRConfig(dim=2, layers=layers, fusion=fusion, position=False, node_type=False), 2, [book]).double()
    with torch.no_grad():
        model.nodes.merge.weight.copy_(torch.eye(2))
        model.nodes.tables[0].weight.copy_(torch.tensor([[0, 0], [1, 0], [0, 10.0]]))
        model.nodes.tables[1].weight.copy_(torch.tensor([[0, 0], [100.0, 0], [0, 1000]]))
        for layer in model.layers:
            for module in (layer.query, layer.key):
                for linear in module.maps:
                    linear.weight.zero_()
            if layer.gate is not None:
                for parameter in layer.gate.parameters():
                    parameter.zero_()
    return model.eval()


def sums_by_hand(fusion: str, layers: int, replace=None) -> dict[str, float]:
    """What is read with (1, 1) after the history 1, 2, by group."""
    model = by_hand(fusion, layers)
    with listen(model, replace) as seen, torch.no_grad():
        graph, _ = model.states(torch.tensor([[1, 2]]))
        parts, _ = contributions(model, graph, seen, torch.ones(1, 1, 2, dtype=torch.double))
    return dict(zip(GROUPS, parts[0, 0].sum(0).tolist(), strict=True))


def test_one_invasive_early_layer_agrees_with_the_sum_by_hand():
    # phase 1: each item reads itself and its code, (x1 + c1) / 2 and (x2 + c2) / 2
    # phase 2: item 2 reads both, (x1 + c1 + x2 + c2) / 4; and the residual connection adds x2
    expected = {"own identity": 10 + 10 / 4, "own codes": 1000 / 4, "shared codes": 0}
    expected |= {"crossed, then time": 100 / 4, "time, then crossed": 0, "time alone": 1 / 4}
    assert sums_by_hand("heho-invasive", 1) == pytest.approx(expected)


def test_one_invasive_late_layer_agrees_with_the_sum_by_hand():
    # phase 1: each type reads itself, (x1 + x2) / 2 and (c1 + c2) / 2; phase 2: item 2 reads itself and its code
    # (x1 + x2 + c1 + c2) / 4; here c1 has gone along its own sequence first
    expected = {"own identity": 10 + 10 / 4, "own codes": 1000 / 4, "shared codes": 0}
    expected |= {"crossed, then time": 0, "time, then crossed": 100 / 4, "time alone": 1 / 4}
    assert sums_by_hand("hohe-invasive", 1) == pytest.approx(expected)


def test_two_adaptive_layers_agree_with_the_sum_by_hand():
    # hohe ends in (x2 + c2) / 2, heho in (x1 + x2) / 2; half of each, and the residual:
    # x2' = 3/2 x2 + 1/4 c2 + 1/4 x1, and so x1' = 3/2 x1 + 1/4 c1 + 1/4 x2, c2' = 3/2 c2 + 1/4 x2 + 1/4 c1
    # x2'' = 3/2 x2' + 1/4 c2' + 1/4 x1'
    expected = {
        "own identity": 9 / 4 * 10,
        "own codes": (3 / 8 + 3 / 8) * 1000 + 1 / 16 * 10,  # c2 in either layer; and x2 by way of c2
        "shared codes": 0,
        "crossed, then time": 1 / 16 * 100,  # c1 into x1, x1 into x2
        "time, then crossed": 1 / 16 * 100,  # c1 into c2, c2 into x2
        "time alone": (3 / 8 + 3 / 8) * 1 + 1 / 16 * 10,  # x1 in either layer; and x2 by way of x1
    }
    assert sums_by_hand("adaptive", 2) == pytest.approx(expected)


def gates_at(*late: float) -> dict:
    """The gate of every node of each layer: so much for hohe, the rest for heho."""
    pairs = [torch.tensor([share, 1 - share], dtype=torch.double) for share in late]
    return {
        f"layers.{index}.probes.beta": lambda beta, pair=pair: pair.expand_as(beta) for index, pair in enumerate(pairs)
    }


def test_hohe_and_then_heho_is_early_fusion_in_a_non_invasive_model():
    # x1' = 3/2 x1 + 1/2 c1 and x2' = 3/2 x2 + 1/2 c2; then x2'' = 3/2 x2' + 1/2 x1'
    expected = {"own identity": 9 / 4 * 10, "own codes": 3 / 4 * 1000, "shared codes": 0}
    expected |= {"crossed, then time": 1 / 4 * 100, "time, then crossed": 0, "time alone": 3 / 4}
    assert sums_by_hand("adaptive", 2, gates_at(1, 0)) == pytest.approx(expected)


def test_heho_and_then_hohe_is_late_fusion_in_a_non_invasive_model():
    # x2' = 3/2 x2 + 1/2 x1 and c2' = 3/2 c2 + 1/2 c1; then x2'' = 3/2 x2' + 1/2 c2'
    expected = {"own identity": 9 / 4 * 10, "own codes": 3 / 4 * 1000, "shared codes": 0}
    expected |= {"crossed, then time": 0, "time, then crossed": 1 / 4 * 100, "time alone": 3 / 4}
    assert sums_by_hand("adaptive", 2, gates_at(0, 1)) == pytest.approx(expected)


def test_a_gate_that_gives_all_to_hohe_in_both_layers_brings_neither_early_nor_late_fusion():
    sums = sums_by_hand("adaptive", 2, gates_at(1, 1))
    assert sums["crossed, then time"] == sums["time, then crossed"] == sums["time alone"] == 0


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_non_invasive_heho_carries_no_code_and_non_invasive_hohe_nothing_along_time_at_any_depth(random_model, layers):
    assert used(random_model(2, fusion="heho", layers=layers)) == {"own identity", "time alone"}
    assert used(random_model(2, fusion="hohe", layers=layers)) <= {"own identity", "own codes", "shared codes"}


def test_synchronous_fusion_brings_a_rest_that_is_the_bias_of_its_map(random_model):
    model = random_model(2, fusion="synchronous", layers=1).double()
    _, _, _, rest = flow_of(model, torch.eye(8, dtype=torch.double))
    assert torch.allclose(rest, model.layers[0].join.bias)


def test_features_within_an_items_embedding_have_crossed_before_the_first_layer(random_model):
    assert used(random_model(2, fusion="homogeneous", layers=1)) == {"own identity", "time alone"}
    within = random_model(2, fusion="homogeneous", layers=1, item_features=True)
    assert used(within) == {"own identity", "own codes", "crossed, then time", "time alone"}


def test_histories_of_any_length_taken_apart_together_are_what_they_are_alone(random_model):
    model = random_model(2).double()
    histories = torch.tensor([[3, 7, 4, 12, 7, 4, 1], [5, 5, 2, 0, 0, 0, 0], [9, 0, 0, 0, 0, 0, 0]])
    readouts = torch.randn(3, 4, 8, dtype=torch.double)
    with torch.no_grad(), listen(model) as seen:
        graph, _ = model.states(histories)
        together, _ = contributions(model, graph, seen, readouts)
        for row, history in enumerate(histories):
            graph_alone, _ = model.states(history[history > 0][None])
            alone, _ = contributions(model, graph_alone, seen, readouts[row : row + 1])
            assert torch.allclose(together[row][:, graph.exists[row]], alone[0])
            assert together[row][:, ~graph.exists[row]].abs().sum() == 0


def test_where_items_of_one_time_are_one_step_the_answer_is_read_from_all_of_the_last_step(random_model):
    model = random_model(2, together=True)
    steps = torch.tensor([[0, 0, 1, 2, 2]])
    history = torch.stack([torch.tensor([[3, 7, 4, 12, 1]]), steps], 2)
    with listen(model) as seen, torch.no_grad():
        graph, _ = model.states(history)
        parts, rest = contributions(model, graph, seen, model.item_table()[None, 1:])
        scores = model.scores(history)[0, 1:]
    assert torch.allclose(parts[0].sum((1, 2)) + rest[0], scores, atol=1e-4)
    has_identity = parts[0, :, :, GROUPS.index("own identity")].abs().amax(0) > 0
    assert has_identity[: graph.widths[0]].tolist() == [item in (12, 1) for item in graph.ids[0][0].tolist()]
