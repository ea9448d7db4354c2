"""Convolutions: the weights of neighbours follow from the graph alone (paper, sections 4.3.1 and 5.2)."""

import torch
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.aggregators.base import Aggregator, identity_map, neighbours, normalised


class GCN(Aggregator):
    """Equation 8, Kipf and Welling 2017: `h_i' = sum_j W h_j / sqrt(|N_i| |N_j|)`; PyG's `GCNConv`.

    With `fusion` "homogeneous" or "heterogeneous" in the model's config, it uses only these relations. These are the
    rows `ho` and `he` of the paper's Table 4, whose "relation ablation is based on a GCN aggregator". With any other
    `fusion` it uses all relations.

    The paper does not say which activation it uses. Here it is the identity: beside a residual connection, ReLU was
    worse (HR@5 22.0 against 26.9 on the wardrobe world, 8 epochs, one seed).

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = GCN(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        self.value, self.families = identity_map(config.dim), config.fusion

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        h = torch.cat(states, 1)  # (B, N, D)
        near = neighbours(graph, self.families).to(h)  # (B, N, N)
        return self.weigh(normalised(near)) @ self.value(h)


class GraphSAGE(Aggregator):
    """Hamilton et al. 2017, mean aggregator: `h_i' = W mean_j h_j + W_own h_i`; PyG's `SAGEConv`.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = GraphSAGE(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.value, self.own = identity_map(dim), nn.Linear(dim, dim, bias=False)
        nn.init.zeros_(self.own.weight)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        h = torch.cat(states, 1)
        return self.weigh(_mean((graph.edges > 0).to(h))) @ self.value(h) + self.own(h)


class HGNN(Aggregator):
    """Heterogeneous GNN: a GraphSAGE for each pair of node types, summed; PyG's `HeteroConv` of `SAGEConv`.

    `h_i' = sum over types t of W_{t_i,t} mean_{j of type t} h_j + W_{t_i} h_i`. The paper cites no HGNN; it says
    that "HGNN and HGAT" consider heterogeneity "in node types" (section 5.2), and its code names a `HeteroGNN`. So this
    is not the hypergraph network of the same letters (Feng et al. 2019), which knows no node types.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = HGNN(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.value = nn.ModuleList(nn.ModuleList(identity_map(dim) for _ in range(num_types)) for _ in range(num_types))
        self.own = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(num_types))
        for own in self.own:
            nn.init.zeros_(own.weight)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        by_type = (graph.edges > 0).to(states[0]).split(graph.widths, 2)
        weights = self.weigh(torch.cat([_mean(near) for near in by_type], 2)).split(graph.widths, 1)
        ends = []
        for weight, maps, own, state in zip(weights, self.value, self.own, states, strict=True):
            values = torch.cat([linear(other) for linear, other in zip(maps, states, strict=True)], 1)  # (B, N, D)
            ends.append(weight @ values + own(state))  # (B, N_t, D)
        return torch.cat(ends, 1)


def _mean(near: Tensor) -> Tensor:
    """Equal weights of the neighbours of each node; rows sum to one."""
    return near / near.sum(-1, keepdim=True).clamp_min(1)
