"""The part of a trace that needs an MSGraph: what an MMSR did node by node, edge by edge and stage by stage."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.explain.cards import node_card, steps_of
from mmsr_lite.explain.contributions import dense
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import ITEM, MSGraph, msgraph_of
from mmsr_lite.graph.relations import HETEROGENEOUS as ACROSS_TYPES
from mmsr_lite.graph.relations import HOMOGENEOUS as WITHIN_TYPE
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS
from mmsr_lite.nn.probe import Seen
from mmsr_lite.records.trace import Layer, Phase, Stage

FAMILIES = {HOMOGENEOUS: WITHIN_TYPE, HETEROGENEOUS: ACROSS_TYPES}  # the relations that a phase goes along


def by_graph(
    model: MMSR, dataset: Dataset, history: Tensor, seen: Seen
) -> tuple[Tensor, dict[str, Tensor], dict[str, Any]]:
    """The parts of a trace that only an MMSR has.

    Args:
        model: an MMSR.
        dataset: the data set that it was trained on.
        history: (1, L) one history, without padding.
        seen: the values at the probes; within `listen`, they are filled here.

    Returns:
        (V+1,) scores; name -> the parts (D,) whose sum is the state of the last item; and the fields of the record that
        need a graph: node types, history, nodes, edges, layers and stages.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model = MMSR(MMSRConfig(dim=8), world.num_items).eval()
        >>> with torch.no_grad(), listen(model) as seen:
        ...     scores, parts, fields = by_graph(model, world, torch.tensor([[3, 1, 3]]), seen)
        >>> len(scores) == 1 + world.num_items, len(fields["nodes"])  # two items, and no modalities
        (True, 2)
    """
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
