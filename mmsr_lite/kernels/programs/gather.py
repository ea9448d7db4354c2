"""Triton program: the histories and targets of a batch."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order


@triton.jit(do_not_specialize=["width"])
def gather_batch(items, end, lengths, rows, history, target, width, BLOCK: tl.constexpr):
    """Copy the history and the target of one example.

    Args:
        items: (I,) the items of all users, one user after the other.
        end: (E,) the place in `items` of the target of each example.
        lengths: (E,) the number of items that a model reads of each history.
        rows: (B,) indexes of examples.
        history: (B, width) receives the histories, padded on the right with 0.
        target: (B,) receives the targets.
        width: the width of the histories.
        BLOCK: the width, rounded up to a power of two.
    """
    b, p = tl.program_id(0), tl.arange(0, BLOCK)
    row = tl.load(rows + b)
    last = tl.load(end + row)
    long = tl.load(lengths + row)
    history_part = tl.load(items + last - long + p, mask=(p < long) & (p < width), other=0)
    tl.store(history + b * width + p, history_part, mask=p < width)
    tl.store(target + b, tl.load(items + last))


hash_in_order(globals())
