"""The same model in fewer, larger kernels (Triton) on a GPU: nothing here changes an answer, only how soon it comes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec

from torch import Tensor

_TRITON = find_spec("triton") is not None
_PLAIN: ContextVar[bool] = ContextVar("plain", default=False)


@contextmanager
def plain_path() -> Iterator[None]:
    """Within the block nothing is fused, for comparison.

    >>> import torch
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
    return _TRITON and tensor.is_cuda and not _PLAIN.get()
