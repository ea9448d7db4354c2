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
        """2 D -> D -> one score for each path.

        Args:
            dim: D, the width of the states.

        Returns:
            The MLP.
        """
        return nn.Sequential(nn.Linear(2 * dim, dim), nn.ReLU(), nn.Linear(dim, 2))

    def logits(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """The MLP's scores of both paths (..., 2), before the softmax.

        Args:
            hohe: states of the late path (..., D).
            heho: states of the early path (..., D).

        Returns:
            (..., 2).
        """
        return self.mlp(torch.cat([hohe, heho], -1))

    def forward(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """Weigh the two paths.

        Args:
            hohe: States of the late path (..., D).
            heho: States of the early path (..., D).

        Returns:
            beta (..., 2): first the weight of late fusion, then that of early fusion.
        """
        return self.logits(hohe, heho).softmax(-1)
