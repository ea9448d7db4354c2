"""The states of all nodes after input dropout, as rows: what `NodeEmbedding` says, in one kernel each way."""

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.nn.fused.graph import Tables

BLOCK, COPIES = 16, 8  # rows a program; copies of small gradients, so that fewer programs add to one address


@triton.jit
def dropped(seed, place, rate, DROP: tl.constexpr):
    """What dropout multiplies the values at `place` by."""
    if DROP:
        return tl.where(tl.rand(tl.load(seed), place) >= rate, 1 / (1 - rate), 0.0)
    return tl.full(place.shape, 1.0, tl.float32)


@triton.jit
def _about(source, kind, graph, length, N, BLOCK: tl.constexpr):
    row = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    live = row < N
    where = tl.load(source + row, mask=live, other=0)
    real = where > 0
    b = tl.load(graph + row, mask=live, other=0)
    long = tl.where(real, tl.load(length + b, mask=live, other=0), 0)
    return row, live, real, where, tl.load(kind + row, mask=live, other=0), b, long


@triton.jit
def _here(rows, row, b, q, long, L, n, NP: tl.constexpr):
    """(BLOCK,) whether position `q` of its graph holds each node."""
    e = tl.arange(0, NP)
    at = tl.load(rows + (b * L + q)[:, None] * n + e[None, :], mask=(e < n)[None, :] & (q < long)[:, None], other=-1)
    return tl.max(tl.where(at == row[:, None], 1, 0), 1) > 0


@triton.jit(do_not_specialize=["L", "n", "N", "items", "small", "places"])
def _states(
    looked, mapped, source, kind, graph, length, rows, states, share, seed, rate, L, n, N, items, small, types, places,
    D, NP: tl.constexpr, BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, b, long = _about(source, kind, graph, length, N, BLOCK)
    d = tl.arange(0, BD)
    wide = (d < D)[None, :]
    at = row[:, None].to(tl.int64) * D + d[None, :]
    state = tl.load(looked + at, mask=(real & (row < items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + where[:, None] * D + d[None, :], mask=(real & (row >= items))[:, None] & wide, other=0.0)
    state += tl.load(mapped + (small + t)[:, None] * D + d[None, :], mask=real[:, None] & wide, other=0.0)
    count = tl.zeros((BLOCK,), tl.float32)
    summed = tl.zeros((BLOCK, BD), tl.float32)
    for q in range(0, tl.max(long, 0)):
        here = _here(rows, row, b, q, long, L, n, NP)
        back = long - 1 - q
        vector = mapped + (2 * small + types + back)[:, None] * D + d[None, :]
        summed += tl.load(vector, mask=(here & (back < places))[:, None] & wide, other=0.0)
        count += tl.where(here, 1.0, 0.0)
    part = 1 / tl.maximum(count, 1.0)
    tl.store(share + row, part, mask=live)
    state = (state + summed * part[:, None]) * dropped(seed, row[:, None] * D + d[None, :], rate, DROP)
    tl.store(states + at, state, mask=live[:, None] & wide)


@triton.jit(do_not_specialize=["L", "n", "N", "items", "small", "places"])
def _states_backward(
    grad, to_looked, to_mapped, source, kind, graph, length, rows, share, seed, rate, L, n, N, items, small, places, D,
    T: tl.constexpr, NP: tl.constexpr, BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, COPIES: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, b, long = _about(source, kind, graph, length, N, BLOCK)
    d = tl.arange(0, BD)
    wide = (d < D)[None, :]
    at = row[:, None].to(tl.int64) * D + d[None, :]
    g = tl.load(grad + at, mask=real[:, None] & wide, other=0.0)
    g *= dropped(seed, row[:, None] * D + d[None, :], rate, DROP)
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
    for q in range(0, tl.max(long, 0)):
        back = long - 1 - q
        here = (_here(rows, row, b, q, long, L, n, NP) & (back < places))[:, None] & wide
        tl.atomic_add(to_mapped + (2 * small + T + back)[:, None] * D + d[None, :], part, mask=here, sem="relaxed")


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
        sizes = {"NP": triton.next_power_of_2(tables.rows.shape[2]), "BD": triton.next_power_of_2(dim)}
        sizes |= {"BLOCK": BLOCK, "DROP": seed is not None and rate > 0}
        ctx.about = (tables.source, tables.kind, tables.graph, tables.length, tables.rows)
        ctx.counts = (*tables.rows.shape[1:], nodes, looked_up, len(table))
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
