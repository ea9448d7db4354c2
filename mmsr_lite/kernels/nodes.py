"""The states of all nodes after input dropout, as rows: what `NodeEmbedding` computes, in one kernel each way."""

from collections.abc import Sequence

import torch
import triton
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.graph import Tables
from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import nodes as programs
from mmsr_lite.kernels.side_stream import PendingGradient, SideStream, join_later

BLOCK = 32  # rows of one program
COPIES = 8  # copies of the small gradients, so that fewer programs add to one address


class SmallTables:
    """The embeddings of types, positions and codes of all modalities, joined into one table of S rows.

    A side stream computes the attributes `table` (S, D), the joined table, and `mapped` (3, S, D), which holds its rows
    after each of the three parts of the merge map.

    Args:
        merge: (D, 3 D) the weights of the merge map.
        small: the embeddings (rows, D) in this order: types, positions, codes of each modality.

    Example:
        >>> merge = torch.cat([torch.eye(2), 2 * torch.eye(2), 3 * torch.eye(2)], 1)  # (D, 3 D)
        >>> tables = SmallTables(merge, [torch.ones(1, 2), torch.ones(4, 2)])
        >>> tables.table.shape, tables.mapped[:, 0, 0].tolist()
        (torch.Size([5, 2]), [1.0, 2.0, 3.0])
    """

    @torch.no_grad()
    def __init__(self, merge: Tensor, small: Sequence[Tensor]):
        dim, rows = merge.shape[0], sum(map(len, small))
        self.table, self.mapped = merge.new_empty(rows, dim), merge.new_empty(3, rows, dim)
        self.gradient = merge.new_empty(COPIES, 3, rows, dim)
        with SideStream(merge) as self.block:  # the merge map has a part for identity, type and position each
            torch.cat(list(small), out=self.table)
            torch.bmm(self.table.expand(3, -1, -1), merge.view(dim, 3, dim).permute(1, 2, 0), out=self.mapped)
            self.gradient.zero_()


