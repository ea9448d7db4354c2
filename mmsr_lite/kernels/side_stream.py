"""Work beside the main line of a captured step: small kernels fill a GPU only together."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor


@cache
def _stream(device: torch.device, number: int) -> torch.cuda.Stream:
    return torch.cuda.Stream(device)


class SideStream:
    """`with SideStream(like):` its kernels wait for what was launched before the block; nothing later waits for them.

    Until `join` is called, what they write is made before the block, and it and what they read is kept. Where no step
    is being captured, they run in line.
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
        """What is launched from now on waits for the block."""
        if self.apart:
            torch.cuda.current_stream(self.device).wait_event(self.ended)


def join_later(blocks: list[SideStream], weights: Sequence[Tensor], gradients: Sequence[Tensor], *kept: Tensor) -> None:
    """Join `blocks`, which write the `gradients` of `weights`, at the end of this backward pass; till then keep `kept`.

    At once where somebody reads those gradients before: where they are added to others, or go on to other nodes.
    """
    if not any(block.apart for block in blocks):
        return
    held = [*kept, *(gradient.untyped_storage() for gradient in gradients)]  # a tensor held twice would be copied

    def end() -> None:
        for block in blocks:
            block.join()
        held.clear()

    if all(weight.is_leaf and weight.grad is None for weight in weights):
        torch.autograd.Variable._execution_engine.queue_callback(end)
    else:
        end()


class PendingGradient:
    """A gradient that one node of a backward pass computes aside and a later one, which adds to it, hands on."""

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
