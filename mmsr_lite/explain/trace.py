"""Trace: everything a model did for one history, as a plain record that the views replay without torch.

Of MMSR the record holds the codes, the MSGraph, for each layer, path and phase the attention on each edge, the update
gate's beta of each node, the norms of the states, the scores and how they split by path, and the rank of the target.
Of any other model it holds no graph, and what passed its probes instead: attention weights, gates.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.pictures import data_uri
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.interventions import dense
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import ITEM, RELATIONS, MSGraph, Node, build_msgraph
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import listen
from mmsr_lite.records import TraceRecord

LONGEST = 500  # letters of a title or text that a record holds


@torch.no_grad()
def trace(
    model: Recommender,
    dataset: Dataset,
    user: int | None = None,
    *,
    history: Sequence[int] | None = None,
    target: int | None = None,
    top: int = 10,
    replace: dict[str, Callable[[Any], Any]] | None = None,
) -> TraceRecord:
    """What `model` does with a history: of `user`, all items before the last, which is the target; or `history` itself.

    `replace` puts other values into probes, such as a forced gate. Raises `MMSRError` for items that do not exist.
    """
    if model.reads_steps:
        advice = "train with ties='random' to look into it"
        raise MMSRError(f"{model.label} takes items of one time as one step, which a trace cannot show; {advice}")
    past, target = _history(model, dataset, user, history, target)
    device = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    model.eval()
    walk = _by_graph if isinstance(model, MMSR) else _by_probes
    with listen(model, replace) as seen:
        scores, parts, told = walk(model, dataset, torch.tensor([past], device=device), seen)
    scores[0] = -torch.inf
    share = scores.clamp_min(0) / scores.clamp_min(0).sum().clamp_min(1e-12)  # what counting has for a probability
    chance = scores.softmax(0) if model.learns else share
    items = scores.topk(min(top, len(scores) - 1)).indices.tolist() + ([] if target is None else [target])
    splits = [[]] * len(items)
    if parts:
        splits = (model.item_table()[items] @ torch.stack(list(parts.values())).T).tolist()  # (items, parts)
    told_of = zip(items, scores[items].tolist(), chance[items].tolist(), splits, strict=True)
    best = [item_card(dataset, i) | {"score": own, "probability": p, "parts": split} for i, own, p, split in told_of]
    goal = None
    if target is not None:
        goal = best.pop() | {"rank": float(rank_of(scores[None], torch.tensor([target], device=device)))}
    fields = {
        "schema": TraceRecord.schema,
        "dataset": {"name": dataset.name, "items": dataset.num_items},
        "model": {
            "name": _name(model),
            "label": model.label,
            "layers": getattr(model.config, "layers", 0),
            "fusion": getattr(model.config, "fusion", None),
        },
        "user": None if user is None else {"index": user, "id": dataset.user_ids[user]},
        "relations": list(RELATIONS),
        "target": goal,
        **told,
        "answer": {"parts": list(parts), "top": best},
        "truth": _truth(dataset, user),
    }
    return TraceRecord(fields)


def _name(model: Recommender) -> str:
    """The model's name in the index of models; of a subclass that is not in it, that of the class it comes from."""
    names = (name for kind in type(model).__mro__ for name, indexed in MODELS.items() if indexed is kind)
    return next(names, model.label)


def _by_graph(model: MMSR, dataset: Dataset, history: torch.Tensor, seen: dict[str, Any]):
    """Scores (V+1,), what they are the sum of, and the part of the record that an MSGraph tells."""
    graph, states = model.states(history)
    tables = {name: table.cpu().numpy() for name, table in zip(model.node_types[1:], model.codes, strict=True)}
    past = history[0].tolist()
    msgraph = build_msgraph(past, tables, global_attention=model.config.global_attention)
    edges = np.array([[e.neighbour, e.centre, RELATIONS.index(e.relation)] for e in msgraph.edges])  # (E, 3)
    nodes, last = [_node(dataset, msgraph, node) for node in msgraph.nodes], int(graph.last[0])
    place = slots(nodes, graph)
    told = {
        "node_types": list(msgraph.node_types),
        "history": _steps(dataset, msgraph),
        "nodes": nodes,
        "edges": edges.tolist(),
        "layers": [_layer(model, index, seen, graph, place, edges) for index in range(len(model.layers))],
        "stages": _stages(model, seen, msgraph, last),
    }
    return states[0][0, last] @ model.item_table().T, _parts(model, seen, last), told


