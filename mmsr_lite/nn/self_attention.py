"""Self-attention of SASRec, NOVA and DIF-SR, one class: logits from one or more sources, values from the states."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmsr_lite.config import (
    check_settings,
    dim_setting,
    dropout_setting,
    label_smoothing_setting,
    layers_setting,
    max_history_setting,
    setting,
)
from mmsr_lite.errors import SettingError
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.modality import READERS
from mmsr_lite.nn.own_items import mask_own_setting
from mmsr_lite.nn.probe import Probe


@dataclass(frozen=True)
class AttentionConfig:
    """Settings that all models of self-attention share.

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

    The sources S_c are what the logits are made of: the states X themselves (SASRec), X fused with side information
    (NOVA), or X and each side information apart (DIF-SR). The values only ever see X.
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
        """States (B, L, D) to the same; `mask` broadcasts to (B, H, L, L), row asks column; `sources` maps X to S."""
        read = zip(self.query, self.key, sources(x) if sources else [x], strict=True)
        logits = sum(self._heads(query(s)) @ self._heads(key(s)).transpose(2, 3) for query, key, s in read)
        logits = self.probes["logits"]((logits / self.scale).masked_fill(~mask, MASKED))  # (B, H, L, L)
        weights = self.probes["weights"](logits.softmax(-1))
        return self.out((self.dropout(weights) @ self._heads(self.value(x))).transpose(1, 2).flatten(2))

    def _heads(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)  # (B, H, L, d)


class Block(nn.Module):
    """Attention, then a feed-forward net, each added to what it reads; `shape` is what LayerNorm normalises."""

    def __init__(self, attention: nn.Module, feed_forward: nn.Module, shape, dropout: float, norm_first: bool):
        super().__init__()
        self.attention, self.feed_forward, self.norm_first = attention, feed_forward, norm_first
        self.norms = nn.ModuleList(nn.LayerNorm(shape) for _ in range(2))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, *context) -> Tensor:
        """States to states of the same shape; `context` goes to the attention."""
        for norm, part in zip(self.norms, (lambda y: self.attention(y, *context), self.feed_forward), strict=True):
            x = x + self.dropout(part(norm(x))) if self.norm_first else norm(x + self.dropout(part(x)))
        return x


def blocks(config: AttentionConfig, sources: int = 1) -> nn.ModuleList:
    """The blocks of `config`, with SASRec's feed-forward net `ReLU(x W1 + b1) W2 + b2` of width D."""
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
    """(L, L) whether a position (row) may see another (column): itself and earlier ones.

    Histories are padded on the right, so this hides the padding from every real item too.
    """
    return torch.ones(length, length, dtype=torch.bool, device=device).tril()
