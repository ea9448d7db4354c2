"""Other seeds: how many models say of a history what the shown one says, where they differ in their seed alone.

    traces of one history, one for each model -> what each says (`said_in`) -> `agreements`

The explorer shows the sentences below its explanations. A page has the same without Python; a test compares both.
`explain.stability` compares more numbers of the same models, with their bands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.inputs import label_of
from mmsr_lite.explain.said import Key, Said, first_place, larger_beta, larger_order, place_in_words
from mmsr_lite.records import FlowRecord, TraceRecord, WhatIfRecord
from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.cards import Edit

if TYPE_CHECKING:
    from mmsr_lite.models.mmsr import MMSR
    from mmsr_lite.training.runs import Run

MAY_DIFFER = ("seed", "device")  # settings of runs that are the same but for their seed
ROUNDING = 1e-4  # of a probability: a change of it by a smaller share is none
MORE_FLOW = {  # larger order -> in words
    "early": "more flow comes by early fusion than by late fusion, signs aside",
    "late": "more flow comes by late fusion than by early fusion, signs aside",
    "neither": "as much flow comes by early fusion as by late fusion, signs aside",
}


def said_in(record: TraceRecord) -> Said:
    """What a trace says of the item that came next.

    Args:
        record: a trace with a flow and a target.

    Returns:
        The flow of each place (type of node and position) and the size of the flow along each group of paths.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.explain.trace import trace
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = trace(MMSR(MMSRConfig(dim=8), world.num_items), world, history=[3, 1, 2], target=4)
        >>> [key[2:4] for key in said_in(record).numbers if key[0] == "flow"]
        [('item', 1), ('item', 2), ('item', 3)]
    """
    assert record.flow is not None and record.target is not None
    goal = record.target["item"]
    parts = np.array(next(one["nodes"] for one in record.flow["items"] if one["item"] == goal))  # (N, groups)
    numbers: dict[Key, float] = {}
    for node, own in zip(record.nodes, parts, strict=True):
        for position in node["positions"]:  # a node at several positions gives each an equal part
            key: Key = ("flow", None, record.node_types[node["type"]], position, None)
            numbers[key] = numbers.get(key, 0.0) + float(own.sum()) / len(node["positions"])
    for group, size in zip(record.flow["groups"], np.abs(parts).sum(0), strict=True):
        numbers["order", None, None, None, group] = float(size)
    return Said(numbers, FlowRecord(flow=record.flow), len(record.history))


def agreements(records: Sequence[TraceRecord]) -> list[Agreement]:
    """How many models say what the shown one says: on the first place by flow, the larger order, the larger beta.

    Args:
        records: the trace of one history in each model, first in the one that is shown.

    Returns:
        Each agreement; fewer where the models have no flow, no gates, or only one order of fusion.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.explain.trace import trace
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = trace(MMSR(MMSRConfig(dim=8), world.num_items), world, history=[3, 1, 2], target=4)
        >>> [(one["about"], one["count"], one["of"]) for one in agreements([record, record])]
        [('first by flow', 2, 2), ('larger beta', 2, 2)]
    """
    found = []
    if all(record.get("flow") and record.target for record in records):
        said = [said_in(record) for record in records]
        titles = [step["title"] or step["item_id"] for step in records[0].history]
        places = [first_place(one, "flow") for one in said]
        first = [place_in_words(place, titles[place[1] - 1]) for place in places]
        aside = "brings most to the score of the next item, the last item itself aside"
        found.append(_agreement("first by flow", first, lambda place: f"{place} {aside}"))
        orders = [larger_order(one) for one in said]
        if set(orders) != {"neither"}:
            found.append(_agreement("larger order", orders, MORE_FLOW.__getitem__))
    gates = [_last_gate(record) for record in records]
    paths = [larger_beta(beta) for beta in gates if beta is not None]
    if len(paths) == len(gates):
        where = "has the larger β at the last item, in the last layer"
        found.append(_agreement("larger beta", paths, lambda path: f"{path} {where}"))
    return found


def agreement_on_change(records: Sequence[WhatIfRecord]) -> Agreement:
    """How many models move the probability of the watched item the way the shown one does.

    Args:
        records: the same what-if in each model, first in the one that is shown.

    Returns:
        The agreement.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> agreement_on_change([sample("what-if")] * 2)["sentence"]
        '2 of 2 models say so: the change raises the probability of “Green skirt”.'
    """
    watched = records[0].watched
    title = watched["title"] or watched["item_id"]
    signs = [sign_of(record) for record in records]
    return _agreement("what if", signs, lambda sign: f"the change {sign} the probability of “{title}”")


def sign_of(record: WhatIfRecord) -> str:
    """Whether a change raises the probability of the watched item, beyond rounding.

    Args:
        record: a what-if.

    Returns:
        "raises", "lowers" or "does not change".

    Example:
        >>> probability = {"clean": 0.1, "changed": 0.3, "delta": 0.2}
        >>> sign_of(WhatIfRecord(measures={"probability": probability}))
        'raises'
    """
    probability = record.measures["probability"]
    assert probability is not None
    delta, most = probability["delta"], max(probability["clean"], probability["changed"])
    if abs(delta) <= ROUNDING * most:
        return "does not change"
    return "raises" if delta > 0 else "lowers"


def names_codes(changes: Sequence[Edit]) -> bool:
    """Whether changes name a code by its number, which is another code in every other model.

    Args:
        changes: the changes.

    Returns:
        True where one does.

    Example:
        >>> [names_codes([{"do": "node", "type": kind, "id": 3}]) for kind in ("text", "item")]
        [True, False]
    """
    ends: list[Any] = []
    for change in changes:
        ends += [[change.get("type"), change.get("id")], change.get("centre"), change.get("neighbour")]
    return any(end is not None and end[0] != "item" and end[1] is not None for end in ends)


def setting_that_differs(one: Run, two: Run) -> str | None:
    """Find a setting, beside the seed and the device, in which two runs differ.

    Args:
        one: a run.
        two: another one.

    Returns:
        The name of the first such setting; None where the runs are the same but for their seed.

    Example:
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> config = RunConfig("wardrobe:match")
        >>> runs = [SimpleNamespace(config=config.with_settings(seed=seed)) for seed in range(2)]
        >>> setting_that_differs(*runs) is None
        True
    """
    here, there = one.config.by_name(), two.config.by_name()
    return next((name for name in here | there if name not in MAY_DIFFER and here.get(name) != there.get(name)), None)


def refuse_other_kinds(model: MMSR, seeds: Mapping[str, MMSR]) -> None:
    """Refuse models that differ from `model` in more than their seed, as far as a model says so.

    Args:
        model: the model that is shown.
        seeds: name -> a model that is said to differ from it in its seed alone.

    Raises:
        MMSRError: one of them has other settings or other modalities.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> refuse_other_kinds(MMSR(MMSRConfig(dim=8), num_items=9), {"seed 1": MMSR(MMSRConfig(dim=16), num_items=9)})
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'seed 1' is MMSR, adaptive, which differs from MMSR, adaptive in more than its ...
    """
    for name, other in seeds.items():
        if other.config != model.config or other.node_types != model.node_types:
            words = f"{name!r} is {label_of(other)}, which differs from {model.label} in more than its seed"
            raise MMSRError(f"{words}; give models of the same settings and modalities")


def seed_groups(runs: Sequence[Run]) -> list[list[int]]:
    """Find the runs that are the same but for their seed.

    Args:
        runs: any runs.

    Returns:
        Groups of two or more, as indexes of `runs`; each seed is once in a group.

    Example:
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> config = RunConfig("wardrobe:match")
        >>> kinds = [{"seed": 0}, {"seed": 0, "dim": 8}, {"seed": 1}]
        >>> seed_groups([SimpleNamespace(config=config.with_settings(**kind)) for kind in kinds])
        [[0, 2]]
    """
    groups: list[list[int]] = []
    for place, run in enumerate(runs):
        own = next((group for group in groups if setting_that_differs(runs[group[0]], run) is None), None)
        if own is None:
            groups.append([place])
        elif run.config.train.seed not in [runs[other].config.train.seed for other in own]:
            own.append(place)
    return [group for group in groups if len(group) > 1]


def _agreement(about: str, answers: Sequence[str], clause: Callable[[str], str]) -> Agreement:
    """How many models answer as the first one does, and what most answer where these are more."""
    says = answers[0]
    count, of = answers.count(says), len(answers)
    verb = "says" if count == 1 else "say"
    sentence = f"{count} of {of} models {verb} so: {clause(says)}."
    most, number = Counter(answers).most_common(1)[0]
    if number > count:
        sentence += f" {number} say that {clause(most)}."
    return {"about": about, "says": says, "answers": [*answers], "count": count, "of": of, "sentence": sentence}


def _last_gate(record: TraceRecord) -> list[float] | None:
    """Beta of the last item's node in the last layer; None without gates."""
    beta = record.layers[-1]["beta"] if record.layers else None
    node = record.history[-1]["node"]
    return None if beta is None or node is None else beta[node]
