"""Triton program: cross-entropy over all items, which turns the logits into their gradient where they lie."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order

LOW = tl.constexpr(-1e30)


@triton.jit(do_not_specialize=["size"])
def loss_and_shares(logits, target, losses, size, stride, smoothing, BLOCK: tl.constexpr):
    """Row b of `logits` becomes softmax less aim; item 0 and the columns beyond `size` become nought."""
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
