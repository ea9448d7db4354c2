"""Triton program: the MSGraphs of a batch of histories, as the small tables of `kernels.graph.Tables`."""

import triton
import triton.language as tl

from mmsr_lite.kernels.programs import hash_in_order


@triton.jit
def _values(history, codes, b, p, s, L, K: tl.constexpr, ITEM: tl.constexpr):
    """The item or code at entries `s` of positions `p` of history `b`; 0 where there is none."""
    value = tl.load(history + b * L + p, mask=(p >= 0) & (p < L) & (s < K), other=0)
    if not ITEM:
        value = tl.load(codes + value * K + s, mask=(value > 0) & (s < K), other=0)
    return value.to(tl.int32)


@triton.jit
def _one_type(
    history, codes, length, rows, begin, relation, source, kind, places, b, L, n, W, first_entry, first_row, N, offset,
    T: tl.constexpr, K: tl.constexpr, KP: tl.constexpr, LP: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """Write the tables of one node type of one history."""
    ITEM: tl.constexpr = T == 0
    E: tl.constexpr = LP * KP
    there = tl.load(history + b * L + tl.arange(0, LP), mask=tl.arange(0, LP) < L, other=0)
    count = tl.sum(tl.where(there > 0, 1, 0), 0)
    last = tl.maximum(count - 1, 0)
    e = tl.arange(0, E)
    p = e // KP
    s = e % KP
    value = _values(history, codes, b, p, s, L, K, ITEM)  # (E,)
    first = tl.full((E,), E - 1, tl.int32)
    repeated = tl.zeros((E,), tl.int32)  # the same code twice in one item counts once
    for c in range(0, L * KP, CHUNK):
        other = c + tl.arange(0, CHUNK)
        same = value[:, None] == _values(history, codes, b, other // KP, other % KP, L, K, ITEM)[None, :]
        first = tl.minimum(first, tl.min(tl.where(same, other[None, :], E - 1), 1))
        before = same & (other[None, :] < e[:, None]) & ((other // KP)[None, :] == p[:, None])
        repeated = tl.maximum(repeated, tl.max(tl.where(before, 1, 0), 1))
    real = value > 0
    own = real & (first == e)
    if ITEM:
        slot = first
        tl.store(length + b, count)
    else:
        slot = tl.gather(tl.cumsum(tl.where(own, 1, 0), 0) - 1, first, 0)
    row = first_row + b * N + slot
    tl.store(
        rows + (b * L + p) * n + first_entry + s,
        tl.where(real & (repeated == 0), row, -1),
        mask=(p < L) & (s < K),
    )
    tl.store(source + row, value if ITEM else value + offset, mask=own)
    tl.store(kind + first_row + b * N + e, tl.full((E,), T, tl.int32), mask=e < N)
    back = tl.maximum(last - p, 0)
    word = places + row * ((L + 31) // 32) + back // 32
    tl.atomic_or(word, tl.full((E,), 1, tl.int32) << (back % 32), mask=real, sem="relaxed")
    k = tl.arange(0, KP)
    tl.store(begin + b * n + first_entry + k, tl.zeros((KP,), tl.int32) + first_row + b * N, mask=k < K)
    earlier = _values(history, codes, b, p[:, None] - 1, k[None, :], L, K, ITEM)  # (E, KP)
    later = _values(history, codes, b, p[:, None] + 1, k[None, :], L, K, ITEM)
    for i in range(K):
        centre = _values(history, codes, b, last, i, L, K, ITEM)
        bits = tl.where(value == centre, 1, 0)
        bits += 2 * tl.max(tl.where(earlier == centre, 1, 0), 1)
        bits += 4 * tl.max(tl.where(later == centre, 1, 0), 1)
        at = relation + (b * n + first_entry + i) * W + slot
        tl.atomic_or(at, bits, mask=real & (centre > 0) & (bits > 0), sem="relaxed")


@triton.jit(do_not_specialize=["L", "n", "W"])
def write_tables(
    history, codes, length, rows, begin, relation, source, kind, places, L, n, W, OFFSET: tl.constexpr,
    SIZES: tl.constexpr, KS: tl.constexpr, KPS: tl.constexpr, LP: tl.constexpr, CHUNK: tl.constexpr,
):  # fmt: skip
    """Write the tables of one node type of one history; each program has one of each.

    Args:
        history: (B, L) items, padded on the right with 0.
        codes: for each node type its codes (V+1, k); the first entry, for items, is not read.
        length, rows, begin, relation, source, kind, places: receive the fields of `Tables`.
        L, n, W: positions, entries of a position, and the widest N_t.
        OFFSET: the row of the small tables at which the rows of codes begin, less one.
        SIZES: for each node type its C; 0 for items.
        KS: for each node type its k; 1 for items.
        KPS: KS, rounded up to powers of two.
        LP: L, rounded up to a power of two.
        CHUNK: entries that are compared at once.
    """
    b = tl.program_id(0)
    first_entry, first_row, offset = 0, 0, OFFSET
    for t in tl.static_range(len(KS)):
        N = L if t == 0 else tl.minimum(L * KS[t], SIZES[t])
        if tl.program_id(1) == t:
            _one_type(
                history, codes[t], length, rows, begin, relation, source, kind, places, b, L, n, W, first_entry,
                first_row, N, offset, t, KS[t], KPS[t], LP, CHUNK,
            )  # fmt: skip
        first_entry += KS[t]
        first_row += N * tl.num_programs(0)
        offset += SIZES[t] + 1


hash_in_order(globals())
