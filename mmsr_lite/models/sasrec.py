"""SASRec: Self-Attentive Sequential Recommendation (Kang and McAuley, ICDM 2018).

    E_t = sqrt(D) (item embedding + position embedding)                   (equation 1; positions count from the end)
    S = E + Dropout(Attention(LayerNorm(E))),  causal                     (equations 2 to 4, 6)
    F = S + Dropout(ReLU(LayerNorm(S) W1 + b1) W2 + b2)                   (equation 5)

The user state is LayerNorm(F) at the last item. The authors train by binary cross-entropy with one negative; here, as
in all models, the loss is the cross-entropy over all items. Attention has an output map, as in RecBole. With modalities
it is one of the models of Figure 1; SASRec-F of Table 2 is early fusion.
"""

import math
from dataclasses import dataclass

from torch import Tensor, nn

from mmsr_lite.config import setting
from mmsr_lite.models.early_late_fusion import ORDERS, FusedSequences
from mmsr_lite.nn.departures import OfferedDepartures
from mmsr_lite.nn.self_attention import AttentionConfig, blocks, causal
from mmsr_lite.nn.sequence import embedding, from_end


@dataclass(frozen=True)
class SASRecConfig(OfferedDepartures, AttentionConfig):
    """The settings of SASRec, alone or fused with the modalities of the items.

    Example:
        >>> SASRecConfig().fusion
        'none'
    """

    fusion: str = setting("none", "when modalities meet the items: before or after the sequence is read", one_of=ORDERS)


class CausalEncoder(nn.Module):
    """Positions, and blocks of causal self-attention.

    Args:
        config: the settings.

    Example:
        >>> import torch
        >>> CausalEncoder(SASRecConfig(dim=8))(torch.zeros(1, 3, 8), torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 3, 8])
    """

    def __init__(self, config: SASRecConfig):
        super().__init__()
        self.positions = embedding(config.max_history, config.dim)
        self.dropout, self.scale = nn.Dropout(config.dropout), math.sqrt(config.dim)
        self.blocks = blocks(config)
        self.norm = nn.LayerNorm(config.dim) if config.norm_first else nn.Identity()

    def forward(self, x: Tensor, history: Tensor) -> Tensor:
        """The state after each item, from this item and those before it.

        Args:
            x: (B, L, D) a vector for each item.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, L, D) states.
        """
        x = self.dropout((x + self.positions(from_end(history))) * self.scale)
        for block in self.blocks:
            x = block(x, causal(history.shape[1], history.device))
        return self.norm(x)


class SASRec(FusedSequences):
    """Self-attention over the items of a history, alone or fused with their modalities.

    Example:
        >>> import torch
        >>> SASRec(SASRecConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config, label, sequence = SASRecConfig, "SASRec", CausalEncoder


@dataclass(frozen=True)
class SASRecFConfig(SASRecConfig):
    """The settings of SASRec-F of Table 2, which fuses early.

    Example:
        >>> SASRecFConfig().fusion
        'early'
    """

    fusion: str = setting("early", "when modalities meet the items", one_of=ORDERS)


class SASRecF(FusedSequences):
    """SASRec-F of Table 2: SASRec with the modalities of the items, fused early by default.

    Example:
        >>> import torch
        >>> SASRecF(SASRecFConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config, label, sequence, reads_modalities = SASRecFConfig, "SASRec", CausalEncoder, True
