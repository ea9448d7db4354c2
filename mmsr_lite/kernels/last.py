"""The last layer for the last item, as `last_item_state` computes it for "adaptive", forward and backward by hand.

    late:   each entry of the last item reads its type, then the item reads its entries by (G reached_0) . reached_s
    early:  items beside the last one read their entries by (G x) . x_m; it reads them by V_0 of what they reached

Equation 13 of x and y is `(K x) . (Q y) = (G x) . y` with `G_t = Q_t^T K_0`, so the queries of all nodes are never
made. An entry of the last item is its item node or one of its code nodes.
"""

import math
from collections.abc import Sequence

import torch
import triton
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels.graph import Tables, graph_tables
from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.nodes import NodeStates, SmallTables
from mmsr_lite.kernels.programs import attention, gate
from mmsr_lite.kernels.side_stream import SideStream, join_later
from mmsr_lite.nn.attention import SLOPE
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.nn.nodes import NodeEmbedding

GRAPHS = 4  # graphs of one program in the gate
NARROW = 32  # slots that a program reads at once, at least: a warp has 32 lanes, and fewer kernels are compiled


def last_state(
    nodes: NodeEmbedding, layer: HANLayer, history: Tensor, codes, input_dropout: float, dropout: float, pending=None
) -> Tensor:
    """The state of the last item after a model of one layer.

    Args:
        nodes: the embedding of the nodes.
        layer: the layer.
        history: (B, L) items, padded on the right with 0.
        codes: (V+1, k) for each modality, 0 where an item has no code.
        input_dropout: the rate of dropout of the nodes; 0 drops nothing.
        dropout: the rate of dropout of the layer; 0 drops nothing.
        pending: where the loss leaves another gradient of the items; None (the default): it leaves none.

    Returns:
        (B, D) states.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__)
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> with launched_by(note):  # these would run on a GPU: the graph, its nodes, two paths of two phases, the gate
        ...     state = last_state(model.nodes, model.layers[0], torch.tensor([[3, 1, 3]]), (), 0.0, 0.0)
        write_tables
        node_states
        heterogeneous
        homogeneous
        homogeneous
        heterogeneous
        mix
    """
    assert nodes.types is not None and nodes.positions is not None and layer.gate is not None  # see `serves`
    small = [nodes.types.weight, nodes.positions.weight, *(table.weight for table in nodes.tables[1:])]
    sizes, seeds = [len(table) - 1 for table in small[2:]], None
    with torch.autocast(history.device.type, enabled=False):
        small_tables = SmallTables(nodes.merge.weight, small)
        if input_dropout > 0 or dropout > 0:
            seeds = torch.empty(2, dtype=torch.long, device=history.device)
            with SideStream(history, 1) as drawn:
                seeds.random_(2**31)  # a captured graph draws new ones at each replay
        tables = graph_tables(history, codes, sizes, len(small[0]) + len(small[1]))
        if seeds is not None:
            drawn.join()
        states = NodeStates.apply(
            tables, small_tables, pending, seeds, input_dropout, nodes.items(), nodes.merge.weight, *small
        )
        first, _, second = layer.gate.mlp
        maps = [linear.weight for linear in (*layer.value.maps, *layer.query.maps, layer.key.maps[0])]
        settings = (seeds, dropout, 1 / math.sqrt(states.shape[1]) if layer.scale else 1.0, layer.residual)
        of_gate = (first.weight, first.bias, second.weight, second.bias)
        return _LastLayer.apply(tables, settings, states, layer.relation, *of_gate, *maps)


def serves(nodes: nn.Module, layer: nn.Module, history: Tensor, codes: Sequence[Tensor]) -> bool:
    """Whether `last_state` computes the states of such a model for such histories.

    Departures from the paper are subclasses of `HANLayer`, so the class must be exactly this one. A probe with a
    listener needs states that the kernels never make.

    Args:
        nodes: the embedding of the nodes.
        layer: the layer.
        history: (B, L) items, padded on the right with 0.
        codes: (V+1, k) for each modality, 0 where an item has no code.

    Returns:
        Whether it does.

    Example:
        >>> serves(nn.Identity(), nn.Identity(), torch.ones(1, 3, dtype=torch.long), ())  # this layer is no HANLayer
        False
    """
    if type(layer) is not HANLayer or nodes.types is None or nodes.positions is None:
        return False
    if (
        layer.slope != SLOPE
        or layer.gate is None
        or layer.fusion.invasive
        or any(probe.has_listener for probe in layer.probes.values())
    ):
        return False
    dim, dtype = len(nodes.merge.weight), nodes.merge.weight.dtype
    codes_of_item = max([1, *(triton.next_power_of_2(table.shape[1]) for table in codes)])
    entries = triton.next_power_of_2(history.shape[1]) * codes_of_item
    return history.numel() > 0 and entries <= 2048 and dim <= 256 and dtype == torch.float32


