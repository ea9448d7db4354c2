"""Early and late fusion around any sequence model (paper, equations 1 to 6; Figure 1)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.departures import comparison
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.sequence import embedding, last_state

ORDERS = ("none", "early", "late")


class FusedSequences(Recommender):
    """A channel for the items and one for each modality, fused before or after the sequence is read.

    Let E_ij be the vector of item i in channel j, and M a sequence model, which `sequence(config)` makes:

        early (3-4):  P = M(E_1, ..., E_m),                  E_i = tanh(W [E_i1 ; E_i2 ; ...])
        late (5-6):   P = tanh(W [E_1 ; E_2 ; ...]),         E_j = M_j(E_1j, ..., E_mj)
        none:         P = M(E_11, ..., E_m1)

    W starts as the mean of the channels. Without modalities there is nothing to fuse, and all three are "none". With
    `item_features` (no part of the paper), an item is its identity plus a map of its features, in the history and in
    the score. With `cosine`, a score is a scaled cosine.

    Source:
        Equations 3 to 6 of the paper.

    Example:
        >>> from mmsr_lite.models.gru4rec import GRU4Rec, GRU4RecConfig
        >>> model = GRU4Rec(GRU4RecConfig(dim=8), num_items=3)
        >>> isinstance(model, FusedSequences), model.scores(torch.tensor([[1, 2, 0]])).shape
        (True, torch.Size([1, 4]))
    """

    label: str  # the name of the sequence model; the order of fusion is added to it
    sequence: type[nn.Module]  # a module from (B, L, D) and the history (B, L) to the state after each item (B, L, D)

    def __init__(self, config, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim, self.fusion = config.dim, config.fusion if codebooks else "none"
        if config.fusion != "none":
            self.reads_modalities = True
            self.label = f"{self.label}, {config.fusion} fusion"
        self.items = embedding(num_items + 1, dim, padding_idx=0)
        self.content = None
        if config.item_features and codebooks:
            self.reads_modalities = True
            self.content = ItemModalities(codebooks, dim, "features")
        self.compared = comparison(config)
        width = 1 if self.fusion == "none" else 1 + len(codebooks)
        self.sequences = nn.ModuleList(self.sequence(config) for _ in range(width if self.fusion == "late" else 1))
        if self.fusion != "none":
            self.modalities = ItemModalities(codebooks, dim, config.reads)
            self.merge = nn.Linear(width * dim, dim)
            with torch.no_grad():
                self.merge.weight.copy_(torch.eye(dim).repeat(1, width) / width)

    def item_vectors(self) -> Tensor:
        """(V+1, D) the identity of each item, with `item_features` plus a map of its features."""
        identity = self.items.weight
        if self.content is None:
            return identity
        return identity + self.content.of_items(torch.arange(len(identity), device=identity.device))

    def item_table(self) -> Tensor:
        """(V+1, D) the vectors that scores compare user states with."""
        return self.compared(self.item_vectors())

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) the state of the last item, with late fusion fused with the last states of the modalities."""
        return self.compared(self._state(history))

    def _state(self, history: Tensor) -> Tensor:
        """The user state (B, D) before `cosine` changes it."""
        items, *others = self.sequences
        own = self.items(history)  # (B, L, D)
        if self.content is not None:
            own = own + self.content.of_items(history)
        channels = own[:, :, None]  # (B, L, 1, D)
        if self.fusion == "none":
            return last_state(items(channels[:, :, 0], history), history)
        channels = torch.cat([channels, self.modalities(history)[0]], 2)  # (B, L, 1+M, D)
        if self.fusion == "early":
            return last_state(items(self._fuse(channels), history), history)
        pairs = zip([items, *others], channels.unbind(2), strict=True)
        return self._fuse(torch.stack([last_state(model(x, history), history) for model, x in pairs], 1))

    def _fuse(self, channels: Tensor) -> Tensor:
        """Equations 4 and 6: the channels (..., 1+M, D) become one vector (..., D)."""
        return self.merge(channels.flatten(-2)).tanh()
