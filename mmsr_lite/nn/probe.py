"""Probe: a named place in a model where the explainer may read a value, or put another one in its place."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class Probe(nn.Module):
    """The identity. A forward hook on it sees the value, and replaces it by what the hook returns.

    Example:
        >>> Probe()(3)
        3
    """

    def forward(self, value: Any) -> Any:
        """Return `value` unchanged."""
        return value

    @property
    def has_listener(self) -> bool:
        """Whether a hook is registered; some values are only worth computing then."""
        return bool(self._forward_hooks)


@contextmanager
def listen(model: nn.Module, replace: dict[str, Callable[[Any], Any]] | None = None) -> Iterator[dict[str, Any]]:
    """Record what passes each probe of a model, and replace some of it.

    Args:
        model: Any module that holds probes.
        replace: Dotted name of a probe -> function of its value, whose result goes on instead. Default: nothing.

    Yields:
        A dict that each forward pass within the block fills: dotted name of a probe -> the value that went on.

    Example:
        >>> model = nn.Sequential(Probe())
        >>> with listen(model, {"0": lambda value: value + 1}) as seen: model(3)
        4
        >>> seen
        {'0': 4}
    """
    seen: dict[str, Any] = {}
    replace = replace or {}

    def hook_for(name: str):
        def hook(module, inputs, output):
            seen[name] = output
            if name in replace:
                seen[name] = replace[name](output)
            return seen[name]

        return hook

    handles = [
        module.register_forward_hook(hook_for(name))
        for name, module in model.named_modules()
        if isinstance(module, Probe)
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
