"""Records of the flow: the contributions to a score, for one history and for a data set ("What beta weighs")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypedDict

from mmsr_lite.records.base import Record
from mmsr_lite.records.cards import DatasetCard, GraphNode, ItemCard, ModelCard, UserCard
from mmsr_lite.records.flow_parts import Flow, rules_of_flow
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import exactly, in_range, one_for_each, sums_to_one
from mmsr_lite.records.schema import OPTIONAL
from mmsr_lite.records.trace import TraceRecord


class FlowItem(ItemCard):
    """An item whose score is split into contributions."""

    score: Annotated[float, "the model's score"]
    rank: Annotated[float, "1 is the best; the mean of the places that equal scores share"]


class FlowRecord(Record, kind="flow"):
    """The signed contributions to the scores of some items: from each node, along each group of paths."""

    dataset: Annotated[DatasetCard, "the data set"]
    model: Annotated[ModelCard, "the model"]
    user: Annotated[UserCard | None, "whose history it is; null for one that was given as items"]
    target: Annotated[int | None, "the item that came next, where it is known"]
    node_types: Annotated[list[str], "item, then one name for each modality"]
    nodes: Annotated[list[GraphNode], "N nodes, by type, then by first position"]
    last: Annotated[int, "the last item's node, an index of `nodes`"]
    beta: Annotated[
        list[list[float] | None], "for each layer the last item's gate: shares of hohe and heho; null without a gate"
    ]
    ranked: Annotated[list[FlowItem], "the items whose scores are taken apart, by rank"]
    flow: Annotated[Flow, "what each score is the sum of"]

    def summary(self) -> str:
        """User, data set, model, and how many items."""
        who = "a history in"
        if self.user:
            who = f"user {self.user['id']!r} of"
        sizes = f"{len(self.ranked)} items, {len(self.nodes)} nodes"
        return f"{who} {self.dataset['name']}; {self.model['label']}: {sizes}"

    def broken_rules(self) -> Iterator[Mistake]:
        """Indexes exist, nodes have positions, gates are shares, and contributions add up to each score."""
        yield from in_range("last", self.last, 0, len(self.nodes) - 1, "an index of nodes")
        for place, node in enumerate(self.nodes):
            yield from in_range(f"nodes[{place}].type", node["type"], 0, len(self.node_types) - 1, "a node type")
            if not node["positions"]:
                yield f"nodes[{place}].positions", "is empty, expected at least one position of the history"
        for layer, pair in enumerate(self.beta):
            if pair is not None:
                yield from exactly(f"beta[{layer}]", pair, 2, "the shares of hohe and heho")
                yield from sums_to_one(f"beta[{layer}]", pair, "the shares of hohe and heho")
        yield from one_for_each("flow.items", self.flow["items"], len(self.ranked), "items")
        yield from rules_of_flow(self.flow, {item["item"]: item["score"] for item in self.ranked}, len(self.nodes))


def flow_of_trace(trace: TraceRecord) -> FlowRecord | None:
    """Take the flow out of a trace, as a record of its own.

    Args:
        trace: A trace.

    Returns:
        The flow; None where the trace holds none.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> flow_of_trace(sample("trace")) is None
        True
    """
    if trace.get("flow") is None:
        return None
    last = trace["history"][-1]["node"]
    ranked = [{**item, "rank": float(rank)} for rank, item in enumerate(trace["answer"]["top"], 1)]
    target = trace["target"]
    if target is not None:
        ranked = [*(item for item in ranked if item["item"] != target["item"]), target]
    shown = ("item", "item_id", "title", "picture", "score", "rank")
    cards = {item["item"]: {name: item[name] for name in shown if name in item} for item in ranked}
    flows = [flow for flow in trace["flow"]["items"] if flow["item"] in cards]
    flows.sort(key=lambda flow: cards[flow["item"]]["rank"])
    return FlowRecord(
        {
            "schema": FlowRecord.schema,
            **{name: trace[name] for name in ("dataset", "model", "user", "node_types", "nodes")},
            "target": None if target is None else target["item"],
            "last": last,
            "beta": [layer["beta"] and layer["beta"][last] for layer in trace["layers"]],
            "ranked": [cards[flow["item"]] for flow in flows],
            "flow": {"groups": trace["flow"]["groups"], "items": flows},
        }
    )


class FlowShares(TypedDict):
    """The mean flow of some users, or of some positions."""

    kind: Annotated[str | None, "the kind of the users, or the cause of their targets, as planted; null: all users"]
    position: Annotated[list[int] | None, "least and greatest position of the nodes, 1 the newest; null: all nodes"]
    users: Annotated[int, "over how many users the mean is taken"]
    shares: Annotated[list[float], "for each of `groups`: its mean share of the sizes of all contributions"]
    contributions: Annotated[list[float], "for each of `groups`: its mean signed contribution to the target's score"]
    beta: Annotated[list[float] | None, "of whole users: the mean share of hohe in the last item's gate, by layer"]


class FlowSummaryRecord(Record, kind="flow-summary"):
    """The contributions to the scores of a data set's targets, by kind of user and by position in the history."""

    dataset: Annotated[str, "the data set"]
    model: Annotated[str, "the model's label"]
    version: Annotated[str | None, "the version of mmsr_lite that counted"] = OPTIONAL
    users: Annotated[int, "how many users"]
    groups: Annotated[list[str], "the groups of paths"]
    by: Annotated[dict[str, list[FlowShares]], "means over all users, by kind, by cause, by position"]
    sentence: Annotated[str, "what the flow says, in one sentence"]

    def summary(self) -> str:
        """Data set, model and how many users."""
        return f"{self.dataset}; {self.model}: {self.users} users"

    def broken_rules(self) -> Iterator[Mistake]:
        """One share for each group; the shares of whole users, and of all positions together, sum to one."""
        for name, rows in self.by.items():
            for place, row in enumerate(rows):
                path = f"by.{name}[{place}]"
                yield from one_for_each(f"{path}.shares", row["shares"], len(self.groups), "groups")
                yield from one_for_each(f"{path}.contributions", row["contributions"], len(self.groups), "groups")
                if row["position"] is None:
                    yield from sums_to_one(f"{path}.shares", row["shares"], "shares of the groups")
                else:
                    yield from exactly(f"{path}.position", row["position"], 2, "the least and the greatest position")
