"""The layer that computes only what last pooling reads gives the full layer's answer and gradients."""

import pytest
import torch

from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.nn.han import FUSIONS

HISTORY = torch.tensor([[1, 2, 1, 3, 0], [4, 0, 0, 0, 0], [5, 5, 6, 7, 8]])
OPTIONS = (
    {"scale": True, "residual": True},
    {"scale": False, "residual": False, "separate_gate": True},
    {"tied_maps": True, "hohe_reads_input": True, "slope": 0.2},
)


@pytest.mark.pairwise(
    fusion=list(FUSIONS),
    layers_and_options=[(1, 0), (1, 1), (1, 2), (2, 0)],
    modalities=range(4),
    everywhere=[False, True],
)
def test_state_and_gradients_equal_the_full_layer(books, fusion, layers_and_options, everywhere, modalities):
    layers, options = layers_and_options
    torch.manual_seed(modalities)
    sizes = {"dim": 8, "layers": layers, "fusion": fusion, "dropout": 0.0, "input_dropout": 0.0}
    config = MMSRConfig(**sizes, **OPTIONS[options], global_attention=everywhere)
    model = MMSR(config, 12, books(modalities, k=3)).double()
    learned = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for parameter in learned.values():
        torch.nn.init.normal_(parameter, std=0.5)
    graph, states = model.states(HISTORY)
    place = [graph.ids[0][row].tolist().index(last) for row, last in enumerate([3, 4, 8])]
    full, short = states[0][range(3), place], model.user_state(HISTORY)
    assert torch.allclose(short, full, atol=1e-9, rtol=0)
    wanted, found = (
        torch.autograd.grad(state.sin().sum(), list(learned.values()), allow_unused=True, materialize_grads=True)
        for state in (full, short)
    )
    for name, one, other in zip(learned, wanted, found, strict=True):
        assert torch.allclose(one, other, atol=1e-9, rtol=1e-9), name
    assert any(gradient.any() for gradient in found)


def test_a_late_path_that_reads_the_input_is_heterogeneous_attention_alone(books):
    sizes = {"dim": 8, "dropout": 0.0, "input_dropout": 0.0}
    found = []
    for settings in ({"fusion": "hohe", "hohe_reads_input": True}, {"fusion": "heterogeneous"}, {"fusion": "hohe"}):
        torch.manual_seed(0)
        found.append(MMSR(MMSRConfig(**sizes, **settings), 12, books(2)).user_state(HISTORY))
    assert torch.allclose(found[0], found[1], atol=1e-6) and not torch.allclose(found[0], found[2])


def test_tied_maps_are_one_map_for_each_type_that_can_be_kept(books, tmp_path):
    from mmsr_lite.training.weights import load_weights, save_tensors

    one, other = (MMSR(MMSRConfig(dim=8, tied_maps=True), 12, books(2)) for _ in range(2))
    parameters = sum(p.numel() for p in one.parameters())
    assert parameters == sum(p.numel() for p in MMSR(MMSRConfig(dim=8), 12, books(2)).parameters()) - 2 * 3 * 8 * 8
    save_tensors(tmp_path / "tied.safetensors", one.state_dict())
    load_weights(tmp_path / "tied.safetensors", other)
    assert torch.equal(one.eval().user_state(HISTORY), other.eval().user_state(HISTORY))
