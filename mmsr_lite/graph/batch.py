"""Many MSGraphs at once, as dense blocks built by tensor operations on the device (paper, section 4.1).

A node slot is a place that one node may take. Each node type has a segment of slots of its own, so the map of a type is
one matrix product over its segment. The incidence says which node occurs at which position; products of incidences
give the transitions and the matches. Axes: B graphs, L positions, N = sum of N_t node slots.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsr_lite.graph.relations import BOTH, IN, MATCH, OUT, SELF


@dataclass(frozen=True)
class GraphBatch:
    """B MSGraphs of histories of up to L items, as dense blocks: node type 0 is the item, type m the m-th modality.

    What follows from the fields (relations, matches, ...) is computed when it is first read. A last layer that reads
    `last_item_neighbours` and `last_item_relations` alone therefore never computes the rest of the graph.

    Args:
        history: (B, L) items, padded on the right with 0.
        ids: for each type (B, N_t) items or codes, ascending, 0 where a slot is empty.
        incidence: for each type (B, L, N_t) whether a node occurs at a position.
        last_nodes: for each type the slots (B, k_t) of the last item or of its codes, and (B, k_t) which are real.
        global_attention: whether every item attends to every code of its history; default False.
        steps: (B, L) the step of each position, counted from 0; items of one time are one step. None: each position is
            a step of its own.

    Source:
        Section 4.1 of the paper; global attention is in section 5.4.

    Example:
        >>> codes = torch.tensor([[[0, 0], [1, 0], [1, 2]]])  # M=1, V+1=3, k=2
        >>> graph = build_graphs(torch.tensor([[1, 2, 1]]), codes)
        >>> graph.ids[0].tolist(), graph.ids[1].tolist()
        ([[1, 2]], [[1, 2]])
        >>> graph.relations[0].tolist()  # 1 and 2 follow each other: both
        [[[1, 4], [4, 1]]]
    """

    history: Tensor
    ids: tuple[Tensor, ...]
    incidence: tuple[Tensor, ...]
    last_nodes: tuple[tuple[Tensor, Tensor], ...]
    global_attention: bool = False
    steps: Tensor | None = None

    @property
    def widths(self) -> list[int]:
        """N_t of each node type."""
        return [ids.shape[1] for ids in self.ids]

    @property
    def last(self) -> Tensor:
        """(B,) slot of the item node that holds the last item."""
        return self.last_nodes[0][0][:, 0]

    @cached_property
    def step_incidence(self) -> tuple[Tensor, ...]:
        """For each type (B, L, N_t), which nodes occur in each step; `incidence` where each position is a step."""
        if self.steps is None:
            return self.incidence
        places = torch.arange(self.history.shape[1], device=self.history.device)
        of_step = (self.steps[:, None] == places[:, None]).float()  # (B, S = L, L)
        return tuple(((of_step @ at) > 0).float() for at in self.incidence)

    @cached_property
    def from_end(self) -> Tensor:
        """(B, L) how many steps come after the step of each position; padding has 0."""
        real = self.history > 0
        if self.steps is None:
            places = torch.arange(1, self.history.shape[1] + 1, device=self.history.device)
            return (real.sum(1, keepdim=True) - places).clamp_min(0)
        return (self._last_step[:, None] - self.steps).clamp_min(0).masked_fill(~real, 0)

    @cached_property
    def _last_step(self) -> Tensor:
        """(B,) the number of the last step."""
        if self.steps is None:
            return (self.history > 0).sum(1).sub(1).clamp_min(0)
        return self.steps.masked_fill(self.history == 0, 0).amax(1)

    @cached_property
    def last_step_items(self) -> Tensor:
        """(B, N_0) the share of each item node in the mean over the items of the last step; rows sum to one."""
        index = self._last_step[:, None, None].expand(-1, 1, self.widths[0])
        there = self.step_incidence[0].gather(1, index)[:, 0]
        return there / there.sum(1, keepdim=True).clamp_min(1)

    @cached_property
    def exists(self) -> Tensor:
        """(B, N) whether a node slot holds a node."""
        return torch.cat(self.ids, 1) > 0

    @cached_property
    def occupancy(self) -> Tensor:
        """(B, N, L) each node's positions, with equal shares; a row sums to one, and to zero where there is no node."""
        at = torch.cat(self.incidence, 2).transpose(1, 2)  # (B, N, L)
        return at / at.sum(2, keepdim=True).clamp_min(1)

    @cached_property
    def last_item_neighbours(self) -> tuple[Tensor, Tensor]:
        """(B, n) slots, counted over all types, of the last item and its codes; and (B, n) which of them are real."""
        begins = [sum(self.widths[:t]) for t in range(len(self.ids))]
        slots = [index + begin for (index, _), begin in zip(self.last_nodes, begins, strict=True)]
        return torch.cat(slots, 1), torch.cat([real for _, real in self.last_nodes], 1)

    @cached_property
    def last_item_relations(self) -> Tensor:
        """(B, n, N) the relation of each node of `last_item_neighbours` to every node; 0 to nodes of another type."""
        index, real = self.last_item_neighbours
        at = torch.cat(self.step_incidence, 2)  # (B, L, N)
        own = at.gather(2, index[:, None].expand(-1, at.shape[1], -1)).transpose(1, 2)  # (B, n, L)
        relation = _relation(own[:, :, :-1] @ at[:, 1:] > 0, own[:, :, 1:] @ at[:, :-1] > 0)
        slots, types = torch.arange(at.shape[2], device=at.device), self.types
        relation = torch.where((index[:, :, None] == slots) & real[:, :, None], SELF, relation)
        return relation.masked_fill(types[index][:, :, None] != types, 0)

    @cached_property
    def item_matches(self) -> Tensor:
        """(B, N_0, N) the rows of `matches` whose centres are items, without global attention."""
        own = torch.diag_embed(self.ids[0] > 0)  # (B, N_0, N_0)
        if not self.ids[1:]:
            return own
        across = self.incidence[0].transpose(1, 2) @ torch.cat(self.incidence[1:], 2) > 0
        return torch.cat([own, across], 2)

    @cached_property
    def types(self) -> Tensor:
        """(N,) node type of each slot."""
        return torch.cat([torch.full((n,), t, device=self.history.device) for t, n in enumerate(self.widths)])

    @cached_property
    def relations(self) -> tuple[Tensor, ...]:
        """For each node type (B, N_t, N_t): the relation of centre (row) to neighbour, an index of NUMBERED."""
        found = []
        for ids, at in zip(self.ids, self.step_incidence, strict=True):
            before = (at[:, :-1].transpose(1, 2) @ at[:, 1:]) > 0  # (B, N_t, N_t) row directly before column
            relation = _relation(before, before.transpose(1, 2))
            own = torch.eye(ids.shape[1], dtype=torch.bool, device=ids.device) & (ids > 0)[:, :, None]
            found.append(torch.where(own, SELF, relation))
        return tuple(found)

    @cached_property
    def matches(self) -> Tensor:
        """(B, N, N) whether two nodes of different types belong to the same item, or are one node (self-loop)."""
        at = torch.cat(self.incidence, 2)  # (B, L, N)
        types = self.types
        match = ((at.transpose(1, 2) @ at) > 0) & (types[:, None] != types)
        if self.global_attention:  # items attend to every modality node of the history (section 5.4)
            match |= ((types == 0)[:, None] & (types > 0)) & self.exists[:, :, None] & self.exists[:, None]
        return match | torch.diag_embed(self.exists)

    @cached_property
    def edges(self) -> Tensor:
        """(B, N, N) the relation of centre (row) to neighbour over all types: 0 for none, MATCH across types."""
        n = self.exists.shape[1]
        begin = 0
        found = torch.zeros((len(self.exists), n, n), dtype=torch.long, device=self.history.device)
        for relation in self.relations:
            end = begin + relation.shape[1]
            found[:, begin:end, begin:end] = relation
            begin = end
        return torch.where((found == 0) & self.matches, MATCH, found)

    def edge_index(self) -> tuple[Tensor, Tensor]:
        """All edges in the form of PyG: (2, E) `[neighbour, centre]`, and (E,) the relation, an index of RELATIONS.

        Slot n of graph b has the number b * N + n. Each node has one self-loop.
        """
        n = self.exists.shape[1]
        graph, centre, neighbour = self.edges.nonzero(as_tuple=True)
        return torch.stack([graph * n + neighbour, graph * n + centre]), self.edges[graph, centre, neighbour] - SELF


