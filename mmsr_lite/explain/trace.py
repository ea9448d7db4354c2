"""Trace: everything a model did for one history, as a plain record that the views replay without torch.

Of MMSR the record holds the codes, the MSGraph, for each layer, path and phase the attention on each edge, the update
gate's beta of each node, the norms of the states, the scores, how they split by path in the last layer and what they
are the sum of over all layers (`explain.flow`), and the rank of the target.
Of any other model it holds no graph, and what passed its probes instead: attention weights, gates.

    history -> graph and states (model.states) -> what each probe saw -> `TraceRecord`
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.cards import item_card, node_card, step_card, steps_of, truth_of, user_card
from mmsr_lite.explain.contributions import dense, flow_fields, has_flow
from mmsr_lite.explain.inputs import HistoryLike, UserLike, count_of, history_of, refuse_other_items
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import ITEM, MSGraph, msgraph_of
from mmsr_lite.graph.relations import HETEROGENEOUS as ACROSS_TYPES
from mmsr_lite.graph.relations import HOMOGENEOUS as WITHIN_TYPE
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import Seen, listen
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.flow_parts import Flow
from mmsr_lite.records.trace import Layer, ModelCard, Phase, RankedItem, Stage, Target

FROZEN = ("_weights", "_logits", ".beta")  # probes whose values a flow holds as they are; ends of their names
FAMILIES = {HOMOGENEOUS: WITHIN_TYPE, HETEROGENEOUS: ACROSS_TYPES}  # the relations that a phase goes along


@checked()
@torch.no_grad()
def trace(
    model: Recommender,
    dataset: Dataset,
    user: UserLike | None = None,
    *,
    history: HistoryLike | None = None,
    target: int | None = None,
    top: int = 10,
    replace: dict[str, Callable[[Any], Any]] | None = None,
) -> TraceRecord:
    """Everything that `model` does with one history.

    Give either `user` or `history`.

    Args:
        model: any recommender.
        dataset: the data set it was trained on: it names items and users and has their pictures.
        user: a number from 0, or an id: the history is all items of the user before the last one, the target is the
            last one.
        history: items from 1, the oldest first; only the model's last `max_history` count.
        target: with `history`, the item whose rank is asked for.
        top: how many of the best items the record holds.
        replace: values to put into probes in place of those that pass, by the name of the probe: a forced gate.

    Returns:
        The record; see `mmsr_lite.records.TraceRecord` for its fields.

    Raises:
        MMSRError: when a user or an item does not exist, or the user has a single item.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = trace(MMSR(MMSRConfig(dim=8), world.num_items), world, history=[3, 1, 3], target=2)
        >>> record
        TraceRecord(a history in wardrobe-match; MMSR, adaptive: 3 interactions, 2 nodes, 4 edges, 1 layers)
        >>> [record.relations[relation] for neighbour, centre, relation in record.edges]
        ['self', 'both', 'both', 'self']
    """
    if model.reads_steps:
        advice = "train with ties='random' to look into it"
        raise MMSRError(f"{model.label} takes items of one time as one step, which a trace cannot show; {advice}")
    refuse_other_items(model, dataset)
    number, past, target = history_of(dataset, user, history, target, model.max_history)
    top = count_of(top, "top")
    device = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    model.eval()
    trace_kind = _by_graph if isinstance(model, MMSR) else _by_probes
    with listen(model, replace) as seen:
        scores, parts, fields = trace_kind(model, dataset, torch.tensor([past], device=device), seen)
    scores[0] = -torch.inf
    chance = scores.softmax(0)
    if not model.learns:  # a counting model's score is a count: its share stands for a probability
        counts = scores.clamp_min(0)
        chance = counts / counts.sum().clamp_min(1e-12)
    best = scores.topk(min(top, len(scores) - 1)).indices.tolist()
    items = best if target is None else [*best, target]
    ranked = _ranked(model, dataset, items, scores, chance, parts)
    goal: Target | None = None
    if target is not None:
        rank = float(rank_of(scores[None], torch.tensor([target], device=device)))
        goal = {**ranked.pop(), "rank": rank}
    if has_flow(model) and all(name.endswith(FROZEN) for name in replace or ()):
        fields["flow"] = _flow(model, past, seen, items, device)
    return TraceRecord(
        {
            "schema": TraceRecord.schema,
            "dataset": {"name": dataset.name, "items": dataset.num_items},
            "model": model_card(model),
            "user": None if number is None else user_card(dataset, number),
            "relations": list(RELATIONS),
            "target": goal,
            **fields,
            "answer": {"parts": list(parts), "top": ranked},
            "truth": truth_of(dataset, number),
        }
    )


def _flow(model: Any, past: list[int], seen: Seen, items: list[int], device: torch.device) -> Flow:
    """What the scores of `items` are the sum of; node by node for the first of them and the last, the target."""
    graph = model.graphs(torch.tensor([past], device=device))
    _, slots = msgraph_of(graph, model.node_types)
    return flow_fields(model, graph, seen, slots, list(dict.fromkeys(items)), (items[0], items[-1]))


def model_card(model: Recommender) -> ModelCard:
    """What a record says of a model."""
    layers, fusion = getattr(model.config, "layers", 0), getattr(model.config, "fusion", None)
    return {"name": _name(model), "label": model.label, "layers": layers, "fusion": fusion}


def _name(model: Recommender) -> str:
    """The model's name in the index of models; of a subclass that is not in it, that of the class it comes from."""
    names = (name for kind in type(model).__mro__ for name, indexed in MODELS.items() if indexed is kind)
    return next(names, model.label)


