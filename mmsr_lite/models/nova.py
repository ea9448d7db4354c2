"""NOVA-BERT: Non-invasive Self-attention for Side Information Fusion (Liu et al., AAAI 2021).

    NOVA(R, R_id) = softmax((R Q)(R K)^T / sqrt(d)) (R_id V),         R = F(R_id, position, modality 1, ..., M)
    F = sum_i g_i f_i,   g = softmax(f_i . w) over the channels f_i                              ("gating", their third)

Side information, which includes the position, is fused anew in each layer. It goes into queries and keys only; values
are item representations alone. As in BERT, all items read each other, and a [mask] is in the place of the next item:
its state is the user state. The authors mask random places; here each prefix of a history is an example.
"""

import math
from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.probe import Probe
from mmsr_lite.nn.self_attention import AttentionConfig, blocks
from mmsr_lite.nn.sequence import embedding


class NOVA(Recommender):
    """A bidirectional transformer whose attention reads modalities and positions, while its values do not.

    Example:
        >>> NOVA(AttentionConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config = AttentionConfig
    reads_modalities = True

    def __init__(self, config: AttentionConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim = config.dim
        self.items = embedding(num_items + 1, dim, padding_idx=0)
        self.mask = nn.Parameter(torch.randn(dim) * dim**-0.5)
        self.positions = embedding(config.max_history + 1, dim)
        self.modalities = ItemModalities(codebooks, dim, config.reads)
        self.blocks, self.dropout, self.scale = blocks(config), nn.Dropout(config.dropout), math.sqrt(dim)
        self.gates = nn.ModuleList(nn.Linear(dim, 1, bias=False) for _ in self.blocks)
        self.probes = nn.ModuleList(Probe() for _ in self.blocks)
        self.norm = nn.LayerNorm(dim) if config.norm_first else nn.Identity()

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) the state of the mask, which comes after the last item."""
        length = (history > 0).sum(1, keepdim=True)
        place = torch.arange(history.shape[1] + 1, device=history.device)  # (L+1,)
        masked = (place == length)[:, :, None]  # (B, L+1, 1)
        history = F.pad(history, (0, 1))
        vectors, present = self.modalities(history)
        sides = torch.cat([self.positions((length - place).clamp_min(0))[:, :, None], vectors], 2) * self.scale
        present = F.pad(present, (2, 0), value=True)  # (B, L+1, 2+M): item and position are always there
        x = self.dropout((self.items(history) + masked * self.mask) * self.scale)
        for number, block in enumerate(self.blocks):
            x = block(x, (place <= length)[:, None, None], partial(self._fuse, number, sides, present))
        return (self.norm(x) * masked).sum(1)

    def _fuse(self, number: int, sides: Tensor, present: Tensor, x: Tensor) -> list[Tensor]:
        """The source of the logits of one layer: the gated sum of all channels (B, L+1, D)."""
        channels = torch.cat([x[:, :, None], sides], 2)  # (B, L+1, 2+M, D)
        gate = self.gates[number](channels)[..., 0].masked_fill(~present, MASKED).softmax(-1)
        return [(self.probes[number](gate)[:, :, None] @ channels)[:, :, 0]]
