"""Dual attention: one rule for neighbours of the same node type, another across types (paper, section 4.3.2)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import RELATIONS, SELF, GraphBatch

MASKED = -1e9
SLOPE = 0.01  # of LeakyReLU below zero, where the config does not say another one
NUM_RELATIONS = len(RELATIONS) - SELF


class TypedLinear(nn.Module):
    """One linear map for each node type: list of (B, N_t, D) -> list of (B, N_t, D)."""

    def __init__(self, num_types: int, dim: int):
        super().__init__()
        self.maps = nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(num_types))

    def forward(self, states: list[Tensor]) -> list[Tensor]:
        """Apply the map of each type."""
        return [linear(state) for linear, state in zip(self.maps, states, strict=True)]


def homogeneous_logits(
    centre: Tensor, neighbour: Tensor, relation: Tensor, weight: Tensor, slope: float = SLOPE
) -> Tensor:
    """Equation 12 for nodes of one type: `a_r . (V_i * V_j)` (B, n, N_t), `weight` (R, D) holding each a_r.

    `centre` (B, n, D) and `neighbour` (B, N_t, D) are values, `relation` (B, n, N_t) an index of RELATIONS. The product
    `(V_i * a_r) V_j^T` needs no tensor of n x N x D; absent edges hold a very low logit. `slope` is that of LeakyReLU
    (equation 11).
    """
    asked = (centre[:, None] * weight[:, None]).flatten(1, 2)  # (B, R n, D)
    every = (asked @ neighbour.transpose(1, 2)).unflatten(1, (len(weight), -1))  # (B, R, n, N_t)
    chosen = every.gather(1, (relation - SELF).clamp_min(0)[:, None])[:, 0]  # (B, n, N_t)
    return F.leaky_relu(chosen, slope).masked_fill(relation == 0, MASKED)


def heterogeneous_logits(
    queries: list[Tensor], keys: list[Tensor], graph: GraphBatch, scale: bool, slope: float = SLOPE
) -> Tensor:
    """Equation 13: `(Q h_j) . (K h_i)` (B, N, N), centre i in rows: the neighbour asks, the centre answers.

    `scale` divides by sqrt(D); `slope` is that of LeakyReLU.
    """
    query, key = torch.cat(queries, 1), torch.cat(keys, 1)  # (B, N, D)
    logits = key @ query.transpose(1, 2)  # (B, N, N)
    logits = logits / math.sqrt(query.shape[-1]) if scale else logits
    return F.leaky_relu(logits, slope).masked_fill(~graph.matches, MASKED)
