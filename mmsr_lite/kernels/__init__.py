"""The same model in fewer, larger kernels (Triton) on a GPU: nothing here changes an answer, only how soon it comes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor

_PLAIN: ContextVar[bool] = ContextVar("plain", default=False)


@contextmanager
def plain_path() -> Iterator[None]:
    """Within the block nothing is fused, for comparison.

    >>> with plain_path(): fusable(torch.zeros(1))
    False
    """
    token = _PLAIN.set(True)
    try:
        yield
    finally:
        _PLAIN.reset(token)


def fusable(tensor: Tensor) -> bool:
    """Whether there are kernels for where this tensor lies."""
    return tensor.is_cuda and not _PLAIN.get() and _works()


@cache
def _works() -> bool:
    """Whether a first kernel can be made and run: Triton is there, a C compiler, a GPU that it knows."""
    if find_spec("triton") is None:
        return False
    try:
        from mmsr_lite.kernels.gather import gather

        one = torch.ones(1, dtype=torch.long, device="cuda")
        return gather(one, one - 1, one - 1, one - 1, 1)[1].item() == 1
    except Exception as error:
        warnings.warn(f"no fused kernels, steps take longer: {error}", stacklevel=2)
        return False
