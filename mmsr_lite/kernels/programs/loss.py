"""Triton program: cross-entropy over all items, which replaces the logits by their gradient."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order

LOW = tl.constexpr(-1e30)


@triton.jit(do_not_specialize=["size"])
def loss_and_shares(logits, target, losses, size, stride, smoothing, BLOCK: tl.constexpr):
    """Compute the loss of row b, and replace its logits by their gradient: the softmax less the aim.

    Item 0 and the columns from `size` on become zero.

    Args:
        logits: (B, stride) the logits, which are replaced.
        target: (B,) items.
        losses: (B,) receives the losses.
        size: V+1.
        stride: the columns of `logits`.
        smoothing: the share of label smoothing.
        BLOCK: columns that are read at once.
    """
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


hash_in_order(globals())
