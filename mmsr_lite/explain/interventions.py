"""Interventions: an MMSR runs again over changed graphs, with removed edges, forced gates, or other codes of items.

What-if, faithfulness and the comparison with PyG use this module. Edges are removed from the graph itself, so each
aggregator applies its own rule; a node without neighbours sums nothing.

    `rerun`         scores of many graphs at once, with kept edges and forced gates as tensors
    `trace_edited`  the trace of one edited history
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.edits import FORCED, EditedHistory, Node
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.batch import GraphBatch, build_graphs
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.graph.relations import NUMBERED
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import Seen, listen
from mmsr_lite.records import TraceRecord

Codes: TypeAlias = Mapping[tuple[int, int], Sequence[int]]  # (modality from 0, item) -> its codes instead of its own
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


def graphs_with(model: MMSR, histories: Sequence[Sequence[int]], codes: Sequence[Codes]) -> GraphBatch:
    """The MSGraphs of histories, each with other codes for some items.

    Each position first gets an item of its own, whose modalities are the real item and its codes; then the node type of
    these substitutes is dropped.

    Args:
        model: the model, whose codes are used where no others are given.
        histories: B lists of items, the oldest first.
        codes: for each history, (modality, item) -> codes in place of the item's own.

    Returns:
        The graphs.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> graphs_with(model, [[3, 1, 3]], [{}]).ids[0].tolist()
        [[1, 3]]
    """
    device, longest = model.item_table().device, max(map(len, histories))
    items = np.array([[*past, *[0] * (longest - len(past))] for past in histories])  # (B, L)
    code_rows = [table.cpu().numpy()[items] for table in model.codes]  # M x (B, L, k)
    for row, other in enumerate(codes):
        for (modality, item), own in other.items():
            code_rows[modality][row, items[row] == item] = _padded(own, code_rows[modality].shape[2])
    history, *values = (torch.from_numpy(own) for own in (items, *code_rows))
    stand_ins = torch.arange(1, history.numel() + 1).view_as(history) * (history > 0)  # (B, L)
    tables = [F.pad(own.flatten(0, 1), (0, 0, 1, 0)).to(device) for own in [history[:, :, None], *values]]
    graph = build_graphs(stand_ins.to(device), tables, global_attention=model.config.global_attention)
    ids, incidence, last_nodes = graph.ids[1:], graph.incidence[1:], graph.last_nodes[1:]
    return replace(graph, history=history.to(device), ids=ids, incidence=incidence, last_nodes=last_nodes)


def variant(model: MMSR, graph: GraphBatch, codes: Codes) -> MMSR:
    """A copy of a model with other codes for some items, which reads the given graphs whatever the history.

    Weights and probes are those of the model.

    Args:
        model: an MMSR; it is not changed.
        graph: the graphs that the copy reads.
        codes: (modality, item) -> other codes.

    Returns:
        The copy.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> graph = graphs_with(model, [[3, 1, 3]], [{}])
        >>> variant(model, graph, {}).graphs(torch.tensor([[5]])) is graph
        True
    """
    other = copy.copy(model)
    other._modules = dict(model._modules)
    tables = [table.detach().clone() for table in model.codes]
    for (modality, item), own in codes.items():
        tables[modality][item] = torch.tensor(_padded(own, tables[modality].shape[1]))
    other.codes = nn.ParameterList(nn.Parameter(table, requires_grad=False) for table in tables)
    other.graphs = lambda history: graph  # type: ignore[method-assign]
    return other


def _padded(codes: Sequence[int], k: int) -> list[int]:
    return [*codes, *[0] * (k - len(codes))]


def blocks(full: Tensor, graph: GraphBatch) -> list[Tensor]:
    """The blocks of each node type on the diagonal, as views.

    Args:
        full: (B, N, N) values of all pairs of nodes.
        graph: the graphs, which say how wide the types are.

    Returns:
        For each node type (B, N_t, N_t).

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> [part.shape for part in blocks(torch.zeros(1, 2, 2), graphs_with(model, [[3, 1, 3]], [{}]))]
        [torch.Size([1, 2, 2])]
    """
    return [rows.split(graph.widths, 2)[kind] for kind, rows in enumerate(full.split(graph.widths, 1))]


def cut(graph: GraphBatch, keep: Tensor) -> GraphBatch:
    """The same graphs with only some of their edges.

    Slots do not move; a node without any edge, not even a self-loop, no longer exists.

    Args:
        graph: B graphs.
        keep: (B, N, N) bool, the edges that stay, centre in rows.

    Returns:
        Other graphs of the same sizes.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> graph = graphs_with(model, [[3, 1, 3]], [{}])
        >>> cut(graph, torch.eye(2, dtype=torch.bool)[None]).edges.tolist()  # self-loops alone
        [[[1, 0], [0, 1]]]
    """
    other = replace(graph)
    pairs = zip(graph.relations, blocks(keep, graph), strict=True)
    relations = tuple(relation * stays for relation, stays in pairs)
    vars(other).update(relations=relations, matches=graph.matches & keep)
    has_edge = (other.edges > 0).any(1) | (other.edges > 0).any(2)  # (B, N)
    vars(other).update(exists=graph.exists & has_edge)
    return other


def remove_edges(gone: Tensor) -> Tensor:
    """The edges that stay when some nodes are removed.

    Args:
        gone: (B, N) bool, the nodes that are removed.

    Returns:
        (B, N, N) bool, centre in rows.

    Example:
        >>> remove_edges(torch.tensor([[True, False]])).tolist()
        [[[False, False], [False, True]]]
    """
    return ~(gone[:, :, None] | gone[:, None])


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
