"""Examples on the device: histories are gathered there, so that no batch is copied from the CPU."""

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.split import Examples

WIDTHS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50])  # on a GPU: few shapes, little padding


class DeviceExamples:
    """Examples whose batches are gathered on a device.

    Args:
        examples: E training or test examples.
        device: the device of their items.
        steps: whether histories also have the step of each item, for a model that `reads_steps`; default False.

    Example:
        >>> some = Examples(np.array([7, 8, 9]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> history, target = DeviceExamples(some, torch.device("cpu"))(torch.tensor([1, 0]), width=2)
        >>> history.tolist(), target.tolist()
        ([[7, 8], [7, 0]], [9, 8])
    """

    def __init__(self, examples: Examples, device: torch.device, *, steps: bool = False):
        self.items, self.end, self.lengths = (
            torch.from_numpy(np.ascontiguousarray(values)).to(device)
            for values in (examples.items, examples.end, examples.lengths)
        )
        self.steps: Tensor | None = None
        if steps:
            self.steps = torch.from_numpy(examples.steps).to(device)

    def __call__(self, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Gather a batch.

        Args:
            rows: (B,) indexes of the examples.
            width: L; no history is longer.

        Returns:
            Histories (B, L), padded on the right with 0, and targets (B,). With steps, histories are (B, L, 2): the
            item and its step, counted from 0 at the first item that is read; items of one time are one step.
        """
        end, lengths = self.end[rows][:, None], self.lengths[rows][:, None]  # (B, 1)
        place = torch.arange(width, device=rows.device)  # (L,)
        where = (end - lengths + place).clamp_max(len(self.items) - 1)  # (B, L)
        history = self.items[where].masked_fill(place >= lengths, 0)  # (B, L)
        if self.steps is not None:
            steps = (self.steps[where] - self.steps[end - lengths]).masked_fill(place >= lengths, 0)
            history = torch.stack([history, steps], 2)  # (B, L, 2)
        return history, self.items[end[:, 0]]


def width_for(longest: int, device: torch.device) -> int:
    """The width of a batch on a device.

    On a CPU it is the length of the longest history. On a GPU it is the next one of a few widths, so that few shapes
    occur.

    Args:
        longest: the number of items of the longest history.
        device: the device of the batch.

    Returns:
        L, the width.

    Example:
        >>> width_for(7, torch.device("cpu")), width_for(7, torch.device("cuda")), width_for(170, torch.device("cuda"))
        (7, 8, 200)
    """
    if device.type == "cpu":
        return int(longest)
    if longest <= WIDTHS[-1]:
        return int(WIDTHS[np.searchsorted(WIDTHS, longest)])
    return -(-int(longest) // 50) * 50
