"""The gates that are told are the gates that worked."""

import torch

from mmsr_lite.models.gru4rec import GRU, GRU4RecConfig
from mmsr_lite.nn.probe import listen

X, HISTORY = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0)), torch.ones(3, 5, dtype=torch.long)


def test_the_states_follow_from_the_gates_exactly_as_torch_has_them():
    model = GRU(GRU4RecConfig(dim=8, layers=2)).eval()
    plain = model.layers[1](model.layers[0](X)[0])[0]
    with listen(model) as seen:
        heard = model(X, HISTORY)
    assert torch.equal(model(X, HISTORY), plain) and torch.allclose(heard, plain, atol=1e-6)
    assert {name: value.shape for name, value in seen.items()} == {
        f"probes.{gate}_{layer}": X.shape for gate in ("reset", "update") for layer in (0, 1)
    }


def test_a_closed_update_gate_keeps_the_state_and_an_open_one_takes_the_candidate():
    model = GRU(GRU4RecConfig(dim=8)).eval()
    with listen(model, {"probes.update_0": torch.ones_like}):
        assert not model(X, HISTORY).any()
    with listen(model, {"probes.update_0": torch.zeros_like, "probes.reset_0": torch.zeros_like}):
        states = model(X, HISTORY)
    layer = model.layers[0]
    wanted = (X @ layer.weight_ih_l0[16:].T + layer.bias_ih_l0[16:]).tanh()
    assert layer.bias_hh_l0[16:].any() and torch.allclose(states, wanted, atol=1e-6)
