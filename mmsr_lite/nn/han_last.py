"""The last layer for the last item only: equal to `HANLayer`, without the states that last pooling never reads.

The answer needs one node's phase 2, and of phase 1 only that node's neighbours: its codes (hohe) or its items (heho).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.attention import MASKED, homogeneous_logits
from mmsr_lite.nn.han import HOMOGENEOUS, HANLayer


def last_item_state(layer: HANLayer, states: list[Tensor], graph: GraphBatch) -> Tensor:
    """(B, D): `layer(states, graph)[0]` at the node of the last item."""
    if graph.global_attention:  # the last item then reads every node
        return layer(states, graph)[0][torch.arange(len(graph.last), device=graph.last.device), graph.last]
    values = layer.value(states)
    ends = [_walk(layer, families, states, values, graph) for families in layer.fusion.paths.values()]
    output = layer.dropout(layer.combine(*ends))
    return output + _take(states[0], graph.last[:, None])[:, 0] if layer.residual else output


def _take(rows: Tensor, index: Tensor) -> Tensor:
    """(B, N, X) at (B, n) -> (B, n, X)."""
    return rows.gather(1, index[:, :, None].expand(-1, -1, rows.shape[2]))


def _walk(
    layer: HANLayer, families: tuple[str, ...], states: list[Tensor], values: list[Tensor], graph: GraphBatch
) -> Tensor:
    last = [(graph.last[:, None], graph.exists[:, :1])]
    if len(families) == 1:
        return _phase_1(layer, families[0], last, states, values, graph)[0][:, 0]
    if families[1] == HOMOGENEOUS:  # early: items first read their codes, then each other
        every = torch.arange(graph.widths[0], device=graph.last.device).expand(len(graph.last), -1)
        (items,) = _phase_1(layer, families[0], [(every, every >= 0)], states, values, graph)  # (B, N_0, D)
        read = layer.value.maps[0](items)
        centre, relation = (_take(rows, graph.last[:, None]) for rows in (read, graph.relations[0]))
        logits = homogeneous_logits(centre, read, relation, layer.relation)
        return (logits.softmax(-1) @ (read if layer.fusion.invasive else values[0]))[:, 0]
    near = graph.last_nodes  # late: codes first read their own sequence, then the item reads its codes
    reached = _phase_1(layer, families[0], near, states, values, graph)  # k_t pieces of (B, k_t, D)
    asked = [_take(s, i) for s, (i, _) in zip(states, near, strict=True)] if layer.hohe_reads_input else reached
    query = torch.cat(layer.query(asked), 1)
    logits = (query @ layer.key.maps[0](asked[0]).transpose(1, 2))[:, :, 0]  # (B, sum k_t)
    logits = F.leaky_relu(logits / math.sqrt(query.shape[-1]) if layer.scale else logits)
    logits = logits.masked_fill(~torch.cat([real for _, real in near], 1), MASKED)
    summed = (
        layer.value(reached)
        if layer.fusion.invasive
        else [_take(v, index) for v, (index, _) in zip(values, near, strict=True)]
    )
    return (logits.softmax(-1)[:, None] @ torch.cat(summed, 1))[:, 0]


def _phase_1(
    layer: HANLayer, family: str, centres, states: list[Tensor], values: list[Tensor], graph: GraphBatch
) -> list[Tensor]:
    """Aggregate the layer's input for the `centres` of each type: index (B, n_t) and validity."""
    if family == HOMOGENEOUS:
        return [
            homogeneous_logits(_take(value, index), value, _take(relation, index), layer.relation).softmax(-1) @ value
            for (index, _), value, relation in zip(centres, values, graph.relations, strict=False)
        ]
    ((index, _),) = centres  # only items are ever asked for
    key = layer.key.maps[0](_take(states[0], index))  # (B, n, D)
    logits = key @ torch.cat(layer.query(states), 1).transpose(1, 2)  # (B, n, N)
    logits = F.leaky_relu(logits / math.sqrt(key.shape[-1]) if layer.scale else logits)
    weights = logits.masked_fill(~graph.matches.gather(1, index[:, :, None].expand_as(logits)), MASKED).softmax(-1)
    return [weights @ torch.cat(values, 1)]
