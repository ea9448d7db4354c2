"""Stability: would another seed give the same explanation? One history in models that differ only in their seed.

runs -> beta, attention and flow of each model, by type and position -> bands, and how many models agree
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.explain.flow import refuse_without_flow
from mmsr_lite.explain.inputs import HistoryLike, UserLike, history_of
from mmsr_lite.explain.other_seeds import setting_that_differs, sign_of
from mmsr_lite.explain.said import Key, Place, Said, first_place, larger_beta, larger_order, place_in_words, said_by
from mmsr_lite.explain.trace import trace
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import StabilityRecord, as_record
from mmsr_lite.records.agreement import Agreement
from mmsr_lite.records.flow_parts import FLOW_GROUPS
from mmsr_lite.records.stability import OverSeeds
from mmsr_lite.training.fit import open_run
from mmsr_lite.training.runs import Run

MORE_FLOW = {  # larger order -> what models of it have
    "early": "have more flow by early fusion than by late fusion",
    "late": "have more flow by late fusion than by early fusion",
    "neither": "have as much flow by early fusion as by late fusion",
}
ASIDE = ", the last item itself aside"


@checked(repeats=(1, 1000))
def stability(
    runs: Sequence[Run | tuple[MMSR, Dataset] | str | os.PathLike],
    user: UserLike | None = None,
    *,
    history: HistoryLike | None = None,
    target: int | None = None,
    change: str | Mapping[str, Any] | None = None,
    repeats: int = 20,
) -> StabilityRecord:
    """Compare what models that differ only in their seed say about one history.

    Args:
        runs: two or more: folders of runs, runs, or pairs of a model and its data set. Runs must have the same settings
            except for their seed.
        user: a number from 0, or an id: the history is all items of the user before the last one, the target is the
            last one. Give either `user` or `history`.
        history: items from 1, the oldest first.
        target: with `history`, the item whose score is decomposed.
        change: a change as for `what_if`, which is made in all models; None (the default): the earlier item that most
            models attend to most is removed.
        repeats: the number of random changes that the what-if of each model is compared with.

    Returns:
        The record: for each place (a type of node and a position of the history) beta by layer, the share of attention
        that reaches the last item (rollout) and the signed flow to the watched item's score; for each order of fusion
        the size of its flow; all with one value for each model and the band from the least to the greatest. And
        `agreements`: on the first node by attention and by flow, the larger order by flow, the larger beta of the
        last item, and the sign of the what-if.

    Raises:
        MMSRError: there are fewer than two models, they differ in more than their seed, have other data, or no flow.

    Example:
        >>> import torch
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> pairs = []
        >>> for seed in range(3):
        ...     _ = torch.manual_seed(seed)
        ...     pairs.append((MMSR(MMSRConfig(dim=8), world.num_items), world))
        >>> record = stability(pairs, history=[3, 1, 2], target=4, repeats=1)
        >>> record.agreements[0]["about"], record.agreements[0]["of"]
        ('first by attention', 3)
    """
    models, datasets, seeds = _opened(runs)
    dataset = datasets[0]
    number, past, goal = history_of(dataset, user, history, target, models[0].max_history)
    _refuse_other_data(datasets, number, past, goal)
    asked: dict[str, Any] = {"history": past, "target": goal}
    traces = [trace(model, data, **asked) for model, data in zip(models, datasets, strict=True)]
    watched = goal
    if watched is None:  # the item that most models put first
        watched = _most([record.answer["top"][0]["item"] for record in traces])
    asked["target"] = watched
    said = [said_by(model, data, past, watched) for model, data in zip(models, datasets, strict=True)]
    agreements = _of_numbers(dataset, past, said)
    phrase, what_ifs = _what_ifs(models, datasets, asked, change, repeats, said)
    if what_ifs is not None:
        agreements.append(what_ifs)
    card = next(one for one in said[0].flow.ranked if one["item"] == watched)
    ranks = [next(one["rank"] for one in each.flow.ranked if one["item"] == watched) for each in said]
    return StabilityRecord(
        {
            "schema": StabilityRecord.schema,
            "dataset": {"name": dataset.name, "items": dataset.num_items},
            "model": models[0].label,
            "seeds": seeds,
            "user": None if number is None else {"index": number, "id": dataset.user_ids[number]},
            "history": traces[0].history,
            "watched": {name: card[name] for name in ("item", "item_id", "title", "picture") if name in card},
            "ranks": ranks,
            "node_types": traces[0].node_types,
            "groups": [*FLOW_GROUPS],
            "rows": _rows([each.numbers for each in said]),
            "change": phrase,
            "agreements": agreements,
            "sentence": " ".join(one["sentence"] for one in agreements),
        }
    ).validate()


def _opened(runs: Sequence[Any]) -> tuple[list[MMSR], list[Dataset], list[int | None]]:
    """Models, data sets and seeds; refuses what does not differ in its seed alone."""
    if isinstance(runs, str | os.PathLike) or len(runs) < 2:
        raise MMSRError("stability needs two models or more that differ in their seed; give several runs in a list")
    models: list[MMSR] = []
    datasets: list[Dataset] = []
    seeds: list[int | None] = []
    first: Run | None = None
    for one in runs:
        run = open_run(Path(one)) if isinstance(one, str | os.PathLike) else one
        if isinstance(run, Run):
            first = first or run
            refuse_other_settings(first, run)
            if run.config.train.seed in seeds:
                raise MMSRError(f"two runs have the seed {run.config.train.seed}; expected another seed for each run")
        model, data = (run.model, run.dataset) if isinstance(run, Run) else run
        refuse_without_flow(model)
        models.append(model)
        datasets.append(data)
        seeds.append(run.config.train.seed if isinstance(run, Run) else None)
    if len({(model.label, model.config.layers) for model in models}) > 1:
        raise MMSRError(f"the models are {in_words([model.label for model in models])}; expected one kind of model")
    return models, datasets, seeds


def refuse_other_settings(first: Run, run: Run) -> None:
    """Refuse a run that differs in more than its seed.

    Args:
        first: a run.
        run: another one.

    Raises:
        MMSRError: a setting differs; the message names it.

    Example:
        >>> from types import SimpleNamespace
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> one, two = (SimpleNamespace(config=RunConfig("wardrobe:match").with_settings(dim=dim)) for dim in (8, 16))
        >>> refuse_other_settings(one, two)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: the runs differ in more than their seed: dim is 8 in one and 16 in another; ...
    """
    name = setting_that_differs(first, run)
    if name is not None:
        there, here = (in_words(one.config.by_name().get(name)) for one in (first, run))
        words = f"{name} is {there} in one and {here} in another"
        raise MMSRError(f"the runs differ in more than their seed: {words}; give runs of the same settings")


def _refuse_other_data(datasets: Sequence[Dataset], number: int | None, past: list[int], goal: int | None) -> None:
    """Refuse models of other data, or in which the user has another history."""
    for data in datasets[1:]:
        same = data.item_ids == datasets[0].item_ids
        if same and number is not None:
            whole = data.history(number).tolist()
            same = data.user_ids[number] == datasets[0].user_ids[number] and whole[-1 - len(past) :] == [*past, goal]
        if not same:
            raise MMSRError(f"the models have other data or other histories than {datasets[0].name!r} in the first one")


def _most(answers: Sequence[Any]) -> Any:
    """The answer that is given most often; of several the one that comes first."""
    return Counter(answers).most_common(1)[0][0]


def _rows(numbers: Sequence[dict[Key, float]]) -> list[OverSeeds]:
    """Every number with its band, in the order in which models have them."""
    rows: list[OverSeeds] = []
    for key in dict.fromkeys(key for one in numbers for key in one):
        measure, layer, kind, position, group = key
        values = [one.get(key) for one in numbers]
        there = [value for value in values if value is not None]
        band = {"mean": sum(there) / len(there), "low": min(there), "high": max(there)}
        row: dict[str, Any] = {"measure": measure, "layer": layer, "type": kind, "position": position}
        if group is not None:
            row["group"] = group
        rows.append({**row, "values": values, **band})  # type: ignore[typeddict-item]
    return rows


def _agreement(about: str, answers: Sequence[str], told: Callable[[str], str]) -> Agreement:
    """How many models say what most of them say; `told` makes an answer what a sentence says of these models."""
    says = _most(answers)
    count, of = answers.count(says), len(answers)
    sentence = f"{count} of {of} models {told(says)}."
    return {"about": about, "says": says, "answers": [*answers], "count": count, "of": of, "sentence": sentence}


def _of_numbers(dataset: Dataset, past: list[int], said: Sequence[Said]) -> list[Agreement]:
    """Agreement on the first node by attention and by flow, on the larger order and on the larger beta."""
    first = [_name(dataset, past, first_place(one, "attention")) for one in said]
    brings = [_name(dataset, past, first_place(one, "flow")) for one in said]
    found = [
        _agreement("first by attention", first, f"attend most to {{}}{ASIDE}".format),
        _agreement("first by flow", brings, f"get most of the score from {{}}{ASIDE}".format),
        _agreement("larger order", [larger_order(one) for one in said], MORE_FLOW.__getitem__),
    ]
    gates = [beta for one in said if (beta := one.flow.beta[-1]) is not None]
    if len(gates) == len(said):
        paths = [larger_beta(beta) for beta in gates]
        found.append(_agreement("larger beta", paths, "give {} the larger beta at the last item, last layer".format))
    return found


def _name(dataset: Dataset, past: list[int], place: Place) -> str:
    """A place in words."""
    item = past[place[1] - 1]
    return place_in_words(place, dataset.titles[item] or dataset.item_ids[item])


def _what_ifs(
    models: Sequence[MMSR],
    datasets: Sequence[Dataset],
    asked: dict[str, Any],
    change: str | Mapping[str, Any] | None,
    repeats: int,
    said: Sequence[Said],
) -> tuple[str, Agreement | None]:
    """The what-if in words, and whether the models agree on its sign; none of a history of one item."""
    past = asked["history"]
    if change is None:
        if len(past) < 2:
            return "", None
        positions = [first_place(one, "attention")[1] for one in said]
        earlier = [position for position in positions if position < len(past)] or [len(past) - 1]
        change = {"do": "remove", "position": _most(earlier)}
    told, signs = "", []
    for model, data in zip(models, datasets, strict=True):
        record = what_if(model, data, change=change, repeats=repeats, **asked)
        told = "; ".join(record.told)
        signs.append(sign_of(record))
    card = next(one for one in said[0].flow.ranked if one["item"] == asked["target"])
    name = f"“{card['title'] or card['item_id']}”"
    return told, _agreement("what if", signs, lambda says: f"say that this {says} the probability of {name}: {told}")


@checked()
def stability_table(record: StabilityRecord) -> pd.DataFrame:
    """All numbers of a stability record as a table, for `save_table`.

    Args:
        record: what `stability` gave.

    Returns:
        A row for each number: `measure`, `layer` (from 1), `type`, `position`, `title`, `group`, `model 1` and so on,
        `mean`, `low`, `high`; empty where a row has no such field.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> stability_table(sample("stability")).columns[:4].tolist()
        ['measure', 'layer', 'type', 'position']
    """
    rows = []
    for row in as_record(record, "stability")["rows"]:
        position, layer = row["position"], row["layer"]
        title = "" if position is None else record["history"][position - 1]["title"]
        names = {"measure": row["measure"], "layer": None if layer is None else layer + 1, "type": row["type"]}
        names |= {"position": position, "title": title, "group": row.get("group")}
        values = {f"model {number}": value for number, value in enumerate(row["values"], 1)}
        rows.append(names | values | {"mean": row["mean"], "low": row["low"], "high": row["high"]})
    table = pd.DataFrame(rows)
    return table.astype({"layer": "Int64", "position": "Int64"})
