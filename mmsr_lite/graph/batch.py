"""Many MSGraphs at once, as dense blocks built by tensor operations on the device (paper, section 4.1).

Each node type has a segment of node slots, so type-specific maps are plain matrix products; the incidence of nodes and
positions turns transitions and matches into products too. Axes: B graphs, L positions, N = sum of N_t node slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

RELATIONS = (
    "none",
    "self",
    "out",
    "in",
    "both",
)  # homogeneous, named from the centre: out = centre directly before neighbour
SELF, OUT, IN, BOTH = 1, 2, 3, 4


@dataclass(frozen=True)
class GraphBatch:
    """B MSGraphs: `ids[t]` (B, N_t) items or codes, ascending, 0 where a slot is empty; `incidence[t]` (B, L, N_t).

    Node type 0 is the item; type m is the m-th modality. `history` is (B, L), padded on the right with 0.
    `last_nodes[t]` names the slots that the last item occupies, (B, k_t), and which of them are real, (B, k_t).

    >>> codes = torch.tensor([[[0, 0], [1, 0], [1, 2]]])            # M=1, V+1=3, k=2
    >>> graph = build_graphs(torch.tensor([[1, 2, 1]]), codes)
    >>> graph.ids[0].tolist(), graph.ids[1].tolist()
    ([[1, 2]], [[1, 2]])
    >>> graph.relations[0].tolist()                                 # 1 and 2 follow each other: both
    [[[1, 4], [4, 1]]]
    """

    history: Tensor
    ids: tuple[Tensor, ...]
    incidence: tuple[Tensor, ...]
    last_nodes: tuple[tuple[Tensor, Tensor], ...]
    global_attention: bool = False

    @property
    def widths(self) -> list[int]:
        """N_t of each node type."""
        return [ids.shape[1] for ids in self.ids]

    @property
    def last(self) -> Tensor:
        """(B,) slot of the item node that holds the last item."""
        return self.last_nodes[0][0][:, 0]

    @cached_property
    def exists(self) -> Tensor:
        """(B, N) whether a node slot holds a node."""
        return torch.cat(self.ids, 1) > 0

    @cached_property
    def occupancy(self) -> Tensor:
        """(B, N, L) share of each node's positions: rows sum to one where the node exists."""
        at = torch.cat(self.incidence, 2).transpose(1, 2)  # (B, N, L)
        return at / at.sum(2, keepdim=True).clamp_min(1)

    @cached_property
    def relations(self) -> tuple[Tensor, ...]:
        """For each node type (B, N_t, N_t): the relation of centre (row) to neighbour, an index of RELATIONS."""
        found = []
        for ids, at in zip(self.ids, self.incidence, strict=True):
            before = (at[:, :-1].transpose(1, 2) @ at[:, 1:]) > 0  # (B, N_t, N_t) row directly before column
            relation = OUT * before + IN * before.transpose(1, 2)
            relation = torch.where(relation == OUT + IN, BOTH, relation)
            own = torch.eye(ids.shape[1], dtype=torch.bool, device=ids.device) & (ids > 0)[:, :, None]
            found.append(torch.where(own, SELF, relation))
        return tuple(found)

    @cached_property
    def matches(self) -> Tensor:
        """(B, N, N) whether two nodes of different types belong to the same item, or are one node (self-loop)."""
        at = torch.cat(self.incidence, 2)  # (B, L, N)
        types = torch.repeat_interleave(torch.tensor(self.widths, device=at.device))  # (N,)
        match = ((at.transpose(1, 2) @ at) > 0) & (types[:, None] != types)
        if self.global_attention:  # items attend to every modality node of the history (section 5.4)
            match |= ((types == 0)[:, None] & (types > 0)) & self.exists[:, :, None] & self.exists[:, None]
        return match | torch.diag_embed(self.exists)

    def edge_index(self) -> tuple[Tensor, Tensor]:
        """All edges for PyG: (2, E) `[neighbour, centre]` over flattened slots b * N + n, and (E,) relation.

        Relation 0..3 is self, out, in, both; 4 is match. A self-loop appears once.
        """
        n = self.exists.shape[1]
        full = torch.zeros((len(self.exists), n, n), dtype=torch.long, device=self.history.device)
        begin = 0
        for relation in self.relations:
            end = begin + relation.shape[1]
            full[:, begin:end, begin:end] = relation
            begin = end
        full = torch.where((full == 0) & self.matches, BOTH + 1, full)
        graph, centre, neighbour = full.nonzero(as_tuple=True)
        return torch.stack([graph * n + neighbour, graph * n + centre]), full[graph, centre, neighbour] - SELF


def distinct(values: Tensor) -> tuple[Tensor, Tensor]:
    """The distinct positive values of each row: `ids` (B, N) ascending, padded with 0, and `slot` (B, S) of each value.

    >>> ids, slot = distinct(torch.tensor([[7, 3, 7, 0]]))
    >>> ids.tolist(), slot.tolist()
    ([[3, 7]], [[2, 1, 2, 0]])
    """
    ordered, place = values.sort(dim=1)
    fresh = ordered > 0
    fresh[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    rank = fresh.cumsum(1)  # (B, S) 0 for padding
    slot = torch.zeros_like(rank).scatter(1, place, rank)
    ids = values.new_zeros(len(values), int(rank[:, -1].max()) + 1).scatter(1, rank, ordered)
    return ids[:, 1:], slot


def build_graphs(history: Tensor, codes: Sequence[Tensor] | Tensor, *, global_attention: bool = False) -> GraphBatch:
    """The MSGraphs of `history` (B, L) given each modality's `codes` (V+1, k), on the device of `history`."""
    end = (history > 0).sum(1).sub(1).clamp_min(0)
    rows = torch.arange(len(history), device=history.device)
    ids, incidence, last_nodes = [], [], []
    for values in [history[:, :, None], *(table[history] for table in codes)]:  # (B, L, k)
        b, length, k = values.shape
        found, slot = distinct(values.reshape(b, length * k))
        at = F.one_hot(slot, found.shape[1] + 1)[:, :, 1:].view(b, length, k, found.shape[1]).amax(2).float()
        held, index = at[rows, end].topk(min(k, found.shape[1]))
        ids.append(found)
        incidence.append(at)  # (B, L, N_t)
        last_nodes.append((index, held > 0))
    return GraphBatch(history, tuple(ids), tuple(incidence), tuple(last_nodes), global_attention)