def _relation(before: Tensor, after: Tensor) -> Tensor:
    """The relation of two nodes, an index of NUMBERED: whether one comes before, after, or both; 0 for neither."""
    return torch.where(before & after, BOTH, OUT * before + IN * after)


def distinct(values: Tensor, most: int | None = None) -> tuple[Tensor, Tensor]:
    """The distinct positive values of each row, and the slot of each value among them.

    Slots count from 1; 0 is the slot of padding, and pads `ids`.

    Args:
        values: (B, S) whole numbers, 0 for padding.
        most: N, the number of slots. Given one, no size depends on the data, so the host need not wait for the device.
            None (the default): as few as these values need.

    Returns:
        `ids` (B, N), ascending, and the slots (B, S).

    Example:
        >>> ids, slot = distinct(torch.tensor([[7, 3, 7, 0]]))
        >>> ids.tolist(), slot.tolist()
        ([[3, 7]], [[2, 1, 2, 0]])
    """
    ordered, place = values.sort(dim=1)
    rank = (ordered > F.pad(ordered, (1, -1))).cumsum(1)  # (B, S) 0 for padding
    width = int(rank[:, -1].max()) if most is None else most
    ids = values.new_zeros(len(values), width + 1).scatter(1, rank, ordered)[:, 1:]
    return ids, torch.zeros_like(rank).scatter(1, place, rank)


