"""The states of all nodes after input dropout, as rows: what `NodeEmbedding` says, in one kernel each way."""

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.graph import Tables
from mmsr_lite.kernels.side_stream import PendingGradient, SideStream, join_later

BLOCK, COPIES = 32, 8  # rows a program; copies of small gradients, so that fewer programs add to one address
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
def _here(places, row, live, w, L):
    """The positions from the end of word `w` (32,), and for each node (BLOCK, 32) 1.0 where it stands."""
    word = tl.load(places + row * ((L + 31) // 32) + w, mask=live, other=0)
    q = tl.arange(0, 32)
    return w * 32 + q, ((word[:, None] >> q[None, :]) & 1).to(tl.float32)


@triton.jit(do_not_specialize=["L", "N", "items", "small", "positions"])
def _states(
    looked, mapped, source, kind, places, states, share, seed, rate, L, N, items, small, types, positions, D,
    BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, HOW: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, d, wide, at = _about(source, kind, N, D, BD, BLOCK)
    count = tl.zeros((BLOCK,), tl.float32)
    summed = tl.zeros((BLOCK, BD), tl.float32)
    for w in range(0, (L + 31) // 32):
        q, here = _here(places, row, live, w, L)
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
def _states_backward(
    grad, to_looked, to_mapped, source, kind, places, share, seed, rate, L, N, items, small, positions, D,
    T: tl.constexpr, TP: tl.constexpr, BD: tl.constexpr, BLOCK: tl.constexpr, DROP: tl.constexpr, HOW: tl.constexpr,
    COPIES: tl.constexpr,
):  # fmt: skip
    row, live, real, where, t, d, wide, at = _about(source, kind, N, D, BD, BLOCK)
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
        q, here = _here(places, row, live, w, L)
        of_position = tl.dot(tl.trans(here), part, input_precision=HOW)
        met = ((tl.max(here, 0) > 0) & (q < positions))[:, None] & wide
        tl.atomic_add(to_mapped + (2 * small + T + q)[:, None] * D + d[None, :], of_position, mask=met, sem="relaxed")


class SmallTables:
    """The embeddings of types, positions and each modality's codes as one `table` (S, D), `mapped` (3, S, D) aside."""

    @torch.no_grad()
    def __init__(self, merge: Tensor, small: Sequence[Tensor]):
        dim, rows = merge.shape[0], sum(map(len, small))
        self.table, self.mapped = merge.new_empty(rows, dim), merge.new_empty(3, rows, dim)
        self.gradient = merge.new_empty(COPIES, 3, rows, dim)
        with SideStream(merge) as self.block:  # maps of identity, type and position
            torch.cat(list(small), out=self.table)
            torch.bmm(self.table.expand(3, -1, -1), merge.view(dim, 3, dim).permute(1, 2, 0), out=self.mapped)
            self.gradient.zero_()


class NodeStates(torch.autograd.Function):
    """Rows (N, D) of `tables`; `small` is what `made` was made of. `held` may hold another gradient of `items`."""

    @staticmethod
    def forward(
        ctx, tables: Tables, made: SmallTables, held: PendingGradient | None, seed: Tensor | None, rate: float,
        items: Tensor, merge: Tensor, *small: Tensor,
    ):  # fmt: skip
        dim, nodes, looked_up = merge.shape[0], len(tables.source), tables.rows.shape[0] * tables.widths[0]
        raw = items.index_select(0, tables.source[:looked_up])
        looked = raw @ merge[:, :dim].T
        states, share = merge.new_empty(nodes, dim), merge.new_empty(nodes)
        exact = torch.get_float32_matmul_precision() == "highest"
        sizes = {"BD": max(16, triton.next_power_of_2(dim)), "BLOCK": BLOCK, "HOW": "tf32x3" if exact else "tf32"}
        sizes |= {"DROP": seed is not None and rate > 0, "num_warps": 8, "num_stages": 1}
        ctx.about = (tables.source, tables.kind, tables.places)
        ctx.counts = (tables.rows.shape[1], nodes, looked_up, len(made.table))
        ctx.seed, ctx.rate, ctx.sizes, ctx.lengths = seed, rate, sizes, [len(part) for part in small]
        ctx.held, ctx.gradient = held, made.gradient
        made.block.join()
        _states[triton.cdiv(nodes, BLOCK),](
            looked, made.mapped, *ctx.about, states, share, seed, rate, *ctx.counts, *ctx.lengths[:2], dim, **sizes
        )
        ctx.save_for_backward(items, merge, made.table, raw, share, *small)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        items, merge, table, raw, share, *small = ctx.saved_tensors
        dim, (types, places, *_) = merge.shape[0], ctx.lengths
        to_mapped, ctx.gradient = ctx.gradient, None
        if to_mapped is None:  # a second pass over the same graph
            to_mapped = table.new_zeros(COPIES, 3, *table.shape)
        to_looked = torch.empty_like(raw)
        _states_backward[triton.cdiv(len(grad), BLOCK),](
            grad.contiguous(), to_looked, to_mapped, *ctx.about, share, ctx.seed, ctx.rate, *ctx.counts, places, dim,
            T=types, TP=max(16, triton.next_power_of_2(types)), COPIES=COPIES, **ctx.sizes,
        )  # fmt: skip
        maps, to_merge = merge.view(dim, 3, dim), torch.empty_like(merge)
        to_tables, to_small = table.new_empty(3, *table.shape), table.new_empty(3, *table.shape)
        with SideStream(items, 2) as later:
            torch.sum(to_mapped, 0, out=to_tables)
            torch.bmm(to_tables, maps.permute(1, 0, 2), out=to_small)  # each row's own map's part is its gradient
            to_maps = to_merge.view(dim, 3, dim).permute(1, 0, 2)
            torch.bmm(to_tables.transpose(1, 2), table.expand(3, -1, -1), out=to_maps)
            to_merge[:, :dim].addmm_(to_looked.T, raw)
        to_raw = to_looked @ merge[:, :dim]
        to_items = None if ctx.held is None else ctx.held.take()
        to_items = torch.zeros_like(items) if to_items is None else to_items
        to_items.index_add_(0, ctx.about[0][: len(raw)], to_raw)
        whose = [1, 2, *(0 for _ in ctx.lengths[2:])]
        found = [part[which] for part, which in zip(to_small.split(ctx.lengths, 1), whose, strict=True)]
        join_later([later], [merge, *small], [to_merge, to_small], to_mapped, to_tables, to_looked, table, raw)
        return None, None, None, None, None, to_items, to_merge, *found
