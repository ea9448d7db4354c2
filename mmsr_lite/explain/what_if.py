"""What if: one history, changed on purpose, beside the clean one and against a band of random changes of the same kind.

A record holds both whole traces, the differences node by node and edge by edge, and the deltas of N repeats in which
each choice a person made (position, item, node, edge, order) is drawn at random; all repeats run in one batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.changes import RELATIONS, Node, Scene, apply, filled, repeat
from mmsr_lite.explain.rerun import FORCED, cut, graphs_with, replacements, rerun, variant, without
from mmsr_lite.explain.trace import trace
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR

SCHEMA = "mmsr-lite/what-if/1"
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
) -> dict[str, Any]:
    """What changes when `change` is done to the history of `user`, or to `history`: a record of both, and of a band.

    `change` is a name or a dict of `changes.CHANGES`, or several, done in order. What is watched is the target, or,
    where there is none, the item that the clean run puts first. Raises `MMSRError` for what cannot be done.

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
    watched = (clean["target"] or clean["answer"]["top"][0])["item"]
    start = _scene(model, dataset, clean)
    changed = start.fresh()
    told = apply(changed, changes, np.random.default_rng([seed, 0]))
    scenes = [start.fresh(), changed]
    for number in range(1, repeats + 1):
        scenes.append(start.fresh())
        repeat(scenes[-1], changes, np.random.default_rng([seed, number]))
    for scene in scenes:
        scene.history = scene.history[-model.max_history :]
    after = _changed(model, dataset, changed, clean, watched, top)
    scores, measures, (ids, late) = _measure(model, scenes, watched)
    named = {"item": watched, "item_id": dataset.item_ids[watched], "title": dataset.titles[watched]}
    record = {"schema": SCHEMA, "changes": changes, "told": told, "repeats": repeats, "seed": seed, "watched": named}
    record |= {"clean": clean, "changed": after, "measures": measures, "nodes": _nodes(clean, after, ids, late)}
    record |= _edges(clean, after) | {"top": _tops(clean, after, scores)}
    return record | {"sentence": _sentence(record)}


def _scene(model: MMSR, dataset: Dataset, clean: dict[str, Any]) -> Scene:
    tables = [table.cpu().numpy() for table in model.codes]
    past = [step["item"] for step in clean["history"]]
    named = dict(zip(clean["node_types"][1:], tables, strict=True))
    return Scene(past, named, dataset.titles, len(model.layers), _named_edges(clean))


def _named_edges(record: dict[str, Any]) -> list[tuple[Node, Node, str]]:
    """(centre, neighbour, relation) of each edge, nodes by type and id."""
    nodes = [(record["node_types"][node["type"]], node["id"]) for node in record["nodes"]]
    return [(nodes[centre], nodes[neighbour], RELATIONS[kind]) for neighbour, centre, kind in record["edges"]]


def _forces(model: MMSR, graph: GraphBatch, scenes: Sequence[Scene]) -> tuple[Tensor, Tensor, Tensor | None]:
    """Of each scene: the nodes taken out (B, N), the edges that stay (B, N, N), the forced gates (layers, B, N, 2)."""
    ids, relations = torch.cat(graph.ids, 1).cpu(), graph.edges.cpu()
    kinds = torch.repeat_interleave(torch.arange(len(graph.widths)), torch.tensor(graph.widths))  # (N,)
    gone, keep = torch.zeros(ids.shape, dtype=torch.bool), torch.ones(relations.shape, dtype=torch.bool)
    beta = torch.full((len(model.layers), *ids.shape, 2), torch.nan)

    def slots(row: int, kind: str | None, id: int | None) -> Tensor:
        here = ids[row] > 0 if kind is None else (ids[row] > 0) & (kinds == model.node_types.index(kind))
        return here if id is None else here & (ids[row] == id)

    for row, scene in enumerate(scenes):
        for node in scene.gone:
            gone[row] |= slots(row, *node)
        for centre, neighbour in scene.cut:
            keep[row] &= ~(slots(row, *centre)[:, None] & slots(row, *neighbour))
        for name in scene.relations:
            keep[row] &= relations[row] != RELATIONS.index(name) + 1
        for to, kind, id, layer in scene.gates:
            for index in range(len(model.layers)) if layer is None else [layer]:
                beta[index, row, slots(row, kind, id)] = torch.tensor(FORCED[to])
    keep &= without(gone)
    device = graph.history.device
    return gone.to(device), keep.to(device), beta.to(device) if any(scene.gates for scene in scenes) else None


def _measure(model: MMSR, scenes: Sequence[Scene], watched: int) -> tuple[Tensor, dict[str, Any], Any]:
    """Scores (S, V+1), the measures, and the ids (S, N_t) of each type with late (layers, S, N), NaN without a node."""
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
    ids = [own.cpu().numpy() for own in graph.ids]
    return (
        scores,
        measures | ({} if late is not None else {"beta": None}),
        (ids, None if late is None else late.cpu().numpy()),
    )


