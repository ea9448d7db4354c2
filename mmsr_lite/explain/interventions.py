"""Interventions: an MMSR runs again over changed graphs (`changed_graphs`), with removed edges or forced gates.

What-if, faithfulness and the comparison with PyG use this module.

    `rerun`         scores of many graphs at once, with kept edges and forced gates as tensors
    `trace_edited`  the trace of one edited history
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.changed_graphs import blocks, cut, graphs_with, remove_edges, variant
from mmsr_lite.explain.edited_history import EditedHistory, Node
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.graph.relations import NUMBERED
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import Seen, listen
from mmsr_lite.records import TraceRecord

Replace: TypeAlias = dict[str, Callable[[Any], Any]]  # the name of a probe -> what becomes of the value that passes it


@dataclass(frozen=True)
class Forces:
    """What is removed from B graphs and forced in them.

    Args:
        gone: (B, N) bool, the nodes that are removed.
        keep: (B, N, N) bool, the edges that stay, centre in rows.
        beta: (layers, B, N, 2) forced gates, NaN where a gate is free; None: all are free.

    Example:
        >>> Forces(torch.zeros(1, 2).bool(), torch.ones(1, 2, 2).bool(), None).beta is None
        True
    """

    gone: Tensor
    keep: Tensor
    beta: Tensor | None


def editable(
    model: MMSR, dataset: Dataset, history: Sequence[int], edges: Sequence[tuple[Node, Node, str]] = ()
) -> EditedHistory:
    """Make a history that can be edited, with the codes of the model and the titles of the data set.

    Args:
        model: the model, which has the codes.
        dataset: the data set, which has the titles.
        history: items from 1, the oldest first.
        edges: (centre, neighbour, relation) of the clean graph, from which random repeats choose.

    Returns:
        The history, without any change.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> editable(model, world, [3, 1]).history
        [3, 1]
    """
    tables = {name: table.cpu().numpy() for name, table in zip(model.node_types[1:], model.codes, strict=True)}
    return EditedHistory(list(history), tables, dataset.titles, len(model.layers), edges)


def forces(model: MMSR, graph: GraphBatch, edited: Sequence[EditedHistory]) -> Forces:
    """What edited histories remove from their graphs and force in them, as tensors.

    Args:
        model: the model, whose gates may be forced.
        graph: the graphs of the edited histories, in the same order.
        edited: B histories.

    Returns:
        The tensors.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> edited = editable(model, world, [3, 1])
        >>> forces(model, graphs_with(model, [[3, 1]], [{}]), [edited]).gone.tolist()
        [[False, False]]
    """
    ids, relations, types = torch.cat(graph.ids, 1).cpu(), graph.edges.cpu(), graph.types.cpu()
    gone, keep = torch.zeros(ids.shape, dtype=torch.bool), torch.ones(relations.shape, dtype=torch.bool)
    beta = torch.full((len(model.layers), *ids.shape, 2), torch.nan)

    def slots(row: int, node_type: str | None, id: int | None) -> Tensor:
        """(N,) bool: the node, or all nodes of the type, or all nodes."""
        chosen = ids[row] > 0
        if node_type is not None:
            chosen = chosen & (types == model.node_types.index(node_type))
        if id is not None:
            chosen = chosen & (ids[row] == id)
        return chosen

    for row, one in enumerate(edited):
        for node in one.gone:
            gone[row] |= slots(row, *node)
        for centre, neighbour in one.cut:
            keep[row] &= ~(slots(row, *centre)[:, None] & slots(row, *neighbour))
        for name in one.relations:
            keep[row] &= relations[row] != NUMBERED.index(name)
        for to, node_type, id, layer in one.gates:
            layers = slice(None) if layer is None else layer
            beta[layers, row, slots(row, node_type, id)] = torch.tensor(FORCED[to])
    keep &= remove_edges(gone)
    device = graph.history.device
    has_gates = any(one.gates for one in edited)
    return Forces(gone.to(device), keep.to(device), beta.to(device) if has_gates else None)


def replacements(model: MMSR, graph: GraphBatch, beta: Tensor | None, scale: Tensor | None = None) -> Replace:
    """The functions that replace values at the probes during a run.

    Args:
        model: the model.
        graph: the graphs.
        beta: (layers, B, N, 2) forced gates, NaN where a gate is free.
        scale: (B, N, N) factors of attention weights. None (the default): 0 for centres without a neighbour, since a
            softmax gives these equal weights, else 1.

    Returns:
        Name of a probe -> a function of its value.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8, layers=1), 3)
        >>> graph = build_graphs(torch.tensor([[1, 2]]), [])
        >>> [name.removeprefix("layers.0.probes.") for name in replacements(model, graph, torch.ones(1, 1, 2, 2))][-1]
        'beta'
    """
    found: Replace = {}
    for index, layer in enumerate(model.layers):
        name = f"layers.{index}.probes."
        for path, families in layer.fusion.paths.items():
            for phase, family in enumerate(families, 1):
                if scale is None:
                    factors = _has_neighbours(graph, family)
                else:
                    factors = blocks(scale, graph) if family == HOMOGENEOUS else [scale]
                found[f"{name}{path}_{phase}_weights"] = partial(_times, factors)
        if beta is not None and layer.gate is not None:
            found[f"{name}beta"] = partial(_forced, beta[index])
    return found


def _times(factors: Sequence[Tensor], weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    return tuple(weight * factor for weight, factor in zip(weights, factors, strict=True))


def _forced(to: Tensor, beta: Tensor) -> Tensor:
    """`to` where it is not NaN, else `beta`."""
    return torch.where(to.isnan(), beta, to)


def _has_neighbours(graph: GraphBatch, family: str) -> list[Tensor]:
    """For each block of attention (B, n, 1): whether the centre has a neighbour."""
    others = [graph.matches if family == HETEROGENEOUS else graph.edges]
    edges = graph.relations if family == HOMOGENEOUS else others
    return [(own > 0).any(2, keepdim=True) for own in edges]


def rerun(
    model: MMSR,
    graph: GraphBatch,
    keep: Tensor | None = None,
    beta: Tensor | None = None,
    extra: Replace | None = None,
) -> tuple[Tensor, Seen]:
    """Run the model over given graphs.

    Args:
        model: the model; dropout is off meanwhile.
        graph: B graphs.
        keep: (B, N, N) bool, the only edges that stay, centre in rows; None (the default): all stay.
        beta: (layers, B, N, 2) forced gates, NaN where a gate is free; None (the default): all are free.
        extra: further functions for probes.

    Returns:
        (B, V+1) the scores of all items, item 0 with -inf; and the values at the probes.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> rerun(model, graphs_with(model, [[3, 1, 3]], [{}]))[0].shape
        torch.Size([1, 10])
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
    scores = model.compared(last) @ model.item_table().T  # (B, V+1); a departure may compare by the cosine
    return scores.index_fill(1, torch.zeros(1, dtype=torch.long, device=scores.device), -torch.inf), seen


