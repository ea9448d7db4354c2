"""What runs on the GPU, written in Triton. No module here imports torch, so a process that compiles starts fast."""

from typing import Any


def hash_in_order(names: dict[str, Any]) -> None:
    """Let Triton hash the kernels of a module from the first to the last.

    Triton keeps a compiled kernel under a key. The key contains the constants of the functions that the kernel calls,
    but only of those that were hashed before. Without a fixed order, two processes can give one kernel two keys, and
    then one of them compiles what the other has already compiled.

    Args:
        names: the `globals()` of the module, which defines each function before the kernels that call it.

    Example:
        >>> from functools import cached_property
        >>> class Kernel:
        ...     @cached_property
        ...     def cache_key(self):
        ...         print("hashed")
        >>> hash_in_order({"a number": 3, "a kernel": Kernel()})
        hashed
    """
    for value in names.values():
        if hasattr(value, "cache_key"):
            value.cache_key  # noqa: B018  (reading it makes it)