class _LastLayer(torch.autograd.Function):
    """The layer from the states of all nodes to the state of the last item; `to_x` is the gradient of `x`."""

    @staticmethod
    def forward(ctx, tables: Tables, settings, states: Tensor, relation: Tensor, first, bias, second, bias2, *maps):
        ctx.launch = current_launch()
        (graphs, length, n), types, dim = tables.rows.shape, len(tables.widths), states.shape[1]
        seeds, rate, scale, residual = settings
        value, query, key = maps[:types], torch.cat(maps[types:-1], 1), maps[-1]  # query: (D, T D)
        counts = (length, n, tables.relation.shape[2], dim)
        wide = {"BD": max(16, triton.next_power_of_2(dim))}
        slots = {"BW": max(NARROW, triton.next_power_of_2(counts[2])), "num_warps": 1, **wide}
        entries = {"T": types, "NP": triton.next_power_of_2(n), "num_warps": 2, **wide}
        paired = (tables.rows, tables.begin, tables.relation, tables.length)
        belong = (tables.rows, tables.kind, tables.relation, tables.length)
        parts = [graphs * width for width in tables.widths]
        values, g = torch.empty_like(states), states.new_empty(dim, types * dim)
        asked, items, read = (states.new_empty(parts[0], size) for size in (types * dim, dim, dim))
        reached, ends = states.new_empty(graphs, n, dim), states.new_empty(graphs, 2, dim)
        wholes = states.new_empty(graphs, n), states.new_empty(graphs)
        nodes, asking = len(states), parts[0]
        ctx.lengths = [nodes, nodes, asking, asking * types, graphs * n, 4 * attention.COPIES, 4]
        ctx.zeros = states.new_empty(sum(ctx.lengths) if any(ctx.needs_input_grad) else 0, dim)
        with SideStream(states) as asks:
            torch.mm(key.T, query, out=g)
        with SideStream(states):  # joined with `early`, which follows
            torch.mm(states[:asking], g, out=asked)
            ctx.zeros.zero_()
        segments = list(zip(states.split(parts), values.split(parts), value, strict=True))
        with SideStream(states, 1) as of_codes:
            for x, out, weight in segments[1:]:
                torch.mm(x, weight.T, out=out)
        torch.mm(segments[0][0], value[0].T, out=segments[0][1])
        of_codes.join()
        with SideStream(states) as early:
            ctx.launch(attention.heterogeneous, graphs, length)(
                asked, states, values, *belong, items, scale, *counts, 1, EVERY=True, **entries
            )
            torch.mm(items, value[0].T, out=read)
            ctx.launch(attention.homogeneous, graphs, 1)(
                read, values, relation, *paired, ends[:, 1], wholes[1], *counts, 2, SAME=False, **slots
            )
        ctx.launch(attention.homogeneous, graphs, n)(
            values, values, relation, *paired, reached, wholes[0], *counts, n, SAME=True, **slots
        )
        asks.join()
        u = reached[:, 0] @ g  # (B, T D)
        ctx.launch(attention.heterogeneous, graphs, 1)(
            u, reached, values, *belong, ends, scale, *counts, 2, EVERY=False, **entries
        )
        early.join()
        hidden, output = torch.addmm(bias, ends.view(graphs, -1), first.T), states.new_empty(graphs, dim)
        gated = {"BB": GRAPHS, "DROP": seeds is not None and rate > 0, "RESIDUAL": residual, **wide}
        mixing = (None if seeds is None else seeds[1:], rate, tables.length, tables.rows)
        ctx.launch(gate.mix, triton.cdiv(graphs, GRAPHS))(
            ends, hidden, second, bias2, states, *mixing, output, length, n, graphs, dim, **gated
        )
        ctx.save_for_backward(states, relation, first, second, bias2, *maps)
        ctx.kept = (values, query, g, asked, items, reached, read, u, ends, wholes, hidden)
        ctx.how = (paired, belong, parts, counts, scale, slots, entries, mixing, gated)
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        states, relation, first, second, bias2, *maps = ctx.saved_tensors
        values, query, g, asked, items, reached, read, u, ends, wholes, hidden = ctx.kept
        paired, belong, parts, counts, scale, slots, entries, mixing, gated = ctx.how
        (graphs, n, dim), (length, types) = reached.shape, (counts[0], entries["T"])
        value, key, asking = maps[:types], maps[-1], parts[0]
        zeros, ctx.zeros = ctx.zeros, None
        if zeros is None:  # a second pass over the same graph
            zeros = states.new_zeros(sum(ctx.lengths), dim)
        to_states, to_values, to_read, to_asked, to_reached, to_relations, rest = zeros.split(ctx.lengths)
        to_second, to_bias, to_bias2 = rest[:2], rest[2], rest[3, :2]
        to_ends, to_hidden, to_u = torch.empty_like(ends), torch.empty_like(hidden), torch.empty_like(u)
        to_asked, to_reached = to_asked.view_as(asked), to_reached.view(graphs, n, dim)
        to_items, to_relation = torch.empty_like(items), torch.empty_like(relation)
        ctx.launch(gate.mix_backward, triton.cdiv(graphs, GRAPHS))(
            grad.contiguous(), ends, hidden, second, bias2, *mixing, to_ends, to_hidden, to_states, to_second, to_bias,
            to_bias2, length, n, graphs, dim, **gated,
        )  # fmt: skip
        flat = to_ends.view(graphs, -1).addmm_(to_hidden, first)
        copies = {"COPIES": attention.COPIES, **slots}
        with SideStream(states) as early:
            ctx.launch(attention.homogeneous_backward, graphs, 1)(
                flat.view_as(ends)[:, 1], read, values, relation, *paired, ends[:, 1], wholes[1], to_read, to_values,
                to_relations, *counts, 2, SAME=False, **copies,
            )  # fmt: skip
            torch.mm(to_read, value[0], out=to_items)
            ctx.launch(attention.heterogeneous_backward, graphs, length)(
                to_items, asked, states, values, *belong, to_asked, to_states, to_values, scale, *counts, 1,
                EVERY=True, **entries,
            )  # fmt: skip
        ctx.launch(attention.heterogeneous_backward, graphs, 1)(
            flat, u, reached, values, *belong, to_u, to_reached, to_values, scale, *counts, 2, EVERY=False, **entries
        )  # fmt: skip
        to_reached[:, 0].addmm_(to_u, g.T)
        ctx.launch(attention.homogeneous_backward, graphs, n)(
            to_reached, values, values, relation, *paired, reached, wholes[0], to_values, to_values, to_relations,
            *counts, n, SAME=True, **copies,
        )  # fmt: skip
        early.join()
        to_value, to_first = [torch.empty_like(weight) for weight in value], torch.empty_like(first)
        to_query, to_key, to_g = states.new_empty(types, dim, dim), torch.empty_like(key), torch.empty_like(g)
        with SideStream(states) as weights:
            torch.mm(states[:asking].T, to_asked, out=to_g).addmm_(reached[:, 0].T, to_u)  # (D, T D)
            torch.bmm(key.expand(types, dim, dim), to_g.view(dim, types, dim).transpose(0, 1), out=to_query)
            torch.mm(query, to_g.T, out=to_key)
            torch.mm(to_hidden.T, ends.view(graphs, -1), out=to_first)
            torch.sum(to_relations.view(attention.COPIES, 4, dim), 0, out=to_relation)
        segments = list(zip(*(x.split(parts) for x in (states, to_states, to_values)), value, to_value, strict=True))
        with SideStream(states, 2) as of_codes:
            for _, to_x, to_v, weight, _ in segments[1:]:
                to_x.addmm_(to_v, weight)
        with SideStream(states, 1) as value_weights:
            for x, _, to_v, _, to_weight in segments:
                torch.mm(to_v.T, x, out=to_weight)
            to_value[0].addmm_(to_read.T, items)
        segments[0][1].addmm_(segments[0][2], value[0])
        to_states[:asking].addmm_(to_asked, g.T)
        of_codes.join()
        gradients = [*to_value, to_query, to_key, to_first, to_relation]
        kept = (states, values, query, g, asked, items, reached, read, u, ends, to_u, to_g, to_hidden, zeros)
        join_later([weights, value_weights], [relation, first, *maps], gradients, *kept)
        return (
            None, None, to_states, to_relation, to_first, to_bias, to_second, to_bias2, *to_value, *to_query, to_key
        )  # fmt: skip
