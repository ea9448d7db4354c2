"""DIF-SR: Decoupled Side Information Fusion for Sequential Recommendation (Xie, Zhou and Kim, SIGIR 2022).

    logits = (X Q)(X K)^T + (P Q_p)(P K_p)^T + sum_m (E_m Q_m)(E_m K_m)^T        fused by "sum"; P are the positions
    X <- softmax(logits / sqrt(d)) X V, causal                                   values see items only
    loss = L_item + lambda sum_m mean_c BCE(sigmoid(W_m state + b_m), whether the target has code c)

The last line is the auxiliary attribute predictor; items without a modality are left out of its loss. Side information
has D dimensions here; the authors also allow fewer.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import setting
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.self_attention import AttentionConfig, blocks, causal
from mmsr_lite.nn.sequence import embedding, from_end, last_state


@dataclass(frozen=True)
class DIFSRConfig(AttentionConfig):
    """The settings of DIF-SR (Xie et al., SIGIR 2022).

    Example:
        >>> DIFSRConfig(attribute_weight=0).attribute_weight  # without the attribute predictor
        0.0
    """

    attribute_weight: float = setting(
        10.0, "the authors' lambda, which they search from 5 to 25; 0 leaves the attribute predictor out", at_least=0
    )


class DIFSR(Recommender):
    """DIF-SR (Xie et al., SIGIR 2022): each modality has attention logits of its own, added to those of the items.

    Example:
        >>> DIFSR(DIFSRConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config = DIFSRConfig
    label = "DIF-SR"
    reads_modalities = True

    def __init__(self, config: DIFSRConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim = config.dim
        self.items, self.positions = embedding(num_items + 1, dim, padding_idx=0), embedding(config.max_history, dim)
        self.modalities = ItemModalities(codebooks, dim, config.reads)
        self.blocks = blocks(config, sources=2 + len(codebooks))
        self.dropout, self.scale = nn.Dropout(config.dropout), math.sqrt(dim)
        self.norm = nn.LayerNorm(dim) if config.norm_first else nn.Identity()
        self.predictors = nn.ModuleList()
        if config.attribute_weight:
            self.predictors.extend(nn.Linear(dim, book.num_codes) for book in codebooks)
            for number, book in enumerate(codebooks):  # (V+1, C) which codes an item has
                has = (book.codes[:, :, None] == np.arange(1, book.num_codes + 1)).any(1)
                self.register_buffer(f"attributes_{number}", torch.from_numpy(has))

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) the state of the last item."""
        sides = [self.positions(from_end(history)), *self.modalities(history)[0].unbind(2)]
        sides = [side * self.scale for side in sides]
        x, mask = self.dropout(self.items(history) * self.scale), causal(history.shape[1], history.device)
        for block in self.blocks:
            x = block(x, mask, lambda state: [state, *sides])
        return last_state(self.norm(x), history)

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """The cross-entropy over all items, plus that of the codes of the target."""
        state = self.user_state(history)
        ranking = self.ranking_loss(state, self.item_table(), history, target)
        return ranking + self._attribute_loss(state, target)

    def _attribute_loss(self, state: Tensor, target: Tensor) -> Tensor:
        """The weighted loss of the attribute predictor, a scalar."""
        total = state.new_zeros(())
        for number, predict in enumerate(self.predictors):
            wanted = getattr(self, f"attributes_{number}")[target]  # (B, C)
            loss = F.binary_cross_entropy_with_logits(predict(state), wanted.to(state.dtype), reduction="none")
            total = total + (loss.mean(1) * wanted.any(1)).mean()
        return self.config.attribute_weight * total
