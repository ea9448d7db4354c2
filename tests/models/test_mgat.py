"""MGAT's gated attention, neighbour by neighbour."""

import math

import numpy as np
import torch

from mmsr_lite.models.mgat import GatedAttention
from mmsr_lite.nn.probe import listen


def test_a_node_hears_its_neighbours_by_softmax_and_gate():
    torch.manual_seed(0)
    hear, x = GatedAttention(4).double(), torch.randn(5, 4, dtype=torch.float64)
    edges = torch.tensor([[1, 2, 3, 0, 3], [0, 0, 0, 1, 1]])  # the last two are those of a history
    with listen(hear) as seen:
        found = hear(x, edges, edges[:1, 3:]).detach()
    z = (x @ hear.value.weight.T).detach().numpy()
    for node, around in {0: [1, 2, 3], 1: [0, 3]}.items():
        near = [z[node] @ z[j] for j in around]
        weights = np.exp(near) / np.exp(near).sum()
        gates = [1 / (1 + math.exp(-a / math.sqrt(len(around)))) for a in near]
        heard = sum(a * g * z[j] for a, g, j in zip(weights, gates, around, strict=True))
        assert np.allclose(found[node], heard)
    told = [seen[f"probes.{name}"][0].detach() for name in ("weights", "gate")]
    assert np.allclose(told[0], weights) and np.allclose(told[1], gates)
    assert not found[2:].any()  # nobody speaks to them
