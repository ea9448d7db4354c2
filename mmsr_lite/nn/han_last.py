"""The last layer for the last item only: equal to `HANLayer`, without the states that last pooling never reads.

The result needs phase 2 of a single node. Of phase 1 it needs only the neighbours of this node: its codes in hohe, its
items in heho.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.attention import MASKED, homogeneous_logits
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS, HANLayer


def last_item_state(layer: nn.Module, states: list[Tensor], graph: GraphBatch) -> Tensor:
    """The state of the last item after the last layer, without computing the states of other nodes.

    Args:
        layer: the last layer; only a `HANLayer` has this short way, any other is computed in full.
        states: the states of the nodes of each type before the layer (B, N_t, D).
        graph: the MSGraphs.

    Returns:
        (B, D) `layer(states, graph)[0]` at the node of the last item. Where items of one time are one step, it is the
        mean over the item nodes of the last step.

    Source:
        Last pooling, section 4.4 of the paper.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> graph = build_graphs(torch.tensor([[3, 1, 3]]), [])
        >>> last_item_state(HANLayer(1, MMSRConfig(dim=8)), [torch.zeros(1, 2, 8)], graph).shape
        torch.Size([1, 8])
    """
    if graph.steps is not None:
        return (graph.last_step_items[:, None] @ layer(states, graph)[0])[:, 0]
    if graph.global_attention or not isinstance(layer, HANLayer):  # the last item may then read every node
        return layer(states, graph)[0][torch.arange(len(graph.last), device=graph.last.device), graph.last]
    values = layer.value(states)
    every = torch.cat(values, 1)  # (B, N, D)
    ends = [_walk(layer, families, states, values, every, graph) for families in layer.fusion.paths.values()]
    output = layer.dropout(layer.combine(*ends))
    if layer.residual:
        output = output + _take(states[0], graph.last[:, None])[:, 0]
    return output


def _take(rows: Tensor, index: Tensor) -> Tensor:
    """The rows (B, n, X) of `rows` (B, N, X) at the places `index` (B, n)."""
    return rows.gather(1, index[:, :, None].expand(-1, -1, rows.shape[2]))


def _walk(layer: HANLayer, families: tuple[str, ...], states, values, every: Tensor, graph: GraphBatch) -> Tensor:
    """(B, D) the end of one path at the last item."""
    if families == (HOMOGENEOUS, HETEROGENEOUS):  # late: codes read their sequence, then the item its codes
        return _late(layer, states, every, graph)
    if families == (HETEROGENEOUS, HOMOGENEOUS):  # early: items read their codes, then the last one the items
        items = _read_codes(layer, states[0], states, every, graph.item_matches)  # (B, N_0, D)
        read, first = layer.value.maps[0](items), graph.last[:, None]
        relation = graph.last_item_relations[:, :1, : graph.widths[0]]
        logits = homogeneous_logits(_take(read, first), read, relation, layer.relation, layer.slope)  # (B, 1, N_0)
        summed = read if layer.fusion.invasive else values[0]
        return (logits.softmax(-1) @ summed)[:, 0]
    if families == (HOMOGENEOUS,):
        centre = _take(every, graph.last_item_neighbours[0][:, :1])
        logits = homogeneous_logits(centre, every, graph.last_item_relations[:, :1], layer.relation, layer.slope)
        return (logits.softmax(-1) @ every)[:, 0]
    last = graph.last[:, None]
    return _read_codes(layer, _take(states[0], last), states, every, _take(graph.item_matches, last))[:, 0]


def _late(layer: HANLayer, states: list[Tensor], every: Tensor, graph: GraphBatch) -> Tensor:
    """(B, D) the end of hohe at the last item."""
    index, real = graph.last_item_neighbours
    sizes = [slots.shape[1] for slots, _ in graph.last_nodes]
    centre = _take(every, index)  # (B, n, D)
    weights = homogeneous_logits(centre, every, graph.last_item_relations, layer.relation, layer.slope).softmax(-1)
    reached = weights @ every  # (B, n, D)
    asked = layer.compared_states(reached, _take(torch.cat(states, 1), index))
    query = torch.cat(layer.query(list(asked.split(sizes, 1))), 1)
    logits = (query @ layer.key.maps[0](asked[:, :1]).transpose(1, 2))[:, :, 0]  # (B, n)
    if layer.scale:
        logits = logits / math.sqrt(query.shape[-1])
    weights = F.leaky_relu(logits, layer.slope).masked_fill(~real, MASKED).softmax(-1)  # (B, n)
    summed = centre
    if layer.fusion.invasive:
        summed = torch.cat(layer.value(list(reached.split(sizes, 1))), 1)
    return (weights[:, None] @ summed)[:, 0]


def _read_codes(layer: HANLayer, items: Tensor, states: list[Tensor], every: Tensor, matches: Tensor) -> Tensor:
    """(B, n, D) what n items sum over the nodes that match them, which include themselves."""
    logits = layer.key.maps[0](items) @ torch.cat(layer.query(states), 1).transpose(1, 2)  # (B, n, N)
    if layer.scale:
        logits = logits / math.sqrt(items.shape[-1])
    return F.leaky_relu(logits, layer.slope).masked_fill(~matches, MASKED).softmax(-1) @ every
