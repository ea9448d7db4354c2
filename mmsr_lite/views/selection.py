"""What is selected in a picture of a trace, with the attention and the words for it.

A saved page does this without Python: msgraph.js has `resolveSelection`, `attentionAt` and `describe` too, and a test
in the browser checks that both languages agree.
"""

from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, TypedDict

from mmsr_lite.records import TraceRecord
from mmsr_lite.records.trace import Phase
from mmsr_lite.views import untrusted, wording

KEYS = ("user", "position", "node", "edge", "layer", "path", "phase", "stage")


class Selection(TypedDict):
    """What is selected in a picture of a trace; positions count from 1, all else from 0."""

    user: int | None  # None: the history was given as items
    position: int | None  # of the history
    node: int | None
    edge: int | None
    layer: int
    path: str | None  # the order, "hohe" or "heho"; None: the model has none
    phase: int  # of the path
    stage: int | None  # of the walk from the history to the answer


def resolve_selection(
    record: TraceRecord, before: Mapping[str, Any] | None = None, asked: Mapping[str, Any] | None = None
) -> Selection:
    """The selection after a request, limited to what the record has.

    Args:
        record: A trace.
        before: The selection so far, any of its keys; None: nothing.
        asked: What is to change; None: `before` itself is what is asked for. A position, node or edge replaces the
            other two. An edge brings the node that attends, a position its item. A stage brings its layer, path and
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
    orders: dict[str, list[Phase]] = layers[layer]["attention"] if layers else {}
    paths = (step.get("path"), wish.get("path"), *orders)
    path = next((name for name in paths if isinstance(name, str) and name in orders), None)
    phase = _clamp(step.get("phase", wish.get("phase")), len(orders.get(path or "", ())) - 1)

    edge = _within(record["edges"], wish.get("edge"))
    position: Any = wish.get("position")
    place = _within(record["history"], position - 1) if _is_place(position) else None
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
    """`index` when `rows` has that place, else None; negative indices are not allowed."""
    return int(index) if _is_place(index) and 0 <= index < len(rows) else None


def _is_place(value: Any) -> bool:
    """Whether a value is a whole number of Python or NumPy."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def _clamp(value: Any, last: int) -> int:
    """The nearest whole number from 0 to `last`; 0 for anything that is no whole number."""
    return min(max(int(value) if _is_place(value) else 0, 0), max(last, 0))


def attention_at(record: TraceRecord, at: Selection) -> tuple[str, list[float | None]]:
    """The attention of a selection.

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        Family ("homogeneous" or "heterogeneous") and weights (E) of the layer, order and phase; "" and no weights when
        there is no such phase.

    Example:
        >>> attention_at({"layers": [], "edges": [[0, 0, 0]]}, {"layer": 0, "path": None})
        ('', [None])
    """
    orders = record["layers"][at["layer"]]["attention"] if record["layers"] else {}
    phases = orders.get(at["path"] or "", [])
    if not phases:
        return "", [None] * len(record["edges"])
    phase = phases[at["phase"]]
    return phase["family"], phase["weights"] or [None] * len(record["edges"])


def phases_of(record: TraceRecord, at: Selection) -> list[Phase]:
    """All phases of the selected layer and order.

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        `family` and `weights` (E) of each phase of the layer and order, in the order of the walk.

    Example:
        >>> phases_of({"layers": []}, {"layer": 0, "path": None})
        []
    """
    if not record["layers"]:
        return []
    return record["layers"][at["layer"]]["attention"].get(at["path"] or "", [])


def describe(record: TraceRecord, at: Selection) -> str:
    """Say the picture in words, the same that msgraph.js writes below it (a test compares them).

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        Up to four sentences: size of the graph, rank of the next item, largest attention, mean of the gate.

    Example:
        >>> trace = {"history": [{}], "nodes": [{"type": 0}], "node_types": ["item"], "edges": [], "layers": []}
        >>> describe(trace | {"target": None}, {"layer": 0, "path": None, "phase": 0})
        'MSGraph of 1 interaction: 1 item node and 0 edges. In layer 1 no node attends to another.'
    """
    types, edges = [node["type"] for node in record["nodes"]], record["edges"]
    sizes = [wording.count(types.count(number), f"{name} node") for number, name in enumerate(record["node_types"])]
    history = wording.count(len(record["history"]), "interaction")
    sentences = [f"MSGraph of {history}: {', '.join(sizes)} and {wording.count(len(edges), 'edge')}."]
    target = record["target"]
    if target:
        sentences.append(f"The next item, {untrusted.clean(target['title'])}, has rank {wording.rank(target['rank'])}.")
    where = f"In layer {at['layer'] + 1}"
    phases = phases_of(record, at)
    weights: list[float | None] = [None] * len(edges)
    if phases:
        weights = attention_at(record, at)[1]
        where += f", order {at['path']}, phase {at['phase'] + 1} ({phases[at['phase']]['family']})"
    edge = heaviest(edges, weights, lambda source, centre: source != centre)
    if edge is None:
        sentences.append(f"{where} no node attends to another.")
    else:
        source, centre = (untrusted.clean(record["nodes"][node]["label"]) for node in edges[edge][:2])
        most = wording.fixed(weights[edge] or 0.0)
        sentences.append(f"{where} the largest attention between two nodes is {most}: {centre} attends to {source}.")
    beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
    shares = [pair[0] for pair in beta or () if pair]
    if shares:
        mean = wording.fixed(sum(shares) / len(shares))
        sentences.append(f"The gate of this layer gives {mean} to the path hohe on average.")
    return " ".join(sentences)


def heaviest(edges: list[Any], weights: list[float | None], fits: Callable[[int, int], bool]) -> int | None:
    """The edge with the largest weight among those that fit.

    Args:
        edges: (source, centre, relation) of each edge (E).
        weights: A weight for each edge (E), None where there is none.
        fits: Whether an edge counts, by its source and centre.

    Returns:
        Index of the edge, the first of equals; None when no edge that fits has a weight.

    Example:
        >>> heaviest([[0, 1, 0], [1, 0, 0]], [0.2, 0.7], lambda source, centre: True)
        1
    """
    fitting = [e for e, (source, centre, _) in enumerate(edges) if weights[e] is not None and fits(source, centre)]
    return max(fitting, key=lambda e: weights[e] or 0.0, default=None)
