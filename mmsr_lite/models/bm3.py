"""BM3: Bootstrap Latent Representations for Multi-modal Recommendation (Zhou et al., WWW 2023).

LightGCN on identities (the mean of all layers), with a residual connection for items, and a linear predictor f. For
each modality m, e_m is a linear map of the features. With C = 1 - cos, whose right side has dropout and no gradient,

    L = L_rec + contrast sum_m [ C(f(e_m), h_i) + C(f(e_m), e_m) ]        (alignment across and within modalities)

over the items i of interactions, which are the targets here. The score of an item is f(h_u) . f(h_i). The paper's L_rec
reconstructs edges without negatives; here it is the cross-entropy of all models. Users and histories are as in MMGCN.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import setting
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.modality_graphs import PropagationConfig
from mmsr_lite.nn.interactions import InteractionGraph
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.sequence import embedding
from mmsr_lite.shared_settings import dropout_setting


@dataclass(frozen=True)
class BM3Config(PropagationConfig):
    """The settings of BM3.

    Example:
        >>> BM3Config().contrast, BM3Config().layers
        (2.0, 2)
    """

    dropout: float = dropout_setting(0.3, "share of the states that the contrastive losses set to zero in one view")
    contrast: float = setting(2.0, "weight of the contrastive losses", at_least=0)


class BM3(Recommender):
    """LightGCN, with a predictor that also learns to predict an item and its modality from features.

    Example:
        >>> BM3(BM3Config(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config = BM3Config
    reads_modalities, reads_order = True, False

    def __init__(self, config: BM3Config, num_items: int, codebooks: Sequence[Codebook] = ()):
        from torch_geometric.nn import LGConv  # here: importing it takes longer than importing torch

        super().__init__(config)
        self.graph, self.identity = InteractionGraph(num_items), embedding(num_items + 1, config.dim, padding_idx=0)
        self.modalities = ItemModalities(codebooks, config.dim, "features")
        self.propagate, self.predict = LGConv(), nn.Linear(config.dim, config.dim)
        nn.init.eye_(self.predict.weight)
        self.dropout = nn.Dropout(config.dropout)

    def states(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """The states of histories and items before the predictor.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, D) states h of the histories, and (V+1, D) of all items.
        """
        edges, layers = self.graph(history), [self.graph.start(self.identity.weight, history)]
        for _ in range(self.config.layers):
            layers.append(self.propagate(layers[-1], edges))  # (V+1+U+B, D)
        users, items = self.graph.split(torch.stack(layers).mean(0), history)
        return users, items + self.identity.weight

    def encode(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """The predictor f of the states of histories (B, D) and of all items (V+1, D)."""
        users, items = self.states(history)
        return self.predict(users), self.predict(items)

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """The cross-entropy over all items, plus the contrastive losses of the target items."""
        users, items = self.states(history)
        features, present = self.modalities(target)  # (B, M, D), (B, M)
        online, aims = self.predict(features), (items[target][:, None], features)
        apart = sum(1 - F.cosine_similarity(online, self.dropout(aim.detach()), dim=-1) for aim in aims) * present
        contrast = (apart.sum(0) / present.sum(0).clamp_min(1)).sum()
        ranking = self.ranking_loss(self.predict(users), self.predict(items), history, target)
        return ranking + self.config.contrast * contrast
