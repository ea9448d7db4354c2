"""The systems that "early or late for my data?" compares, and which of them are tested against which.

Early and late fusion are the two orders around one base (paper, Figure 1). Beside them stand counting, the base without
modalities, both orders with codes that were shuffled over the catalogue, and MMSR, whose update gate chooses the order.
"""

from dataclasses import dataclass

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.table import system_of
from mmsr_lite.values import Settings

COUNTING, NONE, EARLY, LATE = "counting", "no modalities", "early", "late"
SHUFFLED = {EARLY: "early, shuffled codes", LATE: "late, shuffled codes"}
ADAPTIVE, INVASIVE = "adaptive", "adaptive-invasive"
MISMATCHED = "mismatched"  # items trade their modalities across the catalogue, once and for all


@dataclass(frozen=True)
class Base:
    """A model with both orders of fusion.

    Attributes:
        label: what sentences call it.
        none: settings without modalities.
        early: settings of early fusion.
        late: settings of late fusion.

    Example:
        >>> BASES["mmsr"].early
        {'fusion': 'heho-invasive'}
    """

    label: str
    none: Settings
    early: Settings
    late: Settings


BASES = {
    "gru4rec": Base("GRU4Rec", {"fusion": "none"}, {"fusion": "early"}, {"fusion": "late"}),
    "sasrec": Base("SASRec", {"fusion": "none"}, {"fusion": "early"}, {"fusion": "late"}),
    # a non-invasive layer never sums a code's value into an item, so it is no early fusion
    "mmsr": Base("MMSR", {"modalities": ()}, {"fusion": "heho-invasive"}, {"fusion": "hohe-invasive"}),
}
DEFAULT_BASE = "gru4rec"
# The terms of a comparison within minutes. Trials draw from a list; no list is extended, so all have equal trials.
TERMS: Settings = {
    "dim": 32,
    "layers": [1, 2],
    "codes": 30,
    "codes_per_item": 1,  # several bind codes that no item has together, and make MMSR three times as slow
    "batch": 128,
    "lr": [0.002, 0.005, 0.01, 0.02],
    "dropout": [0.1, 0.3, 0.5],
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "epochs": 20,
    "decay": [0.3, 0.5, 0.7, 0.9],  # of counting
    "max_history": 50,
}


@dataclass(frozen=True)
class Question:
    """One comparison of two systems.

    Attributes:
        asks: the name of the question.
        one: a system.
        other: the system that it is tested against.

    Example:
        >>> Question("order", one="early", other="late").other
        'late'
    """

    asks: str
    one: str
    other: str


ORDER = Question("order of fusion", EARLY, LATE)
QUESTIONS = (
    ORDER,
    *(Question("modalities", order, NONE) for order in (EARLY, LATE)),
    *(Question("what the codes say", order, SHUFFLED[order]) for order in (EARLY, LATE)),
    *(Question("update gate", gate, order) for gate in (ADAPTIVE, INVASIVE) for order in (EARLY, LATE)),
    *(Question("counting", order, COUNTING) for order in (EARLY, LATE)),
)


def setting_of(dataset: Dataset, changes: Settings | None, trials: int) -> Setting:
    """The terms of the comparison.

    Args:
        dataset: the data set, with modalities.
        changes: settings that differ from `TERMS`.
        trials: how many each system gets.

    Returns:
        The terms.

    Raises:
        MMSRError: the data set has no modalities, or a setting is not possible.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> setting_of(world, None, trials=2)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'wardrobe-match' has no modalities to fuse; name some columns of its items with ...
    """
    if not dataset.modalities:
        raise MMSRError(f"{dataset.name!r} has no modalities to fuse; name some columns of its items with modalities")
    return Setting.of(dataset, TERMS | (changes or {}), trials)


def systems(setting: Setting, base: str) -> dict[str, Job]:
    """The systems of the comparison, each a job for any seed.

    Args:
        setting: the data set and the terms.
        base: a name of `BASES`.

    Returns:
        Name of the system -> its job. A system with shuffled codes has the settings of the one with true codes, since
        only the data differ.

    Raises:
        MMSRError: there is no such base.

    Example:
        >>> from mmsr_lite.data.dataset import Modality
        >>> import numpy as np
        >>> ids = ("", "a", "b")
        >>> one = Modality("shape", np.eye(3, dtype=np.float32), np.array([False, True, True]))
        >>> two = np.array([0, 0, 0, 0, 0]), np.array([1, 2, 1, 2, 1]), np.arange(5)
        >>> small = Dataset("small", *two, ("u",), ids, ids, modalities=(one,))
        >>> list(systems(setting_of(small, {"codes": 2, "codes_per_item": 1}, trials=1), "gru4rec"))[:4]
        ['counting', 'no modalities', 'early', 'late']
    """
    around = BASES[choose("base", base, BASES)]
    jobs = {COUNTING: Job({"model": "markov"}, setting.config("markov"))}
    for name, settings in ((NONE, around.none), (EARLY, around.early), (LATE, around.late)):
        jobs[name] = Job({"model": base, "variant": name}, setting.config(base).with_settings(**settings))
    for name in (EARLY, LATE):
        shuffled = jobs[name].config.with_settings(corruption=MISMATCHED)
        labels = jobs[name].labels | {"corruption": MISMATCHED}
        jobs[SHUFFLED[name]] = Job(labels, shuffled, like=jobs[name].config)
    for name in (ADAPTIVE, INVASIVE):
        jobs[name] = Job({"model": "mmsr", "variant": name}, setting.config("mmsr", fusion=name))
    return jobs


def names_of(jobs: dict[str, Job]) -> dict[tuple, str]:
    """The labels of each system, as rows of a table have them -> its name.

    Args:
        jobs: from `systems`.

    Returns:
        Labels -> name.

    Example:
        >>> from mmsr_lite.training.run_config import RunConfig
        >>> list(names_of({"early": Job({"model": "mmsr", "variant": "heho"}, RunConfig("wardrobe"))}).values())
        ['early']
    """
    return {system_of(job.labels): name for name, job in jobs.items()}
