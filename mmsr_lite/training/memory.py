"""The error message for a machine with too little memory: it names the settings that can be made smaller."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from mmsr_lite.errors import MMSRError

SETTINGS = ("batch", "dim", "max_history", "layers", "codes")  # memory grows with these, the first most often
PHRASES = ("can't allocate memory", "not enough memory", "out of memory")  # in the errors of torch on a CPU


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory, on a CPU or a GPU.

    Args:
        error: any error.

    Returns:
        Whether it says so.

    Example:
        >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("shapes differ"))
        (True, False)
    """
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(phrase in str(error) for phrase in PHRASES)


@contextmanager
def enough_memory(config: Any) -> Iterator[None]:
    """When there is not enough memory in the block, say which settings of the run can be made smaller.

    Args:
        config: the `RunConfig` of the run.

    Yields:
        Nothing; the block runs.

    Raises:
        MMSRError: there was not enough memory.

    Example:
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> with enough_memory(RunConfig("wardrobe")):
        ...     raise MemoryError
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is too little memory for this run; make smaller what needs much of it: batch
        (512), dim (128), max_history (50), layers (1) or codes (30)
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        now = config.by_name()
        *most, last = [f"{name} ({now[name]})" for name in SETTINGS if name in now]
        raise MMSRError(
            f"there is too little memory for this run; make smaller what needs much of it: {', '.join(most)} or {last}"
        ) from error
