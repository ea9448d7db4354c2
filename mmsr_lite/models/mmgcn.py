"""MMGCN: Multi-modal Graph Convolution Network for Personalized Recommendation (Wei et al., MM 2019).

For each modality its own user-item graph, where a user and an item hear the mean of their neighbours:

    h_m = LeakyReLU(mean_j W_1m j_m)   (1)      x_m' = LeakyReLU(W_3m h_m + LeakyReLU(W_2m x_m) + e)   (5, 7)

e the identity; the sum over modalities is the representation (8, 9), and users and items are compared by their product.
The authors give each user vectors of its own and rank by BPR. Here a history is a user, whose vectors are the means of
its items' (`InteractionGraph`): the next item is ranked for any history, whose order counts for nothing, and trained by
the loss of all models. The graph holds all of the training part, targets too, as is usual for models of this kind.
"""

from torch import Tensor, nn
from torch_geometric.nn import SAGEConv

from mmsr_lite.models.modality_graphs import ModalityGraphs


class Mean(nn.Module):
    """States (N, D) and edges (2, E) -> W_1m times the mean of each node's neighbours (N, D)."""

    def __init__(self, dim: int):
        super().__init__()
        self.conv = SAGEConv(dim, dim, root_weight=False, bias=False)

    def forward(self, x: Tensor, edges: Tensor, history: Tensor) -> Tensor:
        """All neighbours count alike."""
        return self.conv(x, edges)


class MMGCN(ModalityGraphs):
    """A mean over neighbours in each modality's graph.

    >>> import torch
    >>> MMGCN(MMGCN.Config(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
    torch.Size([1, 4])
    """

    hear = Mean
