"""Changed graphs: MSGraphs of histories with other codes of items, or without some nodes and edges.

`interventions` runs a model over them. Edges are removed from the graph itself, so each aggregator applies its own
rule; a node without neighbours sums nothing.
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch, build_graphs
from mmsr_lite.models.mmsr import MMSR

Codes: TypeAlias = Mapping[tuple[int, int], Sequence[int]]  # (modality from 0, item) -> its codes instead of its own


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
