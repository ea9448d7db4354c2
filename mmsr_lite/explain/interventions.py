"""Rerun: MMSR once more over given graphs, with edges taken away, gates forced, or other codes for items.

What-if, faithfulness and the comparison with PyG are all made of this. Edges leave the graph itself, so every
aggregator goes by its own rule; a node that lost all its neighbours gathers nothing.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch, build_graphs
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import listen

FORCED = {"hohe": (1.0, 0.0), "heho": (0.0, 1.0), "half": (0.5, 0.5)}
Codes = Mapping[tuple[int, int], Sequence[int]]  # (modality from 0, item) -> its codes instead of its own
Replace = dict[str, Callable[[Any], Any]]


def graphs_with(model: MMSR, histories: Sequence[Sequence[int]], codes: Sequence[Codes]) -> GraphBatch:
    """The MSGraphs of `histories`, each with its own codes in place of the model's.

    Each position is given as an item of its own, whose modalities are the real item and its codes; that the positions
    are items is then forgotten.
    """
    device, longest = model.item_table().device, max(map(len, histories))
    places = np.array([[*past, *[0] * (longest - len(past))] for past in histories])  # (B, L)
    held = [table.cpu().numpy()[places] for table in model.codes]  # M x (B, L, k)
    for row, other in enumerate(codes):
        for (modality, item), own in other.items():
            held[modality][row, places[row] == item] = _padded(own, held[modality].shape[2])
    history, *values = (torch.from_numpy(own) for own in (places, *held))
    place = torch.arange(1, history.numel() + 1).view_as(history) * (history > 0)
    tables = [F.pad(own.flatten(0, 1), (0, 0, 1, 0)).to(device) for own in [history[:, :, None], *values]]
    found = build_graphs(place.to(device), tables, global_attention=model.config.global_attention)
    ids, incidence, last = found.ids[1:], found.incidence[1:], found.last_nodes[1:]
    return replace(found, history=history.to(device), ids=ids, incidence=incidence, last_nodes=last)


def variant(model: MMSR, graph: GraphBatch, codes: Codes) -> MMSR:
    """`model` with other codes for some items, weights and probes shared, which sees `graph` whatever it is asked."""
    other = copy.copy(model)
    other._modules = dict(model._modules)
    tables = [table.detach().clone() for table in model.codes]
    for (modality, item), own in codes.items():
        tables[modality][item] = torch.tensor(_padded(own, tables[modality].shape[1]))
    other.codes = nn.ParameterList(nn.Parameter(table, requires_grad=False) for table in tables)
    other.graphs = lambda history: graph
    return other


def _padded(codes: Sequence[int], k: int) -> list[int]:
    return [*codes, *[0] * (k - len(codes))]


def blocks(full: Tensor, graph: GraphBatch) -> list[Tensor]:
    """Views of `full` (B, N, N): for each node type its (B, N_t, N_t) on the diagonal."""
    return [rows.split(graph.widths, 2)[t] for t, rows in enumerate(full.split(graph.widths, 1))]


def dense(seen: Sequence[Tensor], graph: GraphBatch) -> Tensor:
    """(B, N, N) of what an attention probe saw: a block for each type, or one for all."""
    if seen[0].shape[1:] == (sum(graph.widths),) * 2:
        return seen[0]
    n, pairs = sum(graph.widths), zip(seen, accumulate(graph.widths, initial=0), strict=False)
    return torch.cat([F.pad(own, (begin, n - begin - own.shape[2])) for own, begin in pairs], 1)


def cut(graph: GraphBatch, keep: Tensor) -> GraphBatch:
    """The same graphs with only the edges in `keep` (B, N, N) bool, centre in rows.

    Slots stay where they are; a node without any edge, its self-loop among them, no longer exists.
    """
    other = replace(graph)
    relations = zip(graph.relations, blocks(keep, graph), strict=True)
    vars(other).update(relations=tuple(own * stay for own, stay in relations), matches=graph.matches & keep)
    vars(other).update(exists=graph.exists & ((other.edges > 0).any(1) | (other.edges > 0).any(2)))
    return other


def remove_edges(gone: Tensor) -> Tensor:
    """(B, N, N) the edges that stay when the nodes in `gone` (B, N) bool leave."""
    return ~(gone[:, :, None] | gone[:, None])


def replacements(model: MMSR, graph: GraphBatch, beta: Tensor | None, scale: Tensor | None = None) -> Replace:
    """What goes into the probes: the gates of `beta` (layers, B, N, 2) where that is not NaN; attention times `scale`
    (B, N, N), or, without it, none for centres that hear nobody in `graph`, over whom a softmax spreads evenly."""
    found: Replace = {}
    for index, layer in enumerate(model.layers):
        name = f"layers.{index}.probes."
        for path, families in layer.fusion.paths.items():
            for phase, family in enumerate(families, 1):
                alike = family == HOMOGENEOUS
                if scale is not None:
                    times = blocks(scale, graph) if alike else [scale]
                else:
                    near = graph.relations if alike else [graph.matches if family == HETEROGENEOUS else graph.edges]
                    times = [(own > 0).any(2, keepdim=True) for own in near]
                found[f"{name}{path}_{phase}_weights"] = lambda seen, times=times: tuple(
                    weight * own for weight, own in zip(seen, times, strict=True)
                )
        if beta is not None and layer.gate is not None:
            found[f"{name}beta"] = lambda own, to=beta[index]: torch.where(to.isnan(), own, to)
    return found


def rerun(
    model: MMSR,
    graph: GraphBatch,
    keep: Tensor | None = None,
    beta: Tensor | None = None,
    extra: Replace | None = None,
) -> tuple[Tensor, dict[str, Any]]:
    """Scores (B, V+1) of all items, item 0 at -inf, and what passed each probe.

    Only edges in `keep` (B, N, N) bool stay; gates become `beta` (layers, B, N, 2) where that is not NaN; `extra` goes
    into the probes as well.
    """
    was_training = model.training
    model.eval()
    whole = graph if keep is None else cut(graph, keep)
    changed = {} if keep is None and beta is None else replacements(model, whole, beta)
    with listen(model, changed | (extra or {})) as seen:
        states = model.nodes(whole)
        for layer in model.layers:
            states = layer(states, whole)
    model.train(was_training)
    last = states[0][torch.arange(len(graph.last), device=graph.last.device), graph.last]  # (B, D)
    scores = model.compared(last) @ model.item_table().T  # the model may score by the cosine
    return scores.index_fill(1, torch.zeros(1, dtype=torch.long, device=scores.device), -torch.inf), seen


def rollout(model: MMSR, graph: GraphBatch, seen: dict[str, Any]) -> tuple[Tensor, Tensor]:
    """How much of the last item's final state comes from each node (B, N), and along each edge (B, N, N), as the
    attention weights tell it.

    Attention rollout (Abnar and Zuidema, 2020): with a residual connection half of a state is the node itself.
    """
    row = F.one_hot(graph.last, graph.exists.shape[1])[:, None].float()  # (B, 1, N)
    along = torch.zeros((), device=row.device)
    for index in reversed(range(len(model.layers))):
        residual, weights = model.layers[index].residual, carried(model, graph, seen, index)
        flow = row.transpose(1, 2) * weights * (0.5 if residual else 1)  # (B, N, N)
        along, row = along + flow, flow.sum(1, keepdim=True) + (row / 2 if residual else 0)
        row = row / row.sum(2, keepdim=True).clamp_min(1e-12)
    return row[:, 0], along


def carried(model: MMSR, graph: GraphBatch, seen: dict[str, Any], index: int) -> Tensor:
    """(B, N, N) the weight with which each centre (row) takes the value of each neighbour in one layer, over all paths.

    A path counts by beta. Values come from the layer's input, so of two phases only the last one carries them, unless
    the layer is invasive.
    """
    layer, name = model.layers[index], f"layers.{index}.probes."
    total = torch.zeros((), device=graph.exists.device)
    for number, (path, families) in enumerate(layer.fusion.paths.items()):
        phases = [dense(seen[f"{name}{path}_{i}_weights"], graph) for i, _ in enumerate(families, 1)]
        weight = phases[-1] @ phases[0] if layer.fusion.invasive and len(phases) == 2 else phases[-1]
        share = seen[f"{name}beta"][..., number, None] if layer.gate is not None else 1 / len(layer.fusion.paths)
        total = total + share * weight
    return total
