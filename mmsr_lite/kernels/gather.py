"""The histories and targets of a batch, gathered by one kernel."""

import triton
from torch import Tensor

from mmsr_lite.kernels.launch import current_launch
from mmsr_lite.kernels.programs import gather as programs

NARROW = 64  # positions that a program reads at once, at least, so that one kernel serves all short histories


def gather(items: Tensor, end: Tensor, lengths: Tensor, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Gather the histories and targets of some examples, as `DeviceExamples` does.

    Args:
        items: (I,) the items of all users, one user after the other.
        end: (E,) the place in `items` of the target of each example.
        lengths: (E,) the number of items that a model reads of each history.
        rows: (B,) indexes of examples.
        width: L, the width of the histories.

    Returns:
        Histories (B, L), padded on the right with 0, and targets (B,).

    Example:
        >>> import torch
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> def note(kernel, *grid): return lambda *arguments, **options: print(kernel.__name__, grid)
        >>> items, end, lengths = torch.tensor([3, 1, 2]), torch.tensor([1, 2]), torch.tensor([1, 2])
        >>> with launched_by(note):  # on a GPU it would run, one program for each history
        ...     history, target = gather(items, end, lengths, rows=torch.tensor([1, 0]), width=4)
        gather_batch (2,)
        >>> history.shape, target.shape
        (torch.Size([2, 4]), torch.Size([2]))
    """
    history, target = items.new_empty(len(rows), width), items.new_empty(len(rows))
    block = max(NARROW, triton.next_power_of_2(width))
    launch = current_launch()
    launch(programs.gather_batch, len(rows))(items, end, lengths, rows, history, target, width, BLOCK=block)
    return history, target
