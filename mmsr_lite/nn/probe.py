"""Probe: a named place in a model where the explainer can read a value or replace it.

Not in the paper; TransformerLens (Nanda and Bloom, 2022) calls such a place a hook point.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import nn

MOST_NAMED = 4  # probes that `repr` lists


class Probe(nn.Module):
    """The identity; a forward hook on it sees the value, and can return another one in its place.

    Example:
        >>> Probe()(3)
        3
    """

    def forward(self, value: Any) -> Any:
        """Return `value` unchanged.

        Args:
            value: any value, such as a tensor.

        Returns:
            The value, or what a hook puts in its place.
        """
        return value

    @property
    def has_listener(self) -> bool:
        """Whether a hook is registered; some values are only worth computing then."""
        return bool(self._forward_hooks)


class Seen(dict[str, Any]):
    """The values at the probes of a model: dotted name of a probe -> value, as it went on.

    A value is a tensor, or a list with a tensor for each node type; `shapes` says which.

    Example:
        >>> import torch
        >>> Seen({"gate": torch.zeros(2, 5, 2), "output": [torch.zeros(2, 5, 8), torch.zeros(2, 3, 8)]})
        Seen(2 probes: gate (2, 5, 2), output [(2, 5, 8), (2, 3, 8)])
    """

    def shapes(self) -> dict[str, str]:
        """The shape of the value of each probe, as text."""
        return {name: _shape(value) for name, value in self.items()}

    def __repr__(self) -> str:
        shapes = [f"{name} {shape}" for name, shape in self.shapes().items()]
        more = f", and {len(shapes) - MOST_NAMED} more" if len(shapes) > MOST_NAMED else ""
        return f"Seen({len(shapes)} probes: {', '.join(shapes[:MOST_NAMED])}{more})"


def _shape(value: Any) -> str:
    """The shape of a tensor, or of each tensor in a list, as text."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shape, value))}]"
    return str(tuple(getattr(value, "shape", ())))


@contextmanager
def listen(model: nn.Module, replace: Mapping[str, Callable[[Any], Any]] | None = None) -> Iterator[Seen]:
    """Record the values at the probes of a model, and replace some of them.

    Args:
        model: any module that holds probes.
        replace: dotted name of a probe -> a function of its value; the result replaces the value. None (the default):
            nothing is replaced.

    Yields:
        Dotted name of a probe -> its value; each forward pass within the block fills it.

    Example:
        >>> import torch
        >>> model = nn.Sequential(Probe())
        >>> with listen(model, {"0": lambda value: value + 1}) as seen: model(torch.ones(2, 3))
        tensor([[2., 2., 2.],
                [2., 2., 2.]])
        >>> seen
        Seen(1 probes: 0 (2, 3))
    """
    seen = Seen()
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