def _by_probes(model: Recommender, dataset: Dataset, history: torch.Tensor, seen: dict[str, Any]):
    """The same of a model without an MSGraph: every probe that saw one value for this history, None where masked."""
    steps = [_seen(dataset, *place) | {"node": None, "codes": {}} for place in enumerate(history[0].tolist(), 1)]
    scores = model.scores(history)[0]  # fills `seen`
    values = {name: value[0].cpu().numpy() for name, value in seen.items() if len(value) == 1}
    told = {"node_types": [], "history": steps, "nodes": [], "edges": [], "layers": [], "stages": []}
    probes = {name: np.where(value > MASKED / 2, value, None).tolist() for name, value in values.items()}
    return scores, {}, told | {"probes": probes}


def _history(model: Recommender, dataset: Dataset, user: int | None, history: Sequence[int] | None, target: int | None):
    if (user is None) == (history is None) or (user is not None and target is not None):
        raise MMSRError("give either a user or a history to trace; a target goes with a history only")
    if history is None:
        *history, target = dataset.history(user).tolist()
        if not history:
            who = f"user {user} ({dataset.user_ids[user]!r})"
            raise MMSRError(f"{who} has one item, so nothing comes before it; choose another")
    unknown = [item for item in [*history, 1 if target is None else target] if not 1 <= item <= dataset.num_items]
    if unknown or not history:
        told = f"history {list(history)[:5]} with target {target}"
        raise MMSRError(f"{told}: expected items from 1 to {dataset.num_items}")
    return [int(item) for item in history][-model.max_history :], target


def slots(nodes: list[dict[str, Any]], graph: GraphBatch) -> np.ndarray:
    """(N,) the slot of each node of a record in the batch of one, counted over all types."""
    begin, ids = np.cumsum([0, *graph.widths]), [own[0].tolist() for own in graph.ids]
    return np.array([begin[node["type"]] + ids[node["type"]].index(node["id"]) for node in nodes])


def _layer(
    model: MMSR, index: int, seen: dict[str, Any], graph: GraphBatch, place: np.ndarray, edges: np.ndarray
) -> dict[str, Any]:
    layer, name = model.layers[index], f"layers.{index}.probes"
    neighbours, centres, kinds = place[edges[:, 0]], place[edges[:, 1]], np.array(RELATIONS)[edges[:, 2]]
    heard = {HOMOGENEOUS: kinds != "match", HETEROGENEOUS: np.isin(kinds, ("self", "match"))}

    def phase(path: str, number: int, family: str) -> dict[str, Any]:
        found: dict[str, Any] = {"family": family}
        for what in ("weights", "logits"):
            blocks = seen.get(f"{name}.{path}_{number}_{what}")  # an aggregator may have no logits
            values = None if blocks is None else dense(blocks, graph)[0].cpu().numpy()[centres, neighbours]
            found[what] = np.where(heard.get(family, True), values, None).tolist()
        return found

    paths, ends = layer.fusion.paths, ("input", *layer.fusion.paths, "output")
    states = {end: torch.cat(seen[f"{name}.{end}"], 1)[0] for end in ends}  # (N, D) each
    found: dict[str, Any] = {
        "attention": {path: [phase(path, *own) for own in enumerate(families, 1)] for path, families in paths.items()},
        "norms": {end: state.norm(dim=-1).cpu().numpy()[place].tolist() for end, state in states.items()},
        "beta": None,
        "gate_logits": None,
    }
    if layer.gate is not None:
        logits = layer.gate.logits(*(states[path] for path in paths))
        said = {"beta": seen[f"{name}.beta"][0], "gate_logits": logits}
        found |= {what: value.cpu().numpy()[place].tolist() for what, value in said.items()}
    return found


