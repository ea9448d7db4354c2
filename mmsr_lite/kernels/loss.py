"""Cross-entropy over all items whose logits are read and turned into their gradient by one kernel, in place."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import loss as programs
from mmsr_lite.kernels.side_stream import SideStream

ALIGNED = 16  # logits of a row: wide loads and tensor cores ask for it


def with_room(table: Tensor) -> Tensor:
    """`table` at the head of more memory: room for the rows of zeros with which products of it are quickest."""
    return table.new_zeros(-(-len(table) // ALIGNED) * ALIGNED, *table.shape[1:])[: len(table)].copy_(table)


def _whole(table: Tensor, rows: int) -> Tensor:
    """`table` with the room behind it, if it has room for so many rows."""
    last = table.storage_offset() + rows * table.shape[1]
    if table.is_contiguous() and table.untyped_storage().nbytes() >= last * table.element_size():
        return table.as_strided((rows, table.shape[1]), table.stride())
    return table


class FusedCrossEntropy(torch.autograd.Function):
    """As `linear_cross_entropy`, with all scores (B, V+1) in memory; `dtype` is that of the products.

    With `pending` the table's gradient is left there: a node that comes later adds to it and hands it on.
    """

    @staticmethod
    def forward(ctx, state: Tensor, table: Tensor, target: Tensor, smoothing: float, dtype: torch.dtype, pending=None):
        size, stride = len(table), -(-len(table) // ALIGNED) * ALIGNED
        logits, losses = state.new_empty(len(state), stride, dtype=dtype), state.new_empty(len(state))
        whole = _whole(table, stride).to(dtype)
        with torch.autocast(state.device.type, enabled=False):
            torch.mm(state.to(dtype), whole.T, out=logits[:, : len(whole)])
        current_launch()(programs.loss_and_shares, len(state))(
            logits, target, losses, size, stride, smoothing, BLOCK=2048, num_warps=8
        )
        ctx.save_for_backward(state, whole)
        ctx.shares, ctx.size, ctx.pending = logits[:, : len(whole)], size, pending
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
        if ctx.pending is not None and to_table.dtype == state.dtype:
            ctx.pending.hold(to_table, other, shares, scaled)
            return to_state, None, None, None, None, None
        other.join()
        return to_state, to_table.to(state.dtype), None, None, None, None
