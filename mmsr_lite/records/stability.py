"""The record of `stability`: what models that differ only in their seed say of a history, and how far they agree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NotRequired, TypedDict

from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.base import Record
from mmsr_lite.records.cards import DatasetCard, ItemCard, Step, UserCard
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import in_range, one_for_each, ordered

MEASURES = ("beta", "attention", "flow", "order")  # what is measured in every model


class OverSeeds(TypedDict):
    """One number for each model, and the band of these numbers."""

    measure: Annotated[str, "beta, attention, flow (of a place) or order (a group of paths)"]
    layer: Annotated[int | None, "of beta the layer, from 0; else null"]
    type: Annotated[str | None, "item or a modality; of an order null"]
    position: Annotated[int | None, "the position in the history, from 1; of an order null"]
    group: NotRequired[Annotated[str, "of an order the group of paths"]]
    values: Annotated[list[float | None], "one for each model; null where it has no such place"]
    mean: Annotated[float, "their mean"]
    low: Annotated[float, "the least"]
    high: Annotated[float, "the greatest"]


class StabilityRecord(Record, kind="stability"):
    """One history in models that differ only in their seed.

    Codes are learned with the seed, so code 3 of one model is not code 3 of another. Models share only the history, so
    numbers are given by node type and position of the history. A node at several positions gives each of them an equal
    part of its attention and of its flow.
    """

    dataset: Annotated[DatasetCard, "the data set"]
    model: Annotated[str, "the label of the models"]
    seeds: Annotated[list[int | None], "the seed of each model; null where it is not known"]
    user: Annotated[UserCard | None, "whose history it is; null for one that was given as items"]
    history: Annotated[list[Step], "the interactions, the oldest first, as the first model has them"]
    watched: Annotated[ItemCard, "the item whose score is taken apart: the target, or what most models put first"]
    ranks: Annotated[list[float], "the rank that each model gives it"]
    node_types: Annotated[list[str], "item, then one name for each modality"]
    groups: Annotated[list[str], "the groups of paths of the flow"]
    rows: Annotated[list[OverSeeds], "every number with its band over the models"]
    change: Annotated[str, "the what-if that was asked, in a phrase; empty where the models allow none"]
    agreements: Annotated[list[Agreement], "how many models say the same"]
    sentence: Annotated[str, "all agreements in short"]

    def summary(self) -> str:
        """User, data set, model and how far the seeds agree."""
        who = f"user {self.user['id']!r} of " if self.user else "a history in "
        return f"{who}{self.dataset['name']}; {len(self.seeds)} seeds of {self.model}: {self.sentence}"

    def broken_rules(self) -> Iterator[Mistake]:
        """One value for each model, bands that contain them, and counts that follow from the answers."""
        models = len(self.seeds)
        yield from one_for_each("ranks", self.ranks, models, "models")
        for place, row in enumerate(self.rows):
            path = f"rows[{place}]"
            yield from one_for_each(f"{path}.values", row["values"], models, "models")
            yield from ordered(f"{path}.low", [row["low"], row["high"]], "the least value, then the greatest")
            yield from in_range(f"{path}.position", row["position"], 1, len(self.history), "a position of the history")
            if row["measure"] not in MEASURES:
                yield f"{path}.measure", f"is {row['measure']!r}, expected one of {', '.join(MEASURES)}"
            elif row["measure"] == "order":
                if row.get("group") not in self.groups:
                    yield f"{path}.group", f"is {row.get('group')!r}, expected one of {self.groups}"
            else:
                if row["type"] not in self.node_types:
                    yield f"{path}.type", f"is {row['type']!r}, expected one of {self.node_types}"
                if row["position"] is None:
                    yield f"{path}.position", "is null, expected a position of the history"
        if not self.agreements:
            yield "agreements", "is empty, expected at least one"
        for place, one in enumerate(self.agreements):
            path = f"agreements[{place}]"
            yield from one_for_each(f"{path}.answers", one["answers"], one["of"], "models with an answer")
            if one["answers"].count(one["says"]) != one["count"]:
                yield f"{path}.count", f"is {one['count']}, expected how often {one['says']!r} stands in answers"


def said_by(record: StabilityRecord, about: str) -> str:
    """Say how many models agree, for a view that shows the explanation of one model.

    Args:
        record: a stability record.
        about: what the explanation is about, as `Agreement` names it.

    Returns:
        Such as "4 of 5 models say so"; empty where nothing is known about it.

    Example:
        >>> one = {"about": "larger order", "says": "late", "answers": ["late", "late", "early"], "count": 2, "of": 3}
        >>> said_by(StabilityRecord(agreements=[one]), "larger order")
        '2 of 3 models say so'
    """
    for one in record["agreements"]:
        if one["about"] == about:
            return f"{one['count']} of {one['of']} models say so"
    return ""
