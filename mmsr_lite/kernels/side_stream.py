"""Side streams: kernels of a captured step that run beside each other, because a small one does not fill a GPU."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor


@cache
def _stream(device: torch.device, number: int) -> torch.cuda.Stream:
    """One of the side streams of a device; each is made once."""
    return torch.cuda.Stream(device)


class SideStream:
    """Within `with SideStream(like):`, kernels run on a stream of their own, beside what is launched later.

    They wait for everything that was launched before the block. What is launched later does not wait for them until
    `join` is called. Until then, the tensors that they read and write must be kept alive, and those that they write
    must exist before the block. Where no step is being captured, the kernels run in line.

    Args:
        like: a tensor on the device.
        number: which of the side streams; default 0.

    Example:
        >>> x, y = torch.ones(2), torch.empty(2)
        >>> with SideStream(x) as side: _ = torch.mul(x, 3, out=y)
        >>> side.join()
        >>> y.tolist()
        [3.0, 3.0]
    """

    def __init__(self, like: Tensor, number: int = 0):
        self.device, self.number = like.device, number
        self.apart = like.is_cuda and torch.cuda.is_current_stream_capturing()

    def __enter__(self) -> "SideStream":
        if self.apart:
            side = _stream(self.device, self.number)
            side.wait_stream(torch.cuda.current_stream(self.device))
            self.inside = torch.cuda.stream(side)
            self.inside.__enter__()
        return self

    def __exit__(self, *error) -> None:
        if self.apart:
            self.ended = torch.cuda.current_stream(self.device).record_event()
            self.inside.__exit__(*error)

    def join(self) -> None:
        """Make everything that is launched from now on wait for the kernels of the block."""
        if self.apart:
            torch.cuda.current_stream(self.device).wait_event(self.ended)


def join_later(blocks: list[SideStream], weights: Sequence[Tensor], gradients: Sequence[Tensor], *kept: Tensor) -> None:
    """Join side streams that write gradients of weights, at the end of this backward pass.

    They are joined at once where the gradients are read before: where they are added to others, or go on to other
    nodes.

    Args:
        blocks: the side streams.
        weights: the weights.
        gradients: their gradients, which the side streams write.
        kept: tensors that the side streams use, and that must be kept alive until then.

    Example:
        >>> weight, gradient = torch.ones(2, requires_grad=True), torch.ones(2)
        >>> with SideStream(gradient) as side: _ = gradient.mul_(3)
        >>> join_later([side], [weight], [gradient])  # no step is being captured, so nothing is waited for
        >>> gradient.tolist()
        [3.0, 3.0]
    """
    if not any(block.apart for block in blocks):
        return
    kept_alive = [
        *kept,
        *(gradient.untyped_storage() for gradient in gradients),
    ]  # a gradient with a second reference would be copied

    def end() -> None:
        for block in blocks:
            block.join()
        kept_alive.clear()

    if all(weight.is_leaf and weight.grad is None for weight in weights):
        torch.autograd.Variable._execution_engine.queue_callback(end)
    else:
        end()


class PendingGradient:
    """A gradient that one node of a backward pass computes on a side stream, and that a later node adds to its own.

    Example:
        >>> pending = PendingGradient()
        >>> pending.hold(torch.ones(2), SideStream(torch.ones(2)))
        >>> pending.take().tolist(), pending.take()
        ([1.0, 1.0], None)
    """

    def __init__(self) -> None:
        self.content: tuple[Tensor, SideStream, tuple[Tensor, ...]] | None = None

    def hold(self, gradient: Tensor, block: SideStream, *kept: Tensor) -> None:
        """Keep a gradient for the later node.

        Args:
            gradient: the gradient.
            block: the side stream that writes it.
            kept: tensors that the side stream reads, and that must be kept alive.
        """
        self.content = gradient, block, kept

    def take(self) -> Tensor | None:
        """Take the gradient out, once its side stream is joined; None where there is none."""
        if self.content is None:
            return None
        (gradient, block, _), self.content = self.content, None
        block.join()
        return gradient
