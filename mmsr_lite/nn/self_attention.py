"""The self-attention of SASRec, NOVA and DIF-SR in one class: logits from one or more sources, values from the states.

SASRec: Kang and McAuley (2018); NOVA: Liu et al. (2021); DIF-SR: Xie et al. (2022).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmsr_lite.config import check_settings, setting
from mmsr_lite.errors import SettingError
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.modality import READERS
from mmsr_lite.nn.own_items import mask_own_setting
from mmsr_lite.nn.probe import Probe
from mmsr_lite.shared_settings import (
    dim_setting,
    dropout_setting,
    label_smoothing_setting,
    layers_setting,
    max_history_setting,
)


@dataclass(frozen=True)
class AttentionConfig:
    """The settings that all models with self-attention share.

    Example:
        >>> AttentionConfig(dim=8, heads=3)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: heads is 3 and dim is 8; expected heads to divide dim
    """

    dim: int = dim_setting()
    layers: int = layers_setting(2)
    heads: int = setting(2, "attention heads, a divisor of dim", at_least=1, at_most=1024)
    dropout: float = dropout_setting(0.2, "share of weights and states that training sets to zero")
    norm_first: bool = setting(True, "LayerNorm before each part of a block, as in SASRec; false: after, as in BERT")
    reads: str = setting("codes", "what the model sees of a modality", one_of=READERS)
    label_smoothing: float = label_smoothing_setting()
    max_history: int = max_history_setting()
    mask_own: bool = mask_own_setting()

    def __post_init__(self) -> None:
        check_settings(self)
        if self.dim % self.heads:
            message = f"heads is {self.heads} and dim is {self.dim}; expected heads to divide dim"
            raise SettingError("heads", message)


class SelfAttention(nn.Module):
    """`softmax(sum_c (S_c Q_c)(S_c K_c)^T / sqrt(d)) X V`, in H heads of width d = D / H.

    The logits are computed from the sources S_c: the states X themselves (SASRec), X fused with side information
    (NOVA), or X and each kind of side information apart (DIF-SR). The values are always computed from X alone.

    Args:
        dim: D, the width of the states.
        heads: H, a divisor of D.
        dropout: the share of the attention weights that training sets to zero.
        sources: the number of sources S_c, default 1.

    Example:
        >>> attention = SelfAttention(dim=8, heads=2, dropout=0.0)
        >>> attention(torch.zeros(1, 3, 8), causal(3, torch.device("cpu"))).shape
        torch.Size([1, 3, 8])
    """

    def __init__(self, dim: int, heads: int, dropout: float, sources: int = 1):
        super().__init__()
        self.heads, self.scale = heads, math.sqrt(dim / heads)
        self.query, self.key = (
            nn.ModuleList(nn.Linear(dim, dim, bias=False) for _ in range(sources)) for _ in range(2)
        )
        self.value, self.out = (nn.Linear(dim, dim, bias=False) for _ in range(2))
        self.dropout = nn.Dropout(dropout)
        self.probes = nn.ModuleDict({"logits": Probe(), "weights": Probe()})

    def forward(self, x: Tensor, mask: Tensor, sources: Callable[[Tensor], list[Tensor]] | None = None) -> Tensor:
        """Each position reads the positions that its row of the mask allows.

        Args:
            x: (B, L, D) states X.
            mask: bool, which position (row) may read which one (column); it broadcasts to (B, H, L, L).
            sources: a function that makes the sources S_c from X; None (the default): X is the only source.

        Returns:
            (B, L, D) new states.
        """
        read = zip(self.query, self.key, sources(x) if sources else [x], strict=True)
        logits = sum(self._heads(query(s)) @ self._heads(key(s)).transpose(2, 3) for query, key, s in read)
        logits = self.probes["logits"]((logits / self.scale).masked_fill(~mask, MASKED))  # (B, H, L, L)
        weights = self.probes["weights"](logits.softmax(-1))
        return self.out((self.dropout(weights) @ self._heads(self.value(x))).transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        """The states (B, L, D) divided among the heads."""
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)  # (B, H, L, d)


class Block(nn.Module):
    """Attention, then a feed-forward network; the result of each is added to its input.

    Args:
        attention: a module from states (and further arguments) to states of the same shape.
        feed_forward: a module from states to states of the same shape.
        shape: the axes that LayerNorm normalises, such as D.
        dropout: the share of the added values that training sets to zero.
        norm_first: whether LayerNorm comes before each part, as in SASRec, or after it, as in BERT.

    Example:
        >>> block = Block(nn.Identity(), nn.Identity(), 4, dropout=0.0, norm_first=True)
        >>> block(torch.ones(1, 2, 4)).shape
        torch.Size([1, 2, 4])
    """

    def __init__(self, attention: nn.Module, feed_forward: nn.Module, shape, dropout: float, norm_first: bool):
        super().__init__()
        self.attention, self.feed_forward, self.norm_first = attention, feed_forward, norm_first
        self.norms = nn.ModuleList(nn.LayerNorm(shape) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, *context) -> Tensor:
        """Attend, then map each position by itself.

        Args:
            x: states (B, L, ...).
            context: further arguments of the attention, such as its mask.

        Returns:
            States of the same shape.
        """
        first_norm, second_norm = self.norms
        if self.norm_first:
            x = x + self.dropout(self.attention(first_norm(x), *context))
            return x + self.dropout(self.feed_forward(second_norm(x)))
        x = first_norm(x + self.dropout(self.attention(x, *context)))
        return second_norm(x + self.dropout(self.feed_forward(x)))


def blocks(config: AttentionConfig, sources: int = 1) -> nn.ModuleList:
    """Make the blocks of a model, with the feed-forward network of SASRec: `ReLU(x W1 + b1) W2 + b2` of width D.

    Args:
        config: the settings.
        sources: the number of sources of the logits, default 1.

    Returns:
        One block for each layer.

    Example:
        >>> len(blocks(AttentionConfig(dim=8, layers=3)))
        3
    """
    dim, dropout = config.dim, config.dropout
    return nn.ModuleList(
        Block(
            SelfAttention(dim, config.heads, dropout, sources),
            nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Dropout(dropout), nn.Linear(dim, dim)),
            dim,
            dropout,
            config.norm_first,
        )
        for _ in range(config.layers)
    )


def causal(length: int, device: torch.device) -> Tensor:
    """The causal mask: each position may read itself and earlier ones.

    Histories are padded on the right, so no real item reads the padding.

    Args:
        length: L.
        device: the device of the mask.

    Returns:
        (L, L) bool; the reading position is the row.

    Example:
        >>> causal(2, torch.device("cpu")).tolist()
        [[True, False], [True, True]]
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()
