"""MMGCN: Multi-modal Graph Convolution Network for Personalized Recommendation (Wei et al., MM 2019).

For each modality its own user-item graph, where a user and an item hear the mean of their neighbours:

    h_m = LeakyReLU(mean_j W_1m j_m)   (1)      x_m' = LeakyReLU(W_3m h_m + LeakyReLU(W_2m x_m) + e)   (5, 7)

e the identity; the sum over modalities is the representation (8, 9), and users and items are compared by their product.
The authors give each user vectors of its own and rank by BPR. Here a history is a user, whose vectors are the means of
its items' (`InteractionGraph`): the next item is ranked for any history, whose order counts for nothing, and trained by
the loss of all models. The graph holds all of the training part, targets too, as is usual for models of this kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn
from torch_geometric.nn import SAGEConv

from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.interactions import ModalityGraphs


@dataclass(frozen=True)
class MMGCNConfig:
    """`dropout` is of the states that each layer reads."""

    dim: int = 128
    layers: int = 2
    dropout: float = 0.3
    max_history: int = 50


class Mean(nn.Module):
    """States (N, D) and edges (2, E) -> W_1m times the mean of each node's neighbours (N, D)."""

    def __init__(self, dim: int):
        super().__init__()
        self.conv = SAGEConv(dim, dim, root_weight=False, bias=False)

    def forward(self, x: Tensor, edges: Tensor, history: Tensor) -> Tensor:
        """All neighbours count alike."""
        return self.conv(x, edges)


class MMGCN(Recommender):
    """A mean over neighbours in each modality's graph.

    >>> import torch
    >>> MMGCN(MMGCNConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
    torch.Size([1, 4])
    """

    Config = MMGCNConfig
    reads_modalities, reads_order = True, False

    def __init__(self, config: MMGCNConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__()
        self.config, self.max_history = config, config.max_history
        self.graphs = ModalityGraphs(config, num_items, codebooks, partial(Mean, config.dim))

    def encode(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """User states (B, D) and item table (V+1, D)."""
        return self.graphs(history)
