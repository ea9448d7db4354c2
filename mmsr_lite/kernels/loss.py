"""Cross-entropy over all items: one kernel reads the logits and turns them into their gradient, in place."""

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import loss as programs
from mmsr_lite.kernels.side_stream import SideStream

ALIGNED = 16  # the logits of a row are padded to a multiple of this, for wide loads and tensor cores


def with_room(table: Tensor) -> Tensor:
    """Copy a table into more memory than it needs: products are fastest when its rows are a multiple of `ALIGNED`.

    Args:
        table: (V+1, D) the table.

    Returns:
        (V+1, D) the copy; the memory behind it holds rows of zeros.

    Example:
        >>> roomy = with_room(torch.ones(17, 2))
        >>> roomy.shape, roomy.untyped_storage().nbytes() // (2 * 4)  # in rows: the next multiple of 16
        (torch.Size([17, 2]), 32)
    """
    return table.new_zeros(-(-len(table) // ALIGNED) * ALIGNED, *table.shape[1:])[: len(table)].copy_(table)


def _whole(table: Tensor, rows: int) -> Tensor:
    """The table together with the memory behind it, as so many rows; the table itself where there is less memory."""
    last = table.storage_offset() + rows * table.shape[1]
    if table.is_contiguous() and table.untyped_storage().nbytes() >= last * table.element_size():
        return table.as_strided((rows, table.shape[1]), table.stride())
    return table


class FusedCrossEntropy(torch.autograd.Function):
    """As `linear_cross_entropy`, with all scores (B, V+1) in memory at once.

    With `pending`, the gradient of the table is left there: a node that comes later adds its own, and hands on the sum.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__, grid)
        >>> state, table, target = torch.ones(2, 4), torch.ones(9, 4), torch.tensor([3, 5])
        >>> with launched_by(note): loss = FusedCrossEntropy.apply(state, table, target, 0.0, torch.float32)
        loss_and_shares (2,)
        >>> loss.shape  # a scalar; on a GPU one program for each state would have written the losses
        torch.Size([])
    """

    @staticmethod
    def forward(ctx, state: Tensor, table: Tensor, target: Tensor, smoothing: float, dtype: torch.dtype, pending=None):
        """The mean loss.

        Args:
            ctx: where torch keeps what the backward pass needs.
            state: (B, D) user states.
            table: (V+1, D) item vectors.
            target: (B,) items.
            smoothing: the share of label smoothing.
            dtype: the type in which products are computed.
            pending: where the gradient of the table is left; None (the default): it is returned.

        Returns:
            A scalar.

        Example:
            >>> from mmsr_lite.kernels.launch import launched_by
            >>> def twos(kernel, *grid): return lambda logits, target, losses, *rest, **how: losses.fill_(2.0)
            >>> state, table, target = torch.ones(2, 4), torch.ones(9, 4), torch.tensor([3, 5])
            >>> with launched_by(twos):  # in place of the kernel, which would write the loss of each history
            ...     FusedCrossEntropy.apply(state, table, target, 0.0, torch.float32)
            tensor(2.)
        """
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
        """The gradients of the arguments of `forward`.

        Args:
            ctx: what the forward pass has kept.
            grad: the gradient of the loss, a scalar.

        Returns:
            The gradients of state and table (None where it is left in `pending`), and None for the others.

        Example:
            >>> from mmsr_lite.kernels.launch import launched_by
            >>> def ones(kernel, *grid): return lambda logits, *rest, **how: logits.fill_(1.0)  # in place of the kernel
            >>> state, table, target = torch.ones(2, 4, requires_grad=True), torch.ones(9, 4), torch.tensor([3, 5])
            >>> with launched_by(ones): loss = FusedCrossEntropy.apply(state, table, target, 0.0, torch.float32)
            >>> loss.backward()
            >>> state.grad[0].tolist()  # nine items of one each, divided by two histories
            [4.5, 4.5, 4.5, 4.5]
        """
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
