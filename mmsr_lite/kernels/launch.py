"""Every kernel is launched through `current_launch()`, so that a rehearsal can list kernels without running any."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Launch = Callable[..., Callable[..., Any]]


def launch_now(kernel: Any, *grid: int) -> Callable[..., Any]:
    """Launch a kernel at once; it is compiled first where that was not done before.

    Args:
        kernel: a function of Triton.
        grid: the number of programs in each direction.

    Returns:
        A function that takes the kernel's arguments and launches it.

    Example:
        >>> class Kernel:  # a stand-in for a function of Triton
        ...     def __getitem__(self, grid):
        ...         return lambda *arguments: f"{grid} programs with {arguments}"
        >>> launch_now(Kernel(), 4, 2)("x", "y")
        "(4, 2) programs with ('x', 'y')"
    """
    return kernel[grid]


_LAUNCH: ContextVar[Launch] = ContextVar("launch", default=launch_now)


def current_launch() -> Launch:
    """The function that launches kernels now: `launch(kernel, *grid)(*arguments, **options)`.

    An autograd function asks for it in its forward pass and keeps it for its backward pass, because torch runs the
    backward pass in a thread of its own, which does not see context variables.

    Returns:
        `launch_now`, or the function of the innermost `launched_by`.

    Example:
        >>> current_launch() is launch_now
        True
    """
    return _LAUNCH.get()


@contextmanager
def launched_by(launch: Launch) -> Iterator[None]:
    """Within the block, `current_launch()` returns another function.

    Args:
        launch: a function of a kernel and its grid, as `launch_now`.

    Yields:
        Nothing; the block runs.

    Example:
        >>> def note(kernel, *grid): return lambda *arguments: print(kernel, grid)
        >>> with launched_by(note): current_launch()("mix", 8)("x")
        mix (8,)
    """
    token = _LAUNCH.set(launch)
    try:
        yield
    finally:
        _LAUNCH.reset(token)
