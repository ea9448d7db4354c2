"""Trans2D's three kinds of logits, cell by cell."""

import itertools

import pytest
import torch

from mmsr_lite.models.trans2d import Attention2D
from mmsr_lite.nn.probe import listen
from mmsr_lite.nn.self_attention import SelfAttention

L, C, D = 3, 2, 4
X = torch.randn(1, L, C, D, generator=torch.Generator().manual_seed(0))
THERE = torch.tensor([[[True, True], [True, False], [True, True]]])


def test_logits_are_the_sum_of_cells_channels_and_items_and_missing_cells_are_neither_asked_nor_heard():
    model = Attention2D(C, D, heads=1, dropout=0.0)
    with torch.no_grad():
        model.alpha.copy_(torch.tensor([0.5, 2.0, 3.0]))
    with listen(model) as seen:
        model(X, THERE)
    query, key = ((linear(X) * THERE[..., None])[0] for linear in (model.query, model.key))
    logits = seen["probes.logits"][0, 0].view(L, C, L, C)
    cells = list(itertools.product(range(L), range(C)))
    for (i, c), (j, e) in itertools.product(cells, cells):
        cell, items = query[i, c] @ key[j, e], sum(query[i, b] @ key[j, b] for b in range(C))
        channels = sum(query[row, c] @ key[row, e] for row in range(L))
        wanted = (0.5 * cell + 2.0 * channels + 3.0 * items) / D**0.5
        assert logits[i, c, j, e].item() == (pytest.approx(wanted.item(), abs=1e-5) if THERE[0, j, e] else -1e9)


def test_cells_alone_and_one_channel_are_plain_self_attention():
    ours, plain = Attention2D(1, D, heads=2, dropout=0.0), SelfAttention(D, 2, 0.0)
    with torch.no_grad():
        ours.alpha.copy_(torch.tensor([1.0, 0.0, 0.0]))
        for name in ("query", "key", "value", "out"):
            linear = getattr(plain, name)
            (linear[0] if name in ("query", "key") else linear).weight.copy_(getattr(ours, name).weight[0].T)
    x = X[:, :, :1]
    found = ours(x, torch.ones(1, L, 1, dtype=torch.bool))
    assert torch.allclose(found[:, :, 0], plain(x[:, :, 0], torch.ones(L, L, dtype=torch.bool)), atol=1e-6)
