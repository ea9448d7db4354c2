"""Dual attention: one rule for neighbours of the same node type, another across types (paper, section 4.3.2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.relations import HOMOGENEOUS, SELF

MASKED = -1e9  # the logit where there is no edge
SLOPE = 0.01  # of leaky ReLU below zero, unless the config says another one
NUM_RELATIONS = len(HOMOGENEOUS)


class TypedLinear(nn.Module):
    """One linear map for each node type.

    Args:
        num_types: T, the number of node types.
        dim: D, the width of the states.

    Example:
        >>> maps = TypedLinear(num_types=2, dim=4)
        >>> [state.shape for state in maps([torch.zeros(1, 3, 4), torch.zeros(1, 2, 4)])]
        [torch.Size([1, 3, 4]), torch.Size([1, 2, 4])]
    """

    def __init__(self, num_types: int, dim: int):
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(num_types))

    def forward(self, states: list[Tensor]) -> list[Tensor]:
        """Map the states of each type by the map of this type.

        Args:
            states: the states of each type (B, N_t, D).

        Returns:
            One tensor of the same shape for each type.
        """
        return [linear(state) for linear, state in zip(self.maps, states, strict=True)]


def homogeneous_logits(
    centre: Tensor, neighbour: Tensor, relation: Tensor, weight: Tensor, slope: float = SLOPE
) -> Tensor:
    """Equation 12 for nodes of one type: `a_r . (V_i * V_j)`.

    It is computed as `(V_i * a_r) V_j^T`, which needs no tensor of n x N_t x D.

    Args:
        centre: (B, n, D) values V_i of n centres.
        neighbour: (B, N_t, D) values V_j of all nodes of the type.
        relation: (B, n, N_t) the relation of each centre to each node, an index of NUMBERED; 0 where there is no edge.
        weight: (R, D) the vector a_r of each relation.
        slope: the slope of leaky ReLU below zero, default 0.01.

    Returns:
        (B, n, N_t) logits after leaky ReLU; `MASKED` where there is no edge.

    Example:
        >>> value, relation = torch.ones(1, 2, 4), torch.tensor([[[1, 2], [0, 1]]])
        >>> homogeneous_logits(value, value, relation, torch.ones(NUM_RELATIONS, 4)).tolist()
        [[[4.0, 4.0], [-1000000000.0, 4.0]]]
    """
    weighted = (centre[:, None] * weight[:, None]).flatten(1, 2)  # (B, R n, D)
    every = (weighted @ neighbour.transpose(1, 2)).unflatten(1, (len(weight), -1))  # (B, R, n, N_t)
    chosen = every.gather(1, (relation - SELF).clamp_min(0)[:, None])[:, 0]  # (B, n, N_t)
    return F.leaky_relu(chosen, slope).masked_fill_(relation == 0, MASKED)


def heterogeneous_logits(
    queries: list[Tensor], keys: list[Tensor], graph: GraphBatch, scale: bool, slope: float = SLOPE
) -> Tensor:
    """Equation 13: `(Q h_j) . (K h_i)` for a centre i and a neighbour j; here the neighbour has the query.

    Args:
        queries: Q h of each node type (B, N_t, D).
        keys: K h of each node type (B, N_t, D).
        graph: the MSGraphs, which say what matches.
        scale: whether the products are divided by sqrt(D).
        slope: the slope of leaky ReLU below zero, default 0.01.

    Returns:
        (B, N, N) logits after leaky ReLU, centres in rows; `MASKED` where two nodes do not match.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> graph = build_graphs(torch.tensor([[1]]), torch.tensor([[[0], [1]]]))  # one item with one code
        >>> states = [torch.ones(1, 1, 4), torch.ones(1, 1, 4)]
        >>> heterogeneous_logits(states, states, graph, scale=True).tolist()
        [[[2.0, 2.0], [2.0, 2.0]]]
    """
    query, key = torch.cat(queries, 1), torch.cat(keys, 1)  # (B, N, D)
    logits = key @ query.transpose(1, 2)  # (B, N, N)
    if scale:
        logits = logits / math.sqrt(query.shape[-1])
    return F.leaky_relu(logits, slope).masked_fill_(~graph.matches, MASKED)
