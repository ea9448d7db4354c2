"""Many MSGraphs at once, as dense blocks built by tensor operations on the device (paper, section 4.1).

Each node type has a segment of node slots, so type-specific maps are plain matrix products; the incidence of nodes and
positions turns transitions and matches into products too. Axes: B graphs, L positions, N = sum of N_t node slots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
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


def distinct(values: Tensor, most: int | None = None) -> Tensor:
    """The distinct positive values of each row of (B, S), ascending, padded with 0: (B, N).

    N is `most` when given, so that no size depends on the data and nothing waits for the device; else the least.

    >>> distinct(torch.tensor([[7, 3, 7, 0]])).tolist()
    [[3, 7]]
    """
    ordered = values.sort(dim=1).values
    fresh = ordered > 0
    fresh[:, 1:] &= ordered[:, 1:] != ordered[:, :-1]
    rank = fresh.cumsum(1)  # (B, S) 0 for padding
    width = int(rank[:, -1].max()) if most is None else most
    return values.new_zeros(len(values), width + 1).scatter(1, rank, ordered)[:, 1:]


def build_graphs(
    history: Tensor,
    codes: Sequence[Tensor] | Tensor,
    *,
    num_codes: Sequence[int] | None = None,
    global_attention: bool = False,
) -> GraphBatch:
    """The MSGraphs of `history` (B, L) given each modality's `codes` (V+1, k), on the device of `history`.

    With `num_codes`, C of each modality, there are as many node slots as any history of L items could need, whatever
    these hold: shapes then follow from L alone, as CUDA graphs ask for.
    """
    length = history.shape[1]
    end = (history > 0).sum(1).sub(1).clamp_min(0)[:, None, None]  # (B, 1, 1)
    bounds = [None] * (1 + len(codes)) if num_codes is None else [length, *num_codes]
    ids, incidence, last_nodes = [], [], []
    for values, bound in zip([history[:, :, None], *(table[history] for table in codes)], bounds, strict=True):
        k = values.shape[2]  # (B, L, k)
        found = distinct(values.flatten(1), bound and min(bound, length * k))  # (B, N_t)
        same = (values[:, :, :, None] == found[:, None, None]).any(2)  # (B, L, N_t)
        at = (same & (found > 0)[:, None]).float()
        held, index = at.gather(1, end.expand(-1, 1, found.shape[1]))[:, 0].topk(min(k, found.shape[1]))
        ids.append(found)
        incidence.append(at)
        last_nodes.append((index, held > 0))
    return GraphBatch(history, tuple(ids), tuple(incidence), tuple(last_nodes), global_attention)
