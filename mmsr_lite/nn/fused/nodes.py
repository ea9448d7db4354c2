"""The states of all nodes after input dropout, as rows: what `NodeEmbedding` says, in one kernel each way."""

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.nn.fused.graph import Tables

BLOCK, COPIES = 16, 8  # rows a program; copies of small gradients, so that fewer programs add to one address
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
def _about(source, kind, N, D, BD: tl.constexpr, BLOCK: tl.constexpr):
    row, d = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK), tl.arange(0, BD)
    live, wide = row < N, (d < D)[None, :]
    where = tl.load(source + row, mask=live, other=0)
    at = row[:, None].to(tl.int64) * D + d[None, :]
    return row, live, where > 0, where, tl.load(kind + row, mask=live, other=0), d, wide, at


@triton.jit
def _here(places, row, live, q, L):
    """(BLOCK,) 1.0 for each node that stands at position `q` from the end."""
    word = tl.load(places + row * ((L + 31) // 32) + q // 32, mask=live, other=0)
    return ((word >> (q % 32)) & 1).to(tl.float32)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def _states(
    looked, mapped, source, kind, places, states, share, seed, rate, L, N, items, small, types, positions, D,
    BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, d, wide, at = _about(source, kind, N, D, BD, BLOCK)
    state = tl.load(looked + at, mask=(real & (row < items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + where[:, None] * D + d[None, :], mask=(real & (row >= items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + (small + t)[:, None] * D + d[None, :], mask=real[:, None] & wide, other=0.0)
    count = tl.zeros((BLOCK,), tl.float32)
    summed = tl.zeros((BLOCK, BD), tl.float32)
    for q in range(0, L):
        here = _here(places, row, live, q, L)
        vector = tl.load(mapped + (2 * small + types + q) * D + d, mask=(d < D) & (q < positions), other=0.0)
        summed += here[:, None] * vector[None, :]
        count += here
    part = 1 / tl.maximum(count, 1.0)
    tl.store(share + row, part, mask=live)
    state = (state + summed * part[:, None]) * dropped(seed, row, rate, BD, DROP)
    tl.store(states + at, state, mask=live[:, None] & wide)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def _states_backward(
    grad, to_looked, to_mapped, source, kind, places, share, seed, rate, L, N, items, small, positions, D,
    T: tl.constexpr, BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, COPIES: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, d, wide, at = _about(source, kind, N, D, BD, BLOCK)
    g = tl.load(grad + at, mask=real[:, None] & wide, other=0.0) * dropped(seed, row, rate, BD, DROP)
    tl.store(to_looked + at, g, mask=(live & (row < items))[:, None] & wide)
    to_mapped += (tl.program_id(0) % COPIES) * 3 * small * D
    code = (real & (row >= items))[:, None] & wide
    tl.atomic_add(to_mapped + where[:, None] * D + d[None, :], g, mask=code, sem="relaxed")
    for i in tl.static_range(T):
        mine = real & (t == i)
        if tl.max(tl.where(mine, 1, 0), 0) > 0:
            of_type = tl.sum(tl.where(mine[:, None], g, 0.0), 0)
            tl.atomic_add(to_mapped + (small + i) * D + d, of_type, mask=d < D, sem="relaxed")
    part = g * tl.load(share + row, mask=live, other=0.0)[:, None]
    for q in range(0, tl.minimum(L, positions)):
        here = _here(places, row, live, q, L)
        if tl.max(here, 0) > 0:
            of_position = tl.sum(here[:, None] * part, 0)
            tl.atomic_add(to_mapped + (2 * small + T + q) * D + d, of_position, mask=d < D, sem="relaxed")


class NodeStates(torch.autograd.Function):
    """Rows (N, D) of `tables`; `small` is the embeddings of types, of positions, and of each modality's codes."""

    @staticmethod
    def forward(ctx, tables: Tables, seed: Tensor | None, rate: float, items: Tensor, merge: Tensor, *small: Tensor):
        dim, nodes, looked_up = merge.shape[0], len(tables.source), tables.rows.shape[0] * tables.widths[0]
        table = torch.cat(small)  # (S, D)
        maps = merge.view(dim, 3, dim)  # of identity, type and position
        mapped = table.expand(3, -1, -1) @ maps.permute(1, 2, 0)  # (3, S, D)
        raw = items.index_select(0, tables.source[:looked_up])
        looked = raw @ merge[:, :dim].T
        states, share = merge.new_empty(nodes, dim), merge.new_empty(nodes)
        sizes = {"BD": max(4, triton.next_power_of_2(dim)), "BLOCK": BLOCK, "DROP": seed is not None and rate > 0}
        ctx.about = (tables.source, tables.kind, tables.places)
        ctx.counts = (tables.rows.shape[1], nodes, looked_up, len(table))
        ctx.seed, ctx.rate, ctx.sizes, ctx.lengths = seed, rate, sizes, [len(part) for part in small]
        _states[triton.cdiv(nodes, BLOCK),](
            looked, mapped, *ctx.about, states, share, seed, rate, *ctx.counts, *ctx.lengths[:2], dim, **sizes
        )
        ctx.save_for_backward(items, merge, table, raw, share)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        items, merge, table, raw, share = ctx.saved_tensors
        dim, (types, places, *_) = merge.shape[0], ctx.lengths
        to_looked, to_mapped = torch.empty_like(raw), table.new_zeros(COPIES, 3, *table.shape)
        _states_backward[triton.cdiv(len(grad), BLOCK),](
            grad.contiguous(), to_looked, to_mapped, *ctx.about, share, ctx.seed, ctx.rate, *ctx.counts, places, dim,
            T=types, COPIES=COPIES, **ctx.sizes,
        )  # fmt: skip
        to_mapped = to_mapped.sum(0)
        maps, to_merge = merge.view(dim, 3, dim), torch.empty_like(merge)
        to_small = to_mapped @ maps.permute(1, 0, 2)  # (3, S, D), each row's own map's part is its gradient
        torch.bmm(to_mapped.transpose(1, 2), table.expand(3, -1, -1), out=to_merge.view(dim, 3, dim).permute(1, 0, 2))
        to_merge[:, :dim].addmm_(to_looked.T, raw)
        to_items = torch.zeros_like(items).index_add_(0, ctx.about[0][: len(raw)], to_looked @ merge[:, :dim])
        whose = [1, 2, *(0 for _ in ctx.lengths[2:])]
        found = [part[which] for part, which in zip(to_small.split(ctx.lengths, 1), whose, strict=True)]
        return None, None, None, to_items, to_merge, *found
