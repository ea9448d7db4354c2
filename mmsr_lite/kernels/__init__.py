"""A faster way to compute on a GPU: the same results from fewer and larger kernels, written in Triton.

This package is a leaf: it can be deleted. The core does not import it; only `evaluation.strategy.ACCELERATORS` names
it. Without it, or without Triton, a C compiler or a GPU, everything is computed the plain way. Read first `mmsr.py`
(which models it serves) and `last.py` (the last layer), then `programs/` (what runs on the GPU) and `compilation.py`
(how kernels are compiled while a training already runs).

Kernels change no result except by rounding; tests/kernels compares values and gradients with those of the core.
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
    """Whether there can be kernels for `device`: it is a CUDA device, and a Triton that is new enough is installed.

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

    return device.type == "cuda" and torch.version.cuda is not None and has_triton()


def has_triton() -> bool:
    """Whether a Triton is installed that kernels can be written for: 3.4 or newer, which has `triton.knobs`.

    Returns:
        Whether there is.

    Example:
        >>> from importlib.util import find_spec
        >>> has_triton() <= (find_spec("triton") is not None)
        True
    """
    try:
        return find_spec("triton.knobs") is not None  # imports triton, which may be absent or not work here
    except ImportError:
        return False


@cache
def works() -> bool:
    """Whether a first kernel can be compiled and run on the current GPU; where it cannot, a warning says why.

    It takes a few seconds when nothing was compiled before. The answer is kept.

    Returns:
        Whether it can; False without a GPU.

    Example:
        >>> import torch
        >>> works() <= torch.cuda.is_available()  # never without a GPU
        True
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
        step: the training step; it is not changed.
        widths: the widths L of histories that will occur.
        compiles: whether to compile at all; False where another process of this machine does it. Default True.

    Returns:
        The compilation, which says when all kernels are ready.

    Example:
        >>> nothing_left = prepare(step=None, widths=[50], compiles=False)  # another process compiles # doctest: +SKIP
        >>> nothing_left.ready()                                                                   # doctest: +SKIP
        True
    """
    from mmsr_lite.kernels.compilation import Preparation
    from mmsr_lite.kernels.rehearsal import missing_kernels
    from mmsr_lite.kernels.strategy import KernelStrategy

    return Preparation(KernelStrategy(), missing_kernels(step, widths) if compiles else [])
