"""Trans2D: Sequential Modeling with Multiple Attributes for Watchlist Recommendation (Singer et al., WSDM 2022).

A history is a sheet of L items by C channels (the item and its modalities), in which each cell attends to all cells.
With linear maps q, k, v of each channel (Linear2D):

    logits[i c, j e] = (a_1 q_ic . k_je + a_2 sum_l q_lc . k_le + a_3 sum_b q_ib . k_jb) / sqrt(d)
                            cells             channels                items

The softmax is over all cells (j, e), and LayerNorm over C x D. The user state is the mean over the channels of the last
item. Cells of padding and of missing modalities take no part.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, einsum, nn

from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.probe import Probe
from mmsr_lite.nn.self_attention import AttentionConfig, Block
from mmsr_lite.nn.sequence import embedding, from_end, last_state


class Linear2D(nn.Module):
    """One linear map for each channel.

    Args:
        channels: C, the number of channels.
        dim: D, the width of the states.

    Example:
        >>> Linear2D(channels=2, dim=4)(torch.zeros(3, 2, 4)).shape
        torch.Size([3, 2, 4])
    """

    def __init__(self, channels: int, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, dim, dim).uniform_(-(dim**-0.5), dim**-0.5))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the map of each channel.

        Args:
            x: (..., C, D) states.

        Returns:
            (..., C, D) the mapped states.
        """
        return einsum("...ci,cio->...co", x, self.weight)


class Attention2D(nn.Module):
    """Attention from each cell of a sheet (B, L, C, D) to all cells, in H heads.

    Args:
        channels: C, the number of channels.
        dim: D, the width of the states.
        heads: H, a divisor of D.
        dropout: the share of the attention weights that training sets to zero.

    Example:
        >>> attention = Attention2D(channels=2, dim=4, heads=2, dropout=0.0)
        >>> attention(torch.zeros(1, 3, 2, 4), torch.ones(1, 3, 2, dtype=torch.bool)).shape
        torch.Size([1, 3, 2, 4])
    """

    def __init__(self, channels: int, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (Linear2D(channels, dim) for _ in range(4))
        self.alpha = nn.Parameter(torch.ones(3))  # cells, channels, items
        self.dropout = nn.Dropout(dropout)
        self.probes = nn.ModuleDict({"logits": Probe(), "weights": Probe()})

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """Each cell reads all cells that hold something.

        Args:
            x: (B, L, C, D) the sheet.
            there: (B, L, C) bool, which cells hold something.

        Returns:
            (B, L, C, D) the new sheet.
        """
        x = x * there[..., None]
        query, key, value = (
            linear(x).unflatten(3, (self.heads, -1)).permute(0, 3, 1, 2, 4)  # (B, H, L, C, d)
            for linear in (self.query, self.key, self.value)
        )
        cells = einsum("bhicd,bhjed->bhicje", query, key)
        channels = einsum("bhlcd,bhled->bhce", query, key)[:, :, None, :, None]
        items = einsum("bhicd,bhjcd->bhij", query, key)[:, :, :, None, :, None]
        a = self.alpha / math.sqrt(query.shape[-1])
        logits = (a[0] * cells + a[1] * channels + a[2] * items).flatten(4).flatten(2, 3)  # (B, H, LC, LC)
        logits = self.probes["logits"](logits.masked_fill(~there.flatten(1)[:, None, None], MASKED))
        weights = self.probes["weights"](logits.softmax(-1))
        summed = (self.dropout(weights) @ value.flatten(2, 3)).transpose(1, 2).flatten(2)  # (B, LC, D)
        return self.out(summed.view_as(x))


class Trans2D(Recommender):
    """Attention over items and modalities at once, which the MMSR paper calls holistic fusion.

    Example:
        >>> Trans2D(AttentionConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config = AttentionConfig
    reads_modalities = True

    def __init__(self, config: AttentionConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim, channels = config.dim, 1 + len(codebooks)
        self.items, self.positions = embedding(num_items + 1, dim, padding_idx=0), embedding(config.max_history, dim)
        self.modalities = ItemModalities(codebooks, dim, config.reads)
        self.dropout, self.scale = nn.Dropout(config.dropout), math.sqrt(dim)
        self.blocks = nn.ModuleList(
            Block(
                Attention2D(channels, dim, config.heads, config.dropout),
                nn.Sequential(Linear2D(channels, dim), nn.GELU(), Linear2D(channels, dim)),
                (channels, dim),
                config.dropout,
                config.norm_first,
            )
            for _ in range(config.layers)
        )
        self.norm = nn.LayerNorm((channels, dim)) if config.norm_first else nn.Identity()

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) the mean over the channels that the last item has."""
        vectors, present = self.modalities(history)
        there = torch.cat([(history > 0)[:, :, None], present], 2)  # (B, L, C)
        x = torch.cat([self.items(history)[:, :, None], vectors], 2) + self.positions(from_end(history))[:, :, None]
        x = self.dropout(x * self.scale)  # (B, L, C, D)
        for block in self.blocks:
            x = block(x, there)
        mean = (self.norm(x) * there[..., None]).sum(2) / there.sum(2, keepdim=True).clamp_min(1)
        return last_state(mean, history)
