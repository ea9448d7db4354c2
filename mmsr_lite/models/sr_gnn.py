"""SR-GNN: Session-based Recommendation with Graph Neural Networks (Wu et al., AAAI 2019).

A history is a graph of its different items. A_out and A_in hold how often one item follows another; each row is scaled
to sum to one. For each item i, in each step:

    a_i = [A_in,i H v ; A_out,i H' v],                  v_i <- GRUCell(a_i, v_i), which has the bias b  (1 to 5)
    alpha_i = q . sigmoid(W1 v_last + W2 v_i + c),      user state = W3 [v_last ; sum_i alpha_i v_i]     (6 and 7)

All places with the same item have equal rows of A and equal first states, so their states stay equal. One row for each
place of the history therefore computes the graph of different items, and no size depends on the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import check_settings
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.own_items import mask_own_setting
from mmsr_lite.nn.probe import Probe
from mmsr_lite.nn.sequence import embedding, last_state
from mmsr_lite.shared_settings import (
    dim_setting,
    dropout_setting,
    label_smoothing_setting,
    layers_setting,
    max_history_setting,
)


@dataclass(frozen=True)
class SRGNNConfig:
    """The settings of SR-GNN.

    Example:
        >>> SRGNNConfig(layers=2).layers
        2
    """

    dim: int = dim_setting()
    layers: int = layers_setting(1, "number of propagation steps, which share their weights")
    dropout: float = dropout_setting(0.2, "share of the items' embeddings that training sets to zero")
    label_smoothing: float = label_smoothing_setting()
    max_history: int = max_history_setting()
    mask_own: bool = mask_own_setting()

    def __post_init__(self) -> None:
        check_settings(self)


def transitions(history: Tensor) -> tuple[Tensor, Tensor]:
    """The matrices A_in and A_out between the places of histories.

    Args:
        history: (B, L) items, padded on the right with 0.

    Returns:
        A_in and A_out, (B, L, L) each; a row sums to one or is zero.

    Example:
        >>> [a[0].tolist() for a in transitions(torch.tensor([[1, 2, 1]]))]  # 1 -> 2 -> 1, in places 0 and 2
        [[[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]]
    """
    same = (history[:, :, None] == history[:, None]) & (history > 0)[:, None]  # (B, L, L) whether they hold one item
    out = F.pad(same[:, :, :-1], (1, 0)) & (history > 0)[:, None]  # the column comes directly after the row's item
    into = F.pad(same[:, :, 1:], (0, 1))  # the column comes directly before it
    return tuple(a / a.sum(2, keepdim=True).clamp_min(1) for a in (into.float(), out.float()))


class SRGNN(Recommender):
    """A gated graph network over the item graph of a history; soft attention with the last item reads it out.

    Example:
        >>> SRGNN(SRGNNConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config = SRGNNConfig
    label = "SR-GNN"

    def __init__(self, config: SRGNNConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim = config.dim
        self.items = embedding(num_items + 1, dim, padding_idx=0)
        self.incoming, self.outgoing = (nn.Linear(dim, dim, bias=False) for _ in range(2))
        self.cell = nn.GRUCell(2 * dim, dim)
        self.of_last, self.of_each, self.join = nn.Linear(dim, dim), nn.Linear(dim, dim, False), nn.Linear(2 * dim, dim)
        self.query = nn.Linear(dim, 1, bias=False)
        self.dropout = nn.Dropout(config.dropout)
        self.probes = nn.ModuleDict({name: Probe() for name in ("incoming", "outgoing", "attention")})

    def propagate(self, states: Tensor, history: Tensor) -> Tensor:
        """Pass messages along the transitions of each history.

        Args:
            states: (B, L, D) a state for each position.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, L, D) the states after all steps.
        """
        into, out = transitions(history)
        into, out = self.probes["incoming"](into), self.probes["outgoing"](out)
        for _ in range(self.config.layers):
            heard = torch.cat([into @ self.incoming(states), out @ self.outgoing(states)], 2)  # (B, L, 2D)
            states = self.cell(heard.flatten(0, 1), states.flatten(0, 1)).view_as(states)
        return states

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) from the last item and the sum of all items, weighted by their attention with the last one."""
        states = self.propagate(self.dropout(self.items(history)), history)
        last = last_state(states, history)
        alpha = self.query((self.of_last(last)[:, None] + self.of_each(states)).sigmoid())[:, :, 0]
        alpha = self.probes["attention"](alpha * (history > 0))  # (B, L)
        return self.join(torch.cat([last, (alpha[:, None] @ states)[:, 0]], 1))
