"""A faster way of computing on a GPU: the same answers from fewer, larger kernels, written in Triton.

This package is a leaf. The core does not import it; `evaluation.strategy.ACCELERATORS` names it, and without it (or
without Triton, a C compiler or a GPU) everything is computed the plain way. Who wants to read it: `mmsr.py` (which
models it serves), `last.py` (the last layer), then `programs/` (what runs on the GPU), `compilation.py` (how kernels
are compiled beside a training that has already begun).

No kernel changes an answer but for rounding; tests/kernels compares values and gradients with the core's.
"""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from mmsr_lite.kernels.compilation import Preparation
    from mmsr_lite.training.step import Step


def available(device: torch.device) -> bool:
    """Whether there can be kernels for `device`: it is a CUDA device, and Triton is installed.

    Args:
        device: where a model is trained.

    Returns:
        Whether there can be.

    Example:
        >>> from torch import device
        >>> available(device("cpu"))
        False
    """
    import torch

    return device.type == "cuda" and torch.version.cuda is not None and find_spec("triton") is not None


@cache
def works() -> bool:
    """Whether a first kernel can be compiled and run on the current GPU; a warning says why not.

    It takes a few seconds where nothing was compiled before.
    """
    import torch

    if not torch.cuda.is_available() or not available(torch.device("cuda")):
        return False
    try:
        from mmsr_lite.kernels.gather import gather

        one = torch.ones(1, dtype=torch.long, device="cuda")
        return gather(one, one - 1, one - 1, one - 1, 1)[1].item() == 1
    except Exception as error:  # Triton, the C compiler and the driver each raise errors of their own
        warnings.warn(f"Triton's kernels do not work here, so steps take longer: {error}", stacklevel=2)
        return False


def prepare(step: Step, widths: list[int], *, compiles: bool = True) -> Preparation:
    """Begin to compile, in other processes, the kernels that a training step and a ranking need.

    Args:
        step: The training step; nothing of it changes.
        widths: The widths L of histories that will occur.
        compiles: Whether to compile at all; False where another process of this machine does it.
    """
    from mmsr_lite.kernels.compilation import Preparation
    from mmsr_lite.kernels.rehearsal import missing_kernels
    from mmsr_lite.kernels.strategy import KernelStrategy

    return Preparation(KernelStrategy(), missing_kernels(step, widths) if compiles else [])
