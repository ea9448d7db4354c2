"""MMGCN's equations on a dense adjacency matrix."""

import torch
import torch.nn.functional as F

from mmsr_lite.models.mmgcn import MMGCN


def test_states_are_equations_1_to_9_on_the_dense_graph(books, small_graph):
    torch.manual_seed(0)
    model = MMGCN(MMGCN.Config(dim=8), 4, books(2, items=4)).double().eval()
    examples, near = small_graph
    model.observe(examples)
    mean = near / near.sum(1, keepdim=True).clamp_min(1)

    def start(items):
        return torch.cat([items, mean[5:, :5] @ items])

    identity, wanted = start(model.identity.weight), 0
    for x, layers in zip(model.modalities(torch.arange(5))[0].unbind(1), model.channels, strict=True):
        x = start(x)
        for layer in layers:
            h = F.leaky_relu(mean @ x @ layer["hear"].conv.lin_l.weight.T)  # (1)
            x = F.leaky_relu(layer["join"](h) + F.leaky_relu(layer["own"](x)) + identity)  # (5), (7)
        wanted = wanted + x
    users, items = model.encode(torch.tensor([[4, 3, 0]]))
    assert torch.allclose(users, wanted[7:]) and torch.allclose(items[1:], wanted[1:5])
    assert torch.allclose(model.scores(torch.tensor([[3, 4]]))[:, 1:], wanted[7:] @ wanted[1:5].T)  # order is nothing
