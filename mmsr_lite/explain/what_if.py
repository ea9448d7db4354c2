"""What if: one history, changed on purpose, beside the clean one and against a band of random changes of the same kind.

A record holds both whole traces, the differences node by node and edge by edge, and the deltas of N repeats in which
each choice a person made (position, item, node, edge, order) is drawn at random; all repeats run in one batch.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.edits import EditedHistory, Node, apply, filled, repeat
from mmsr_lite.explain.interventions import FORCED, cut, graphs_with, remove_edges, replacements, rerun, variant
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import RELATIONS
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import TraceRecord, WhatIfRecord

BAND = (0.05, 0.95)


@torch.no_grad()
def what_if(
    model: MMSR,
    dataset: Dataset,
    user: int | None = None,
    change: str | Mapping[str, Any] | Sequence[Mapping[str, Any]] = "shuffle",
    *,
    history: Sequence[int] | None = None,
    target: int | None = None,
    repeats: int = 20,
    seed: int = 0,
    top: int = 10,
) -> WhatIfRecord:
    """What changes when `change` is done to the history of `user`, or to `history`: a record of both, and of a band.

    `change` is a name or a dict of `changes.CHANGES`, or several, done in order. What is watched is the target, or,
    where there is none, the item that the clean run puts first. Changes of a modality are changes of codes: of a model
    with `item_features` the items' embeddings keep what they read. Raises `MMSRError` for what cannot be done.

    >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
    >>> from mmsr_lite.models.mmsr import MMSRConfig
    >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
    >>> record = what_if(MMSR(MMSRConfig(dim=8), world.num_items), world, 0, {"do": "gate", "to": "hohe"})
    >>> record["measures"]["beta"]["changed"], record["measures"]["beta"]["outside"]
    (1.0, False)
    """
    if not isinstance(model, MMSR):
        raise MMSRError(f"{getattr(model, 'label', model)} has no MSGraph to change; give an MMSR")
    if repeats < 1:
        raise MMSRError(f"repeats is {repeats}; expected at least 1")
    changes = [filled(one) for one in ([change] if isinstance(change, str | Mapping) else change)]
    if not changes:
        raise MMSRError("there is no change to make; give one such as 'shuffle'")
    if any(one["do"] == "gate" for one in changes) and model.layers[0].gate is None:
        raise MMSRError(f"{model.label} has no update gates to force; give an MMSR with fusion 'adaptive'")
    clean = trace(model, dataset, user, history=history, target=target, top=top)
    goal = clean["target"] or clean["answer"]["top"][0]
    watched = {name: goal[name] for name in ("item", "item_id", "title")}
    tables = zip(model.node_types[1:], (table.cpu().numpy() for table in model.codes), strict=True)
    past, edges = [step["item"] for step in clean["history"]], _named_edges(clean)
    start = EditedHistory(past, dict(tables), dataset.titles, len(model.layers), edges)
    _, changed, *draws = scenes = [start.fresh() for _ in range(2 + repeats)]
    told = apply(changed, changes, np.random.default_rng([seed, 0]))
    for number, scene in enumerate(draws, 1):
        repeat(scene, changes, np.random.default_rng([seed, number]))
    for scene in scenes:
        scene.history = scene.history[-model.max_history :]
    after = _changed(model, dataset, changed, clean, watched["item"], top)
    graph, scores, late, measures = _measure(model, scenes, watched["item"])
    record = WhatIfRecord(schema=WhatIfRecord.schema, changes=changes, told=told, repeats=repeats, seed=seed)
    record |= {"watched": watched}
    record |= {"clean": clean, "changed": after, "measures": measures, "nodes": _nodes(clean, after, graph, late)}
    record |= _edges(clean, after) | {"top": _tops(clean, after, scores)}
    return record | {"sentence": _sentence(record)}


def _named_edges(record: dict[str, Any]) -> list[tuple[Node, Node, str]]:
    """(centre, neighbour, relation) of each edge, nodes by type and id."""
    nodes = [(record["node_types"][node["type"]], node["id"]) for node in record["nodes"]]
    return [(nodes[centre], nodes[neighbour], RELATIONS[kind]) for neighbour, centre, kind in record["edges"]]


def _forces(model: MMSR, graph: GraphBatch, scenes: Sequence[EditedHistory]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Of each scene: the nodes taken out (B, N), the edges that stay (B, N, N), the forced gates (layers, B, N, 2)."""
    ids, relations, types = torch.cat(graph.ids, 1).cpu(), graph.edges.cpu(), graph.types.cpu()
    gone, keep = torch.zeros(ids.shape, dtype=torch.bool), torch.ones(relations.shape, dtype=torch.bool)
    beta = torch.full((len(model.layers), *ids.shape, 2), torch.nan)

    def slots(row: int, kind: str | None, id: int | None) -> Tensor:
        here = ids[row] > 0 if kind is None else (ids[row] > 0) & (types == model.node_types.index(kind))
        return here if id is None else here & (ids[row] == id)

    for row, scene in enumerate(scenes):
        for node in scene.gone:
            gone[row] |= slots(row, *node)
        for centre, neighbour in scene.cut:
            keep[row] &= ~(slots(row, *centre)[:, None] & slots(row, *neighbour))
        for name in scene.relations:
            keep[row] &= relations[row] != RELATIONS.index(name) + 1
        for to, kind, id, layer in scene.gates:
            beta[slice(None) if layer is None else layer, row, slots(row, kind, id)] = torch.tensor(FORCED[to])
    keep &= remove_edges(gone)
    device = graph.history.device
    return gone.to(device), keep.to(device), beta.to(device) if any(scene.gates for scene in scenes) else None


