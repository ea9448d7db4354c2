"""The memory-saving cross-entropy is torch's own, in value and gradient, whatever the chunk."""

import pytest
import torch
import torch.nn.functional as F

from mmsr_lite.nn.softmax import Negatives, linear_cross_entropy, sampled, sampled_cross_entropy


@pytest.mark.parametrize("chunk", [1, 20, 36, 10_000])  # one row at a time, two chunks, ragged chunks, all at once
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_value_and_gradients_are_those_of_the_full_softmax(chunk, smoothing):
    torch.manual_seed(0)
    state, table = torch.randn(4, 6, dtype=torch.float64), torch.randn(11, 6, dtype=torch.float64)
    target = torch.tensor([1, 10, 5, 5])
    mine, full = ([x.clone().requires_grad_() for x in (state, table)] for _ in range(2))
    ours = linear_cross_entropy(mine[0], mine[1], target, smoothing=smoothing, chunk=chunk)
    want = F.cross_entropy(full[0] @ full[1][1:].T, target - 1, label_smoothing=smoothing)
    assert torch.allclose(ours, want, atol=1e-12)
    (3 * ours).backward()
    (3 * want).backward()
    for got, wanted in zip(mine, full, strict=True):
        assert torch.allclose(got.grad, wanted.grad, atol=1e-12)
    assert not mine[1].grad[0].any()  # padding learns nothing


def test_under_autocast_the_logits_are_bfloat16_and_the_loss_is_near():
    torch.manual_seed(0)
    state, table = torch.randn(8, 16), torch.randn(30, 16, requires_grad=True)
    target = torch.arange(1, 9)
    exact = linear_cross_entropy(state, table, target)
    with torch.autocast("cpu", torch.bfloat16):
        near = linear_cross_entropy(state, table, target)
    assert near.dtype == torch.float32 and near != exact
    assert near.item() == pytest.approx(exact.item(), rel=0.01)
    near.backward()
    assert table.grad.dtype == torch.float32


def test_all_items_drawn_once_with_even_chances_are_the_full_softmax():
    torch.manual_seed(0)
    state, table, target = torch.randn(4, 6), torch.randn(11, 6), torch.tensor([1, 10, 5, 5])
    even, every = torch.full((11,), -torch.tensor(10.0).log()), torch.arange(1, 11)
    for smoothing in (0.0, 0.1):
        mine, full = ([x.clone().requires_grad_() for x in (state, table)] for _ in range(2))
        ours = sampled_cross_entropy(mine[0], mine[1], target, every, even, smoothing=smoothing)
        want = linear_cross_entropy(full[0], full[1], target, smoothing=smoothing)
        ours.backward()
        want.backward()
        assert torch.allclose(ours, want, atol=1e-6)
        for got, wanted in zip(mine, full, strict=True):
            assert torch.allclose(got.grad, wanted.grad, atol=1e-6)


def test_the_sum_over_drawn_items_is_in_the_mean_the_sum_over_all():
    torch.manual_seed(0)
    state, table, target = torch.randn(1, 6), 0.3 * torch.randn(11, 6), torch.tensor([4])
    negatives = Negatives.of(torch.tensor([1] * 20 + [4] * 9 + [7]), 10, count=8)
    scores = (table @ state[0])[1:]

    def whole(drawn: torch.Tensor) -> torch.Tensor:  # loss = log(sum) - own score
        return (sampled_cross_entropy(state, table, target, drawn, negatives.log_chance) + scores[3]).exp()

    draws = torch.stack([whole(negatives.draw()) for _ in range(4000)])
    assert draws.mean().item() == pytest.approx(scores.exp().sum().item(), abs=4 * draws.std().item() / 4000**0.5)
    chances = negatives.log_chance[1:].exp()
    assert chances.tolist() == pytest.approx([(1 + n) / (30 + 10) for n in [20, 0, 0, 9, 0, 0, 1, 0, 0, 0]])
    seen = torch.bincount(torch.cat([negatives.draw() for _ in range(4000)]), minlength=11)[1:] / (8 * 4000)
    assert torch.allclose(seen, chances, atol=0.01) and seen.all()


def test_within_the_block_every_loss_is_sampled_and_after_it_none():
    torch.manual_seed(0)
    state, table, target = torch.randn(4, 6), torch.randn(11, 6), torch.tensor([1, 10, 5, 5])
    full = linear_cross_entropy(state, table, target)
    with sampled(Negatives.of(target, 10, count=2)):
        assert linear_cross_entropy(state, table, target) != linear_cross_entropy(state, table, target)
    assert linear_cross_entropy(state, table, target) == full