def _ranked(
    model: Recommender, dataset: Dataset, items: list[int], scores: Tensor, chance: Tensor, parts: dict[str, Tensor]
) -> list[RankedItem]:
    """The cards of `items` with their score, their probability and the parts that the score is a sum of."""
    splits: list[list[float]] = [[]] * len(items)
    if parts:
        splits = (model.item_table()[items] @ torch.stack(list(parts.values())).T).tolist()  # (items, parts)
    columns = zip(items, scores[items].tolist(), chance[items].tolist(), splits, strict=True)
    return [
        {**item_card(dataset, item), "score": score, "probability": probability, "parts": split}
        for item, score, probability, split in columns
    ]


def _by_graph(
    model: MMSR, dataset: Dataset, history: Tensor, seen: Seen
) -> tuple[Tensor, dict[str, Tensor], dict[str, Any]]:
    """Of an MMSR: scores (V+1,), what the last state is the sum of, and the fields of the record that need a graph."""
    graph, states = model.states(history)
    msgraph, slots = msgraph_of(graph, model.node_types)
    edges = np.array([[e.neighbour, e.centre, RELATIONS.index(e.relation)] for e in msgraph.edges]).reshape(-1, 3)
    last = int(graph.last[0])
    fields = {
        "node_types": list(msgraph.node_types),
        "history": steps_of(dataset, msgraph),
        "nodes": [node_card(dataset, msgraph, node) for node in msgraph.nodes],
        "edges": edges.tolist(),
        "layers": [_layer(model, index, seen, graph, slots, edges) for index in range(len(model.layers))],
        "stages": _stages(model, seen, msgraph, last),
    }
    state, parts = states[0][0, last], _parts(model, seen, last)
    if model.config.cosine:  # no part of the paper: the state is brought to one length, and with it all its parts
        factor = model.config.cosine**0.5 / state.norm().clamp_min(1e-12)
        state, parts = factor * state, {name: factor * part for name, part in parts.items()}
    return state @ model.item_table().T, parts, fields


def _by_probes(
    model: Recommender, dataset: Dataset, history: Tensor, seen: Seen
) -> tuple[Tensor, dict[str, Tensor], dict[str, Any]]:
    """The same of a model without an MSGraph: every probe that saw one value for this history, None where masked."""
    scores = model.scores(history)[0]  # fills `seen`
    values = {name: value[0].cpu().numpy() for name, value in seen.items() if len(value) == 1}
    fields: dict[str, Any] = {
        "node_types": [],
        "history": [
            {**step_card(dataset, position, item), "node": None, "codes": {}}
            for position, item in enumerate(history[0].tolist(), 1)
        ],
        "nodes": [],
        "edges": [],
        "layers": [],
        "stages": [],
        "probes": {name: _none_where_masked(value) for name, value in values.items()},
    }
    return scores, {}, fields


def _none_where_masked(value: np.ndarray) -> list[Any]:
    """What a probe saw as nested lists; None in place of an entry that attention was told to leave out."""
    shown = value.astype(object)
    shown[~(value > MASKED / 2)] = None
    return shown.tolist()