def trace_edited(
    model: MMSR, dataset: Dataset, edited: EditedHistory, *, target: int | None = None, top: int = 10
) -> TraceRecord:
    """The trace of an edited history; a removed node keeps its place in the record, and is marked.

    Args:
        model: the model.
        dataset: the data set that it was trained on.
        edited: the history with what was done to it.
        target: the item whose rank is computed.
        top: the number of the best items in the record.

    Returns:
        The trace.

    Raises:
        MMSRError: an edge that was to be cut is not in the graph.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> len(trace_edited(model, world, editable(model, world, [3, 1]), target=2).history)
        2
    """
    graph = graphs_with(model, [edited.history], [edited.codes])
    msgraph, _ = msgraph_of(graph, model.node_types)
    nodes = [(node.type, node.id) for node in msgraph.nodes]
    ends = {(nodes[edge.centre], nodes[edge.neighbour]) for edge in msgraph.edges}
    for centre, neighbour in edited.cut - ends:
        message = f"{list(centre)} does not attend to {list(neighbour)}"
        raise MMSRError(f"{message}; give the two ends of an edge of the graph")
    force = forces(model, graph, [edited])
    whole = cut(graph, force.keep)
    other = variant(model, whole, edited.codes)
    replace_with = replacements(model, whole, force.beta)
    record = trace(other, dataset, history=edited.history, target=target, top=top, replace=replace_with)
    for index, node in enumerate(record.nodes):
        if (record.node_types[node["type"]], node["id"]) not in edited.gone:
            continue
        node["removed"] = True
        for layer in record.layers:
            if layer["beta"]:
                layer["beta"][index] = None
    return record
