"""The record of `leaks`: what the order of a file, item ids, popularity and repetition alone predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, TypedDict

from mmsr_lite.data.facts import OrderFacts
from mmsr_lite.records.base import Record
from mmsr_lite.records.mistakes import Mistake, first_mistake
from mmsr_lite.records.schema import Plain

VERDICTS = ("leak", "effect", "none")
LABELS: dict[str, Any] = {  # what names a row, and its type; the other columns are numbers
    "system": str,
    "rule": str | None,
    "order": Literal["file", "random"],
    "tie_seed": int | None,
    "group": Literal["every", "later", "same time"],
}


class Sampled(TypedDict):
    """How many users were drawn at random from large data."""

    users: Annotated[int, "users whose targets were ranked"]
    of: Annotated[int, "users of the data set"]


class Effect(TypedDict):
    """One question about a data set, with its answer in points of HR@5."""

    name: Annotated[str, "what is asked about, such as tie order"]
    ranking: Annotated[str, "all (items) or masked (own items masked)"]
    before: Annotated[float, "HR@5 without the change, percent"]
    after: Annotated[float, "HR@5 with it, percent"]
    difference: Annotated[float, "after minus before, points"]
    error: Annotated[float, "one standard error of the difference over users, points"]
    clear: Annotated[bool, "whether the difference is more than three standard errors"]
    verdict: Annotated[str, "leak, effect or none"]
    sentence: Annotated[str, "the answer in words"]


class LeaksRecord(Record, kind="leaks"):
    """What a data set gives away besides the behaviour of its users."""

    dataset: Annotated[str, "the data set"]
    num_users: Annotated[int, "how many users"]
    num_items: Annotated[int, "V, how many items"]
    order: Annotated[OrderFacts, "counts of the file's order: see data.order.order_facts"]
    headline: Annotated[str, "the ranking to show first: all (items) or masked (own items masked)"]
    own_targets: Annotated[float, "percent of test targets in their own history"]
    targets: Annotated[int, "test targets that were ranked in one order"]
    sampled: Annotated[Sampled | None, "how many users were drawn, null where all were read"]
    decay: Annotated[float, "of counting, the weight of an item for each step further back"]
    tie_seeds: Annotated[list[int], "seeds of the random orders at ties"]
    weights: Annotated[dict[str, dict[str, float]], "order, then rule: the weight chosen on the training part"]
    rows: Annotated[list[dict[str, Plain]], "system, rule, order, tie_seed, group, targets and metrics in percent"]
    effects: Annotated[list[Effect], "one for each question"]
    leaks: Annotated[list[str], "names of the effects that are leaks"]
    seconds: Annotated[float, "how long it took"]
    sentence: Annotated[str, "all of it in short"]

    def summary(self) -> str:
        """The data set and the leaks that were found."""
        return f"{self.dataset}: {', '.join(self.leaks) or 'no leaks'}"

    def broken_rules(self) -> Iterator[Mistake]:
        """Verdicts are known; leaks are effects with that verdict; rows have labels and numbers."""
        for place, effect in enumerate(self.effects):
            if effect["verdict"] not in VERDICTS:
                yield f"effects[{place}].verdict", f"is {effect['verdict']!r}, expected one of {', '.join(VERDICTS)}"
        for place, row in enumerate(self.rows):
            yield from _rules_of_row(f"rows[{place}]", row)
        named = [effect["name"] for effect in self.effects if effect["verdict"] == "leak"]
        if list(self.leaks) != named:
            yield "leaks", f"is {self.leaks}, expected the effects with verdict leak, {named}"


def _rules_of_row(path: str, row: dict[str, Plain]) -> Iterator[Mistake]:
    """A row has all labels; whatever else it has is a number."""
    for name in LABELS:
        if name not in row:
            yield f"{path}.{name}", "is missing"
    for name, value in row.items():
        if mistake := first_mistake(value, LABELS.get(name, float), f"{path}.{name}"):
            yield mistake