def _layer(model: MMSR, index: int, seen: Seen, graph: GraphBatch, slots: np.ndarray, edges: np.ndarray) -> Layer:
    """What one layer did, node by node and edge by edge, in the order of the record.

    Args:
        model: the model.
        index: the layer, from 0.
        seen: what each probe saw.
        graph: the graph of this one history.
        slots: (N,) the slot of each node of the record.
        edges: (E, 3) neighbour, centre and relation of each edge of the record.
    """
    layer, name = model.layers[index], f"layers.{index}.probes"
    neighbours, centres = slots[edges[:, 0]], slots[edges[:, 1]]
    relations = np.array(RELATIONS)[edges[:, 2]]

    def values_of(probe: str, used: np.ndarray) -> list[float | None] | None:
        blocks = seen.get(probe)
        if blocks is None:  # an aggregator may have no logits
            return None
        matrix: np.ndarray = dense(blocks, graph)[0].cpu().numpy()  # (N, N)
        values = matrix[centres, neighbours].tolist()
        return [float(value) if is_used else None for value, is_used in zip(values, used, strict=True)]

    def phase(path: str, number: int, family: str) -> Phase:
        used = np.isin(relations, FAMILIES.get(family, RELATIONS))
        probe = f"{name}.{path}_{number}"
        weights, logits = values_of(f"{probe}_weights", used), values_of(f"{probe}_logits", used)
        return {"family": family, "weights": weights, "logits": logits}

    paths = layer.fusion.paths
    states = {end: torch.cat(seen[f"{name}.{end}"], 1)[0] for end in ("input", *paths, "output")}  # (N, D) each
    fields: Layer = {
        "attention": {path: [phase(path, *own) for own in enumerate(families, 1)] for path, families in paths.items()},
        "norms": {end: state.norm(dim=-1).cpu().numpy()[slots].tolist() for end, state in states.items()},
        "beta": None,
        "gate_logits": None,
    }
    if layer.gate is not None:
        logits = layer.gate.logits(*(states[path] for path in paths))
        fields["beta"] = seen[f"{name}.beta"][0].cpu().numpy()[slots].tolist()
        fields["gate_logits"] = logits.cpu().numpy()[slots].tolist()
    return fields


def _stages(model: MMSR, seen: Seen, msgraph: MSGraph, last: int) -> list[Stage]:
    """How the answer comes about, stage by stage: the probe to listen to, the shape of its value, the last item's row.

    A stage belongs to a layer, and one of attention to a path and a phase, counted from 0.
    """
    stages: list[Stage] = []
    length, count = len(msgraph.history), len(msgraph.nodes)

    def stage(name: str, shape: Sequence[int], probe: str | None = None, row: Tensor | None = None, **at: Any) -> None:
        numbers = None if row is None else [round(value, 5) for value in row.tolist()]
        fields = {"stage": name, "probe": probe, "shape": list(shape), "row": numbers, **at}
        stages.append(fields)  # type: ignore[arg-type]

    stage("build", (length, sum(node.type == ITEM for node in msgraph.nodes)))
    stage("codes", (length, sum(table.shape[1] for table in model.codes)))
    for index, layer in enumerate(model.layers):
        name = f"layers.{index}.probes"
        width = seen[f"{name}.input"][0].shape[2]
        stage("input", (count, width), f"{name}.input", seen[f"{name}.input"][0][0, last], layer=index)
        for path, families in layer.fusion.paths.items():
            for phase, family in enumerate(families):
                is_end = phase + 1 == len(families)
                row = seen[f"{name}.{path}"][0][0, last] if is_end else None
                probe = f"{name}.{path}_{phase + 1}_weights"
                stage(family, (count, count), probe, row, layer=index, path=path, phase=phase)
        row = seen[f"{name}.output"][0][0, last]
        if layer.fusion.merge == "gate":
            stage("gate", (count, 2), f"{name}.beta", row, layer=index)
        else:
            stage(layer.fusion.merge, (count, width), f"{name}.output", row, layer=index)
    stage("pool", (width,), f"{name}.output", seen[f"{name}.output"][0][0, last])
    stage("score", (model.item_table().shape[0] - 1,))
    return stages


def _parts(model: MMSR, seen: Seen, last: int) -> dict[str, Tensor]:
    """The last state (D,) as a sum of what each path and the residual connection brought; eq. 17 makes it exact."""
    layer, name = model.layers[-1], f"layers.{len(model.layers) - 1}.probes"
    parts = {path: seen[f"{name}.{path}"][0][0, last] for path in layer.fusion.paths}
    if layer.gate is not None:
        beta = seen[f"{name}.beta"][0, last]
        parts = {path: share * part for (path, part), share in zip(parts.items(), beta, strict=True)}
    elif layer.join is not None:
        weights = layer.join.weight.split(layer.join.out_features, 1)
        parts = {path: weight @ part for (path, part), weight in zip(parts.items(), weights, strict=True)}
        parts["bias"] = layer.join.bias
    if layer.residual:
        parts["residual"] = seen[f"{name}.input"][0][0, last]
    return parts