def _measured(values: np.ndarray, share: bool) -> dict[str, Any]:
    """Both runs, the delta, and its band; `alike` where all repeats did the same. `share`: values may be tiny."""
    delta, draws = values[1] - values[0], values[2:] - values[0]
    low, high = np.quantile(draws, BAND)
    slack = 1e-4 * values[:2].max() if share else 1e-5 * max(1.0, abs(values[0]))  # rows of a batch differ by rounding
    found = {"clean": float(values[0]), "changed": float(values[1]), "delta": float(delta)}
    found |= {"band": [float(low), float(high)], "outside": not low - slack <= delta <= high + slack}
    return found | {"alike": bool(np.ptp([delta, *draws]) <= slack), "draws": draws.tolist()}


def _changed(
    model: MMSR, dataset: Dataset, scene: Scene, clean: dict[str, Any], watched: int, top: int
) -> dict[str, Any]:
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
    for phase in (p for layer in record["layers"] for path in layer["attention"].values() for p in path):
        phase |= {what: [phase[what][number] for number in stay] for what in ("weights", "logits")}
    for index, node in enumerate(record["nodes"]):
        if (record["node_types"][node["type"]], node["id"]) in scene.gone:
            node["removed"] = True
            for layer in record["layers"]:
                layer["beta"] = layer["beta"] and [*layer["beta"][:index], None, *layer["beta"][index + 1 :]]
    return record | {"user": clean["user"], "target": record["target"] if clean["target"] else None}


def _union(clean: Sequence[Any], changed: Sequence[Any]) -> dict[Any, tuple[int | None, int | None]]:
    """Every key with its place in both lists."""
    one, two = ({key: place for place, key in enumerate(keys)} for keys in (clean, changed))
    return {key: (one.get(key), two.get(key)) for key in one | two}


def _keys(record: dict[str, Any]) -> list[tuple[int, int]]:
    return [(node["type"], node["id"]) for node in record["nodes"]]


def _nodes(clean: dict[str, Any], after: dict[str, Any], ids: list[np.ndarray], late: np.ndarray | None):
    """Each node of either run with late of both, layer by layer, and the band over the repeats that hold it."""
    begin = np.cumsum([0, *(own.shape[1] for own in ids)])

    def band(kind: int, id: int) -> list[list[float]] | None:
        here, values = ids[kind] == id, late[:, :, begin[kind] : begin[kind + 1]]  # (S, N_t), (layers, S, N_t)
        if not here[0].any() or not here[2:].any():
            return None
        deltas = values[:, 2:][:, here[2:]] - values[:, 0, here[0]]  # (layers, repeats)
        deltas = deltas[:, ~np.isnan(deltas[0])]
        return np.quantile(deltas, BAND, axis=1).T.tolist() if deltas.size else None

    found = []
    for (kind, id), places in _union(_keys(clean), _keys(after)).items():
        bands, gates = None if late is None else band(kind, id), []
        for number, layers in enumerate(zip(clean["layers"], after["layers"], strict=True) if late is not None else ()):
            at = [None if place is None else layer["beta"][place] for layer, place in zip(layers, places, strict=True)]
            one, two = (beta and beta[0] for beta in at)
            delta = None if None in (one, two) else two - one
            gates.append({"clean": one, "changed": two, "delta": delta, "band": bands and bands[number]})
        found.append({"type": kind, "id": id, "clean": places[0], "changed": places[1], "beta": gates or None})
    return found


def _edges(clean: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Each edge of either run, and how much more weight each phase gives it."""
    runs = ((run["edges"], _keys(run)) for run in (clean, after))
    ends = ([(keys[centre], keys[near]) for near, centre, _ in edges] for edges, keys in runs)
    pairs = list(_union(*ends).values())
    at = [np.array([-1 if place is None else place for place in places]) for places in zip(*pairs, strict=True)]

    def deltas(phases: tuple[dict[str, Any], dict[str, Any]]) -> list[float | None]:
        one, two = (np.array([*phase["weights"], None], float)[own] for phase, own in zip(phases, at, strict=True))
        return np.where(np.isnan(two - one), None, two - one).tolist()

    attention = [
        {path: [deltas(pair) for pair in zip(of, now["attention"][path], strict=True)] for path, of in was.items()}
        for was, now in ((one["attention"], two) for one, two in zip(clean["layers"], after["layers"], strict=True))
    ]
    return {"edges": [{"clean": one, "changed": two} for one, two in pairs], "attention": attention}


def _tops(clean: dict[str, Any], after: dict[str, Any], scores: Tensor) -> list[dict[str, Any]]:
    found = {one["item"]: one for record in (clean, after) for one in record["answer"]["top"]}
    items = torch.tensor(list(found), device=scores.device)
    ranks = [rank_of(row.expand(len(items), -1), items).tolist() for row in scores[:2]]
    told = [{key: one[key] for key in ("item", "item_id", "title")} for one in found.values()]
    rows = [row | {"clean": one, "changed": two} for row, one, two in zip(told, *ranks, strict=True)]
    return sorted(rows, key=lambda row: row["changed"])


def _sentence(record: dict[str, Any]) -> str:
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
