"""Triton programs: the states of all nodes after input dropout (`NodeEmbedding`), forward and backward.

Letters: N nodes, L positions, D the width; BD is D rounded up to a power of two. The rows of the small tables are
types, positions, then codes.
"""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order

ROUNDS = tl.constexpr(7)  # of Philox-4x32, the fewest without known faults (Salmon et al., SC 2011)


@triton.jit
def dropped(seed, row, rate, BD: tl.constexpr, DROP: tl.constexpr):
    """What dropout multiplies values by; one draw serves four values.

    Args:
        seed: a tensor with the seed.
        row: (rows,) numbers of rows.
        rate: the rate of dropout.
        BD: the number of values of a row.
        DROP: whether there is dropout.

    Returns:
        (rows, BD) 0 for a dropped value, else 1 / (1 - rate).
    """
    if DROP:
        place = row[:, None] * (BD // 4) + tl.arange(0, BD // 4)[None, :]
        a, b, c, d = tl.rand4x(tl.load(seed), place, ROUNDS)
        drawn = tl.reshape(tl.join(tl.join(a, b), tl.join(c, d)), (row.shape[0], BD))
        return tl.where(drawn >= rate, 1 / (1 - rate), 0.0)
    return tl.full((row.shape[0], BD), 1.0, tl.float32)


@triton.jit
def _rows_of_program(source, kind, N, D, BD: tl.constexpr, BLOCK: tl.constexpr):
    """The rows of a program: their numbers, which exist, which hold a node, sources, types, columns, addresses."""
    row, d = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, BD)
    live, wide = row < N, (d < D)[None, :]
    where = tl.load(source + row, mask=live, other=0)
    at = row[:, None].to(tl.int64) * D + d[None, :]
    return row, live, where > 0, where, tl.load(kind + row, mask=live, other=0), d, wide, at


@triton.jit
def _positions_of_word(places, row, live, w, L):
    """The 32 positions, counted from the end, of word `w`; and (BLOCK, 32) 1.0 where a node occurs there."""
    word = tl.load(places + row * ((L + 31) // 32) + w, mask=live, other=0)
    q = tl.arange(0, 32)
    return w * 32 + q, ((word[:, None] >> q[None, :]) & 1).to(tl.float32)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def node_states(
    looked, mapped, source, kind, places, states, share, seed, rate, L, N, items, small, types, positions, D,
    BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, HOW: tl.constexpr,
):  # fmt: skip
    """Compute the states of BLOCK nodes.

    Args:
        looked: (items, D) the item vectors after their part of the merge map.
        mapped: (3, S, D) the small tables after the three parts of the merge map.
        source, kind, places: fields of `Tables`.
        states: (N, D) receives the states.
        share: (N,) receives 1 over the number of positions of each node.
        seed, rate: the seed (a tensor) and the rate of dropout.
        L, N, D: sizes, see above.
        items: the number of item rows, which come first.
        small: S, the number of rows of the small tables.
        types, positions: the number of rows of types and of positions among them.
        BD: D, rounded up to a power of two.
        BLOCK: nodes of one program.
        DROP: whether there is dropout.
        HOW: the precision of products.
    """
    row, live, real, where, t, d, wide, at = _rows_of_program(source, kind, N, D, BD, BLOCK)
    count = tl.zeros((BLOCK,), tl.float32)
    summed = tl.zeros((BLOCK, BD), tl.float32)
    for w in range(0, (L + 31) // 32):
        q, here = _positions_of_word(places, row, live, w, L)
        vector = mapped + (2 * small + types + q)[:, None] * D + d[None, :]
        vector = tl.load(vector, mask=(q < positions)[:, None] & wide, other=0.0)
        summed = tl.dot(here, vector, summed, input_precision=HOW)
        count += tl.sum(here, 1)
    part = 1 / tl.maximum(count, 1.0)
    tl.store(share + row, part, mask=live)
    state = summed * part[:, None]
    state += tl.load(looked + at, mask=(real & (row < items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + where[:, None] * D + d[None, :], mask=(real & (row >= items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + (small + t)[:, None] * D + d[None, :], mask=real[:, None] & wide, other=0.0)
    tl.store(states + at, state * dropped(seed, row, rate, BD, DROP), mask=live[:, None] & wide)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def node_states_backward(
    grad, to_looked, to_mapped, source, kind, places, share, seed, rate, L, N, items, small, positions, D,
    T: tl.constexpr, TP: tl.constexpr, BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, HOW: tl.constexpr,
    COPIES: tl.constexpr,
):  # fmt: skip
    """Write the gradient of `looked`, and add to one of the copies of the gradient of `mapped`.

    Args:
        grad: (N, D) the gradient of the states.
        to_looked: receives the gradient of `looked`.
        to_mapped: (COPIES, 3, S, D) the gradients that are added to.
        source, kind, places: fields of `Tables`.
        share: (N,) 1 over the number of positions of each node.
        seed, rate: the seed (a tensor) and the rate of dropout.
        L, N, D: sizes, see above.
        items: the number of item rows, which come first.
        small: S, the number of rows of the small tables.
        positions: the number of rows of positions among them.
        T, TP: the number of node types, and this rounded up to a power of two.
        BD: D, rounded up to a power of two.
        BLOCK: nodes of one program.
        DROP: whether there is dropout.
        HOW: the precision of products.
        COPIES: the number of copies of the gradient of `mapped`.
    """
    row, live, real, where, t, d, wide, at = _rows_of_program(source, kind, N, D, BD, BLOCK)
    g = tl.load(grad + at, mask=real[:, None] & wide, other=0.0) * dropped(seed, row, rate, BD, DROP)
    tl.store(to_looked + at, g, mask=(live & (row < items))[:, None] & wide)
    to_mapped += (tl.program_id(0) % COPIES) * 3 * small * D
    code = (real & (row >= items))[:, None] & wide
    tl.atomic_add(to_mapped + where[:, None] * D + d[None, :], g, mask=code, sem="relaxed")
    i = tl.arange(0, TP)
    mine = (real[:, None] & (t[:, None] == i[None, :])).to(tl.float32)
    of_type, seen = tl.dot(tl.trans(mine), g, input_precision=HOW), (tl.max(mine, 0) > 0)[:, None] & wide
    tl.atomic_add(to_mapped + (small + i)[:, None] * D + d[None, :], of_type, mask=seen, sem="relaxed")
    part = g * tl.load(share + row, mask=live, other=0.0)[:, None]
    for w in range(0, (L + 31) // 32):
        q, here = _positions_of_word(places, row, live, w, L)
        of_position = tl.dot(tl.trans(here), part, input_precision=HOW)
        met = ((tl.max(here, 0) > 0) & (q < positions))[:, None] & wide
        tl.atomic_add(to_mapped + (2 * small + T + q)[:, None] * D + d[None, :], of_position, mask=met, sem="relaxed")


hash_in_order(globals())