def build_graphs(
    history: Tensor,
    codes: Sequence[Tensor] | Tensor,
    *,
    num_codes: Sequence[int] | None = None,
    global_attention: bool = False,
    steps: Tensor | None = None,
) -> GraphBatch:
    """The MSGraphs of histories, on the device of the histories.

    Args:
        history: (B, L) items, the oldest first, padded on the right with 0.
        codes: (V+1, k) for each modality, 0 where an item has no code.
        num_codes: C of each modality. Given these, there are as many node slots as any history of L items could need,
            so shapes follow from L alone, as CUDA graphs ask for. None (the default): as many as these histories need.
        global_attention: whether every item attends to every code of its history; default False.
        steps: (B, L) the step of each position: numbers from 0 that rise by one from a step to the next, as in
            `build_msgraph`. None (the default): each position is a step of its own.

    Returns:
        The B graphs.

    Source:
        Section 4.1 of the paper.

    Example:
        >>> build_graphs(torch.tensor([[3, 1, 3]]), []).ids[0].tolist()
        [[1, 3]]
    """
    length = history.shape[1]
    end = (history > 0).sum(1).sub(1).clamp_min(0)[:, None, None]  # (B, 1, 1)
    bounds = [None] * (1 + len(codes)) if num_codes is None else [length, *num_codes]
    ids, incidence, last_nodes = [], [], []
    for values, bound in zip([history[:, :, None], *(table[history] for table in codes)], bounds, strict=True):
        k = values.shape[2]  # (B, L, k)
        most = bound
        if bound:
            most = min(bound, length * k)
        found, slot = distinct(values.flatten(1), most)  # (B, N_t), (B, L k)
        slot = slot.view(values.shape)
        at = (slot[:, :, :, None] == torch.arange(1, found.shape[1] + 1, device=slot.device)).any(2).float()
        held = slot.gather(1, end.expand(-1, 1, k))[:, 0]  # (B, k) the last item's slots, from 1; 0 for none
        if not found.shape[1]:  # no history has a code of this modality
            held = held[:, :0]
        ids.append(found)
        incidence.append(at)  # (B, L, N_t)
        last_nodes.append(((held - 1).clamp_min(0), held > 0))
    return GraphBatch(history, tuple(ids), tuple(incidence), tuple(last_nodes), global_attention, steps)
