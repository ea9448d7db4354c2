"""Dual attention for a few centres of each graph, as kernels over `Tables`: each program is one centre.

Every centre sums rows of values that lie where the tables say; the backward kernels make the weights again. Gradients
of rows are added where they belong, so their buffers start at zero.
"""

import triton
import triton.language as tl

COPIES = 32  # of a_r's gradient, so that fewer programs add to one address
NOTHING = tl.constexpr(-1e30)
SLOPE = tl.constexpr(0.01)  # of leaky ReLU


@triton.jit
def _neighbours(relation, begin, read, weight, centre, b, s, j, n, W, D, d, BD: tl.constexpr):
    """Equation 12 for slots `j` (J,): rows, whether related, relation, states (J, D), `V_i * a_r` (J, D), product."""
    bits = tl.load(relation + (b * n + s) * W + j, mask=j < W, other=0)
    ok = bits > 0
    r = tl.where(bits % 2 == 1, 0, bits // 2)
    row = (tl.load(begin + b * n + s) + j).to(tl.int64)
    mask = ok[:, None] & (d < D)[None, :]
    x = tl.load(read + row[:, None] * D + d[None, :], mask=mask, other=0.0)
    a = tl.load(weight + r[:, None] * D + d[None, :], mask=mask, other=0.0)
    c = tl.load(read + centre * D + d, mask=(d < D) & (centre >= 0), other=0.0)
    return row, ok, r, x, a, c, tl.sum(c[None, :] * a * x, 1)


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def homogeneous(
    read, values, weight, rows, begin, relation, length, out, whole, L, n, W, D, step,
    BD: tl.constexpr, BJ: tl.constexpr,
):  # fmt: skip
    """Entry s of the last item reads its type: logits from `read`, sums of `values`; `whole` is their log-sum-exp."""
    b, s, d = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.arange(0, BD)
    last = tl.maximum(tl.load(length + b) - 1, 0)
    centre = tl.load(rows + (b * L + last) * n + s).to(tl.int64)
    top = tl.full((), NOTHING, tl.float32)
    total = tl.full((), 0.0, tl.float32)
    summed = tl.zeros((BD,), tl.float32)
    for begins in range(0, W, BJ):
        j = begins + tl.arange(0, BJ)
        row, ok, _, _, _, _, z = _neighbours(relation, begin, read, weight, centre, b, s, j, n, W, D, d, BD)
        logit = tl.where(ok, tl.where(z > 0, z, SLOPE * z), NOTHING)
        higher = tl.maximum(top, tl.max(logit, 0))
        p = tl.where(ok, tl.exp(logit - higher), 0.0)
        v = tl.load(values + row[:, None] * D + d[None, :], mask=ok[:, None] & (d < D)[None, :], other=0.0)
        shrink = tl.exp(top - higher)
        summed = summed * shrink + tl.sum(p[:, None] * v, 0)
        total = total * shrink + tl.sum(p, 0)
        top = higher
    total = tl.maximum(total, 1e-30)
    tl.store(out + (b * step + s) * D + d, summed / total, mask=d < D)
    tl.store(whole + b * tl.num_programs(1) + s, top + tl.log(total))


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def homogeneous_backward(
    grad, read, values, weight, rows, begin, relation, length, out, whole, to_read, to_values, to_weight, L, n, W, D,
    step, BD: tl.constexpr, BJ: tl.constexpr, COPIES: tl.constexpr,
):  # fmt: skip
    """Adds to the gradients of `read`, `values` and of one of the copies of `weight`."""
    b, s, d = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.arange(0, BD)
    last = tl.maximum(tl.load(length + b) - 1, 0)
    centre = tl.load(rows + (b * L + last) * n + s).to(tl.int64)
    g = tl.load(grad + (b * step + s) * D + d, mask=d < D, other=0.0)
    expected = tl.sum(g * tl.load(out + (b * step + s) * D + d, mask=d < D, other=0.0), 0)
    shift = tl.load(whole + b * tl.num_programs(1) + s)
    to_weight += (b % COPIES) * 4 * D
    to_centre = tl.zeros((BD,), tl.float32)
    for begins in range(0, W, BJ):
        j = begins + tl.arange(0, BJ)
        row, ok, r, x, a, c, z = _neighbours(relation, begin, read, weight, centre, b, s, j, n, W, D, d, BD)
        mask = ok[:, None] & (d < D)[None, :]
        at = row[:, None] * D + d[None, :]
        p = tl.where(ok, tl.exp(tl.where(z > 0, z, SLOPE * z) - shift), 0.0)
        told = tl.sum(g[None, :] * tl.load(values + at, mask=mask, other=0.0), 1)
        to_z = p * (told - expected) * tl.where(z > 0, 1.0, SLOPE)
        tl.atomic_add(to_values + at, p[:, None] * g[None, :], mask=mask, sem="relaxed")
        tl.atomic_add(to_read + at, to_z[:, None] * a * c[None, :], mask=mask, sem="relaxed")
        to_centre += tl.sum(to_z[:, None] * a * x, 0)
        for i in tl.static_range(4):
            mine = ok & (r == i)
            if tl.max(tl.where(mine, 1, 0), 0) > 0:
                part = c * tl.sum(tl.where(mine, to_z, 0.0)[:, None] * x, 0)
                tl.atomic_add(to_weight + i * D + d, part, mask=d < D, sem="relaxed")
    tl.atomic_add(to_read + centre * D + d, to_centre, mask=(d < D) & (centre >= 0), sem="relaxed")


@triton.jit
def _belonging(
    asked, states, values, rows, kind, relation, length, scale, b, L, n, W, D, d,
    T: tl.constexpr, NP: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """Equation 13 for the item of a program and its entries (n,): who is asked, states, values, logits' weights."""
    e = tl.arange(0, NP)
    if EVERY:
        p = tl.program_id(1)
        centre = b * L + p
        beside = tl.load(relation + b * n * W + p) > 0  # the last item's relation to this slot
    else:
        p = tl.maximum(tl.load(length + b) - 1, 0)
        centre = b
        beside = True
    row = tl.load(rows + (b * L + p) * n + e, mask=(e < n) & beside, other=-1).to(tl.int64)
    ok = row >= 0
    t = tl.load(kind + row, mask=ok, other=0)
    mask = ok[:, None] & (d < D)[None, :]
    place = row if EVERY else b * n + e
    q_at = (centre * T + t)[:, None] * D + d[None, :]
    x_at = place[:, None] * D + d[None, :]
    v_at = row[:, None] * D + d[None, :]
    q = tl.load(asked + q_at, mask=mask, other=0.0)
    x = tl.load(states + x_at, mask=mask, other=0.0)
    v = tl.load(values + v_at, mask=mask, other=0.0)
    z = tl.sum(q * x, 1) * scale
    logit = tl.where(ok, tl.where(z > 0, z, SLOPE * z), NOTHING)
    share = tl.where(ok, tl.exp(logit - tl.max(logit, 0)), 0.0)
    weight = share / tl.maximum(tl.sum(share, 0), 1e-30)
    return centre, ok, t, mask, x_at, v_at, q, x, v, z, weight


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def heterogeneous(
    asked, states, values, rows, kind, relation, length, out, scale, L, n, W, D, step,
    T: tl.constexpr, NP: tl.constexpr, BD: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """An item reads what belongs to it: the last one, or EVERY one beside it; `asked` (centres, T, D) holds G x."""
    b, d = tl.program_id(0).to(tl.int64), tl.arange(0, BD)
    centre, _, _, _, _, _, _, _, v, _, weight = _belonging(
        asked, states, values, rows, kind, relation, length, scale, b, L, n, W, D, d, T, NP, EVERY
    )
    tl.store(out + centre * step * D + d, tl.sum(weight[:, None] * v, 0), mask=d < D)


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def heterogeneous_backward(
    grad, asked, states, values, rows, kind, relation, length, to_asked, to_states, to_values, scale, L, n, W, D, step,
    T: tl.constexpr, NP: tl.constexpr, BD: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """Writes the gradient of `asked`, adds to those of `states` and `values`."""
    b, d = tl.program_id(0).to(tl.int64), tl.arange(0, BD)
    centre, ok, t, mask, x_at, v_at, q, x, v, z, weight = _belonging(
        asked, states, values, rows, kind, relation, length, scale, b, L, n, W, D, d, T, NP, EVERY
    )
    g = tl.load(grad + centre * step * D + d, mask=d < D, other=0.0)
    told = tl.sum(g[None, :] * v, 1)
    to_z = weight * (told - tl.sum(weight * told, 0)) * tl.where(z > 0, 1.0, SLOPE) * scale
    tl.atomic_add(to_values + v_at, weight[:, None] * g[None, :], mask=mask, sem="relaxed")
    tl.atomic_add(to_states + x_at, to_z[:, None] * q, mask=mask, sem="relaxed")
    for i in tl.static_range(T):
        part = tl.sum(tl.where(ok & (t == i), to_z, 0.0)[:, None] * x, 0)
        tl.store(to_asked + (centre * T + i) * D + d, part, mask=d < D)
