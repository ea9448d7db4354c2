"""Every kernel is launched through `current_launch()`, so that a rehearsal can list kernels without running any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Launch = Callable[..., Callable[..., Any]]


def launch_now(kernel: Any, *grid: int) -> Callable[..., Any]:
    """A function that launches `kernel` with `grid` programs, and compiles it first where that was not done before."""
    return kernel[grid]


_LAUNCH: ContextVar[Launch] = ContextVar("launch", default=launch_now)


def current_launch() -> Launch:
    """The function that launches kernels now: `launch(kernel, *grid)(*arguments, **options)`.

    An autograd function asks in its forward pass and keeps the answer for its backward pass, because that one runs in
    a thread of torch's own, which does not see context variables.

    >>> current_launch() is launch_now
    True
    """
    return _LAUNCH.get()


@contextmanager
def launched_by(launch: Launch) -> Iterator[None]:
    """Within the block, `current_launch()` is `launch`."""
    token = _LAUNCH.set(launch)
    try:
        yield
    finally:
        _LAUNCH.reset(token)
