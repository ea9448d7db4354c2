"""What a study is: systems on equal terms (paper, section 5), each a run with labels, and what is read off it.

Equal terms: the same split, features, codes, loss, width, batch and most epochs, and as many trials. Every learned
system has the trials of `GRIDS` with seed 0, judged on validation; they choose learning rate, dropout and number of
epochs, and each seed then trains so on the whole training part. A system may be tuned `like` another where only the
data differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import product
from typing import Any

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import choose
from mmsr_lite.models import MODELS
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.training.run import DEMO, RunConfig

LABELS = ("model", "variant", "corruption", "modality", "rate", "at")  # columns that name a system
BASES = {  # settings of every system that has them, by kind of source; but layers are MMSR's, others have their own
    "wardrobe": {name: DEMO[name] for name in ("dim", "layers", "codes", "codes_per_item", "epochs", "batch")},
    "folder": {"dim": 128, "layers": 1, "codes": 30, "codes_per_item": 3, "epochs": 10, "batch": 512},
}
GRIDS = {  # the trials; "dropout" is every field of the model's config whose name ends so
    "wardrobe": {"lr": (5e-3, 2e-2), "dropout": (0.0, 0.2)},
    "folder": {"lr": (3e-3, 1e-2), "dropout": (0.2, 0.5)},
}


@dataclass(frozen=True)
class Reading:
    """What is read off a trained model: the test targets' ranks, perhaps with modalities missing or with forced gates.

    `rate` of the items lose modality `corrupted` (None: all) at test only; `gate` is one of `gates.FORCED`. The plain
    one `beside` a study's others is of the model that they are read off: no GPU trains a model twice alike.
    """

    labels: dict[str, Any] = field(default_factory=dict)
    rate: float = 0.0
    corrupted: str | None = None
    gate: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Job:
    """A system of a study, for any seed: its labels, its run and what is read off it; `betas` keeps its gates too."""

    labels: dict[str, Any]
    config: RunConfig
    like: RunConfig | None = None
    readings: tuple[Reading, ...] = (Reading(),)
    betas: bool = False


@dataclass(frozen=True)
class Study:
    """A study: which systems it has, and which of them each is tested against.

    Attributes:
        paper: the table or figure of the paper that it repeats, "-" for one of our own.
        asks: the question, in a sentence.
        jobs: gives the systems on a data set.
        reference: labels of the system that another is tested against: its own labels, changed to these.
        of_one_model: whether the system of a row was read off the same trained model as its reference.
    """

    paper: str
    asks: str
    jobs: Callable[[Setting], list[Job]]
    reference: dict[str, Any]
    of_one_model: Callable[[dict[str, Any]], bool] = lambda row: False


@dataclass(frozen=True)
class Setting:
    """A data set in memory, and the terms that are equal for all systems on it."""

    dataset: Dataset
    base: dict[str, Any]
    grid: dict[str, Sequence[float]]

    @classmethod
    def of(cls, dataset: Dataset, changes: dict[str, Any] | None = None) -> Setting:
        """The terms for this data set, with `changes` to the base or, as lists, to the grid."""
        kind, changes = "wardrobe" if dataset.name.startswith("wardrobe") else "folder", changes or {}
        configs = (RunConfig, TrainConfig, *(model.Config for model in MODELS.values()))
        known = {f.name for config in configs for f in fields(config)}
        for name in changes:
            choose("setting", name, known)
        grid = {name: tuple(changes.get(name, values)) for name, values in GRIDS[kind].items()}
        return cls(dataset, BASES[kind] | {k: v for k, v in changes.items() if k not in grid}, grid)

    @property
    def names(self) -> tuple[str, ...]:
        """The modalities."""
        return tuple(modality.name for modality in self.dataset.modalities)

    def config(self, model: str = "mmsr", **settings: Any) -> RunConfig:
        """A run on this data set in memory; settings of the base that the model does not have are left out."""
        run = RunConfig(self.dataset.name, self.names, model=model)
        has = {f.name for kind in (RunConfig, TrainConfig, MODELS[model].Config) for f in fields(kind)}
        has -= set() if model == "mmsr" else {"layers"}
        return run.with_settings(**{name: value for name, value in self.base.items() if name in has} | settings)

    def trials(self, config: RunConfig) -> list[RunConfig]:
        """The system of `config` with each value of the grid, judged on validation."""
        drops = [f.name for f in fields(MODELS[config.model].Config) if f.name.endswith("dropout")]
        values = product(self.grid["lr"], self.grid["dropout"] if drops else (0.0,))
        return [
            config.with_settings(lr=lr, **dict.fromkeys(drops, drop), selection="validation", seed=0)
            for lr, drop in values
        ]


def variants_of_mmsr(variants: dict[str, dict[str, Any]]) -> Callable[[Setting], list[Job]]:
    """The jobs of a study that changes settings of MMSR: the name of each variant and its changes."""
    return lambda setting: [Job({"model": "mmsr", "variant": n}, setting.config(**v)) for n, v in variants.items()]


def tuned(config: RunConfig, trial: RunConfig, epochs: int, seed: int) -> RunConfig:
    """`config` with what a trial chose, to be trained on the whole training part."""
    chosen = {name: value for name, value in trial.settings.items() if name.endswith("dropout")}
    return config.with_settings(**chosen, lr=trial.train.lr, epochs=epochs, selection="none", seed=seed)


def resolved(config: RunConfig) -> dict[str, Any]:
    """Every setting of a run by its name, the model's defaults too."""
    own = asdict(replace(config, settings={}))
    del own["settings"]
    return own | own.pop("train") | asdict(MODELS[config.model].Config(**config.settings))


def run_id(config: RunConfig, reading: Reading | None = None) -> str:
    """The name of a run, or of a reading off it, in all tables: the same on every device and under every label.

    Settings that are off (0, "", False, None) do not count, so an option that comes to be later renames nothing.
    """
    settings = {name: value for name, value in sorted(resolved(config).items()) if value and name != "device"}
    more = [] if reading is None else [(reading.rate, reading.corrupted, reading.gate), (reading.beside,)]
    return content_hash(settings, *(m for m in more if m not in ((0.0, None, ""), ("",))))[:12]
