"""The record of `fusion_for`: early or late fusion for a data set, with every system, test and verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, TypedDict

from mmsr_lite.records.base import Record
from mmsr_lite.records.leaks import Sampled
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import ordered
from mmsr_lite.records.schema import Plain, Terms

CANNOT_BE_TOLD = "cannot be told"
FUSION_VERDICTS = ("early", "late", CANNOT_BE_TOLD)


class FusionSystem(TypedDict):
    """One system of the comparison, over all its seeds."""

    name: Annotated[str, "such as early, or counting"]
    model: Annotated[str, "the model in the index of models"]
    trials: Annotated[int, "how many trials chose its settings, or those of the system it is tuned like"]
    settings: Annotated[dict[str, Plain], "what the trials chose"]
    runs: Annotated[list[dict[str, float]], "seed, tie_seed, and every metric in percent, a run each"]
    mean: Annotated[float, "mean of the deciding metric over the runs, percent"]
    low: Annotated[float, "its least value of a seed"]
    high: Annotated[float, "its greatest value of a seed"]


class FusionComparison(TypedDict):
    """One system compared with another one."""

    asks: Annotated[str, "what the comparison answers"]
    one: Annotated[str, "a system"]
    other: Annotated[str, "the system that it is tested against"]
    difference: Annotated[float, "the one minus the other, points of the deciding metric"]
    low: Annotated[float, "lower end of its 95 % interval over users, seeds and orders at ties"]
    high: Annotated[float, "upper end"]
    p: Annotated[float, "p-value of no difference"]
    holm: Annotated[float, "p after Holm's correction for all comparisons"]
    apart: Annotated[bool, "whether the systems differ: holm below 0.05"]
    users_sd: Annotated[float, "the part of the standard error that comes from users"]
    seeds_sd: Annotated[float, "the part that comes from seeds"]
    orders_sd: Annotated[float, "the part that comes from orders at ties"]


class FusionRecord(Record, kind="fusion"):
    """Early or late fusion for a data set."""

    dataset: Annotated[str, "the data set"]
    num_users: Annotated[int, "how many users the comparison read"]
    num_items: Annotated[int, "V, how many items"]
    modalities: Annotated[list[str], "what was fused"]
    sampled: Annotated[Sampled | None, "how many users were drawn, null where all were read"]
    targets: Annotated[int, "test targets in one order at ties"]
    base: Annotated[str, "the base of early and late fusion, as sentences call it"]
    ranking: Annotated[str, "the ranking that decides: all (items) or masked (own items masked)"]
    metric: Annotated[str, "the metric that decides"]
    seeds: Annotated[int, "runs of each system that has seeds"]
    orders: Annotated[int, "orders at ties, 1 where no times tie"]
    trials: Annotated[int, "trials of each system"]
    terms: Annotated[Terms, "settings of all systems, and the values that trials were drawn from"]
    systems: Annotated[list[FusionSystem], "every system"]
    comparisons: Annotated[list[FusionComparison], "every test"]
    failed: Annotated[list[str], "a sentence for each system or run that could not be trained"]
    verdict: Annotated[str, "early, late or cannot be told"]
    sentence: Annotated[str, "the verdict in one sentence"]
    further: Annotated[list[str], "what has to be said beside it"]
    seconds: Annotated[float, "seconds of all runs together"]

    def summary(self) -> str:
        """The data set and the verdict."""
        return f"{self.dataset}, {self.base}: {self.sentence}"

    def broken_rules(self) -> Iterator[Mistake]:
        """The verdict is known and follows from the test of the order; intervals are in order."""
        if self.verdict not in FUSION_VERDICTS:
            yield "verdict", f"is {self.verdict!r}, expected one of {', '.join(FUSION_VERDICTS)}"
        names = {system["name"] for system in self.systems}
        for place, one in enumerate(self.comparisons):
            path = f"comparisons[{place}]"
            yield from ordered(f"{path}.low", [one["low"], one["high"]], "the 95 % interval")
            for side in ("one", "other"):
                if one[side] not in names:
                    yield f"{path}.{side}", f"is {one[side]!r}, expected a system of {sorted(names)}"
            if (one["one"], one["other"]) == ("early", "late"):
                leader = "early" if one["difference"] > 0 else "late"
                expected = (leader, CANNOT_BE_TOLD) if one["apart"] else (CANNOT_BE_TOLD,)
                if self.verdict not in expected:
                    words = " or ".join(map(repr, expected))
                    yield "verdict", f"is {self.verdict!r}, expected {words}, which the test of the order says"
