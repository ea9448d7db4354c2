"""Histories and targets of a batch, gathered by one kernel."""

import triton
import triton.language as tl
from torch import Tensor


@triton.jit(do_not_specialize=["width"])
def _gather(items, end, lengths, rows, history, target, width, BLOCK: tl.constexpr):
    b, p = tl.program_id(0), tl.arange(0, BLOCK)
    row = tl.load(rows + b)
    last = tl.load(end + row)
    long = tl.load(lengths + row)
    found = tl.load(items + last - long + p, mask=(p < long) & (p < width), other=0)
    tl.store(history + b * width + p, found, mask=p < width)
    tl.store(target + b, tl.load(items + last))


def gather(items: Tensor, end: Tensor, lengths: Tensor, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """What `DeviceExamples` gives for `rows` (B,): (B, width) and (B,)."""
    history, target = items.new_empty(len(rows), width), items.new_empty(len(rows))
    _gather[len(rows),](items, end, lengths, rows, history, target, width, BLOCK=triton.next_power_of_2(width))
    return history, target
