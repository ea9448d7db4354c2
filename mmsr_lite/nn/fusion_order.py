"""Early and late fusion around any model of sequences (paper, equations 1 to 6; Figure 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from mmsr_lite.errors import choose
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.sequence import embedding, last_state

ORDERS = ("none", "early", "late")


class FusedChannels(nn.Module):
    """Histories (B, L) -> user states (B, D), from the item's channel and one channel for each modality.

    With E_ij the vector of item i in channel j and M a sequence model of its own for each channel, `make()`:

        early (3-4):  P = M(E_1, ..., E_m),                  E_i = tanh(W [E_i1 ; E_i2 ; ...])
        late (5-6):   P = tanh(W [E_1 ; E_2 ; ...]),         E_j = M_j(E_1j, ..., E_mj)
        none:         P = M(E_11, ..., E_m1)

    W starts as the mean of the channels. Without modalities there is nothing to fuse, and all three are "none".
    """

    def __init__(
        self,
        make: Callable[[], nn.Module],
        num_items: int,
        codebooks: Sequence[Codebook],
        dim: int,
        fusion: str,
        reads: str,
    ):
        super().__init__()
        self.fusion = choose("fusion", fusion, ORDERS) if codebooks else "none"
        self.items = embedding(num_items + 1, dim, padding_idx=0)
        width = 1 if self.fusion == "none" else 1 + len(codebooks)
        self.sequences = nn.ModuleList(make() for _ in range(width if self.fusion == "late" else 1))
        if self.fusion != "none":
            self.modalities = ItemModalities(codebooks, dim, reads)
            self.merge = nn.Linear(width * dim, dim)
            with torch.no_grad():
                self.merge.weight.copy_(torch.eye(dim).repeat(1, width) / width)

    def forward(self, history: Tensor) -> Tensor:
        """The user states of `history`."""
        items, *others = self.sequences
        channels = self.items(history)[:, :, None]  # (B, L, 1, D)
        if self.fusion == "none":
            return last_state(items(channels[:, :, 0], history), history)
        channels = torch.cat([channels, self.modalities(history)[0]], 2)  # (B, L, 1+M, D)
        if self.fusion == "early":
            return last_state(items(self._fuse(channels), history), history)
        pairs = zip([items, *others], channels.unbind(2), strict=True)
        return self._fuse(torch.stack([last_state(model(x, history), history) for model, x in pairs], 1))

    def _fuse(self, channels: Tensor) -> Tensor:
        return self.merge(channels.flatten(-2)).tanh()  # (..., 1+M, D) -> (..., D)
