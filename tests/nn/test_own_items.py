"""The loss that leaves out what a user has already taken: cross-entropy over the other items, by hand."""

import pytest
import torch

from mmsr_lite.models import MODELS
from mmsr_lite.nn.own_items import masked_cross_entropy

HISTORY, TARGET = torch.tensor([[1, 2, 0], [3, 3, 0]]), torch.tensor([4, 3])


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_own_items_are_no_candidates_but_a_target_always_is(smoothing):
    torch.manual_seed(0)
    state, table = torch.randn(2, 5), torch.randn(7, 5)
    scores = state @ table.T
    wanted = []
    for row, left in enumerate(([3, 4, 5, 6], [1, 2, 3, 4, 5, 6])):  # the second target is its own item
        log = scores[row, left].log_softmax(0)
        own, spread = -log[left.index(int(TARGET[row]))], -log.mean()
        wanted.append((1 - smoothing) * own + smoothing * spread)
    found = masked_cross_entropy(state, table, HISTORY, TARGET, smoothing=smoothing)
    assert found == pytest.approx(float(torch.stack(wanted).mean()), rel=1e-5)


def test_gradients_are_finite_and_leave_own_items_alone():
    state, table = torch.randn(1, 4, requires_grad=True), torch.randn(6, 4, requires_grad=True)
    masked_cross_entropy(state, table, torch.tensor([[2, 5]]), torch.tensor([1]), smoothing=0.1).backward()
    assert state.grad.isfinite().all() and not table.grad[[0, 2, 5]].any() and table.grad[[1, 3, 4]].any(1).all()


@pytest.mark.parametrize("name", ["mmsr", "sasrec", "gru4rec"])
def test_models_that_offer_it_train_by_it(books, name):
    kind = MODELS[name]
    model = kind(kind.Config(dim=8, mask_own=True), 12, books(2)).eval()
    history, target = torch.tensor([[1, 2, 1, 3]]), torch.tensor([7])
    state, table = model.encode(history)
    assert torch.allclose(model.loss(history, target), masked_cross_entropy(state, table, history, target))
