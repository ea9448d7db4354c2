"""Examples that lie on the device: histories are gathered there, so that no batch is copied from the CPU."""

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.split import Examples

WIDTHS = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, 50])  # on a GPU: few shapes, little padding


class DeviceExamples:
    """Gives histories and targets of the examples that it is asked for.

    Args:
        examples: E training or test examples.
        device: Where their items shall lie.
        steps: Whether histories also say which items have one time, for a model that `reads_steps`.

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
            rows: Numbers of the examples (B,).
            width: L; no history may be longer.

        Returns:
            Histories (B, L), padded on the right with 0, and targets (B,). With steps histories are (B, L, 2): item
            and the number of its step, 0 for the first one that is read; items of one time have one number.
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
    """The width L of a batch on `device` whose longest history has `longest` items.

    On a CPU that is `longest` itself; on a GPU the next one of few widths, so that few shapes occur.

    Args:
        longest: how many items the longest history has.
        device: where the batch will be.

    Returns:
        L.

    Example:
        >>> width_for(7, torch.device("cpu")), width_for(7, torch.device("cuda")), width_for(170, torch.device("cuda"))
        (7, 8, 200)
    """
    if device.type == "cpu":
        return int(longest)
    if longest <= WIDTHS[-1]:
        return int(WIDTHS[np.searchsorted(WIDTHS, longest)])
    return -(-int(longest) // 50) * 50
