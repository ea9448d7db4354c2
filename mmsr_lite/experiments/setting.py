"""The terms that are equal for all systems on a data set (paper, section 5).

Equal terms: the same split, features, codes, loss, width and batch, and as many trials from the same space. Equal times
are put in a random order, and each seed has one run for each of the orders `TIE_SEEDS`, the same for every system. The
test users of all orders are the same; their targets are not.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.repeats import count_ties
from mmsr_lite.data.split import Split, split
from mmsr_lite.errors import choose
from mmsr_lite.evaluation.rankings import ranking_of
from mmsr_lite.experiments.points import at_point
from mmsr_lite.experiments.space import COUNTED, LEARNED, SPACE, TRIALS, Space, changed, draw
from mmsr_lite.models import MODELS
from mmsr_lite.records.ranking_names import key_of
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run_config import DEMO, DEMO_OF_WORLDS, RunConfig
from mmsr_lite.values import Settings

CHOSEN_BY = "MRR@5"  # on validation, in the headline ranking
TIE_SEEDS = (0, 1, 2)  # of the orders at ties, where times tie
SIZES = ("dim", "layers", "codes", "codes_per_item", "batch")
# Settings of every system that has them, by kind of source. Trials choose the layers; the number here is for
# MMSR where nothing is tried, and other models have defaults of their own.
BASES: dict[str, Settings] = {
    "wardrobe": {name: DEMO[name] for name in SIZES},
    "world": {name: DEMO_OF_WORLDS[name] for name in (*SIZES, "patience")},
    "folder": {"dim": 128, "layers": 1, "codes": 30, "codes_per_item": 3, "batch": 512},
}


@dataclass(frozen=True)
class Setting:
    """A data set in memory, and the terms that are equal for all systems on it.

    Attributes:
        dataset: the data set.
        base: settings of every system that has them.
        space: what trials are drawn from.
        trials: how many each system gets, before its space is extended.
        ties: how interactions of one time are ordered, one of `data.order.TIES`; "file" where no times tie.
        tie_seeds: seeds of the orders at ties that every seed is trained and ranked in.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world, {"dim": 8})
        >>> terms.config("sasrec").settings["dim"], terms.trials == TRIALS
        (8, True)
    """

    dataset: Dataset
    base: Settings
    space: Space
    trials: int = TRIALS
    ties: str = "file"
    tie_seeds: tuple[int, ...] = (0,)

    @classmethod
    def of(cls, dataset: Dataset, changes: Settings | None = None, trials: int = TRIALS) -> Setting:
        """The terms for a data set.

        Args:
            dataset: the data set.
            changes: other settings of all systems; a list is the values that trials are drawn from, a single value of
                a setting of the space fixes it.
            trials: how many trials each system gets.

        Returns:
            The terms.

        Raises:
            MMSRError: for a setting that no system has, a list for one that is not in the space, or a value that is
                not possible.
        """
        kind, changes = dataset.name.partition("-")[0], {**(changes or {})}
        if kind not in BASES:
            kind = "folder"
        configs = (RunConfig, TrainConfig, *(model.Config for model in MODELS.values()))
        known = {f.name for config in configs for f in fields(config)}
        for name in changes:
            choose("setting", name, known)
        seeds: Any = changes.pop("tie_seed", TIE_SEEDS)
        ties = str(changes.get("ties", "random" if count_ties(dataset)[0] else "file"))
        tie_seeds = tuple(seeds if isinstance(seeds, list | tuple) else [seeds])
        if ties == "file":
            tie_seeds = (0,)
        dataset = in_order(dataset, ties, tie_seeds[0])
        listed = {name for name, value in changes.items() if isinstance(value, list | tuple) and name in SPACE}
        base = BASES[kind] | {name: value for name, value in changes.items() if name not in listed}
        terms = cls(dataset, base, changed(SPACE, changes), trials, ties, tie_seeds)
        for name in listed:
            model = next(model for model in MODELS if name in terms.chosen_by_trials(model))
            for value in terms.space[name].values:
                at_point(terms.config(model), {name: value})  # raises where the value is not possible
        return terms

    @cached_property
    def parts(self) -> Split:
        """Training and test examples, nothing held out for validation."""
        return split(self.dataset, by=str(self.base.get("split", "auto")), validation=False)

    @cached_property
    def ranking(self) -> str:
        """The ranking that chooses trials, "all" or "masked": the headline of the data set unless `base` names one."""
        return ranking_of(str(self.base.get("ranking", "headline")), self.parts)

    @property
    def chosen_by(self) -> str:
        """The key of the validation metric that chooses a trial."""
        return key_of(CHOSEN_BY, self.ranking)

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        return tuple(modality.name for modality in self.dataset.modalities)

    def config(self, model: str = "mmsr", **settings: Any) -> RunConfig:
        """A run on this data set in memory; settings of the base that the model does not have are left out.

        Args:
            model: name of a model.
            settings: further settings, by name.

        Returns:
            The run.
        """
        first = self.tie_seeds[0]
        run = RunConfig(self.dataset.name, self.names, model=model, refit=False, ties=self.ties, tie_seed=first)
        has = {f.name for kind in (RunConfig, TrainConfig, MODELS[model].Config) for f in fields(kind)}
        has -= set() if model == "mmsr" else {"layers"}
        base = {name: value for name, value in self.base.items() if name in has}
        return run.with_settings(**base | {"ranking": self.ranking} | settings)

    def chosen_by_trials(self, model: str) -> tuple[str, ...]:
        """The settings of the space that a model has, in the order of the space.

        Args:
            model: name of a model.

        Returns:
            Names; none for a model that has nothing to choose.
        """
        own = {f.name for f in fields(MODELS[model].Config)}
        if MODELS[model].learns:
            has = own | {"lr", "weight_decay", "epochs"} | {"dropout" for name in own if name.endswith("dropout")}
            return tuple(name for name in LEARNED if name in has)
        return tuple(name for name in COUNTED if name in own)

    def points(self, model: str) -> list[dict[str, float]]:
        """The first trials of every system of a model: different points of the space; none where nothing is to choose.

        Args:
            model: name of a model.

        Returns:
            Points, setting -> value.
        """
        names = self.chosen_by_trials(model)
        if not names:
            return []
        points = draw(self.space, names, self.trials)
        if len(points) == 1 and not MODELS[model].learns:  # nothing is left to choose
            return []
        return points


def in_order(dataset: Dataset, ties: str, tie_seed: int) -> Dataset:
    """Put interactions of equal times into the order that a run asks for.

    Args:
        dataset: the data set, its ties broken in any way.
        ties: one of `data.order.TIES`.
        tie_seed: of the random order.

    Returns:
        The new data set, or the same one where that is its order already.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> in_order(world, "file", 0) is world
        True
    """
    order: Settings = {"ties": ties}
    if ties != "file":
        order["tie_seed"] = tie_seed
    if dataset.facts.get("order", {"ties": "file"}) == order:
        return dataset
    return break_ties(dataset, ties, tie_seed)
