"""Records of tests: models compared on the same users, explanations tested, attention beside the explainers of PyG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

from mmsr_lite.records.base import Record
from mmsr_lite.records.rules import exactly, in_range, one_for_each, ordered
from mmsr_lite.records.schema import Mistake
from mmsr_lite.records.trace import TraceRecord


class Difference(TypedDict):
    """A paired difference of two models."""

    mean: Annotated[float, "mean over users, percentage points"]
    interval: Annotated[list[float], "95 % interval from users drawn again"]
    clear: Annotated[bool, "whether the interval leaves out 0"]


class Pair(TypedDict):
    """Two models compared."""

    models: Annotated[list[int], "both, indexes of `models`"]
    differences: Annotated[dict[str, Difference], "the first minus the second, for each metric"]
    better: Annotated[int, "users whom the first ranks better for, by MRR"]
    worse: Annotated[int, "users whom the second ranks better for"]
    equal: Annotated[int, "the other users"]
    sentence: Annotated[str, "which one ranks better, in one sentence"]


class Disagreement(TypedDict):
    """A target that the models rank very differently."""

    user: Annotated[int, "the user's number"]
    user_id: Annotated[str, "the user's id"]
    item: Annotated[int, "the target"]
    title: Annotated[str, "its title; not escaped"]
    length: Annotated[int, "the length of the history"]
    ranks: Annotated[list[float], "the target's rank, one for each model"]


class CompareRecord(Record, kind="compare"):
    """Two models or more on the same users."""

    dataset: Annotated[str, "the data set"]
    models: Annotated[list[str], "the models' names"]
    metrics: Annotated[list[str], "the metrics, percent"]
    users: Annotated[int, "how many users"]
    examples: Annotated[int, "how many targets"]
    pairs: Annotated[list[Pair], "each two models"]
    disagree: Annotated[list[Disagreement], "targets on whose rank they disagree most"]
    means: Annotated[dict[str, list[float]], "each metric, one number for each model, mean over users"]
    sentence: Annotated[str, "what was found"]

    def summary(self) -> str:
        """The models and how many users."""
        return f"{', '.join(self.models)} on {self.users} users of {self.dataset}"

    def broken_rules(self) -> Iterator[Mistake]:
        """One number for each model everywhere; intervals are in order."""
        last = len(self.models) - 1
        for place, pair in enumerate(self.pairs):
            path = f"pairs[{place}]"
            yield from exactly(f"{path}.models", pair["models"], 2, "two indexes of models")
            for index in pair["models"]:
                yield from in_range(f"{path}.models", index, 0, last, "an index of models")
            for name, difference in pair["differences"].items():
                yield from ordered(f"{path}.differences.{name}.interval", difference["interval"], "95 % interval")
        for name, values in self.means.items():
            yield from one_for_each(f"means.{name}", values, len(self.models), "models")
        for place, one in enumerate(self.disagree):
            yield from one_for_each(f"disagree[{place}].ranks", one["ranks"], len(self.models), "models")


class FaithfulnessRecord(Record, kind="faithfulness"):
    """Whether attention or beta explains what a model does: tests, each with a number, an interval and a sentence."""

    dataset: Annotated[str, "the data set"]
    model: Annotated[str, "the model's label"]
    explains: Annotated[str, "attention or beta"]
    histories: Annotated[int, "how many histories were tested"]
    unit: Annotated[str, "what is taken away, and what orders it"]
    tests: Annotated[
        dict[str, dict[str, Any] | None],
        "deletion, insertion, fidelity, gradient, random_weights, forced_gate, planted: each has `passed`, `sentence` "
        "and its numbers; null where a test does not apply",
    ]
    sentence: Annotated[str, "how many tests it passes"]

    def summary(self) -> str:
        """What explains what, and how many tests it passes."""
        tests = [test for test in self.tests.values() if test]
        passed = sum(bool(test.get("passed")) for test in tests)
        return f"{self.explains} of {self.model} on {self.dataset}: passes {passed} of {len(tests)} tests"

    def broken_rules(self) -> Iterator[Mistake]:
        """A test has its sentence; the curves have one value for each share."""
        for name, test in self.tests.items():
            if test is None:
                continue
            if not isinstance(test.get("sentence"), str):
                yield f"tests.{name}.sentence", f"is {test.get('sentence')!r}, expected text"
            if name in ("deletion", "insertion"):
                yield from _rules_of_curve(f"tests.{name}", test)


def _rules_of_curve(path: str, test: dict[str, Any]) -> Iterator[Mistake]:
    for name in ("share", "ours", "random", "band"):
        if not isinstance(test.get(name), list):
            yield f"{path}.{name}", f"is {test.get(name)!r}, expected a list"
    count = len(test["share"])
    for name in ("ours", "random"):
        yield from one_for_each(f"{path}.{name}", test[name], count, "shares")
    yield from exactly(f"{path}.band", test["band"], 2, "the least and the greatest curve")
    for place, values in enumerate(test["band"]):
        yield from one_for_each(f"{path}.band[{place}]", values, count, "shares")


class Agreement(TypedDict):
    """How alike two methods order the edges."""

    methods: Annotated[list[int], "both, indexes of `methods`"]
    spearman: Annotated[float, "their rank correlation over the edges"]


class Fidelity(TypedDict):
    """PyG's fidelity of one method."""

    plus: Annotated[float, "1 when the first item changes without the better half of the edges"]
    minus: Annotated[float, "1 when it changes with that half alone"]


class PyGRecord(Record, kind="pyg"):
    """Attention beside the explainers of PyTorch Geometric, edge by edge."""

    trace: Annotated[TraceRecord, "the trace of the history"]
    item: Annotated[int, "the item that is explained: the one put first"]
    methods: Annotated[list[str], "attention, flow, GNNExplainer, gradient, ..."]
    edges: Annotated[list[list[float]], "for each edge of the trace one number for each method"]
    agreement: Annotated[list[Agreement], "each two methods"]
    fidelity: Annotated[list[Fidelity], "one for each method"]
    told: Annotated[str, "what is compared"]
    sentence: Annotated[str, "what was found"]

    def summary(self) -> str:
        """The methods and how many edges."""
        return f"{', '.join(self.methods)} on {len(self.edges)} edges"

    def broken_rules(self) -> Iterator[Mistake]:
        """One number for each edge and method."""
        yield from one_for_each("edges", self.edges, len(self.trace["edges"]), "edges of the trace")
        for place, values in enumerate(self.edges):
            yield from one_for_each(f"edges[{place}]", values, len(self.methods), "methods")
        yield from one_for_each("fidelity", self.fidelity, len(self.methods), "methods")
        for place, one in enumerate(self.agreement):
            for index in one["methods"]:
                yield from in_range(f"agreement[{place}].methods", index, 0, len(self.methods) - 1, "index of methods")
