"""Update gate: each node weighs late fusion (hohe) against early fusion (heho) (paper, equations 16 and 17)."""

import torch
from torch import Tensor, nn


class UpdateGate(nn.Module):
    """`beta = softmax(MLP([h_hohe ; h_heho]))`: two weights that sum to one.

    Args:
        dim: D, the width of the states.

    Source:
        Equations 16 and 17 of the paper.

    Example:
        >>> gate = UpdateGate(4)
        >>> beta = gate(torch.zeros(3, 4), torch.zeros(3, 4))
        >>> beta.shape, bool(torch.allclose(beta.sum(-1), torch.ones(3)))
        (torch.Size([3, 2]), True)
    """

    def __init__(self, dim: int):
        super().__init__()
        self.mlp = self.make_mlp(dim)

    def make_mlp(self, dim: int) -> nn.Sequential:
        """Make the MLP: from 2 D to D, then to one score for each path.

        Args:
            dim: D, the width of the states.

        Returns:
            The MLP.
        """
        return nn.Sequential(nn.Linear(2 * dim, dim), nn.ReLU(), nn.Linear(dim, 2))

    def logits(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """The scores of both paths, before the softmax.

        Args:
            hohe: states of the late path (..., D).
            heho: states of the early path (..., D).

        Returns:
            (..., 2) the score of the late path, then that of the early path.
        """
        return self.mlp(torch.cat([hohe, heho], -1))

    def forward(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """Weigh the two paths.

        Args:
            hohe: states of the late path (..., D).
            heho: states of the early path (..., D).

        Returns:
            (..., 2) beta: the weight of late fusion, then that of early fusion.
        """
        return self.logits(hohe, heho).softmax(-1)
