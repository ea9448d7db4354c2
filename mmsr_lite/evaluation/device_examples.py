"""Examples that lie on the device: histories are gathered there, so that no batch is copied from the CPU."""

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.split import Examples
from mmsr_lite.kernels import fusable

WIDTHS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50])  # on a GPU: few shapes, little padding


class DeviceExamples:
    """`feed(rows, width)` gives histories (B, width), padded on the right with 0, and targets (B,).

    >>> some = Examples(np.array([7, 8, 9]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
    >>> history, target = DeviceExamples(some, torch.device("cpu"))(torch.tensor([1, 0]), width=2)
    >>> history.tolist(), target.tolist()
    ([[7, 8], [7, 0]], [9, 8])
    """

    def __init__(self, examples: Examples, device: torch.device):
        self.items, self.end, self.lengths = (
            torch.from_numpy(np.ascontiguousarray(a)).to(device)
            for a in (examples.items, examples.end, examples.lengths)
        )

    def __call__(self, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Histories, of which none may be longer than `width`, and targets of `rows` (B,)."""
        if fusable(rows) and len(rows) and width:
            from mmsr_lite.kernels.gather import gather  # needs triton

            return gather(self.items, self.end, self.lengths, rows, width)
        end, lengths = self.end[rows][:, None], self.lengths[rows][:, None]  # (B, 1)
        place = torch.arange(width, device=rows.device)
        history = self.items[(end - lengths + place).clamp_max(len(self.items) - 1)]  # (B, width)
        return history.masked_fill(place >= lengths, 0), self.items[end[:, 0]]


def width_for(longest: int, device: torch.device) -> int:
    """How wide a batch is made on `device` for histories of up to `longest` items.

    >>> width_for(7, torch.device("cpu")), width_for(7, torch.device("cuda")), width_for(170, torch.device("cuda"))
    (7, 8, 200)
    """
    if device.type == "cpu":
        return int(longest)
    return int(WIDTHS[np.searchsorted(WIDTHS, longest)]) if longest <= WIDTHS[-1] else -(-int(longest) // 50) * 50
