"""Graphormer: a Transformer whose attention knows the graph (Ying et al., NeurIPS 2021), on MSGraphs."""

import math

import torch
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.relations import BOTH, IN, NUMBERED, OUT
from mmsr_lite.nn.aggregators.base import Aggregator, identity_map

FAR = 6  # all distances from this one on count as this one, and have no edge encoding
MOST = 63  # all degrees from this one on count as this one


class Graphormer(Aggregator):
    """Each node reads all nodes of its graph: `softmax(Q K^T / sqrt(D) + b + c) V`, then a feed-forward network.

    Centrality encoding: vectors for the numbers of neighbours before and after a node are added to the input. Spatial
    encoding: `b` is a scalar for the distance of two nodes. Edge encoding: `c` is the mean over the hops of the
        shortest
    path of a scalar for the relation at this hop; several shortest paths count equally. Layer normalisation comes
    first. There is no virtual node, because last pooling reads a real one. Each layer has its own encodings.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = Graphormer(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.before, self.after = nn.Embedding(MOST + 1, dim), nn.Embedding(MOST + 1, dim)
        self.spatial = nn.Parameter(torch.zeros(FAR + 1, 1))
        self.edge = nn.Parameter(torch.zeros(FAR - 1, len(NUMBERED)))  # of each hop and relation
        self.norm, self.norm_2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
        self.query, self.key, self.value = nn.Linear(dim, dim), nn.Linear(dim, dim), identity_map(dim)
        self.feed_forward = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim))
        for table in (self.before, self.after):
            nn.init.zeros_(table.weight)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        h, edges = torch.cat(states, 1), graph.edges
        before, after = (((edges == way) | (edges >= BOTH)).sum(2).clamp_max(MOST) for way in (IN, OUT))  # (B, N)
        x = h + self.before(before) + self.after(after)
        y = self.norm(x)
        distance, along = shortest_paths(edges, self.edge)
        logits = self.query(y) @ self.key(y).transpose(1, 2) / math.sqrt(y.shape[-1])  # (B, N, N)
        logits = logits + _look_up(distance, self.spatial)[..., 0] + along
        x = x + self.attend(logits, graph.exists[:, None].expand_as(logits)) @ self.value(y)
        return x + self.feed_forward(self.norm_2(x)) - h


def shortest_paths(edges: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """The distances of nodes, and the mean of a weight along the shortest paths between them.

    Let P_d be the number of shortest paths of length d, and S_d the sum of the weights along them. Then
    `P_d = P_{d-1} A` and `S_d = S_{d-1} A + P_{d-1} W_d` wherever no path was shorter.

    Args:
        edges: (B, N, N) relations; 0 where there is no edge.
        weight: (hops, R+1) a scalar for each relation at each hop.

    Returns:
        Distances (B, N, N), at most FAR; and the means (B, N, N), 0 where two nodes are farther apart than there are
        hops.

    Example:
        >>> line = torch.tensor([[[1, 2, 0], [3, 1, 2], [0, 3, 1]]])        # self, out, in
        >>> distance, along = shortest_paths(line, torch.tensor([[0., 0., 4., 5.], [0., 0., 6., 7.]]))
        >>> distance[0].tolist(), along[0, 0].tolist()                      # second neighbour: (4 + 6) / 2
        ([[0, 1, 2], [1, 0, 1], [2, 1, 0]], [0.0, 4.0, 5.0])
    """
    own = torch.eye(edges.shape[1], dtype=torch.bool, device=edges.device)
    near = ((edges > 0) & ~own).to(weight.dtype)  # A
    reached, count, total = own.expand_as(near), own.to(weight.dtype).expand_as(near), torch.zeros_like(near)
    distance, along = torch.where(reached, 0, FAR), torch.zeros_like(near)
    for hop, scalar in enumerate(_look_up(edges, weight.T).unbind(-1), 1):  # each (B, N, N)
        total = total @ near + count @ (scalar * near)  # S_d
        count = count @ near  # P_d
        fresh = (count > 0) & ~reached
        count, total, reached = count * fresh, total * fresh, reached | fresh
        distance = torch.where(fresh, hop, distance)
        along = along + total / (hop * count).clamp_min(1)
    return distance, along


def _look_up(index: Tensor, table: Tensor) -> Tensor:
    """`table[index]` of a small table as a product: the gradient of a look-up sorts all of B x N x N indices."""
    return (index[..., None] == torch.arange(len(table), device=index.device)).to(table.dtype) @ table
