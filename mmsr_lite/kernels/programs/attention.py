"""Dual attention for a few centres of each graph, as kernels over `Tables`; each program is one centre.

A centre sums rows of values, and the tables say which. The backward kernels compute the weights again. Gradients of
rows are added to buffers, which begin at zero.

Letters: D the width, L positions, n entries of a position, W the widest N_t, T node types; BD, BW, NP are D, W, n
rounded up to powers of two. `step` is the number of rows of the output for each graph.
"""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order

COPIES = 32  # copies of the gradient of a_r, so that fewer programs add to one address
NOTHING = tl.constexpr(-1e30)
SLOPE = tl.constexpr(0.01)  # of leaky ReLU


@triton.jit
def _next(bits, j, i, W):
    """The first slot after `i` that is related to the centre; W if there is none."""
    return tl.min(tl.where((bits > 0) & (j > i), j, W), 0)


@triton.jit
def _centre(read, rows, begin, relation, length, b, s, L, n, W, D, d, BW: tl.constexpr):
    """For entry s of the last item: row, state, relations to the slots of its type, these slots, their first row."""
    j = tl.arange(0, BW)
    last = tl.maximum(tl.load(length + b) - 1, 0)
    centre = tl.load(rows + (b * L + last) * n + s).to(tl.int64)
    bits = tl.load(relation + (b * n + s) * W + j, mask=j < W, other=0)
    c = tl.load(read + centre * D + d, mask=(d < D) & (centre >= 0), other=0.0)
    return centre, c, bits, j, tl.load(begin + b * n + s).to(tl.int64)


