"""The memory-saving cross-entropy is torch's own, in value and gradient, whatever the chunk."""

import pytest
import torch
import torch.nn.functional as F

from mmsr_lite.nn.softmax import linear_cross_entropy


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
