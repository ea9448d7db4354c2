"""Records of what a trained model shows: what-if, gates and codebook (paper, equations 16 and 17, section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, NotRequired, TypedDict

from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.base import Record
from mmsr_lite.records.cards import Edit, ItemCard
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import in_range, one_for_each, ordered
from mmsr_lite.records.schema import OPTIONAL
from mmsr_lite.records.trace import TraceRecord


class Measure(TypedDict):
    """One number in the clean run, in the changed run, and after random changes of the same kind."""

    clean: Annotated[float, "before the change"]
    changed: Annotated[float, "after the change"]
    delta: Annotated[float, "changed minus clean"]
    band: Annotated[list[float], "the 5 % and 95 % quantiles of `draws`; where `exact` their least and greatest"]
    outside: Annotated[bool, "whether delta lies outside the band"]
    draws: Annotated[list[float], "the delta of each repeat"]
    place: NotRequired[Annotated[int, "where `exact`: 1 if no other choice has a larger delta, either way"]]
    alike: NotRequired[Annotated[bool, "whether all repeats did the same as the change"]]


class GateChange(TypedDict):
    """The gate of a node in one layer: the share of hohe in both runs."""

    clean: Annotated[float | None, "before the change; null where the node is not there"]
    changed: Annotated[float | None, "after the change"]
    delta: Annotated[float | None, "changed minus clean"]
    band: Annotated[list[float] | None, "the 5 % and 95 % quantiles over the repeats that have the node"]


class ChangedNode(TypedDict):
    """A node of either run."""

    type: Annotated[int, "an index of the trace's `node_types`"]
    id: Annotated[int, "the item or the code"]
    clean: Annotated[int | None, "its place in `clean.nodes`"]
    changed: Annotated[int | None, "its place in `changed.nodes`"]
    beta: Annotated[list[GateChange] | None, "its gate in each layer; null for a model without gates"]


class ChangedEdge(TypedDict):
    """An edge of either run."""

    clean: Annotated[int | None, "its place in `clean.edges`"]
    changed: Annotated[int | None, "its place in `changed.edges`"]


class ChangedItem(TypedDict):
    """An item that one of the runs ranks at the top."""

    item: Annotated[int, "the item"]
    item_id: NotRequired[Annotated[str, "its id"]]
    title: Annotated[str, "its title; not escaped"]
    clean: Annotated[float, "its rank before the change"]
    changed: Annotated[float, "its rank after the change"]


class WhatIfRecord(Record, kind="what-if"):
    """One history, changed on purpose, beside the clean one and against random changes of the same kind."""

    changes: Annotated[list[Edit], "what was done, in order"]
    told: Annotated[list[str], "each change in a phrase"]
    repeats: Annotated[int, "how many other changes were made"]
    exact: Annotated[bool | None, "true where these are all other choices, each once, else random ones"] = OPTIONAL
    seed: Annotated[int, "the seed of all choices"]
    watched: Annotated[ItemCard, "the item whose rank, score and probability are measured"]
    clean: Annotated[TraceRecord, "the trace before the change"]
    changed: Annotated[TraceRecord, "the trace after it; a node that was taken out is marked as removed"]
    measures: Annotated[dict[str, Measure | None], "rank, score, probability, beta; null for what the model lacks"]
    nodes: Annotated[list[ChangedNode], "the nodes of both runs"]
    edges: Annotated[list[ChangedEdge], "the edges of both runs"]
    attention: Annotated[
        list[dict[str, list[list[float | None] | None]]],
        "by layer and path, for each phase and edge: changed minus clean",
    ]
    top: Annotated[list[ChangedItem], "the best items of both runs, by their new rank"]
    sentence: Annotated[str, "what changed, in one sentence"]
    seeds: Annotated[Agreement | None, "how many models of other seeds move the probability alike"] = OPTIONAL

    def summary(self) -> str:
        """The change and what it does to the rank."""
        rank = self.measures["rank"]
        moved = f"; rank {rank['clean']:g} -> {rank['changed']:g}" if rank else ""
        kind = "all other" if self.get("exact") else "random"
        return f"{'; '.join(self.told)}{moved}, against {self.repeats} {kind} changes"

    def broken_rules(self) -> Iterator[Mistake]:
        """Places exist in both traces; every repeat is in every measure."""
        yield from in_range("repeats", self.repeats, 1, 10**9, "the number of random changes")
        yield from one_for_each("told", self.told, len(self.changes), "changes")
        for name, measure in self.measures.items():
            if measure is not None:
                yield from one_for_each(f"measures.{name}.draws", measure["draws"], self.repeats, "repeats")
                yield from ordered(f"measures.{name}.band", measure["band"], "quantiles of the repeats")
        ends = {"clean": self.clean, "changed": self.changed}
        for end, trace in ends.items():
            for kind in ("nodes", "edges"):
                for place, one in enumerate(self[kind]):
                    last = len(trace[kind]) - 1
                    yield from in_range(f"{kind}[{place}].{end}", one[end], 0, last, f"an index of {end}.{kind}")
        layers = len(self.clean["layers"])
        for place, node in enumerate(self.nodes):
            yield from one_for_each(f"nodes[{place}].beta", node["beta"], layers, "layers")
            for layer, gate in enumerate(node["beta"] or ()):
                lacks_one = gate["clean"] is None or gate["changed"] is None
                if lacks_one != (gate["delta"] is None):
                    path = f"nodes[{place}].beta[{layer}].delta"
                    yield path, f"is {gate['delta']}, expected null where clean or changed is null, and nowhere else"
        yield from one_for_each("attention", self.attention, layers, "layers")
        for number, paths in enumerate(self.attention):
            for path, phases in paths.items():
                for phase, values in enumerate(phases):
                    here = f"attention[{number}].{path}[{phase}]"
                    yield from one_for_each(here, values, len(self.edges), "edges")


GateGroup = TypedDict(  # a function call, because "from" is a word of Python
    "GateGroup",
    {
        "layer": Annotated[int, "the layer, from 0"],
        "type": Annotated[str, "the node type"],
        "dataset": NotRequired[Annotated[str, "the data set, where there are several"]],
        "count": Annotated[int, "how many gates"],
        "mean": Annotated[float, "mean share of hohe (late fusion)"],
        "low": Annotated[float, "its 5 % quantile"],
        "median": Annotated[float, "its median"],
        "high": Annotated[float, "its 95 % quantile"],
        "from": NotRequired[Annotated[float, "the least position, popularity, length or code of the group"]],
        "to": NotRequired[Annotated[float, "the greatest"]],
        "kind": NotRequired[Annotated[str, "the planted kind of the users"]],
        "flow_early": NotRequired[Annotated[float, "mean share of early fusion in the flow of the group's histories"]],
        "flow_late": NotRequired[Annotated[float, "mean share of late fusion in it"]],
    },
)


class GateHistogram(TypedDict):
    """How the gates of one layer and node type are spread."""

    layer: Annotated[int, "the layer, from 0"]
    type: Annotated[str, "the node type"]
    dataset: NotRequired[Annotated[str, "the data set, where there are several"]]
    counts: Annotated[list[int], "how many gates lie between each two `edges`"]


class GatesRecord(Record, kind="gates"):
    """The update gates of a whole data set, in groups (equations 16 and 17)."""

    dataset: Annotated[str, 'the data set, or several with "and" between']
    model: Annotated[str | None, "the model's label; null for several"]
    run: Annotated[str | None, "the id of the run"] = OPTIONAL
    seed: Annotated[int | None, "the run's seed"] = OPTIONAL
    version: Annotated[str | None, "the version of mmsr_lite that counted"] = OPTIONAL
    users: Annotated[int, "how many users"]
    rows: Annotated[int, "how many gates"]
    node_types: Annotated[list[str], "item, then the modalities"]
    layers: Annotated[int, "how many layers"]
    edges: Annotated[list[float], "the ends of the histogram's bins"]
    histogram: Annotated[list[GateHistogram], "how the gates are spread, by layer and node type"]
    by: Annotated[dict[str, list[GateGroup]], "groups by type, position, popularity, length, code and kind of user"]
    sentence: Annotated[str, "what the gates say, in one sentence"]

    def summary(self) -> str:
        """Data set, model and how many gates."""
        return f"{self.dataset}; {self.model}: {self.rows} gates of {self.users} users in {self.layers} layers"

    def broken_rules(self) -> Iterator[Mistake]:
        """Layers and types exist; quantiles are in order; a histogram fills its bins."""
        for place, histogram in enumerate(self.histogram):
            path = f"histogram[{place}]"
            yield from self._rules_of_key(path, histogram)
            yield from one_for_each(f"{path}.counts", histogram["counts"], len(self.edges) - 1, "bins")
        for name, groups in self.by.items():
            for place, group in enumerate(groups):
                path = f"by.{name}[{place}]"
                yield from self._rules_of_key(path, group)
                yield from ordered(f"{path}.low", [group["low"], group["median"]], "low is not above median")
                yield from ordered(f"{path}.high", [group["median"], group["high"]], "median is not above high")

    def _rules_of_key(self, path: str, row: Any) -> Iterator[Mistake]:
        yield from in_range(f"{path}.layer", row["layer"], 0, self.layers - 1, "a layer")
        if row["type"] not in self.node_types:
            yield f"{path}.type", f"is {row['type']!r}, expected one of {self.node_types}"


class CodeCard(TypedDict):
    """A code of a modality."""

    id: Annotated[int, "the code, from 1"]
    count: Annotated[int, "how many items have it"]
    items: Annotated[list[ItemCard], "popular items whose nearest code it is"]


class CodebookRecord(Record, kind="codebook"):
    """The codes of one modality with example items (section 4.1)."""

    dataset: Annotated[str, "the data set"]
    modality: Annotated[str, "the modality"]
    codes: Annotated[list[CodeCard], "its codes"]

    def summary(self) -> str:
        """Modality, data set and how many codes."""
        return f"{self.modality} of {self.dataset}: {len(self.codes)} codes"
