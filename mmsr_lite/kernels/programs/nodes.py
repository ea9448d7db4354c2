"""Triton programs: the states of all nodes after input dropout (`NodeEmbedding`), forward and backward."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order

ROUNDS = tl.constexpr(7)  # of Philox-4x32, the fewest without known faults (Salmon et al., SC 2011)


@triton.jit
def dropped(seed, row, rate, BD: tl.constexpr, DROP: tl.constexpr):
    """(rows, BD): what dropout multiplies the values of these rows by; four come of one draw."""
    if DROP:
        place = row[:, None] * (BD // 4) + tl.arange(0, BD // 4)[None, :]
        a, b, c, d = tl.rand4x(tl.load(seed), place, ROUNDS)
        drawn = tl.reshape(tl.join(tl.join(a, b), tl.join(c, d)), (row.shape[0], BD))
        return tl.where(drawn >= rate, 1 / (1 - rate), 0.0)
    return tl.full((row.shape[0], BD), 1.0, tl.float32)


@triton.jit
def _rows_of_program(source, kind, N, D, BD: tl.constexpr, BLOCK: tl.constexpr):
    row, d = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, BD)
    live, wide = row < N, (d < D)[None, :]
    where = tl.load(source + row, mask=live, other=0)
    at = row[:, None].to(tl.int64) * D + d[None, :]
    return row, live, where > 0, where, tl.load(kind + row, mask=live, other=0), d, wide, at


@triton.jit
def _positions_of_word(places, row, live, w, L):
    """The positions from the end of word `w` (32,), and for each node (BLOCK, 32) 1.0 where it stands."""
    word = tl.load(places + row * ((L + 31) // 32) + w, mask=live, other=0)
    q = tl.arange(0, 32)
    return w * 32 + q, ((word[:, None] >> q[None, :]) & 1).to(tl.float32)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def node_states(
    looked, mapped, source, kind, places, states, share, seed, rate, L, N, items, small, types, positions, D,
    BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, HOW: tl.constexpr,
):  # fmt: skip
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
