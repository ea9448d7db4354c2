"""What runs on the GPU, written in Triton. No module here imports torch: a process that only compiles starts soon."""

from typing import Any


def hash_in_order(names: dict[str, Any]) -> None:
    """Let Triton hash the kernels of a module from the first to the last.

    The key under which Triton keeps a compiled kernel holds the constants of the functions that the kernel calls, but
    only of those that it has hashed before. Without a fixed order two processes can give one kernel two keys, and then
    one of them compiles what the other has compiled already.

    Args:
        names: The `globals()` of the module, which defines each function before the kernels that call it.
    """
    for value in names.values():
        if hasattr(value, "cache_key"):
            value.cache_key  # noqa: B018  (reading it makes it)
