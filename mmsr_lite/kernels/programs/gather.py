"""Triton program: gathers the histories and targets of a batch."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order


@triton.jit(do_not_specialize=["width"])
def gather_batch(items, end, lengths, rows, history, target, width, BLOCK: tl.constexpr):
    b, p = tl.program_id(0), tl.arange(0, BLOCK)
    row = tl.load(rows + b)
    last = tl.load(end + row)
    long = tl.load(lengths + row)
    history_part = tl.load(items + last - long + p, mask=(p < long) & (p < width), other=0)
    tl.store(history + b * width + p, history_part, mask=p < width)
    tl.store(target + b, tl.load(items + last))


hash_in_order(globals())
