"""MSGraph: one history as a typed graph; its edges are transitions in time and matches of one item (paper, 4.1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.relations import NUMBERED
from mmsr_lite.values import quoted

if TYPE_CHECKING:
    from mmsr_lite.graph.batch import GraphBatch

ITEM = "item"


@dataclass(frozen=True)
class Node:
    """An item or a modality code, with all positions of the history where it occurs.

    Args:
        type: "item", or the name of a modality.
        id: the item or the code, from 1.
        positions: all positions where it occurs; 1 is the oldest.

    Example:
        >>> Node("item", 7, (1, 3)).positions
        (1, 3)
    """

    type: str
    id: int
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """A directed edge: the node `centre` attends to the node `neighbour`, and the relation is named from the centre.

    Args:
        neighbour: index in `MSGraph.nodes` of the node that it attends to.
        centre: index in `MSGraph.nodes` of the node that attends.
        relation: a name in `graph.relations.RELATIONS`.

    Example:
        >>> Edge(neighbour=1, centre=0, relation="out").relation
        'out'
    """

    neighbour: int
    centre: int
    relation: str


@dataclass(frozen=True)
class MSGraph:
    """The graph of one history.

    Args:
        history: the items, the oldest first.
        node_types: "item", then the name of each modality.
        nodes: the nodes, by type, then by first position.
        edges: the edges; each node has one to itself.
        steps: the step of each position, where items of one time are one step; None: each position is a step of its
            own.

    Source:
        Section 4.1 of the paper.

    Example:
        >>> graph = build_msgraph([7, 9, 7], {"picture": {7: [1], 9: [1, 2]}})
        >>> graph
        MSGraph(items=3, nodes=4, edges=14)
        >>> [(node.type, node.id, node.positions) for node in graph.nodes]
        [('item', 7, (1, 3)), ('item', 9, (2,)), ('picture', 1, (1, 2, 3)), ('picture', 2, (2,))]
        >>> graph.relation(0, 1), graph.relation(0, 2), graph.relation(0, 3)  # 7 and 9; 7 and its code; 7 and another's
        ('both', 'match', None)
    """

    history: tuple[int, ...]
    node_types: tuple[str, ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    steps: tuple[int, ...] | None = None  # the step of each position, where items of one time are one step

    def __repr__(self) -> str:
        return f"MSGraph(items={len(self.history)}, nodes={len(self.nodes)}, edges={len(self.edges)})"

    def relation(self, centre: int, neighbour: int) -> str | None:
        """The relation of two nodes seen from `centre`, None where there is no edge.

        Args:
            centre: index of the node that attends.
            neighbour: index of the node that it attends to.

        Returns:
            A name in `graph.relations.RELATIONS`, or None.
        """
        return {(edge.centre, edge.neighbour): edge.relation for edge in self.edges}.get((centre, neighbour))

    def to_pandas(self) -> Any:
        """A `pandas.DataFrame` of relations: a row is a centre, a column a neighbour, "-" where there is no edge."""
        import pandas as pd

        names = [f"{node.type} {node.id}" for node in self.nodes]
        table = pd.DataFrame("-", index=names, columns=names)
        for edge in self.edges:
            table.iat[edge.centre, edge.neighbour] = edge.relation
        return table

    def to_networkx(self) -> Any:
        """A `networkx.DiGraph`: nodes with type, id, positions; edges neighbour -> centre with their relation."""
        import networkx as nx

        graph = nx.DiGraph(history=list(self.history), node_types=list(self.node_types))
        if self.steps is not None:
            graph.graph["steps"] = list(self.steps)
        for index, node in enumerate(self.nodes):
            graph.add_node(index, type=node.type, id=node.id, positions=list(node.positions))
        graph.add_edges_from((edge.neighbour, edge.centre, {"relation": edge.relation}) for edge in self.edges)
        return graph

    def to_hetero_data(self) -> Any:
        """A PyG `HeteroData`: `data[type].node_id`, `.position` (mean), and `edge_index` of (type, relation, type)."""
        import torch
        from torch_geometric.data import HeteroData

        data = HeteroData()
        place: dict[int, int] = {}  # index of a node among all nodes -> its index among the nodes of its type
        for name in self.node_types:
            own = [index for index, node in enumerate(self.nodes) if node.type == name]
            place |= {index: local for local, index in enumerate(own)}
            data[name].node_id = torch.tensor([self.nodes[index].id for index in own], dtype=torch.long)
            data[name].position = torch.tensor([float(np.mean(self.nodes[index].positions)) for index in own])
            data[name].num_nodes = len(own)
        pairs_of: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for edge in self.edges:
            key = (self.nodes[edge.neighbour].type, edge.relation, self.nodes[edge.centre].type)
            pairs_of.setdefault(key, []).append((place[edge.neighbour], place[edge.centre]))
        for key, pairs in pairs_of.items():
            data[key].edge_index = torch.tensor(pairs, dtype=torch.long).T.contiguous()
        return data


def from_networkx(graph: Any) -> MSGraph:
    """The MSGraph that `MSGraph.to_networkx` wrote.

    Args:
        graph: a `networkx.DiGraph` of that form.

    Returns:
        The graph; nodes and edges are equal to those that were written.

    Example:
        >>> graph = build_msgraph([7, 9], {})
        >>> from_networkx(graph.to_networkx()) == graph
        True
    """
    nodes = tuple(Node(own["type"], own["id"], tuple(own["positions"])) for _, own in sorted(graph.nodes(data=True)))
    edges = sorted(
        (Edge(*edge) for edge in graph.edges(data="relation")), key=lambda edge: (edge.centre, edge.neighbour)
    )
    steps = graph.graph.get("steps")
    steps = None if steps is None else tuple(steps)
    return MSGraph(tuple(graph.graph["history"]), tuple(graph.graph["node_types"]), nodes, tuple(edges), steps)


def msgraph_of(graph: "GraphBatch", node_types: Sequence[str], row: int = 0) -> tuple[MSGraph, np.ndarray]:
    """The MSGraph of one history in a batch, and the slot in the batch of each of its nodes.

    Args:
        graph: B MSGraphs as dense blocks.
        node_types: "item", then the name of each modality.
        row: which of the B histories, default 0.

    Returns:
        The MSGraph, with the edges of the batch, equal to what `build_msgraph` gives for the history (tests compare
        them); and (n,) the slot of each of its nodes in the batch, counted over all types.

    Example:
        >>> import torch
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> graph, slots = msgraph_of(build_graphs(torch.tensor([[9, 7]]), []), ("item",))
        >>> [node.id for node in graph.nodes], slots.tolist()  # slots are in the order of items
        ([9, 7], [1, 0])
    """
    ids = np.concatenate([own[row].cpu().numpy() for own in graph.ids])  # (N,)
    occupied = np.concatenate([own[row].cpu().numpy() for own in graph.incidence], axis=1) > 0  # (L, N)
    types, slots = graph.types.cpu().numpy(), np.flatnonzero(ids)
    first = occupied.argmax(0)  # (N,) where each node occurs first
    slots = slots[np.lexsort((ids[slots], first[slots], types[slots]))]  # by type, then first position, then id
    positions = [tuple((np.flatnonzero(occupied[:, slot]) + 1).tolist()) for slot in slots]
    nodes = tuple(Node(node_types[types[s]], int(ids[s]), own) for s, own in zip(slots, positions, strict=True))
    relations = graph.edges[row].cpu().numpy()[np.ix_(slots, slots)]  # (n, n), centre in rows
    edges = tuple(Edge(int(n), int(c), NUMBERED[relations[c, n]]) for c, n in np.argwhere(relations))
    history = tuple(item for item in graph.history[row].tolist() if item)
    return MSGraph(history, tuple(node_types), nodes, edges), slots


@checked()
def build_msgraph(
    history: Sequence[int],
    codes: Mapping[str, Mapping[int, Sequence[int]] | np.ndarray],
    *,
    global_attention: bool = False,
    steps: Sequence[int] | None = None,
) -> MSGraph:
    """The MSGraph of one history: the paper's definition, written to be read (section 4.1).

    There is one node for each different item and each different code. Between adjacent positions, every node of one is
    connected with every node of the same type of the next. Nodes of different types that belong to the same item match.
    Models build many graphs at once (`graph.batch`); tests compare the two.

    Args:
        history: items from 1, the oldest first.
        codes: for each modality the codes of each item; none, or 0, where the item lacks the modality.
        global_attention: whether every item attends to every code (section 5.4); default False.
        steps: a number for each position, which never falls. Positions of the same number are one step, such as all
            items of one day: within a step nothing comes before anything else, and all of it comes before all of the
            next step. None (the default): each position is a step of its own, as in the paper.

    Returns:
        The graph: nodes by type, then by first position; each edge names neighbour, centre and relation.

    Raises:
        MMSRError: `history` or `steps` holds something else than whole numbers, `steps` has another length, or the
            codes of a modality are neither a mapping nor an array.

    Example:
        >>> day = build_msgraph([7, 9, 4], {}, steps=[0, 0, 1])          # 7 and 9 on one day, 4 on the next
        >>> day.relation(0, 1), day.relation(0, 2), day.relation(1, 2)
        (None, 'out', 'out')
        >>> build_msgraph([7, 9], {"picture": {7: [1]}}).to_pandas()  # 9 has no picture
                  item 7 item 9 picture 1
        item 7      self    out     match
        item 9        in   self         -
        picture 1  match      -      self
    """
    history = _whole_numbers(history, "history")
    for name, table in codes.items():
        if not isinstance(table, Mapping | np.ndarray):
            raise MMSRError(f"the codes of {name!r} are {quoted(table)}; expected an item's codes by item, or an array")
    if steps is not None:
        steps = _whole_numbers(steps, "steps")
        if len(steps) != len(history):
            raise MMSRError(f"there are {len(steps)} steps for {len(history)} items; expected one for each position")
    carried = [{ITEM: [item], **{name: _codes_of(table, item) for name, table in codes.items()}} for item in history]
    positions_by_node: dict[tuple[str, int], list[int]] = {}
    for name in (ITEM, *codes):
        for position, carries in enumerate(carried, 1):
            for code in carries[name]:
                positions_by_node.setdefault((name, code), []).append(position)
    nodes = tuple(Node(name, code, tuple(positions)) for (name, code), positions in positions_by_node.items())
    index = {key: place for place, key in enumerate(positions_by_node)}  # (type, id) -> index of the node
    kind = [node.type for node in nodes]
    at = [[index[name, code] for name, own in carries.items() for code in own] for carries in carried]  # by position
    by_step = at if steps is None else _joined(at, steps)
    # (c, n): the centre c comes directly before the neighbour n, or both belong to one item
    before = {(c, n) for here, there in pairwise(by_step) for c in here for n in there if kind[c] == kind[n] and c != n}
    match = {(c, n) for here in at for c in here for n in here if kind[c] != kind[n]}
    if global_attention:
        match |= {(c, n) for c in index.values() for n in index.values() if kind[c] == ITEM != kind[n]}
    found = dict.fromkeys(match, "match") | {(c, c): "self" for c in index.values()}
    found |= {(n, c): "in" for c, n in before}
    found |= {(c, n): "both" if (n, c) in before else "out" for c, n in before}
    edges = tuple(Edge(n, c, relation) for (c, n), relation in sorted(found.items()))
    return MSGraph(history, (ITEM, *codes), nodes, edges, None if steps is None else tuple(steps))


def _whole_numbers(values: Any, what: str) -> tuple[int, ...]:
    """The values as whole numbers; `what` names them in the message when they are none."""
    try:
        numbers = tuple(values)
        if all(int(number) == number for number in numbers):
            return tuple(map(int, numbers))
    except (TypeError, ValueError, OverflowError):
        pass
    raise MMSRError(f"{what} is {quoted(values)}; expected a list of whole numbers, the oldest first")


def _joined(at: list[list[int]], steps: Sequence[int]) -> list[list[int]]:
    """The nodes of each step from the nodes of each position."""
    nodes_of: dict[int, list[int]] = {}
    for nodes, step in zip(at, steps, strict=True):
        nodes_of.setdefault(int(step), []).extend(nodes)
    return list(nodes_of.values())


def _codes_of(table: Mapping[int, Sequence[int]] | np.ndarray, item: int) -> list[int]:
    """The different codes of an item, ascending."""
    row = table.get(item, ()) if isinstance(table, Mapping) else table[item]
    return sorted({int(code) for code in row if code})
