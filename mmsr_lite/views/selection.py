"""What is selected in a picture of a trace, and the attention that belongs to it; msgraph.js has the same rules."""

from typing import Any


def resolve_selection(
    record: dict[str, Any], before: dict[str, Any] | None = None, asked: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The selection `before` with what is `asked` for, brought within the record, as msgraph.js does it.

    {user, position, node, edge, layer, path, phase, stage}; positions count from 1, all else from 0. An edge brings the
    node that listens, a position its item; a stage brings layer, path and phase, and goes when one of these changes.
    """
    wish, asked = dict(before or {}), dict(before or {}) if asked is None else asked
    if {"position", "node", "edge"} & set(asked):
        wish |= {"position": None, "node": None, "edge": None}
    if {"layer", "path", "phase"} & set(asked):
        wish["stage"] = None
    wish |= asked

    def of(rows: list, index: Any) -> Any:
        return rows[index] if isinstance(index, int) and 0 <= index < len(rows) else None

    layers, step = record["layers"], of(record.get("stages", []), wish.get("stage")) or {}
    layer = min(max(step.get("layer", wish.get("layer") or 0), 0), max(len(layers) - 1, 0))
    attention = layers[layer]["attention"] if layers else {}
    path = next((p for p in (step.get("path"), wish.get("path"), *attention) if p in attention), None)
    last = max(len(attention.get(path, [])) - 1, 0)
    edge, place = of(record["edges"], wish.get("edge")), of(record["history"], (wish.get("position") or 0) - 1)
    node = wish.get("node") if of(record["nodes"], wish.get("node")) else place["node"] if place else None
    node = edge[1] if edge else node
    held = place and wish["position"] in record["nodes"][node]["positions"]
    return {
        "user": (record.get("user") or {}).get("index"),
        "position": wish["position"] if held else None,
        "node": node,
        "edge": wish["edge"] if edge else None,
        "layer": layer,
        "path": path,
        "phase": min(max(step.get("phase", wish.get("phase") or 0), 0), last),
        "stage": wish["stage"] if step else None,
    }


def attention_at(record: dict[str, Any], at: dict[str, Any]) -> tuple[str, list[float | None]]:
    """Family and weights (E) of the layer, order and phase of a selection; no weights when there is no such phase."""
    phases = record["layers"][at["layer"]]["attention"].get(at["path"], []) if record["layers"] else []
    if not phases:
        return "", [None] * len(record["edges"])
    return phases[at["phase"]]["family"], phases[at["phase"]]["weights"]
