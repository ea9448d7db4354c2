"""Signed contributions to scores, as a trace and a flow hold them, and the rule that they add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, NotRequired, TypedDict

from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import one_for_each

FLOAT32 = 1e-4  # relative to the sizes that are added: float32 sums are this exact
FLOW_GROUPS = ("own identity", "own codes", "shared codes", "crossed, then time", "time, then crossed", "time alone")


class FlowOfItem(TypedDict):
    """The contributions to one item's score, by groups of paths from the nodes to the last item."""

    item: Annotated[int, "the item"]
    groups: Annotated[list[float], "the signed sum over nodes of each of `groups`"]
    rest: Annotated[float, "what no node brings: the bias where a linear map joins the paths, else 0"]
    nodes: NotRequired[Annotated[list[list[float]], "(N, groups) each node's signed part; of the main items alone"]]


class Flow(TypedDict):
    """Exact signed contributions to scores, with attention and gates held fixed ("What beta weighs")."""

    groups: Annotated[list[str], "the groups of paths, by the order in which a path follows time and crosses types"]
    items: Annotated[list[FlowOfItem], "the best items, and the item that came next"]


def rules_of_flow(flow: Flow, scores: Mapping[int, float], count: int) -> Iterator[Mistake]:
    """Check that all groups are there and add up: nodes to their group, and groups to the item's score.

    Args:
        flow: the flow of a record.
        scores: item -> its score, of all items whose scores the record has.
        count: the number of nodes of the record.

    Yields:
        For each mistake its place in the record, and a sentence about it.

    Example:
        >>> sums = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0]
        >>> flow = {"groups": [*FLOW_GROUPS], "items": [{"item": 7, "groups": sums, "rest": 0.5}]}
        >>> list(rules_of_flow(flow, {7: 3.5}, count=0))
        []
        >>> list(rules_of_flow(flow, {8: 3.5}, count=0))
        [('flow.items[0].item', 'is 7, expected one of [8], whose scores are known')]
    """
    for name in FLOW_GROUPS:
        if name not in flow["groups"]:
            yield "flow.groups", f"has no {name!r}, expected {', '.join(FLOW_GROUPS)}"
    groups = len(flow["groups"])
    for place, item in enumerate(flow["items"]):
        path, sums = f"flow.items[{place}]", item["groups"]
        if item["item"] not in scores:
            yield f"{path}.item", f"is {item['item']}, expected one of {sorted(scores)}, whose scores are known"
            continue
        if len(sums) != groups:
            yield from one_for_each(f"{path}.groups", sums, groups, "groups")
            continue
        yield from _adds_up(f"{path}.groups and rest", [*sums, item["rest"]], scores[item["item"]], "the item's score")
        nodes = item.get("nodes")
        if nodes is None:
            continue
        yield from one_for_each(f"{path}.nodes", nodes, count, "nodes")
        for number, parts in enumerate(nodes):
            yield from one_for_each(f"{path}.nodes[{number}]", parts, groups, "groups")
        if all(len(parts) == groups for parts in nodes):
            for group, total in enumerate(sums):
                column = [parts[group] for parts in nodes]
                yield from _adds_up(f"{path}.nodes[][{group}]", column, total, f"groups[{group}]")


def _adds_up(path: str, parts: Sequence[float], total: float, what: str) -> Iterator[Mistake]:
    """Whether signed parts add up to a total, within the precision of float32."""
    size = 1 + abs(total) + sum(abs(part) for part in parts)
    if abs(sum(parts) - total) > FLOAT32 * size:
        yield path, f"add up to {sum(parts):.6g}, expected {total:.6g}: {what}"