def _measure(
    model: MMSR, scenes: Sequence[EditedHistory], watched: int
) -> tuple[GraphBatch, Tensor, np.ndarray | None, dict[str, Any]]:
    """The graphs and scores (S, V+1) of all scenes, late (layers, S, N), NaN where there is no node, and measures."""
    graph = graphs_with(model, [scene.history for scene in scenes], [scene.codes for scene in scenes])
    gone, keep, beta = _forces(model, graph, scenes)
    scores, seen = rerun(model, graph, None if keep.all() else keep, beta)
    item = torch.full((len(scenes),), watched, device=scores.device)
    found = {"rank": rank_of(scores, item), "score": scores[:, watched], "probability": scores.softmax(1)[:, watched]}
    late = None
    if model.layers[0].gate is not None:
        late = torch.stack([seen[f"layers.{i}.probes.beta"][..., 0] for i in range(len(model.layers))])
        late = late.masked_fill(~graph.exists | gone, torch.nan)
        found["beta"] = late.nanmean((0, 2))
    measures = {name: _measured(values.double().cpu().numpy(), name == "probability") for name, values in found.items()}
    return graph, scores, None if late is None else late.cpu().numpy(), {"beta": None} | measures


def _measured(values: np.ndarray, share: bool) -> dict[str, Any]:
    """Both runs, the delta, and its band; `alike` where all repeats did the same. `share`: values may be tiny."""
    delta, draws = values[1] - values[0], values[2:] - values[0]
    low, high = np.quantile(draws, BAND)
    slack = 1e-4 * values[:2].max() if share else 1e-5 * max(1.0, abs(values[0]))  # rows of a batch differ by rounding
    found = {"clean": float(values[0]), "changed": float(values[1]), "delta": float(delta)}
    found |= {"band": [float(low), float(high)], "outside": not low - slack <= delta <= high + slack}
    return found | {"alike": bool(np.ptp([delta, *draws]) <= slack), "draws": draws.tolist()}


def _changed(
    model: MMSR, dataset: Dataset, scene: EditedHistory, clean: TraceRecord, watched: int, top: int
) -> TraceRecord:
    """The trace of the changed history; a node that was taken out keeps its place, marked as removed."""
    graph = graphs_with(model, [scene.history], [scene.codes])
    _, keep, beta = _forces(model, graph, [scene])
    whole = cut(graph, keep)
    other, replace = variant(model, whole, scene.codes), replacements(model, whole, beta)
    record = trace(other, dataset, history=scene.history, target=watched, top=top, replace=replace)
    edges = _named_edges(record)
    for one, two in scene.cut - {edge[:2] for edge in edges}:
        raise MMSRError(f"{list(one)} does not listen to {list(two)}; give the two ends of an edge of the graph")
    stay = [number for number, edge in enumerate(edges) if not scene.cuts(*edge)]
    record["edges"] = [record["edges"][number] for number in stay]
    for layer in record["layers"]:
        for phase in (phase for path in layer["attention"].values() for phase in path):
            phase |= {what: [phase[what][number] for number in stay] for what in ("weights", "logits")}
    for index, node in enumerate(record["nodes"]):
        if (record["node_types"][node["type"]], node["id"]) in scene.gone:
            node["removed"] = True
            for layer in record["layers"]:
                if layer["beta"]:
                    layer["beta"][index] = None
    return record | {"user": clean["user"], "target": record["target"] if clean["target"] else None}


