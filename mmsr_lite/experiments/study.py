"""What a study is: systems on equal terms (paper, section 5), each a run with labels and with readings.

Equal terms: the same split, features, codes, loss, width and batch, and as many trials from the same space. Every
system that has something to choose, counting included, has the trials of `space.SPACE`: with seed 0, judged on
validation. The best one is the setting of the system's runs. Each seed trains on the whole training part along the
schedule that the trial had, up to the epoch that was best there. A system whose data alone differ may take the settings
of another one (`like`).

Equal times are put in a random order, and each seed has one run for each of the orders `TIE_SEEDS`, the same for every
system. Trials use the first order. The test users of all orders are the same; their targets are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
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

Labels = dict[str, str | float]  # column that names a system -> a word, or the share of `rate`
LABELS = ("model", "variant", "corruption", "modality", "rate", "at")  # columns that name a system
MIXED = "mixed"  # the label of damage to all modalities
BOTH, TEST = "training and test", "test"  # where something is destroyed
UNDISTURBED: Labels = {"corruption": "", "modality": "", "rate": 0.0, "at": ""}
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
class Reading:
    """One reading of a trained model: the ranks of the test targets, perhaps with something destroyed or forced.

    Attributes:
        labels: what names the reading beside the labels of its job.
        rate: share of the items that lose a modality at test only, or of the positions that trade it there.
        corrupted: that modality; None: all.
        gate: one of `gates.FORCED`.
        beside: the study whose other readings are of the same model; set for the plain reading, because a GPU never
            trains the same model twice.
        displaced: whether positions of histories trade the modality, in place of items that lose it.

    Example:
        >>> Reading(rate=0.5, corrupted="picture").gate
        ''
    """

    labels: Labels = field(default_factory=dict)
    rate: float = 0.0
    corrupted: str | None = None
    gate: str = ""
    beside: str = ""
    displaced: bool = False


@dataclass(frozen=True)
class Job:
    """A system of a study, for any seed.

    Attributes:
        labels: what names it in the table.
        config: its run.
        like: the system whose trials choose its settings; None: its own.
        readings: what is read from the trained model; each is one row of the table.
        betas: whether its gates are kept, too.
        trials: how many trials chose its settings; 0 where there was nothing to choose, or it is not yet known.
        validated: what the chosen trial had on validation, in the metric that chose it; None where nothing was chosen.

    Example:
        >>> Job({"model": "mmsr"}, RunConfig("wardrobe")).readings
        (Reading(labels={}, rate=0.0, corrupted=None, gate='', beside='', displaced=False),)
    """

    labels: Labels
    config: RunConfig
    like: RunConfig | None = None
    readings: tuple[Reading, ...] = (Reading(),)
    betas: bool = False
    trials: int = 0
    validated: float | None = None


@dataclass(frozen=True)
class Study:
    """A study: which systems it has, and which of them each is tested against.

    Attributes:
        paper: the table or figure of the paper that it repeats, "-" for one of our own.
        asks: the question, in a sentence.
        jobs: a function from a `Setting` to the systems.
        reference: labels of the system that another is tested against: its own labels, changed to these.
        of_one_model: whether the system of a row was read from the same trained model as its reference.

    Example:
        >>> Study("-", "Does it help?", lambda setting: [], {"variant": "without"}).of_one_model({})
        False
    """

    paper: str
    asks: str
    jobs: Callable[[Setting], list[Job]]
    reference: Labels
    of_one_model: Callable[[Labels], bool] = lambda row: False


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


@dataclass(frozen=True)
class Damage:
    """Damage to a modality at one rate.

    Attributes:
        labels: what names it in a table.
        rate: share of what is damaged, from 0 to 1.
        modality: its name; None: all modalities.

    Example:
        >>> Damage({"rate": 0.5}, 0.5, None).rate
        0.5
    """

    labels: Labels
    rate: float
    modality: str | None


def damages(setting: Setting, corruption: str, rates: Sequence[float]) -> list[Damage]:
    """List damages of one kind at each rate: to each modality by itself and, where there are several, to all of them.

    Args:
        setting: the data set and the terms.
        corruption: the kind, as `RunConfig` calls it.
        rates: the rates.

    Returns:
        The damages; those of one modality stand together.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> damages(Setting.of(world), "missing", [0.5])  # there is no modality to lose
        []
    """
    names = list(setting.names)
    if len(names) > 1:
        names.append(MIXED)
    listed = []
    for name in names:
        modality = None if name == MIXED else name
        for rate in rates:
            labels: Labels = {"corruption": corruption, "modality": name, "rate": rate}
            listed.append(Damage(labels, rate, modality))
    return listed


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


def variants_of_mmsr(variants: dict[str, Settings]) -> Callable[[Setting], list[Job]]:
    """Make the jobs of a study that changes settings of MMSR.

    Args:
        variants: name of a variant -> settings of the run that it changes.

    Returns:
        A function from a `Setting` to the jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> jobs = variants_of_mmsr({"narrow": {"dim": 8}})(Setting.of(world))
        >>> jobs[0].labels, jobs[0].config.settings["dim"]
        ({'model': 'mmsr', 'variant': 'narrow'}, 8)
    """

    def jobs(setting: Setting) -> list[Job]:
        """One job for each variant."""
        found = []
        for name, changes in variants.items():
            settings: dict[str, Any] = changes
            found.append(Job({"model": "mmsr", "variant": name}, setting.config(**settings)))
        return found

    return jobs
