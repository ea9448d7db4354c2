"""The trace: everything a model did for one history (paper, sections 4.1 to 4.4), as `explain.trace` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, TypedDict

from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.base import Record
from mmsr_lite.records.cards import (
    DatasetCard,
    Experiment,
    GraphNode,
    ModelCard,
    RankedItem,
    Step,
    Target,
    TargetTruth,
    UserCard,
)
from mmsr_lite.records.flow_parts import Flow, rules_of_flow
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import CLOSE, exactly, in_range, one_for_each, sums_to_one
from mmsr_lite.records.schema import OPTIONAL

SOFTMAX = ("homogeneous", "heterogeneous")  # in these families, weights are a softmax over the edges of a centre


class Phase(TypedDict):
    """The attention of one phase of a path (equations 8 to 15)."""

    family: Annotated[str, "the relations it goes along: homogeneous, heterogeneous, or all"]
    weights: Annotated[list[float | None] | None, "(E) the weight of each edge, null where the phase does not use it"]
    logits: Annotated[list[float | None] | None, "(E) what the softmax was taken of; null for an aggregator without"]


class Layer(TypedDict):
    """What one layer did."""

    attention: Annotated[dict[str, list[Phase]], "the phases of each path, in order; hohe is late fusion, heho early"]
    beta: Annotated[list[list[float] | None] | None, "(N, 2) the update gate: shares of hohe and heho (equation 16)"]
    gate_logits: NotRequired[Annotated[list[list[float]] | None, "(N, 2) what the gate's softmax was taken of"]]
    norms: Annotated[dict[str, list[float]], "(N) the length of each node's state at the input, each path, the output"]


class Stage(TypedDict):
    """A stage on the way from the history to the answer."""

    stage: Annotated[str, "its name, such as build, codes, homogeneous, gate, pool, score"]
    probe: Annotated[str | None, "the probe that shows its value"]
    shape: Annotated[list[int], "the shape of the value for this history"]
    row: Annotated[list[float] | None, "the part of the value that belongs to the last item"]
    layer: NotRequired[Annotated[int, "its layer, from 0"]]
    path: NotRequired[Annotated[str, "its path"]]
    phase: NotRequired[Annotated[int, "its phase in the path, from 0"]]


class Answer(TypedDict):
    """What the model answers."""

    parts: Annotated[list[str], "what a score is the sum of: the last layer's paths, and its residual connection"]
    top: Annotated[list[RankedItem], "the best items, the best first"]


class DraftState(TypedDict):
    """What the controls of an explorer show of the history that is edited."""

    codes: Annotated[int | None, "C; null where modalities differ in it"]
    codes_per_item: Annotated[int | None, "k; null where modalities differ in it"]
    families: Annotated[list[str], "the families of relations that the graph has"]
    edited: Annotated[bool, "whether anything was changed"]
    note: Annotated[str, "what is to be said of the codes; empty where nothing is"]
    undo: Annotated[int, "how many edits can be undone"]
    redo: Annotated[int, "how many edits can be done again"]
    beside: Annotated[list[str], "what may stand beside the history"]
    model: Annotated[int, "which of `models` is shown"]
    models: Annotated[list[str], "the names of the models that can be shown"]
    experiment: Annotated[Experiment | None, "what to try first"]
    seeds: NotRequired[Annotated[list[Agreement], "how many models of other seeds say the same, where there are any"]]


class TraceRecord(Record, kind="trace"):
    """Everything a model did for one history.

    Of a model without an MSGraph the fields `node_types`, `nodes`, `edges`, `layers` and `stages` are empty, and
    `probes` holds what its modules showed.
    """

    dataset: Annotated[DatasetCard, "the data set"]
    model: Annotated[ModelCard, "the model"]
    user: Annotated[UserCard | None, "whose history it is; null for one that was given as items"]
    relations: Annotated[list[str], "the names of the relations; an edge holds an index"]
    target: Annotated[Target | None, "the item that came next, where it is known"]
    node_types: Annotated[list[str], "item, then one name for each modality"]
    history: Annotated[list[Step], "the interactions, the oldest first"]
    nodes: Annotated[list[GraphNode], "N nodes, by type, then by first position"]
    edges: Annotated[list[list[int]], "E edges [neighbour, centre, relation]: indexes of `nodes` and of `relations`"]
    layers: Annotated[list[Layer], "what each layer did"]
    stages: Annotated[list[Stage] | None, "the way from the history to the answer"] = OPTIONAL
    flow: Annotated[Flow | None, "what scores are the sum of, path by path; of HAN-GNN layers alone"] = OPTIONAL
    probes: Annotated[
        dict[str, list[Any]] | None, "of a model without an MSGraph: nested lists of what a probe saw"
    ] = OPTIONAL
    answer: Annotated[Answer, "what the model answers"]
    truth: Annotated[TargetTruth | None, "what decided the target, where the data set knows it"] = OPTIONAL
    draft: Annotated[DraftState | None, "of an explorer: the state of its controls"] = OPTIONAL

    def summary(self) -> str:
        """User, data set, model, and the sizes of the graph."""
        who = (
            f"user {self.user['id']!r} of {self.dataset['name']}"
            if self.user
            else f"a history in {self.dataset['name']}"
        )
        counts = ((self.history, "interactions"), (self.nodes, "nodes"), (self.edges, "edges"), (self.layers, "layers"))
        sizes = ", ".join(f"{len(values)} {what}" for values, what in counts if values)
        return f"{who}; {self.model['label']}: {sizes}"

    def broken_rules(self) -> Iterator[Mistake]:
        """Indexes exist, nodes have positions, lengths agree, gates and attention are shares."""
        if not self.history:
            yield "history", "is empty, expected at least one interaction"
        yield from self._rules_of_history()
        yield from self._rules_of_graph()
        for number, layer in enumerate(self.layers):
            yield from self._rules_of_layer(f"layers[{number}]", layer)
        yield from self._rules_of_stages()
        if self.flow is not None:
            scores = {best["item"]: best["score"] for best in self.answer["top"]}
            if self.target is not None:
                scores[self.target["item"]] = self.target["score"]
            yield from rules_of_flow(self.flow, scores, len(self.nodes))
        for place, ranked in enumerate(self.answer["top"]):
            if ranked.get("parts"):
                yield from one_for_each(
                    f"answer.top[{place}].parts", ranked["parts"], len(self.answer["parts"]), "answer.parts"
                )
            yield from in_range(f"answer.top[{place}].item", ranked["item"], 1, self.dataset["items"], "an item")

    def _rules_of_history(self) -> Iterator[Mistake]:
        last_node = len(self.nodes) - 1
        for place, step in enumerate(self.history):
            path = f"history[{place}]"
            yield from in_range(f"{path}.position", step["position"], place + 1, place + 1, "its place, counted from 1")
            if self.nodes or step["node"] is not None:
                yield from _index(f"{path}.node", step["node"], last_node, "nodes")
            for name in step["codes"]:
                if name not in self.node_types[1:]:
                    yield f"{path}.codes", f"has the name {name!r}, expected one of {self.node_types[1:]}"

    def _rules_of_graph(self) -> Iterator[Mistake]:
        last_type, length = len(self.node_types) - 1, len(self.history)
        for place, node in enumerate(self.nodes):
            yield from _index(f"nodes[{place}].type", node["type"], last_type, "node_types")
            if not node["positions"]:
                yield f"nodes[{place}].positions", "is empty, expected at least one position of the history"
            for position in node["positions"]:
                yield from in_range(f"nodes[{place}].positions", position, 1, length, "positions of the history")
        last_node, last_relation = len(self.nodes) - 1, len(self.relations) - 1
        for place, edge in enumerate(self.edges):
            path = f"edges[{place}]"
            if len(edge) != 3:
                yield path, f"has {len(edge)} values, expected [neighbour, centre, relation]"
                continue
            yield from _index(f"{path}[0]", edge[0], last_node, "nodes")
            yield from _index(f"{path}[1]", edge[1], last_node, "nodes")
            yield from _index(f"{path}[2]", edge[2], last_relation, "relations")

    def _rules_of_layer(self, path: str, layer: Layer) -> Iterator[Mistake]:
        count = len(self.nodes)
        for name, phases in layer["attention"].items():
            for number, phase in enumerate(phases):
                yield from self._rules_of_phase(f"{path}.attention.{name}[{number}]", phase)
        yield from one_for_each(f"{path}.beta", layer["beta"], count, "nodes")
        for place, pair in enumerate(layer["beta"] or ()):
            if pair is not None:
                yield from exactly(f"{path}.beta[{place}]", pair, 2, "the shares of hohe and heho")
                yield from sums_to_one(f"{path}.beta[{place}]", pair, "the shares of hohe and heho")
        yield from one_for_each(f"{path}.gate_logits", layer.get("gate_logits"), count, "nodes")
        for end, norms in layer["norms"].items():
            yield from one_for_each(f"{path}.norms.{end}", norms, count, "nodes")

    def _rules_of_phase(self, path: str, phase: Phase) -> Iterator[Mistake]:
        weights, logits, count = phase["weights"], phase["logits"], len(self.edges)
        yield from one_for_each(f"{path}.weights", weights, count, "edges")
        yield from one_for_each(f"{path}.logits", logits, count, "edges")
        if weights is None or logits is None or len(weights) != count or len(logits) != count:
            return
        if phase["family"] not in SOFTMAX or all(logit is None for logit in logits):
            return
        for place, (weight, logit) in enumerate(zip(weights, logits, strict=True)):
            if (weight is None) != (logit is None):
                yield f"{path}.weights[{place}]", f"is {weight} where the logit is {logit}, expected both or neither"
        totals: dict[int, float] = {}
        for edge, weight in zip(self.edges, weights, strict=True):
            if weight is not None:
                totals[edge[1]] = totals.get(edge[1], 0.0) + weight
        for centre, total in totals.items():
            heard_nobody = abs(total) <= CLOSE  # every edge of this centre was removed
            if not heard_nobody and abs(total - 1) > CLOSE:
                yield f"{path}.weights", f"of centre {centre} sum to {total:.4g}, expected 1"

    def _rules_of_stages(self) -> Iterator[Mistake]:
        for name in ("stages", "flow", "probes", "draft"):
            if name in self and self[name] is None:
                yield name, "is null; leave the field out where there is nothing"
        for place, stage in enumerate(self.stages or ()):
            if "layer" in stage:
                yield from _index(f"stages[{place}].layer", stage["layer"], len(self.layers) - 1, "layers")
            if "path" in stage and "layer" in stage and stage["layer"] < len(self.layers):
                paths = self.layers[stage["layer"]]["attention"]
                if stage["path"] not in paths:
                    yield f"stages[{place}].path", f"is {stage['path']!r}, expected one of {list(paths)}"
                elif "phase" in stage:
                    last = len(paths[stage["path"]]) - 1
                    yield from _index(f"stages[{place}].phase", stage["phase"], last, f"phases of {stage['path']}")


def _index(path: str, value: int | None, last: int, of: str) -> Iterator[Mistake]:
    if value is None:
        yield path, f"is null, expected an index of {of}"
    else:
        yield from in_range(path, value, 0, last, f"an index of {of}")
