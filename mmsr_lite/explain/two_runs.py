"""Two runs of a what-if side by side: each node, each edge and each of the best items, as it was and as it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.edited_history import Node
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.explanations import ChangedItem, ChangedNode, GateChange

BAND = (0.05, 0.95)  # a delta between these quantiles of the repeats is not unusual


def named_edges(record: TraceRecord) -> list[tuple[Node, Node, str]]:
    """The edges of a trace, with nodes by type and id.

    Args:
        record: a trace.

    Returns:
        (centre, neighbour, relation) of each edge.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> named_edges(sample("trace"))[0][2]
        'self'
    """
    nodes = [(record.node_types[node["type"]], node["id"]) for node in record.nodes]
    return [(nodes[centre], nodes[neighbour], RELATIONS[relation]) for neighbour, centre, relation in record.edges]


def _union(clean: Sequence[Any], changed: Sequence[Any]) -> dict[Any, tuple[int | None, int | None]]:
    """Every key with its place in both lists, None where it is not.

    >>> _union("ab", "bc")
    {'a': (0, None), 'b': (1, 0), 'c': (None, 1)}
    """
    one, two = ({key: place for place, key in enumerate(keys)} for keys in (clean, changed))
    return {key: (one.get(key), two.get(key)) for key in one | two}


def _at(values: Sequence[Any] | None, place: int | None) -> Any:
    return None if place is None or values is None else values[place]


def _delta(one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else two - one


def changed_nodes(
    clean: TraceRecord, changed: TraceRecord, graph: GraphBatch, late: np.ndarray | None
) -> list[ChangedNode]:
    """The nodes of both runs, each with its gates in both and their bands over the repeats.

    Args:
        clean: the trace before the change.
        changed: the trace after it.
        graph: the graphs of both runs and of the repeats.
        late: (layers, runs, N) beta of hohe in all of them; None without gates.

    Returns:
        One row for each node.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.explain.trace import trace
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model = MMSR(MMSRConfig(dim=8), world.num_items)
        >>> clean, changed = (trace(model, world, history=some) for some in ([3, 1], [3, 2]))  # item 2 replaces item 1
        >>> graph, _ = model.states(torch.tensor([[3, 1], [3, 2]]))
        >>> [(row["id"], row["clean"], row["changed"]) for row in changed_nodes(clean, changed, graph, late=None)]
        [(3, 0, 0), (1, 1, None), (2, None, 1)]
    """
    ids, types = torch.cat(graph.ids, 1).cpu().numpy(), graph.types.cpu().numpy()  # (S, N), (N,)
    keys = ([(node["type"], node["id"]) for node in trace.nodes] for trace in (clean, changed))
    nodes: list[ChangedNode] = []
    for (node_type, id), (before, after) in _union(*keys).items():
        gates: list[GateChange] | None = None
        if late is not None:
            slots = (ids == id) & (types == node_type) & ~np.isnan(late[0])  # (S, N), at most one in each run
            bands = _bands(late, slots)
            gates = []
            for index, band in enumerate(bands):
                one = _at(clean.layers[index]["beta"], before)
                two = _at(changed.layers[index]["beta"], after)
                was, now = one and one[0], two and two[0]
                gates.append({"clean": was, "changed": now, "delta": _delta(was, now), "band": band})
        nodes.append({"type": node_type, "id": id, "clean": before, "changed": after, "beta": gates})
    return nodes


def _bands(late: np.ndarray, slots: np.ndarray) -> list[list[float] | None]:
    """For each layer the band of one node's gate.

    Args:
        late: (layers, S, N) the share of hohe in all runs; the first run is the clean one, the second the changed one.
        slots: (S, N) bool, the node's slot in each run that has it.

    Returns:
        [low, high] for each layer; None where the clean run or every repeat lacks the node.
    """
    if not slots[0].any() or not slots[2:].any():
        return [None] * len(late)
    deltas = late[:, 2:][:, slots[2:]] - late[:, 0, slots[0]]  # (layers, repeats that have the node)
    return np.quantile(deltas, BAND, axis=1).T.tolist()


def changed_edges(clean: TraceRecord, changed: TraceRecord) -> dict[str, Any]:
    """The edges of both runs, and by how much their weight in each phase differs.

    Args:
        clean: the trace before the change.
        changed: the trace after it.

    Returns:
        The fields `edges` and `attention` of a what-if record.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> trace = sample("trace")
        >>> fields = changed_edges(trace, trace)  # the same run twice; None: no such edge in a phase
        >>> len(fields["edges"]) == len(trace.edges), {delta for path in fields["attention"][0].values()
        ...     for phase in path for delta in phase}
        (True, {0.0, None})
    """
    places = _union(*([edge[:2] for edge in named_edges(trace)] for trace in (clean, changed))).values()

    def deltas(was: Any, now: Any) -> list[float | None]:
        return [_delta(_at(was["weights"], one), _at(now["weights"], two)) for one, two in places]

    attention = [
        {path: [*map(deltas, phases, now["attention"][path])] for path, phases in was["attention"].items()}
        for was, now in zip(clean.layers, changed.layers, strict=True)
    ]
    return {"edges": [{"clean": one, "changed": two} for one, two in places], "attention": attention}


def best_of_both(clean: TraceRecord, changed: TraceRecord, scores: Tensor) -> list[ChangedItem]:
    """The best items of both runs, with both ranks, in the order of the new one.

    Args:
        clean: the trace before the change.
        changed: the trace after it.
        scores: (2, V+1) the scores of both runs.

    Returns:
        One row for each item.

    Example:
        >>> from types import SimpleNamespace
        >>> shirt = {"item": 1, "item_id": "a", "title": "Shirt"}
        >>> sock = {"item": 2, "item_id": "b", "title": "Sock"}
        >>> clean, changed = (SimpleNamespace(answer={"top": [best]}) for best in (shirt, sock))
        >>> scores = torch.tensor([[0.0, 2.0, 1.0], [0.0, 1.0, 2.0]])  # the change puts the sock first
        >>> for row in best_of_both(clean, changed, scores):
        ...     print(row["title"], row["clean"], row["changed"])
        Sock 2.0 1.0
        Shirt 1.0 2.0
    """
    best = {ranked["item"]: ranked for record in (clean, changed) for ranked in record.answer["top"]}
    items = torch.tensor(list(best), device=scores.device)
    ranks = [rank_of(row.expand(len(items), -1), items).tolist() for row in scores[:2]]
    rows: list[ChangedItem] = [
        {"item": item, "item_id": card["item_id"], "title": card["title"], "clean": before, "changed": after}
        for (item, card), before, after in zip(best.items(), *ranks, strict=True)
    ]
    return sorted(rows, key=lambda row: row["changed"])
