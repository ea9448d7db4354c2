"""What a study is: systems on equal terms (`setting`; paper, section 5), each a run with labels and with readings.

Every system that has something to choose, counting included, has the trials of `space.SPACE`: with seed 0, judged on
validation, in the first order at ties. The best one is the setting of the system's runs. Each seed trains on the whole
training part along the schedule that the trial had, up to the epoch that was best there. A system whose data alone
differ may take the settings of another one (`like`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from mmsr_lite.experiments.setting import Setting
from mmsr_lite.training.run_config import RunConfig
from mmsr_lite.values import Settings

Labels = dict[str, str | float]  # column that names a system -> a word, or the share of `rate`
LABELS = ("model", "variant", "corruption", "modality", "rate", "at")  # columns that name a system
MIXED = "mixed"  # the label of damage to all modalities
BOTH, TEST = "training and test", "test"  # where something is destroyed
UNDISTURBED: Labels = {"corruption": "", "modality": "", "rate": 0.0, "at": ""}


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
