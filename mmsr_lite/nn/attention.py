"""Dual attention: one rule for neighbours of the same node type, another across types (paper, section 4.3.2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.relations import HOMOGENEOUS, SELF

MASKED = -1e9
SLOPE = 0.01  # of LeakyReLU below zero, where the config does not say another one
NUM_RELATIONS = len(HOMOGENEOUS)


class TypedLinear(nn.Module):
    """One linear map for each node type.

    Args:
        num_types: How many node types there are.
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
        """Map the states of each type, list of (B, N_t, D), to a list of the same shapes.

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
        centre: Values V_i of n centres (B, n, D).
        neighbour: Values V_j of all nodes of the type (B, N_t, D).
        relation: The relation of each centre to each node (B, n, N_t), an index of NUMBERED, 0 where there is no edge.
        weight: The vector a_r of each relation (R, D).
        slope: The slope of leaky ReLU below zero.

    Returns:
        Logits (B, n, N_t) after leaky ReLU; very low ones where there is no edge.

    Example:
        >>> value, relation = torch.ones(1, 2, 4), torch.tensor([[[1, 2], [0, 1]]])
        >>> homogeneous_logits(value, value, relation, torch.ones(NUM_RELATIONS, 4)).tolist()
        [[[4.0, 4.0], [-1000000000.0, 4.0]]]
    """
    asked = (centre[:, None] * weight[:, None]).flatten(1, 2)  # (B, R n, D)
    every = (asked @ neighbour.transpose(1, 2)).unflatten(1, (len(weight), -1))  # (B, R, n, N_t)
    chosen = every.gather(1, (relation - SELF).clamp_min(0)[:, None])[:, 0]  # (B, n, N_t)
    return F.leaky_relu(chosen, slope).masked_fill_(relation == 0, MASKED)


def heterogeneous_logits(
    queries: list[Tensor], keys: list[Tensor], graph: GraphBatch, scale: bool, slope: float = SLOPE
) -> Tensor:
    """Equation 13: `(Q h_j) . (K h_i)`: the neighbour j asks, the centre i answers.

    Args:
        queries: Q h of each node type, (B, N_t, D).
        keys: K h of each node type, (B, N_t, D).
        graph: The MSGraphs, which say what matches.
        scale: Whether the products are divided by sqrt(D).
        slope: The slope of leaky ReLU below zero.

    Returns:
        Logits (B, N, N) after leaky ReLU, centres in rows; very low ones where nothing matches.

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
