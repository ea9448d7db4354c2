"""Cross-entropy over all items whose logits are read and turned into their gradient by one kernel, in place."""

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.side_stream import SideStream

ALIGNED = 16  # logits of a row: wide loads and tensor cores ask for it
LOW = tl.constexpr(-1e30)


@triton.jit(do_not_specialize=["size"])
def _shares(logits, target, losses, size, stride, smoothing, BLOCK: tl.constexpr):
    """Row b of `logits` becomes softmax less aim; item 0 and the columns beyond `size` become nought."""
    b = tl.program_id(0)
    aim = tl.load(target + b)
    logits += b.to(tl.int64) * stride
    top = tl.full((BLOCK,), LOW, tl.float32)  # of each lane
    total = tl.zeros((BLOCK,), tl.float32)
    summed = tl.zeros((BLOCK,), tl.float32)
    for begin in range(0, stride, BLOCK):
        v = begin + tl.arange(0, BLOCK)
        ok = (v > 0) & (v < size)
        x = tl.load(logits + v, mask=v < stride, other=0.0).to(tl.float32)
        summed += tl.where(ok, x * smoothing / (size - 1) + tl.where(v == aim, x * (1 - smoothing), 0.0), 0.0)
        x = tl.where(ok, x, LOW)
        higher = tl.maximum(top, x)
        total = total * tl.exp(top - higher) + tl.where(ok, tl.exp(x - higher), 0.0)
        top = higher
    highest = tl.max(top, 0)
    whole = highest + tl.log(tl.sum(total * tl.exp(top - highest), 0))
    tl.store(losses + b, whole - tl.sum(summed, 0))
    for begin in range(0, stride, BLOCK):
        v = begin + tl.arange(0, BLOCK)
        x = tl.load(logits + v, mask=v < stride, other=0.0).to(tl.float32)
        share = tl.exp(x - whole) - smoothing / (size - 1) - tl.where(v == aim, 1 - smoothing, 0.0)
        share = tl.where((v > 0) & (v < size), share, 0.0)
        tl.store(logits + v, share.to(logits.dtype.element_ty), mask=v < stride)


def roomy(table: Tensor) -> Tensor:
    """`table` at the head of more memory: room for the rows of zeros with which products of it are quickest."""
    return table.new_zeros(-(-len(table) // ALIGNED) * ALIGNED, *table.shape[1:])[: len(table)].copy_(table)


def _whole(table: Tensor, rows: int) -> Tensor:
    """`table` with the room behind it, if it has room for so many rows."""
    last = table.storage_offset() + rows * table.shape[1]
    if table.is_contiguous() and table.untyped_storage().nbytes() >= last * table.element_size():
        return table.as_strided((rows, table.shape[1]), table.stride())
    return table


class FusedCrossEntropy(torch.autograd.Function):
    """As `linear_cross_entropy`, all logits (B, V+1) held at once; `dtype` is that of its products.

    With `held` the table's gradient is left there: a node that comes later adds to it and hands it on.
    """

    @staticmethod
    def forward(ctx, state: Tensor, table: Tensor, target: Tensor, smoothing: float, dtype: torch.dtype, held=None):
        size, stride = len(table), -(-len(table) // ALIGNED) * ALIGNED
        logits, losses = state.new_empty(len(state), stride, dtype=dtype), state.new_empty(len(state))
        whole = _whole(table, stride).to(dtype)
        with torch.autocast(state.device.type, enabled=False):
            torch.mm(state.to(dtype), whole.T, out=logits[:, : len(whole)])
        _shares[len(state),](logits, target, losses, size, stride, smoothing, BLOCK=2048, num_warps=8)
        ctx.save_for_backward(state, whole)
        ctx.shares, ctx.size, ctx.held = logits[:, : len(whole)], size, held
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        (state, table), shares = ctx.saved_tensors, ctx.shares
        scale = grad / len(state)
        scaled, to_table = (state * scale).to(shares.dtype), table.new_empty(ctx.size, table.shape[1])
        with SideStream(state) as other:
            torch.mm(shares[:, : ctx.size].T, scaled, out=to_table)
        to_state = (shares @ table).to(state.dtype) * scale
        if ctx.held is not None and to_table.dtype == state.dtype:
            ctx.held.hold(to_table, other, shares, scaled)
            return to_state, None, None, None, None, None
        other.join()
        return to_state, to_table.to(state.dtype), None, None, None, None
