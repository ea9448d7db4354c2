"""Update gate: each node weighs late fusion (hohe) against early fusion (heho) (paper, equations 16 and 17)."""

import torch
from torch import Tensor, nn


class UpdateGate(nn.Module):
    """`beta = softmax(MLP([h_hohe ; h_heho]))` (..., 2), which sums to one.

    `separate=True` is the released code's reading: one MLP scores each path alone.

    >>> gate = UpdateGate(4)
    >>> beta = gate(torch.zeros(3, 4), torch.zeros(3, 4))
    >>> beta.shape, bool(torch.allclose(beta.sum(-1), torch.ones(3)))
    (torch.Size([3, 2]), True)
    """

    def __init__(self, dim: int, separate: bool = False):
        super().__init__()
        self.separate = separate
        width = dim if separate else 2 * dim
        self.mlp = nn.Sequential(nn.Linear(width, dim), nn.ReLU(), nn.Linear(dim, 1 if separate else 2))

    def logits(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """What the MLP says of the two paths (..., 2), before the softmax."""
        if self.separate:
            return torch.cat([self.mlp(hohe), self.mlp(heho)], -1)
        return self.mlp(torch.cat([hohe, heho], -1))

    def forward(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """Weights of the two paths for states (..., D)."""
        return self.logits(hohe, heho).softmax(-1)
