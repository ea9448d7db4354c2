"""Side streams: kernels of a captured step that run beside each other, because a small one does not fill a GPU."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor


@cache
def _stream(device: torch.device, number: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


class SideStream:
    """Within `with SideStream(like):` kernels run on a stream of their own, beside what is launched later.

    They wait for what was launched before the block; nothing later waits for them until `join` is called. Until then
    the tensors that they read and write must be kept alive, and those that they write must exist before the block.
    Where no step is being captured, they run in line.
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
        """Let everything that is launched from now on wait for the block."""
        if self.apart:
            torch.cuda.current_stream(self.device).wait_event(self.ended)


def join_later(blocks: list[SideStream], weights: Sequence[Tensor], gradients: Sequence[Tensor], *kept: Tensor) -> None:
    """Join `blocks`, which write the `gradients` of `weights`, at the end of this backward pass; till then keep `kept`.

    At once where somebody reads those gradients before: where they are added to others, or go on to other nodes.
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
    """A gradient that one node of a backward pass computes on a side stream, and that a later node adds to its own."""

    def __init__(self) -> None:
        self.content: tuple[Tensor, SideStream, tuple[Tensor, ...]] | None = None

    def hold(self, gradient: Tensor, block: SideStream, *kept: Tensor) -> None:
        """`block` writes it and reads `kept`."""
        self.content = gradient, block, kept

    def take(self) -> Tensor | None:
        """The gradient, waited for; None where there is none."""
        if self.content is None:
            return None
        (gradient, block, _), self.content = self.content, None
        block.join()
        return gradient