def _union(clean: Sequence[Any], changed: Sequence[Any]) -> dict[Any, tuple[int | None, int | None]]:
    """Every key with its place in both lists."""
    one, two = ({key: place for place, key in enumerate(keys)} for keys in (clean, changed))
    return {key: (one.get(key), two.get(key)) for key in one | two}


def _at(values: Sequence[Any], place: int | None) -> Any:
    return None if place is None else values[place]


def _delta(one: float | None, two: float | None) -> float | None:
    return None if one is None or two is None else two - one


def _nodes(clean: dict[str, Any], after: dict[str, Any], graph: GraphBatch, late: np.ndarray | None) -> list[dict]:
    """Each node of either run with late of both, layer by layer, and the band over the repeats that hold it."""
    ids, types = torch.cat(graph.ids, 1).cpu().numpy(), graph.types.cpu().numpy()  # (S, N), (N,)
    keys = ([(node["type"], node["id"]) for node in run["nodes"]] for run in (clean, after))
    found = []
    for (kind, id), places in _union(*keys).items():
        told = {"type": kind, "id": id, "clean": places[0], "changed": places[1], "beta": None}
        if late is not None:
            here = (ids == id) & (types == kind) & ~np.isnan(late[0])  # (S, N), one a scene at most
            bands = [None] * len(late)
            if here[0].any() and here[2:].any():
                deltas = late[:, 2:][:, here[2:]] - late[:, 0, here[0]]  # (layers, repeats)
                bands = np.quantile(deltas, BAND, axis=1).T.tolist()
            told["beta"] = []
            for layers, band in zip(zip(clean["layers"], after["layers"], strict=True), bands, strict=True):
                gates = [_at(layer["beta"], place) for layer, place in zip(layers, places, strict=True)]
                one, two = (gate and gate[0] for gate in gates)
                told["beta"].append({"clean": one, "changed": two, "delta": _delta(one, two), "band": band})
        found.append(told)
    return found


def _edges(clean: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Each edge of either run, and how much more weight each phase gives it."""
    pairs = _union(*([edge[:2] for edge in _named_edges(run)] for run in (clean, after))).values()

    def deltas(was: dict[str, Any], now: dict[str, Any]) -> list[float | None]:
        return [_delta(_at(was["weights"], one), _at(now["weights"], two)) for one, two in pairs]

    attention = [
        {path: [*map(deltas, phases, now["attention"][path])] for path, phases in was["attention"].items()}
        for was, now in zip(clean["layers"], after["layers"], strict=True)
    ]
    return {"edges": [{"clean": one, "changed": two} for one, two in pairs], "attention": attention}


def _tops(clean: dict[str, Any], after: dict[str, Any], scores: Tensor) -> list[dict[str, Any]]:
    found = {one["item"]: one for record in (clean, after) for one in record["answer"]["top"]}
    items = torch.tensor(list(found), device=scores.device)
    ranks = [rank_of(row.expand(len(items), -1), items).tolist() for row in scores[:2]]
    told = [{key: one[key] for key in ("item", "item_id", "title")} for one in found.values()]
    rows = [row | {"clean": one, "changed": two} for row, one, two in zip(told, *ranks, strict=True)]
    return sorted(rows, key=lambda row: row["changed"])


def _sentence(record: WhatIfRecord) -> str:
    rank, told, watched = record["measures"]["rank"], "; ".join(record["told"]), record["watched"]
    still = not any([rank["delta"], *rank["draws"]])
    name, scale, unit = ("probability", 100, " %") if still else ("rank", 1, "")
    found = record["measures"][name]
    before, now, low, high = (scale * value for value in (found["clean"], found["changed"], *found["band"]))
    said = f"{told[0].upper()}{told[1:]}: the {name} of “{watched['title'] or watched['item_id']}” goes from "
    said += f"{before:.3g}{unit} to {now:.3g}{unit}"
    if found["alike"]:
        return f"{said}; every change of this kind does the same, so there is no band to hold it against."
    many = f"{record['repeats']} random changes of the same kind ({low:+.3g} to {high:+.3g}{unit})"
    return f"{said}, which is {'outside' if found['outside'] else 'inside'} the band of {many}."