class NodeStates(torch.autograd.Function):
    """The states (N, D) of all nodes as rows, after input dropout.

    `pending` may hold another gradient of `items`, which the backward pass adds to its own.

    Example:
        >>> from mmsr_lite.kernels.graph import graph_tables
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__)
        >>> items, merge, types, places = torch.ones(10, 8), torch.ones(8, 24), torch.ones(1, 8), torch.ones(50, 8)
        >>> with launched_by(note):
        ...     tables = graph_tables(torch.tensor([[3, 1, 3]]), [], [], offset=51)
        ...     small = SmallTables(merge, [types, places])
        ...     states = NodeStates.apply(tables, small, None, None, 0.0, items, merge, types, places)
        write_tables
        node_states
        >>> states.shape  # a row for each of three positions
        torch.Size([3, 8])
    """

    @staticmethod
    def forward(
        ctx, tables: Tables, small_tables: SmallTables, pending: PendingGradient | None, seed: Tensor | None,
        rate: float, items: Tensor, merge: Tensor, *small: Tensor,
    ):  # fmt: skip
        """The states.

        Args:
            ctx: where torch keeps what the backward pass needs.
            tables: the tables of the graphs.
            small_tables: the joined embeddings of types, positions and codes.
            pending: where another gradient of `items` may be; None: there is none.
            seed: a tensor with the seed of dropout; None: nothing is dropped.
            rate: the rate of dropout.
            items: (V+1, D) the embedding of the items.
            merge: (D, 3 D) the weights of the merge map.
            small: the embeddings of which `small_tables` consists.

        Returns:
            (N, D) states.

        Example:
            >>> from mmsr_lite.kernels.graph import graph_tables
            >>> from mmsr_lite.kernels.launch import launched_by
            >>> def note(kernel, *grid): return lambda *arguments, **how: print(kernel.__name__, grid)
            >>> items, merge, types, places = torch.ones(10, 8), torch.ones(8, 24), torch.ones(1, 8), torch.ones(50, 8)
            >>> small = SmallTables(merge, [types, places])
            >>> with launched_by(note):
            ...     tables = graph_tables(torch.tensor([[3, 1, 3]] * 16), [], [], offset=51)
            ...     _ = NodeStates.apply(tables, small, None, None, 0.0, items, merge, types, places)
            write_tables (16, 1)
            node_states (2,)
            >>> 16 * 3 / BLOCK  # 16 histories of three positions; a program computes so many states
            1.5
        """
        dim, nodes, looked_up = merge.shape[0], len(tables.source), tables.rows.shape[0] * tables.widths[0]
        raw = items.index_select(0, tables.source[:looked_up])
        looked = raw @ merge[:, :dim].T
        states, share = merge.new_empty(nodes, dim), merge.new_empty(nodes)
        exact = torch.get_float32_matmul_precision() == "highest"
        sizes = {"BD": max(16, triton.next_power_of_2(dim)), "BLOCK": BLOCK, "HOW": "tf32x3" if exact else "tf32"}
        sizes |= {"DROP": seed is not None and rate > 0, "num_warps": 8, "num_stages": 1}
        ctx.about = (tables.source, tables.kind, tables.places)
        ctx.counts = (tables.rows.shape[1], nodes, looked_up, len(small_tables.table))
        ctx.seed, ctx.rate, ctx.sizes, ctx.lengths = seed, rate, sizes, [len(part) for part in small]
        ctx.pending, ctx.gradient = pending, small_tables.gradient
        small_tables.block.join()
        ctx.launch = current_launch()
        ctx.launch(programs.node_states, triton.cdiv(nodes, BLOCK))(
            looked,
            small_tables.mapped,
            *ctx.about,
            states,
            share,
            seed,
            rate,
            *ctx.counts,
            *ctx.lengths[:2],
            dim,
            **sizes,
        )
        ctx.save_for_backward(items, merge, small_tables.table, raw, share, *small)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        """The gradients of the arguments of `forward`.

        Args:
            ctx: what the forward pass has kept.
            grad: (N, D) the gradient of the states.

        Returns:
            The gradients of items, merge and the small embeddings, and None for the others.

        Example:
            >>> from mmsr_lite.kernels.graph import graph_tables
            >>> from mmsr_lite.kernels.launch import launched_by
            >>> def note(kernel, *grid): return lambda *arguments, **how: print(kernel.__name__)
            >>> items = torch.ones(10, 8, requires_grad=True)
            >>> merge, types, places = torch.ones(8, 24), torch.ones(1, 8), torch.ones(50, 8)
            >>> with launched_by(note):
            ...     tables = graph_tables(torch.tensor([[3, 1, 3]]), [], [], offset=51)
            ...     small = SmallTables(merge, [types, places])
            ...     NodeStates.apply(tables, small, None, None, 0.0, items, merge, types, places).sum().backward()
            write_tables
            node_states
            node_states_backward
            >>> items.grad.shape
            torch.Size([10, 8])
        """
        items, merge, table, raw, share, *small = ctx.saved_tensors
        dim, (types, places, *_) = merge.shape[0], ctx.lengths
        to_mapped, ctx.gradient = ctx.gradient, None
        if to_mapped is None:  # a second pass over the same graph
            to_mapped = table.new_zeros(COPIES, 3, *table.shape)
        to_looked = torch.empty_like(raw)
        ctx.launch(programs.node_states_backward, triton.cdiv(len(grad), BLOCK))(
            grad.contiguous(), to_looked, to_mapped, *ctx.about, share, ctx.seed, ctx.rate, *ctx.counts, places, dim,
            T=types, TP=max(16, triton.next_power_of_2(types)), COPIES=COPIES, **ctx.sizes,
        )  # fmt: skip
        maps, to_merge = merge.view(dim, 3, dim), torch.empty_like(merge)
        to_tables, to_small = table.new_empty(3, *table.shape), table.new_empty(3, *table.shape)
        with SideStream(items, 2) as later:
            torch.sum(to_mapped, 0, out=to_tables)
            torch.bmm(to_tables, maps.permute(1, 0, 2), out=to_small)  # of three, a row uses its own part's
            to_maps = to_merge.view(dim, 3, dim).permute(1, 0, 2)
            torch.bmm(to_tables.transpose(1, 2), table.expand(3, -1, -1), out=to_maps)
            to_merge[:, :dim].addmm_(to_looked.T, raw)
        to_raw = to_looked @ merge[:, :dim]
        to_items = None if ctx.pending is None else ctx.pending.take()
        to_items = torch.zeros_like(items) if to_items is None else to_items
        to_items.index_add_(0, ctx.about[0][: len(raw)], to_raw)
        whose = [1, 2, *(0 for _ in ctx.lengths[2:])]
        to_each = [part[which] for part, which in zip(to_small.split(ctx.lengths, 1), whose, strict=True)]
        join_later([later], [merge, *small], [to_merge, to_small], to_mapped, to_tables, to_looked, table, raw)
        return None, None, None, None, None, to_items, to_merge, *to_each
