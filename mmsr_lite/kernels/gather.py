"""Histories and targets of a batch, gathered by one kernel."""

import triton
from torch import Tensor

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import gather as programs

NARROW = 64  # a program reads at least so many places at once, so that one compiled kernel serves all short histories


def gather(items: Tensor, end: Tensor, lengths: Tensor, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Histories (B, width) and targets (B,) of the examples `rows` (B,), as `DeviceExamples` gives them."""
    history, target = items.new_empty(len(rows), width), items.new_empty(len(rows))
    block = max(NARROW, triton.next_power_of_2(width))
    launch = current_launch()
    launch(programs.gather_batch, len(rows))(items, end, lengths, rows, history, target, width, BLOCK=block)
    return history, target
