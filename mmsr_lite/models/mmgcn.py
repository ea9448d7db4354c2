"""MMGCN: Multi-modal Graph Convolution Network for Personalized Recommendation (Wei et al., MM 2019).

Each modality has its own user-item graph, in which users and items read the mean of their neighbours:

    h_m = LeakyReLU(mean_j W_1m j_m)   (1)      x_m' = LeakyReLU(W_3m h_m + LeakyReLU(W_2m x_m) + e)   (5, 7)

e is the identity. The sum over modalities is the representation (8, 9), and a score is the product of the
representations of a user and an item. The authors give each user own vectors and train by BPR. Here a history takes the
place of a user, and its vectors are the means of those of its items (`InteractionGraph`). So the next item can be
ranked for any history, and the order of the history does not matter. The loss is that of all models here. The graph
holds the whole training part, with its targets, as is usual for such models.
"""

from torch import Tensor, nn

from mmsr_lite.models.modality_graphs import ModalityGraphs


class Mean(nn.Module):
    """The mean of the neighbours of each node, mapped by W_1m.

    Args:
        dim: D, the width of the states.

    Example:
        >>> import torch
        >>> Mean(4)(torch.zeros(3, 4), torch.tensor([[1], [2]]), torch.tensor([[1]])).shape
        torch.Size([3, 4])
    """

    def __init__(self, dim: int):
        from torch_geometric.nn import SAGEConv  # here: importing it takes longer than importing torch

        super().__init__()
        self.conv = SAGEConv(dim, dim, root_weight=False, bias=False)

    def forward(self, x: Tensor, edges: Tensor, history: Tensor) -> Tensor:
        """Map the mean of the neighbours.

        Args:
            x: (N, D) the states of all nodes.
            edges: (2, E) `[source, target]`.
            history: not used; other layers of `ModalityGraphs` use it.

        Returns:
            (N, D) what each node receives.
        """
        return self.conv(x, edges)


class MMGCN(ModalityGraphs):
    """A mean over the neighbours in the graph of each modality.

    Example:
        >>> import torch
        >>> MMGCN(MMGCN.Config(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    hear = Mean
