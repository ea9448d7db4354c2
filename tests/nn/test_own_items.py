"""The loss that leaves out what a user has already taken: cross-entropy over the other items, by hand."""

import pytest
import torch
from torch.nn.functional import cross_entropy

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


HISTORY_OF_ONE, TARGET_OF_ONE = torch.tensor([[1, 2, 1, 3]]), torch.tensor([7])


def loss_of(books, name, **settings) -> tuple:
    torch.manual_seed(0)
    kind = MODELS[name]
    model = kind(kind.Config(dim=8, **settings), 12, books(2)).eval()
    return model, model.loss(HISTORY_OF_ONE, TARGET_OF_ONE)


@pytest.mark.parametrize("name", [name for name in MODELS if MODELS[name].learns])
def test_every_model_that_learns_can_leave_own_items_out(books, name):
    """What its loss has beside the ranking stays: the two losses differ by what own items add to the ranking alone."""
    model, without = loss_of(books, name, mask_own=True)
    _, plain = loss_of(books, name)
    state, table = model.encode(HISTORY_OF_ONE)
    scores = model.scores(HISTORY_OF_ONE)
    of_ranking = cross_entropy(scores, TARGET_OF_ONE)
    own_left_out = masked_cross_entropy(state, table, HISTORY_OF_ONE, TARGET_OF_ONE)
    assert own_left_out < of_ranking
    assert (plain - without).item() == pytest.approx((of_ranking - own_left_out).item(), abs=1e-4)


def test_items_of_one_step_are_left_out_too(books):
    model = MODELS["mmsr"](MODELS["mmsr"].Config(dim=8, mask_own=True, together=True), 12, books(2)).eval()
    steps = torch.tensor([[0, 0, 1, 2]])
    history = torch.stack([HISTORY_OF_ONE, steps], 2)  # (B, L, 2)
    state, table = model.encode(history)
    wanted = masked_cross_entropy(state, table, HISTORY_OF_ONE, TARGET_OF_ONE)
    assert torch.allclose(model.loss(history, TARGET_OF_ONE), wanted)
