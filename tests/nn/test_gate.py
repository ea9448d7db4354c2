"""The update gate by hand: two weights that sum to one, read from both paths together or from each alone."""

import math

import pytest
import torch

from mmsr_lite.nn.departures import SeparateGate
from mmsr_lite.nn.gate import UpdateGate

HOHE, HEHO = torch.tensor([[1.0, -2.0]]), torch.tensor([[3.0, 0.5]])


@pytest.mark.parametrize("separate", [False, True])
def test_beta_is_the_softmax_of_the_scores(separate):
    gate = SeparateGate(2) if separate else UpdateGate(2)
    first, last = gate.mlp[0], gate.mlp[2]
    with torch.no_grad():
        first.weight.copy_(torch.eye(2) if separate else torch.tensor([[1.0, 0, 0, 0], [0, 0, 1.0, 0]]))
        last.weight.copy_(torch.tensor([[2.0, 5.0]]) if separate else torch.tensor([[2.0, 0], [0, 1.0]]))
        first.bias.zero_(), last.bias.zero_()
    # together: hidden (1, 3), scores 2 x 1 and 1 x 3; alone: (1, 0) and (3, 0.5), scores 2 and 6 + 2.5
    difference = (6 + 2.5) - 2 if separate else 3 - 2
    late = 1 / (1 + math.exp(difference))
    assert torch.allclose(gate(HOHE, HEHO), torch.tensor([[late, 1 - late]]))
