"""MGAT's gated attention, neighbour by neighbour."""

import math

import numpy as np
import torch

from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models import mgat
from mmsr_lite.models.mgat import MGAT, GatedAttention
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


def test_features_are_mapped_by_a_matrix_alone():
    rows = np.array([[0, 0], [3, 0], [0, 9]], np.float32)
    book = Codebook("toy", np.array([[0], [1], [2]]), rows, rows)
    model = MGAT(MGAT.Config(dim=2), num_items=2, codebooks=[book])
    one = model.modalities(torch.tensor([1]))[0].detach()
    model.modalities.readers[0].features *= 100
    more = model.modalities(torch.tensor([1]))[0].detach()
    assert torch.allclose(more, 100 * one) and "tanh" not in mgat.__doc__
