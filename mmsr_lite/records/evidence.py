"""Records of tests: models compared on the same users, explanations tested, attention beside the explainers of PyG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NotRequired, TypedDict

from mmsr_lite.records.base import Record
from mmsr_lite.records.mistakes import Mistake
from mmsr_lite.records.rules import exactly, in_range, one_for_each, ordered
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
    """A target whose rank differs very much between the models."""

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


class Area(TypedDict):
    """The area under a curve of deletion or insertion."""

    ours: Annotated[float, "of the explanation"]
    random: Annotated[float, "of random orders"]
    difference: Annotated[float, "the first minus the second"]
    interval: Annotated[list[float], "its 95 % interval over histories"]


class ShuffledPart(TypedDict):
    """The correlation with a model in which a part, and all parts above it, are shuffled."""

    part: Annotated[str, "the part"]
    spearman: Annotated[float, "the rank correlation with the trained model's explanation"]
    interval: Annotated[list[float], "its 95 % interval over histories"]


class FaithfulnessTest(TypedDict):
    """One test of an explanation, with the numbers of its kind."""

    passed: NotRequired[Annotated[bool, "whether the explanation passes it"]]
    sentence: Annotated[str, "the result in words"]
    share: NotRequired[Annotated[list[float] | float, "of the units; of planted the share of steps that are right"]]
    ours: NotRequired[Annotated[list[float], "of deletion and insertion: the item's probability, one for each share"]]
    random: NotRequired[Annotated[list[float], "the same, mean over random orders"]]
    band: NotRequired[Annotated[list[list[float]], "the least and the greatest curve of a random order"]]
    area: NotRequired[Annotated[Area, "the area under the curves"]]
    plus: NotRequired[Annotated[float, "of fidelity: share of histories whose first item changes without the half"]]
    minus: NotRequired[Annotated[float, "share of histories whose first item changes with that half alone"]]
    random_plus: NotRequired[Annotated[float, "the first, of a random half"]]
    random_minus: NotRequired[Annotated[float, "the second, of a random half"]]
    difference_plus: NotRequired[Annotated[float, "plus minus random_plus"]]
    difference_minus: NotRequired[Annotated[float, "minus minus random_minus"]]
    interval_plus: NotRequired[Annotated[list[float], "95 % interval of difference_plus"]]
    interval_minus: NotRequired[Annotated[list[float], "95 % interval of difference_minus"]]
    spearman: NotRequired[Annotated[float, "of gradient, random_weights and forced_gate: the rank correlation"]]
    interval: NotRequired[Annotated[list[float], "95 % interval of spearman; of planted that of share"]]
    draws: NotRequired[Annotated[list[float], "of random_weights: the correlation with each shuffled model"]]
    layers: NotRequired[Annotated[list[ShuffledPart], "of random_weights: shuffled from the top down"]]
    chance: NotRequired[Annotated[float, "of planted: the share that chance gives"]]
    auc: NotRequired[Annotated[float | None, "of planted: area under the ROC curve, null with steps of one kind"]]
    steps: NotRequired[Annotated[int, "of planted: how many steps were tested"]]
    by: NotRequired[Annotated[dict[str, float], "of planted: cause -> the share of its steps that are right"]]


class FaithfulnessRecord(Record, kind="faithfulness"):
    """Tests of whether attention or beta explains what a model does, each with a number, an interval and a sentence."""

    dataset: Annotated[str, "the data set"]
    model: Annotated[str, "the model's label"]
    explains: Annotated[str, "attention or beta"]
    histories: Annotated[int, "how many histories were tested"]
    unit: Annotated[str, "what is taken away, and what orders it"]
    tests: Annotated[
        dict[str, FaithfulnessTest | None],
        "deletion and insertion, which always apply; fidelity, gradient, random_weights, forced_gate, planted: null "
        "where one does not apply",
    ]
    sentence: Annotated[str, "how many tests it passes"]

    def summary(self) -> str:
        """What explains what, and how many tests it passes."""
        tests = [test for test in self.tests.values() if test]
        passed = sum(bool(test.get("passed")) for test in tests)
        return f"{self.explains} of {self.model} on {self.dataset}: passes {passed} of {len(tests)} tests"

    def broken_rules(self) -> Iterator[Mistake]:
        """The curves of deletion and insertion are there and have one value for each share."""
        for name in ("deletion", "insertion"):
            test = self.tests.get(name)
            if test is None:
                yield f"tests.{name}", "is missing" if name not in self.tests else "is null, expected a test"
            else:
                yield from _rules_of_curve(f"tests.{name}", test)


def _rules_of_curve(path: str, test: FaithfulnessTest) -> Iterator[Mistake]:
    share = test.get("share")
    if not isinstance(share, list):
        yield f"{path}.share", f"is {share!r}, expected a list"
        return
    for name in ("ours", "random", "band"):
        if name not in test:
            yield f"{path}.{name}", "is missing"
            return
    count = len(share)
    yield from one_for_each(f"{path}.ours", test["ours"], count, "shares")
    yield from one_for_each(f"{path}.random", test["random"], count, "shares")
    yield from exactly(f"{path}.band", test["band"], 2, "the least and the greatest curve")
    for place, values in enumerate(test["band"]):
        yield from one_for_each(f"{path}.band[{place}]", values, count, "shares")


class Agreement(TypedDict):
    """How similarly two methods order the edges."""

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
