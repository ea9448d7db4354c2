"""BM3: LightGCN as a power of the normalised adjacency matrix, and its losses by hand."""

import pytest
import torch
from torch.nn.functional import cosine_similarity as cosine
from torch.nn.functional import cross_entropy

from mmsr_lite.models.bm3 import BM3, BM3Config


@pytest.fixture
def model(books, small_graph):
    torch.manual_seed(0)
    model = BM3(BM3Config(dim=8, dropout=0.0, contrast=0.5), 4, books(2, items=4)).double()
    torch.nn.init.normal_(model.predict.weight)
    model.observe(small_graph[0])
    return model


def test_states_are_the_mean_of_powers_of_the_normalised_adjacency(model, small_graph):
    near = small_graph[1]
    start = near[5:, :5] / near[5:].sum(1, keepdim=True)
    inverse = near.sum(1).clamp_min(1).rsqrt()
    step, e = inverse[:, None] * near * inverse, model.identity.weight
    x = torch.cat([e, start @ e])
    wanted = (x + step @ x + step @ step @ x) / 3
    users, items = model.states(torch.tensor([[4, 3, 0]]))
    assert torch.allclose(users, wanted[7:]) and torch.allclose(items[1:], wanted[1:5] + e[1:])


def test_the_loss_is_cross_entropy_and_the_contrast_of_the_targets_modalities(model):
    history, target = torch.tensor([[4, 3, 0], [1, 0, 0]]), torch.tensor([2, 3])
    _, items = model.states(history)
    features, present = model.modalities(target)
    contrast = 0
    for m in range(2):
        rows = [row for row in range(2) if present[row, m]]
        told = [model.predict(features[row, m]) for row in rows]
        apart = [
            2 - cosine(x, items[target[row]], 0) - cosine(x, features[row, m], 0)
            for x, row in zip(told, rows, strict=True)
        ]
        contrast += sum(apart) / max(1, len(rows))
    wanted = cross_entropy(model.scores(history), target) + 0.5 * contrast
    assert present.any() and model.loss(history, target).item() == pytest.approx(wanted.item())
