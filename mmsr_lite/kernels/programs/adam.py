"""Triton programs: clipping by the norm of all gradients, and one AdamW step of all weights.

The programs of one launch divide all tensors among them: a program works on BLOCK values of one tensor.
"""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order


@triton.jit
def _share(SIZES: tl.constexpr, BLOCK: tl.constexpr):
    """The tensor that a program works on, the first value there, and how many values are left from there on."""
    p, which, begin, left, first = tl.program_id(0), 0, 0, 0, 0
    for i in tl.static_range(len(SIZES)):
        which = tl.where(p >= first, i, which)
        begin = tl.where(p >= first, (p - first) * BLOCK, begin)
        left = tl.where(p >= first, SIZES[i] - (p - first) * BLOCK, left)
        first += (SIZES[i] + BLOCK - 1) // BLOCK
    return which, begin, left


@triton.jit
def _place(tensors, which, begin, ALIGN: tl.constexpr):
    """The address of value `begin` of the tensor number `which`."""
    place = tensors[0]
    for i in tl.static_range(1, len(tensors)):
        place = tl.where(which == i, tensors[i], place)
    return tl.multiple_of(place, ALIGN) + begin


@triton.jit
def squares(
    gradients, steps, parts, factors, B1: tl.constexpr, B2: tl.constexpr, SIZES: tl.constexpr, BLOCK: tl.constexpr,
    ALIGN: tl.constexpr,
):  # fmt: skip
    """The sum of squares of each program's gradients; the first program of a tensor also counts its step.

    Args:
        gradients: the gradients.
        steps: the number of steps of each tensor, which rises by one.
        parts: receives the sum of squares of each program.
        factors: receives two numbers for each tensor: 1 - B1^step, and the root of 1 - B2^step.
        B1, B2: the two betas of AdamW.
        SIZES: the number of values of each tensor.
        BLOCK: values of one program.
        ALIGN: the alignment of all tensors in bytes.
    """
    which, begin, left = _share(SIZES, BLOCK)
    at = _place(gradients, which, begin, ALIGN) + tl.arange(0, BLOCK)
    if left >= BLOCK:  # noqa: SIM108 (no mask, so that loads are wide)
        g = tl.load(at)
    else:
        g = tl.load(at, mask=tl.arange(0, BLOCK) < left, other=0.0)
    tl.store(parts + tl.program_id(0), tl.sum(g * g, 0))
    if begin == 0:
        place = _place(steps, which, 0, 4)
        step = tl.load(place).to(tl.float64) + 1
        tl.store(place, step.to(tl.float32))
        tl.store(factors + 2 * which, (1 - tl.exp(step * tl.log(tl.full((), B1, tl.float64)))).to(tl.float32))
        short = 1 - tl.exp(step * tl.log(tl.full((), B2, tl.float64)))
        tl.store(factors + 2 * which + 1, tl.sqrt(short.to(tl.float32)))


@triton.jit
def _move(
    weight, gradient, mean, square, mask, excess, lr, decay, eps, ahead, whole, B1: tl.constexpr, B2: tl.constexpr
):  # fmt: skip
    """One step of AdamW for the values of a program."""
    w, g = tl.load(weight, mask=mask), tl.load(gradient, mask=mask) / excess
    m = B1 * tl.load(mean, mask=mask) + (1 - B1) * g
    s = B2 * tl.load(square, mask=mask) + (1 - B2) * g * g
    tl.store(weight, w * (1 - lr * decay) - ahead * m / (tl.sqrt(s) / whole + eps), mask=mask)
    tl.store(mean, m, mask=mask)
    tl.store(square, s, mask=mask)


@triton.jit(do_not_specialize=["clip", "decay", "eps"])
def adamw(
    weights, gradients, means, squares, parts, factors, lr, clip, decay, eps, B1: tl.constexpr,
    B2: tl.constexpr, SIZES: tl.constexpr, PARTS: tl.constexpr, BLOCK: tl.constexpr, ALIGN: tl.constexpr,
):  # fmt: skip
    """One step of AdamW as torch's, with gradients that are scaled down when their norm is above `clip`.

    Args:
        weights, gradients, means, squares: the weights, their gradients, and the running means of gradients and
            squares.
        parts: the sums of squares that `squares` has written.
        factors: the numbers of each tensor that `squares` has written.
        lr, clip, decay, eps: the learning rate (a tensor), the largest norm, the weight decay, and the epsilon.
        B1, B2: the two betas of AdamW.
        PARTS: the number of programs, rounded up to a power of two.
        SIZES: the number of values of each tensor.
        BLOCK: values of one program.
        ALIGN: the alignment of all tensors in bytes.
    """
    which, begin, left = _share(SIZES, BLOCK)
    i, p = tl.arange(0, BLOCK), tl.arange(0, PARTS)
    norm = tl.sqrt(tl.sum(tl.load(parts + p, mask=p < tl.num_programs(0), other=0.0), 0))
    excess = tl.maximum(norm / clip, 1.0, propagate_nan=tl.PropagateNan.ALL)
    rate = tl.load(lr)
    ahead, whole = rate / tl.load(factors + 2 * which), tl.load(factors + 2 * which + 1)
    weight, gradient = _place(weights, which, begin, ALIGN) + i, _place(gradients, which, begin, ALIGN) + i
    mean, square = _place(means, which, begin, ALIGN) + i, _place(squares, which, begin, ALIGN) + i
    if left >= BLOCK:
        _move(weight, gradient, mean, square, None, excess, rate, decay, eps, ahead, whole, B1, B2)
    else:
        _move(weight, gradient, mean, square, i < left, excess, rate, decay, eps, ahead, whole, B1, B2)


hash_in_order(globals())
