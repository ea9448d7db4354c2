"""The end of the layer in one kernel each way: the second map of the gate, its softmax, the mixture, dropout, residual.

Letters: B graphs, L positions, n entries of a position, D the width; BD is D rounded up to a power of two.
"""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order
from mmsr_lite.kernels.programs.nodes import dropped


@triton.jit
def _weigh(
    ends, hidden, second, bias, seed, rate, length, rows, b, L, n, B, D, d, BD: tl.constexpr, DROP: tl.constexpr
):  # fmt: skip
    """What both kernels need: the two ends, the hidden values of the gate, beta, the row of the item, dropout."""
    live = b < B
    mask = live[:, None] & (d < D)[None, :]
    late = tl.load(ends + (2 * b)[:, None] * D + d[None, :], mask=mask, other=0.0)
    early = tl.load(ends + (2 * b + 1)[:, None] * D + d[None, :], mask=mask, other=0.0)
    h = tl.maximum(tl.load(hidden + b[:, None] * D + d[None, :], mask=mask, other=0.0), 0.0)
    ahead = tl.load(second + d, mask=d < D, other=0.0) - tl.load(second + D + d, mask=d < D, other=0.0)
    score = tl.sum(h * ahead[None, :], 1) + tl.load(bias) - tl.load(bias + 1)
    beta = 1 / (1 + tl.exp(-score))  # the softmax of two
    last = tl.maximum(tl.load(length + b, mask=live, other=0) - 1, 0)
    row = tl.load(rows + (b * L + last) * n, mask=live, other=-1)
    keep = dropped(seed, b, rate, BD, DROP)
    return mask, late, early, h, ahead, beta, row, keep


@triton.jit(do_not_specialize=["L", "n", "B"])
def mix(
    ends, hidden, second, bias, states, seed, rate, length, rows, out, L, n, B, D,
    BD: tl.constexpr, BB: tl.constexpr, DROP: tl.constexpr, RESIDUAL: tl.constexpr,
):  # fmt: skip
    """Equations 15 to 17: weigh the two ends by the gate and add them.

    Args:
        ends: (B, 2, D) what the item reached by late and by early fusion.
        hidden: (B, D) the hidden values of the gate before their ReLU.
        second, bias: the weights (2, D) and biases (2,) of the second map of the gate.
        states: (N, D) the states of all nodes.
        seed, rate: the seed (a tensor) and the rate of dropout.
        length, rows: fields of `Tables`.
        out: (B, D) receives the new states.
        L, n, B, D: sizes, see above.
        BD: D, rounded up to a power of two.
        BB: graphs of one program.
        DROP: whether there is dropout.
        RESIDUAL: whether the item's own state is added.
    """
    b, d = tl.program_id(0) * BB + tl.arange(0, BB), tl.arange(0, BD)
    mask, late, early, _, _, beta, row, keep = _weigh(
        ends, hidden, second, bias, seed, rate, length, rows, b, L, n, B, D, d, BD, DROP
    )
    state = (beta[:, None] * late + (1 - beta)[:, None] * early) * keep
    if RESIDUAL:
        own = states + row[:, None].to(tl.int64) * D + d[None, :]
        state += tl.load(own, mask=mask & (row >= 0)[:, None], other=0.0)
    tl.store(out + b[:, None] * D + d[None, :], state, mask=mask)


@triton.jit(do_not_specialize=["L", "n", "B"])
def mix_backward(
    grad, ends, hidden, second, bias, seed, rate, length, rows, to_ends, to_hidden, to_states, to_second, to_first_bias,
    to_bias, L, n, B, D, BD: tl.constexpr, BB: tl.constexpr, DROP: tl.constexpr, RESIDUAL: tl.constexpr,
):  # fmt: skip
    """Write the gradients of `ends` and `hidden`, and add to all others.

    Args:
        grad: (B, D) the gradient of `out`.
        ends: (B, 2, D) what the item reached by late and by early fusion.
        hidden: (B, D) the hidden values of the gate before their ReLU.
        second, bias: the weights (2, D) and biases (2,) of the second map of the gate.
        seed, rate: the seed (a tensor) and the rate of dropout.
        length, rows: fields of `Tables`.
        to_ends, to_hidden: receive the gradients of `ends` and `hidden`.
        to_states, to_second, to_first_bias, to_bias: the gradients that are added to.
        L, n, B, D: sizes, see above.
        BD: D, rounded up to a power of two.
        BB: graphs of one program.
        DROP: whether there is dropout.
        RESIDUAL: whether the item's own state is added.
    """
    b, d = tl.program_id(0) * BB + tl.arange(0, BB), tl.arange(0, BD)
    mask, late, early, h, ahead, beta, row, keep = _weigh(
        ends, hidden, second, bias, seed, rate, length, rows, b, L, n, B, D, d, BD, DROP
    )
    g = tl.load(grad + b[:, None] * D + d[None, :], mask=mask, other=0.0)
    if RESIDUAL:
        own = to_states + row[:, None].to(tl.int64) * D + d[None, :]
        tl.atomic_add(own, g, mask=mask & (row >= 0)[:, None], sem="relaxed")
    g *= keep
    tl.store(to_ends + (2 * b)[:, None] * D + d[None, :], beta[:, None] * g, mask=mask)
    tl.store(to_ends + (2 * b + 1)[:, None] * D + d[None, :], (1 - beta)[:, None] * g, mask=mask)
    to_score = beta * (1 - beta) * tl.sum(g * (late - early), 1)
    to_h = tl.where(h > 0, to_score[:, None] * ahead[None, :], 0.0)
    tl.store(to_hidden + b[:, None] * D + d[None, :], to_h, mask=mask)
    part = tl.sum(to_score[:, None] * h, 0)
    tl.atomic_add(to_second + d, part, mask=d < D, sem="relaxed")
    tl.atomic_add(to_second + D + d, -part, mask=d < D, sem="relaxed")
    tl.atomic_add(to_first_bias + d, tl.sum(to_h, 0), mask=d < D, sem="relaxed")
    tl.atomic_add(to_bias, tl.sum(to_score, 0), sem="relaxed")
    tl.atomic_add(to_bias + 1, -tl.sum(to_score, 0), sem="relaxed")


hash_in_order(globals())
