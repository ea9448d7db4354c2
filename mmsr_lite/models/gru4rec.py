"""GRU4Rec: Session-based Recommendations with Recurrent Neural Networks (Hidasi et al., ICLR 2016).

    r_t = sigmoid(W_r x_t + U_r h_{t-1})                z_t = sigmoid(W_z x_t + U_z h_{t-1})
    n_t = tanh(W x_t + r_t * (U h_{t-1}))               h_t = (1 - z_t) * n_t + z_t * h_{t-1}

with biases, as in `nn.GRU`; x_t is the embedding of item t, and the user state is the last h. The authors train by
sampled losses over parallel sessions; here, as in all models, the loss is the cross-entropy over all items. With
modalities it is one of the models of Figure 1; GRU4Rec-F of Table 2 is late fusion.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import check_settings, setting
from mmsr_lite.models.early_late_fusion import ORDERS, FusedSequences
from mmsr_lite.nn.departures import OfferedDepartures
from mmsr_lite.nn.modality import READERS
from mmsr_lite.nn.probe import Probe
from mmsr_lite.shared_settings import (
    dim_setting,
    dropout_setting,
    label_smoothing_setting,
    layers_setting,
    max_history_setting,
)


@dataclass(frozen=True)
class GRU4RecConfig(OfferedDepartures):
    """The settings of GRU4Rec, alone or fused with the modalities of the items.

    Example:
        >>> GRU4RecConfig().fusion
        'none'
    """

    dim: int = dim_setting()
    layers: int = layers_setting(1)
    fusion: str = setting("none", "when modalities meet the items: before or after the sequence is read", one_of=ORDERS)
    dropout: float = dropout_setting(0.2, "share of each layer's input that training sets to zero")
    reads: str = setting("codes", "what the model sees of a modality", one_of=READERS)
    label_smoothing: float = label_smoothing_setting()
    max_history: int = max_history_setting()

    def __post_init__(self) -> None:
        check_settings(self)


GATES = ("reset", "update")


class GRU(nn.Module):
    """A GRU with probes at its gates.

    While a probe has a listener, the states are computed from the values after the probes; else `nn.GRU` computes them.

    Args:
        config: the settings.

    Example:
        >>> GRU(GRU4RecConfig(dim=8))(torch.zeros(1, 3, 8), torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 3, 8])
    """

    def __init__(self, config: GRU4RecConfig):
        super().__init__()
        self.layers = nn.ModuleList(nn.GRU(config.dim, config.dim, batch_first=True) for _ in range(config.layers))
        self.probes = nn.ModuleDict({f"{gate}_{n}": Probe() for n in range(config.layers) for gate in GATES})
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, history: Tensor) -> Tensor:
        """The state after each item.

        Args:
            x: (B, L, D) a vector for each item.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, L, D) states.
        """
        for n, layer in enumerate(self.layers):
            x = self.dropout(x)
            states = layer(x)[0]
            probes = [self.probes[f"{gate}_{n}"] for gate in GATES]
            if any(probe.has_listener for probe in probes):
                states = self._by_gates(layer, x, states, probes)
            x = states
        return x

    @staticmethod
    def _by_gates(layer: nn.GRU, x: Tensor, states: Tensor, probes: list[Probe]) -> Tensor:
        """The states (B, L, D) of a layer, computed step by step from its gates after their probes."""
        before = F.pad(states[:, :-1], (0, 0, 1, 0))  # h_{t-1}
        to_reset, to_update, new = F.linear(x, layer.weight_ih_l0, layer.bias_ih_l0).chunk(3, -1)
        of_reset, of_update, _ = F.linear(before, layer.weight_hh_l0, layer.bias_hh_l0).chunk(3, -1)
        reset, update = probes[0]((to_reset + of_reset).sigmoid()), probes[1]((to_update + of_update).sigmoid())
        weight, bias = layer.weight_hh_l0.chunk(3)[2], layer.bias_hh_l0.chunk(3)[2]
        state, found = torch.zeros_like(states[:, 0]), []
        for t in range(x.shape[1]):
            candidate = (new[:, t] + reset[:, t] * F.linear(state, weight, bias)).tanh()
            state = (1 - update[:, t]) * candidate + update[:, t] * state
            found.append(state)
        return torch.stack(found, 1)


class GRU4Rec(FusedSequences):
    """A GRU over the items of a history, alone or fused with their modalities.

    Example:
        >>> GRU4Rec(GRU4RecConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config, label, sequence = GRU4RecConfig, "GRU4Rec", GRU


@dataclass(frozen=True)
class GRU4RecFConfig(GRU4RecConfig):
    """The settings of GRU4Rec-F of Table 2, which fuses late.

    Example:
        >>> GRU4RecFConfig().fusion
        'late'
    """

    fusion: str = setting("late", "when modalities meet the items", one_of=ORDERS)


class GRU4RecF(FusedSequences):
    """GRU4Rec-F of Table 2: GRU4Rec with the modalities of the items, fused late by default.

    Example:
        >>> GRU4RecF(GRU4RecFConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config, label, sequence, reads_modalities = GRU4RecFConfig, "GRU4Rec", GRU, True