@triton.jit
def _neighbour(read, weight, c, bits, j, i, first, D, d):
    """Equation 12 for slot `i`: its address, relation and state, `a_r`, and the product before leaky ReLU."""
    bit = tl.sum(tl.where(j == i, bits, 0), 0)
    r = tl.where(bit % 2 == 1, 0, bit // 2)
    at = (first + i) * D + d
    x = tl.load(read + at, mask=d < D, other=0.0)
    a = tl.load(weight + r * D + d, mask=d < D, other=0.0)
    return at, r, x, a, tl.sum(c * a * x, 0)


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def homogeneous(
    read, values, weight, rows, begin, relation, length, out, whole, L, n, W, D, step,
    BD: tl.constexpr, BW: tl.constexpr, SAME: tl.constexpr,
):  # fmt: skip
    """An entry of the last item attends to the nodes of its type.

    Args:
        read: rows from which logits are computed.
        values: rows that are summed.
        weight: (4, D) `a_r` of each relation.
        rows, begin, relation, length: fields of `Tables`.
        out: receives the sums.
        whole: receives the logarithm of the sum of the exponentials of the logits.
        L, n, W, D, step: sizes, see above.
        BD, BW: D and W, rounded up to powers of two.
        SAME: whether `read` and `values` are the same rows.
    """
    b, s, d = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.arange(0, BD)
    _own, c, bits, j, first = _centre(read, rows, begin, relation, length, b, s, L, n, W, D, d, BW)
    top = tl.full((), NOTHING, tl.float32)
    total = tl.full((), 0.0, tl.float32)
    summed = tl.zeros((BD,), tl.float32)
    i = _next(bits, j, -1, W)
    while i < W:
        at, _r, x, _a, z = _neighbour(read, weight, c, bits, j, i, first, D, d)
        v = x if SAME else tl.load(values + at, mask=d < D, other=0.0)
        logit = tl.where(z > 0, z, SLOPE * z)
        higher = tl.maximum(top, logit)
        p = tl.exp(logit - higher)
        shrink = tl.exp(top - higher)
        summed = summed * shrink + p * v
        total = total * shrink + p
        top = higher
        i = _next(bits, j, i, W)
    total = tl.maximum(total, 1e-30)
    tl.store(out + (b * step + s) * D + d, summed / total, mask=d < D)
    tl.store(whole + b * tl.num_programs(1) + s, top + tl.log(total))


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def homogeneous_backward(
    grad, read, values, weight, rows, begin, relation, length, out, whole, to_read, to_values, to_weight, L, n, W, D,
    step, BD: tl.constexpr, BW: tl.constexpr, SAME: tl.constexpr, COPIES: tl.constexpr,
):  # fmt: skip
    """Add to the gradients of `read`, of `values` and of one of the copies of `weight`.

    Args:
        grad: the gradient of `out`.
        read, values: the rows of the forward pass.
        weight: (4, D) `a_r` of each relation.
        rows, begin, relation, length: fields of `Tables`.
        out, whole: the results of the forward pass.
        to_read, to_values, to_weight: the gradients that are added to.
        L, n, W, D, step: sizes, see above.
        BD, BW: D and W, rounded up to powers of two.
        SAME: whether `read` and `values` are the same rows.
        COPIES: the number of copies of the gradient of `weight`.
    """
    b, s, d = tl.program_id(0).to(tl.int64), tl.program_id(1), tl.arange(0, BD)
    centre, c, bits, j, first = _centre(read, rows, begin, relation, length, b, s, L, n, W, D, d, BW)
    g = tl.load(grad + (b * step + s) * D + d, mask=d < D, other=0.0)
    expected = tl.sum(g * tl.load(out + (b * step + s) * D + d, mask=d < D, other=0.0), 0)
    shift = tl.load(whole + b * tl.num_programs(1) + s)
    to_weight += (b % COPIES) * 4 * D + d
    to_centre = tl.zeros((BD,), tl.float32)
    to_self, to_out = tl.zeros((BD,), tl.float32), tl.zeros((BD,), tl.float32)
    to_in, to_both = tl.zeros((BD,), tl.float32), tl.zeros((BD,), tl.float32)
    met = 0  # bits of the relations that the centre has
    i = _next(bits, j, -1, W)
    while i < W:
        at, r, x, a, z = _neighbour(read, weight, c, bits, j, i, first, D, d)
        v = x if SAME else tl.load(values + at, mask=d < D, other=0.0)
        p = tl.exp(tl.where(z > 0, z, SLOPE * z) - shift)
        to_z = p * (tl.sum(g * v, 0) - expected) * tl.where(z > 0, 1.0, SLOPE)
        if SAME:
            tl.atomic_add(to_values + at, p * g + to_z * a * c, mask=d < D, sem="relaxed")
        else:
            tl.atomic_add(to_values + at, p * g, mask=d < D, sem="relaxed")
            tl.atomic_add(to_read + at, to_z * a * c, mask=d < D, sem="relaxed")
        to_centre += to_z * a * x
        part = to_z * c * x
        to_self += tl.where(r == 0, part, 0.0)
        to_out += tl.where(r == 1, part, 0.0)
        to_in += tl.where(r == 2, part, 0.0)
        to_both += tl.where(r == 3, part, 0.0)
        met |= 1 << r
        i = _next(bits, j, i, W)
    tl.atomic_add(to_read + centre * D + d, to_centre, mask=(d < D) & (centre >= 0), sem="relaxed")
    if met & 1:
        tl.atomic_add(to_weight, to_self, mask=d < D, sem="relaxed")
    if met & 2:
        tl.atomic_add(to_weight + D, to_out, mask=d < D, sem="relaxed")
    if met & 4:
        tl.atomic_add(to_weight + 2 * D, to_in, mask=d < D, sem="relaxed")
    if met & 8:
        tl.atomic_add(to_weight + 3 * D, to_both, mask=d < D, sem="relaxed")


@triton.jit
def _asks(relation, b, L, n, W, EVERY: tl.constexpr):
    """The item of a program, and whether its result is used: with EVERY, if the last item is related to its slot."""
    if EVERY:
        return b * L + tl.program_id(1), tl.load(relation + b * n * W + tl.program_id(1)) > 0
    return b, b >= 0


@triton.jit
def _belonging(
    asked, states, values, rows, kind, length, scale, centre, b, L, n, D, d,
    T: tl.constexpr, NP: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """Equation 13 for an item and its entries (n,): which exist, types, mask, addresses, rows, logits and weights."""
    e = tl.arange(0, NP)
    p = tl.program_id(1) if EVERY else tl.maximum(tl.load(length + b) - 1, 0)
    row = tl.load(rows + (b * L + p) * n + e, mask=e < n, other=-1).to(tl.int64)
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
    return ok, t, mask, x_at, v_at, q, x, v, z, weight


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def heterogeneous(
    asked, states, values, rows, kind, relation, length, out, scale, L, n, W, D, step,
    T: tl.constexpr, NP: tl.constexpr, BD: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """An item attends to its own entries: the last item, or with EVERY each item beside it.

    Args:
        asked: (centres, T, D) G x of each centre, for each node type.
        states: rows from which logits are computed.
        values: rows that are summed.
        rows, kind, relation, length: fields of `Tables`.
        out: receives the sums.
        scale: a factor of the logits.
        L, n, W, D, step: sizes, see above.
        T: the number of node types.
        NP, BD: n and D, rounded up to powers of two.
        EVERY: whether each item is a centre, and not only the last one.
    """
    b, d = tl.program_id(0).to(tl.int64), tl.arange(0, BD)
    centre, asks = _asks(relation, b, L, n, W, EVERY)
    mixed = tl.zeros((BD,), tl.float32)
    if asks:
        _ok, _t, _mask, _x_at, _v_at, _q, _x, v, _z, weight = _belonging(
            asked, states, values, rows, kind, length, scale, centre, b, L, n, D, d, T, NP, EVERY
        )
        mixed = tl.sum(weight[:, None] * v, 0)
    tl.store(out + centre * step * D + d, mixed, mask=d < D)


@triton.jit(do_not_specialize=["L", "n", "W", "step"])
def heterogeneous_backward(
    grad, asked, states, values, rows, kind, relation, length, to_asked, to_states, to_values, scale, L, n, W, D, step,
    T: tl.constexpr, NP: tl.constexpr, BD: tl.constexpr, EVERY: tl.constexpr,
):  # fmt: skip
    """Write the gradient of `asked` where a result is used, and add to those of `states` and `values`.

    Args:
        grad: the gradient of `out`.
        asked, states, values: the inputs of the forward pass.
        rows, kind, relation, length: fields of `Tables`.
        to_asked: receives the gradient of `asked`.
        to_states, to_values: the gradients that are added to.
        scale: a factor of the logits.
        L, n, W, D, step: sizes, see above.
        T: the number of node types.
        NP, BD: n and D, rounded up to powers of two.
        EVERY: whether each item is a centre, and not only the last one.
    """
    b, d = tl.program_id(0).to(tl.int64), tl.arange(0, BD)
    centre, asks = _asks(relation, b, L, n, W, EVERY)
    if asks:
        ok, t, mask, x_at, v_at, q, x, v, z, weight = _belonging(
            asked, states, values, rows, kind, length, scale, centre, b, L, n, D, d, T, NP, EVERY
        )
        g = tl.load(grad + centre * step * D + d, mask=d < D, other=0.0)
        product = tl.sum(g[None, :] * v, 1)
        to_z = weight * (product - tl.sum(weight * product, 0)) * tl.where(z > 0, 1.0, SLOPE) * scale
        tl.atomic_add(to_values + v_at, weight[:, None] * g[None, :], mask=mask, sem="relaxed")
        tl.atomic_add(to_states + x_at, to_z[:, None] * q, mask=mask, sem="relaxed")
        for i in tl.static_range(T):
            part = tl.sum(tl.where(ok & (t == i), to_z, 0.0)[:, None] * x, 0)
            tl.store(to_asked + (centre * T + i) * D + d, part, mask=d < D)


hash_in_order(globals())
