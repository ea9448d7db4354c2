"""What is selected in a picture of a trace, and the attention that belongs to it.

A saved page selects without Python: msgraph.js has `resolveSelection` and `attentionAt` too, and a test in the browser
holds both languages equal.
"""

from collections.abc import Mapping, Sequence
from typing import Any

KEYS = ("user", "position", "node", "edge", "layer", "path", "phase", "stage")


def resolve_selection(
    record: dict[str, Any], before: Mapping[str, Any] | None = None, asked: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The selection after a request, brought within what the record has.

    Args:
        record: A trace.
        before: The selection so far, any of its keys; None: nothing.
        asked: What is to change; None: `before` itself is what is asked for. A position, node or edge replaces the
            other two. An edge brings the node that listens, a position its item. A stage brings its layer, path and
            phase, and is left when one of these is asked for.

    Returns:
        {user, position, node, edge, layer, path, phase, stage}: positions count from 1, all else from 0. What the
        record does not have is None, or the nearest layer and phase.

    Example:
        >>> trace = {"layers": [], "edges": [], "nodes": [{"positions": [1]}], "history": [{"node": 0}]}
        >>> resolve_selection(trace, {"position": 1})["node"]
        0
    """
    request = dict(before or {}) if asked is None else dict(asked)
    wish = dict(before or {})
    if {"position", "node", "edge"} & set(request):
        wish |= {"position": None, "node": None, "edge": None}
    if {"layer", "path", "phase"} & set(request):
        wish["stage"] = None
    wish |= request

    layers = record["layers"]
    stage = _within(record.get("stages", ()), wish.get("stage"))
    step = {} if stage is None else record["stages"][stage]
    layer = _clamp(step.get("layer", wish.get("layer")), len(layers) - 1)
    orders = layers[layer]["attention"] if layers else {}
    path = next((name for name in (step.get("path"), wish.get("path"), *orders) if name in orders), None)
    phase = _clamp(step.get("phase", wish.get("phase")), len(orders.get(path, ())) - 1)

    edge = _within(record["edges"], wish.get("edge"))
    position = wish.get("position") or 0
    place = _within(record["history"], position - 1)
    node = _within(record["nodes"], wish.get("node"))
    if edge is not None:
        node = record["edges"][edge][1]
    elif node is None and place is not None:
        node = record["history"][place]["node"]
    if place is None or node is None or position not in record["nodes"][node]["positions"]:
        position = None
    return {
        "user": (record.get("user") or {}).get("index"),
        "position": position,
        "node": node,
        "edge": edge,
        "layer": layer,
        "path": path,
        "phase": phase,
        "stage": stage,
    }


def _within(rows: Sequence[Any], index: Any) -> int | None:
    """`index` when `rows` has it, else None; a negative index counts from no end."""
    if isinstance(index, int) and not isinstance(index, bool) and 0 <= index < len(rows):
        return index
    return None


def _clamp(value: Any, last: int) -> int:
    """`value`, or 0 for None, from 0 to `last`."""
    return min(max(value or 0, 0), max(last, 0))


def attention_at(record: dict[str, Any], at: Mapping[str, Any]) -> tuple[str, list[float | None]]:
    """The attention of a selection.

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        Family ("homogeneous" or "heterogeneous") and weights (E) of the layer, order and phase; "" and no weights when
        there is no such phase.

    Example:
        >>> attention_at({"layers": [], "edges": [[0, 0, 0]]}, {"layer": 0})
        ('', [None])
    """
    orders = record["layers"][at["layer"]]["attention"] if record["layers"] else {}
    phases = orders.get(at.get("path"), [])
    if not phases:
        return "", [None] * len(record["edges"])
    return phases[at["phase"]]["family"], phases[at["phase"]]["weights"]
