"""SR-GNN over places equals PyG's GatedGraphConv over the graph of distinct items."""

from itertools import pairwise

import pytest
import torch
from torch_geometric.nn import GatedGraphConv

from mmsr_lite.models.sr_gnn import SRGNN, SRGNNConfig, transitions
from mmsr_lite.nn.probe import listen

WALK = [2, 5, 7, 5, 9, 5, 7]


def test_transitions_count_how_often_an_item_follows_another():
    into, out = transitions(torch.tensor([[*WALK, 0]]))
    assert out[0, 1].tolist() == pytest.approx([0, 0, 1 / 3, 0, 1 / 3, 0, 1 / 3, 0])  # after 5 come 7, 9 and 7
    assert into[0, 3].tolist() == pytest.approx([1 / 3, 0, 1 / 3, 0, 1 / 3, 0, 0, 0])  # before 5 stand 2, 7 and 9
    assert torch.equal(out[0, 1], out[0, 5]) and not into[0, 0].any() and not out[0, 7].any() and not into[0, 7].any()


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_each_direction_equals_the_gated_graph_convolution_of_pyg(direction):
    model, theirs = SRGNN(SRGNNConfig(dim=8, layers=3), 12).eval(), GatedGraphConv(8, num_layers=3)
    nodes = sorted(set(WALK))
    steps = [(nodes.index(a), nodes.index(b)) for a, b in pairwise(WALK)]
    hears = [(b, a) for a, b in steps] if direction == "outgoing" else steps  # message goes from first to second
    share = [1 / sum(other[1] == edge[1] for other in hears) for edge in hears]
    half, silent = (slice(0, 8), slice(8, 16)) if direction == "incoming" else (slice(8, 16), slice(0, 8))
    with torch.no_grad():
        model.cell.weight_ih[:, silent] = 0
        theirs.weight.copy_(getattr(model, direction).weight.T.expand(3, -1, -1))
        for name in ("weight_hh", "bias_ih", "bias_hh"):
            getattr(theirs.rnn, name).copy_(getattr(model.cell, name))
        theirs.rnn.weight_ih.copy_(model.cell.weight_ih[:, half])
    wanted = theirs(model.items(torch.tensor(nodes)), torch.tensor(hears).T, torch.tensor(share))
    history = torch.tensor([WALK])
    found = model.propagate(model.items(history), history)[0]
    assert torch.allclose(found, wanted[[nodes.index(item) for item in WALK]], atol=1e-6)


def test_the_user_state_joins_the_last_item_and_the_weighed_sum_of_all():
    model, history = SRGNN(SRGNNConfig(dim=8), 12).eval(), torch.tensor([[*WALK, 0]])
    states = model.propagate(model.items(history), history)
    with listen(model, {"probes.attention": lambda alpha: torch.ones_like(alpha) * (history > 0)}):
        found = model.user_state(history)
    assert torch.allclose(found, model.join(torch.cat([states[:, 6], states[:, :7].sum(1)], 1)), atol=1e-6)
