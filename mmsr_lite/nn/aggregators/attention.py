"""Attention over all neighbours at once, with learned weights of neighbours (paper, sections 4.3.1 and 5.2)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.nn.aggregators.base import Aggregator, identity_map, normalised

SLOPE = 0.2  # of leaky ReLU below zero, in all three papers


class GAT(Aggregator):
    """Equations 9 to 11, Velickovic et al. 2018: `e_ij = a^T [W h_i ; W h_j]`; PyG's `GATConv`.

    The two halves of `a` are the attributes `centre` and `neighbour`.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = GAT(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.value = identity_map(dim)
        self.centre, self.neighbour = nn.Linear(dim, 1, bias=False), nn.Linear(dim, 1, bias=False)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        value = self.value(torch.cat(states, 1))
        logits = self.centre(value) + self.neighbour(value).transpose(1, 2)  # (B, N, N)
        return self.attend(F.leaky_relu(logits, SLOPE), graph.edges > 0) @ value


class RGAT(Aggregator):
    """Busbridge et al. 2019: GAT with a W_r for each relation, one softmax over all; PyG's `RGATConv`.

    `e_ij = q^T W_r h_i + k^T W_r h_j` and `h_i' = sum_j alpha_ij W_r h_j`, where r is the relation of i to j:
    self, out, in, both or match.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = RGAT(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.value = nn.Parameter(torch.eye(dim).repeat(len(RELATIONS), 1, 1))  # (R, D, D)
        self.centre, self.neighbour = nn.Linear(dim, 1, bias=False), nn.Linear(dim, 1, bias=False)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        value = torch.cat(states, 1)[:, None] @ self.value  # (B, R, N, D)
        every = self.centre(value) + self.neighbour(value).transpose(2, 3)  # (B, R, N, N)
        here = graph.edges[:, None] == torch.arange(1, 1 + len(self.value), device=value.device)[:, None, None]
        logits = (every * here).sum(1)  # (B, N, N)
        weights = self.attend(F.leaky_relu(logits, SLOPE), graph.edges > 0)
        return ((weights[:, None] * here) @ value).sum(1)


class HGAT(Aggregator):
    """Linmei et al. 2019, dual-level attention: first over the types of neighbours, then over the neighbours.

    With `A` of equation 8 and `s_t = sum over j of type t of A_ij h_j`, the type level is
    `alpha_t = softmax_t(LeakyReLU(mu_t^T [h_i ; s_t]))`, the node level is
    `beta_ij = softmax_j(LeakyReLU(alpha_{t_j} nu^T [h_i ; h_j]))`, and `h_i' = sum_j beta_ij W_{t_j} h_j`.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer = HGAT(1, MMSRConfig(dim=8))
        >>> [state.shape for state in layer([torch.zeros(1, 2, 8)], build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        dim = config.dim
        self.value = nn.ModuleList(identity_map(dim) for _ in range(num_types))
        self.type_centre, self.centre = nn.Linear(dim, num_types, bias=False), nn.Linear(dim, 1, bias=False)
        self.type_neighbour, self.neighbour = nn.Linear(dim, num_types, bias=False), nn.Linear(dim, 1, bias=False)

    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """The new states of all nodes (B, N, D)."""
        h, near = torch.cat(states, 1), graph.edges > 0
        shares = normalised(near.to(h)).split(graph.widths, 2)  # for each type t (B, N, N_t), A of equation 8
        scores = self.type_neighbour(h).split(graph.widths, 1)  # for each type (B, N_t, T), mu_t^T h_j
        of_types = []
        for t, (share, score) in enumerate(zip(shares, scores, strict=True)):
            of_types.append(share @ score[:, :, t, None])  # (B, N, 1), mu_t^T s_t
        alpha = F.leaky_relu(self.type_centre(h) + torch.cat(of_types, 2), SLOPE).softmax(2)  # (B, N, T)
        widened = [one.expand(-1, -1, n) for one, n in zip(alpha.split(1, 2), graph.widths, strict=True)]
        alpha = torch.cat(widened, 2)  # (B, N, N), of the neighbour's type
        logits = F.leaky_relu(alpha * (self.centre(h) + self.neighbour(h).transpose(1, 2)), SLOPE)  # (B, N, N)
        value = torch.cat([linear(state) for linear, state in zip(self.value, states, strict=True)], 1)
        return self.attend(logits, near) @ value