def _stages(model: MMSR, seen: dict[str, Any], msgraph: MSGraph, last: int) -> list[dict[str, Any]]:
    """How the answer comes about, stage by stage: the probe to listen to, the shape of its value, the last item's row.

    A stage belongs to a layer, and one of attention to a path and a phase, counted from 0; None where there is none.
    """
    found, (length, count) = [], (len(msgraph.history), len(msgraph.nodes))

    def stage(name: str, shape: Sequence[int], probe: str | None = None, row: Any = None, **at: Any) -> None:
        row = None if row is None else [round(value, 5) for value in row.tolist()]
        found.append({"stage": name, "probe": probe, "shape": list(shape), "row": row} | at)

    stage("build", (length, sum(node.type == ITEM for node in msgraph.nodes)))
    stage("codes", (length, sum(table.shape[1] for table in model.codes)))
    for index, layer in enumerate(model.layers):
        name = f"layers.{index}.probes"
        width = seen[f"{name}.input"][0].shape[2]
        stage("input", (count, width), f"{name}.input", seen[f"{name}.input"][0][0, last], layer=index)
        for path, families in layer.fusion.paths.items():
            for phase, family in enumerate(families):
                row = seen[f"{name}.{path}"][0][0, last] if phase + 1 == len(families) else None
                at = {"layer": index, "path": path, "phase": phase}
                stage(family, (count, count), f"{name}.{path}_{phase + 1}_weights", row, **at)
        merge = {"gate": "beta"}.get(layer.fusion.merge, "output")
        shape = (count, 2 if merge == "beta" else width)
        stage(layer.fusion.merge, shape, f"{name}.{merge}", seen[f"{name}.output"][0][0, last], layer=index)
    stage("pool", (width,), f"{name}.output", seen[f"{name}.output"][0][0, last])
    stage("score", (model.item_table().shape[0] - 1,))
    return found


def _parts(model: MMSR, seen: dict[str, Any], last: int) -> dict[str, torch.Tensor]:
    """The last state (D,) as a sum of what each path and the residual connection brought; eq. 17 makes it exact."""
    layer, name = model.layers[-1], f"layers.{len(model.layers) - 1}.probes"
    ends = {path: seen[f"{name}.{path}"][0][0, last] for path in layer.fusion.paths}
    if layer.gate is not None:
        beta = seen[f"{name}.beta"][0, last]
        ends = {path: share * end for (path, end), share in zip(ends.items(), beta, strict=True)}
    elif layer.join is not None:
        weights = layer.join.weight.split(layer.join.out_features, 1)
        ends = {path: weight @ end for (path, end), weight in zip(ends.items(), weights, strict=True)}
        ends["bias"] = layer.join.bias
    return ends | ({"residual": seen[f"{name}.input"][0][0, last]} if layer.residual else {})


def item_card(dataset: Dataset, item: int) -> dict[str, Any]:
    """What people see of an item, as every record holds it."""
    picture = data_uri(dataset.pictures[item]) if dataset.pictures else None
    names = {"item_id": dataset.item_ids[item][:LONGEST], "title": dataset.titles[item][:LONGEST]}
    return {"item": item, **names, "picture": picture}


def _seen(dataset: Dataset, place: int, item: int) -> dict[str, Any]:
    texts = {name: column[item][:LONGEST] for name, column in dataset.texts.items()}
    return item_card(dataset, item) | {"position": place, "texts": texts}


def _steps(dataset: Dataset, msgraph: MSGraph) -> list[dict[str, Any]]:
    codes = msgraph.node_types[1:]
    steps = [
        _seen(dataset, *place) | {"codes": {name: [] for name in codes}} for place in enumerate(msgraph.history, 1)
    ]
    for index, node in enumerate(msgraph.nodes):
        for place in node.positions:
            if node.type == ITEM:
                steps[place - 1]["node"] = index
            else:
                steps[place - 1]["codes"][node.type].append(node.id)
    return steps


def _node(dataset: Dataset, msgraph: MSGraph, node: Node) -> dict[str, Any]:
    items = list(dict.fromkeys(msgraph.history[place - 1] for place in node.positions))
    label = dataset.titles[node.id] or dataset.item_ids[node.id] if node.type == ITEM else f"{node.type} code {node.id}"
    kind = msgraph.node_types.index(node.type)
    return {"type": kind, "id": node.id, "label": label[:LONGEST], "positions": list(node.positions), "items": items}


def _truth(dataset: Dataset, user: int | None) -> dict[str, Any] | None:
    """What decided the target, where the source planted it."""
    if user is None or "cause" not in dataset.facts:
        return None
    return {"cause": dataset.facts["causes"][int(dataset.facts["cause"][dataset.offsets[user + 1] - 1])]}
