"""Clipping by the norm of all gradients and AdamW of all weights: two kernels, whose programs share out the tensors."""

import torch
import triton
import triton.language as tl

BLOCK = 4096  # values a program


@triton.jit
def _share(SIZES: tl.constexpr, BLOCK: tl.constexpr):
    """Which tensor a program works at, where it begins there, how many values are left from there on."""
    p, which, begin, left, first = tl.program_id(0), 0, 0, 0, 0
    for i in tl.static_range(len(SIZES)):
        which = tl.where(p >= first, i, which)
        begin = tl.where(p >= first, (p - first) * BLOCK, begin)
        left = tl.where(p >= first, SIZES[i] - (p - first) * BLOCK, left)
        first += (SIZES[i] + BLOCK - 1) // BLOCK
    return which, begin, left


@triton.jit
def _place(tensors, which, begin, ALIGN: tl.constexpr):
    place = tensors[0]
    for i in tl.static_range(1, len(tensors)):
        place = tl.where(which == i, tensors[i], place)
    return tl.multiple_of(place, ALIGN) + begin


@triton.jit
def _squares(
    gradients, steps, parts, factors, B1: tl.constexpr, B2: tl.constexpr, SIZES: tl.constexpr, BLOCK: tl.constexpr,
    ALIGN: tl.constexpr,
):  # fmt: skip
    """The sum of squares of each program's gradients; the first program of a tensor counts its step.

    `factors` of a tensor: what the mean is short of, 1 - B1^step, and the root of what the mean square is short of.
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
    w, g = tl.load(weight, mask=mask), tl.load(gradient, mask=mask) / excess
    m = B1 * tl.load(mean, mask=mask) + (1 - B1) * g
    s = B2 * tl.load(square, mask=mask) + (1 - B2) * g * g
    tl.store(weight, w * (1 - lr * decay) - ahead * m / (tl.sqrt(s) / whole + eps), mask=mask)
    tl.store(mean, m, mask=mask)
    tl.store(square, s, mask=mask)


@triton.jit(do_not_specialize=["clip", "decay", "eps"])
def _adamw(
    weights, gradients, means, squares, parts, factors, lr, clip, decay, eps, B1: tl.constexpr,
    B2: tl.constexpr, SIZES: tl.constexpr, PARTS: tl.constexpr, BLOCK: tl.constexpr, ALIGN: tl.constexpr,
):  # fmt: skip
    """As torch's, of gradients divided by what their norm exceeds `clip` by."""
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


def clipped_step(optimiser: torch.optim.AdamW, clip: float) -> None:
    """What `clip_grad_norm_` and `optimiser.step()` do to weights and state, in float32; gradients stay as they are."""
    (group,) = optimiser.param_groups
    weights = [weight for weight in group["params"] if weight.grad is not None]
    gradients = [weight.grad.contiguous() for weight in weights]
    for weight in weights:
        if not (state := optimiser.state[weight]):
            state["step"] = torch.zeros((), device=weight.device)
            state |= {name: torch.zeros_like(weight) for name in ("exp_avg", "exp_avg_sq")}
    slots = [[optimiser.state[weight][name] for weight in weights] for name in ("exp_avg", "exp_avg_sq", "step")]
    means, squares, steps = slots
    sizes = tuple(weight.numel() for weight in weights)
    programs = sum(triton.cdiv(size, BLOCK) for size in sizes)
    aligned = all(tensor.data_ptr() % 16 == 0 for tensor in (*weights, *gradients, *means, *squares))
    (one, two), data = group["betas"], tuple(weight.detach() for weight in weights)
    how = {"SIZES": sizes, "BLOCK": BLOCK, "ALIGN": 16 if aligned else 4, "B1": one, "B2": two}
    parts, factors = data[0].new_empty(programs), data[0].new_empty(2 * len(sizes))
    _squares[programs,](tuple(gradients), tuple(steps), parts, factors, **how)
    _adamw[programs,](
        data, tuple(gradients), tuple(means), tuple(squares), parts, factors, group["lr"], clip,
        group["weight_decay"], group["eps"], PARTS=triton.next_power_of_2(programs), **how,
    )  # fmt: skip
