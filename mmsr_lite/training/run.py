"""The config of a run, and each thing that follows from it: data set, codes, untrained model, split."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import torch

from mmsr_lite.data import load
from mmsr_lite.data.corruption import CORRUPTIONS, DISORDERED, DISPLACED, shuffled
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Split, split
from mmsr_lite.data.storage import content_hash, read_json
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.graph.codes import Codebook, fit_codebooks
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.displacement import Displacement
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.training.loop import TrainConfig

DEMO = {  # what `mmsr-lite demo` and the notebooks train with on the wardrobe worlds: a minute on two CPU cores
    "dim": 32,
    "layers": 2,
    "codes": 7,
    "codes_per_item": 1,
    "dropout": 0.2,
    "input_dropout": 0.0,
    "epochs": 10,
    "batch": 256,
    "lr": 2e-2,
    "device": "cpu",
    "refit": False,  # its numbers are those of the epoch that validation chose
}


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run; `settings` are fields of the model's own config that differ from its defaults.

    >>> RunConfig("wardrobe").with_settings(fusion="hohe", lr=0.01).train.lr
    0.01
    """

    source: str
    modalities: tuple[str, ...] | None = None
    encoders: Any = None
    min_count: int | None = None
    corruption: str | None = None  # of CORRUPTIONS ("mismatched" at rate 1 is the control), "disordered" or "displaced"
    corrupted: str | None = None  # the modality it is done to; None: all
    rate: float = 1.0
    model: str = "mmsr"
    codes: int = 30  # C; 0: no clustering, a node for each item's own feature
    codes_per_item: int = 3
    reduction: str = "pca"
    distance: str = "cosine"
    refit: bool = True  # after selection on validation, train again on all of the training part, up to the same epoch
    settings: dict[str, Any] = field(default_factory=dict)
    train: TrainConfig = field(default_factory=TrainConfig)

    def with_settings(self, **settings: Any) -> Self:
        """The same run with other settings, each put where a field of that name is: run, training, or model."""
        model, training, run = {}, {}, {}
        parts = ((self._model_class.Config, model), (TrainConfig, training), (RunConfig, run))
        home = {f.name: (part, f.type) for config, part in parts for f in fields(config)}  # a name in two is the run's
        for name, value in settings.items():
            part, kind = home[choose("setting", name, home)]
            part[name] = float(value) if kind is float and type(value) is int else value  # 20 and 20.0 are one run
        return replace(self, **run, settings=self.settings | model, train=replace(self.train, **training))

    @property
    def _model_class(self) -> type[Recommender]:
        return MODELS[choose("model", self.model, MODELS)]

    @property
    def id(self) -> str:
        """A short name of this config: the same settings have the same id."""
        return content_hash(asdict(self))[:8]


def prepare(config: RunConfig) -> Dataset:
    """The data set of the run, corrupted as it asks."""
    names = {"modalities": config.modalities, "encoders": config.encoders, "min_count": config.min_count}
    return corrupt(config, load(config.source, **names))


def corrupt(config: RunConfig, dataset: Dataset) -> Dataset:
    """`dataset` with what the run does to its modalities; what it does to the order of histories is in `parts_of`."""
    if config.corruption is None or config.corruption in (DISORDERED, DISPLACED):
        return dataset
    change = CORRUPTIONS[choose("corruption", config.corruption, [*CORRUPTIONS, DISORDERED, DISPLACED])]
    return change(dataset, modality=config.corrupted, rate=config.rate, seed=config.train.seed)


def codebooks(config: RunConfig, dataset: Dataset) -> tuple[Codebook, ...]:
    """The codes of the run, learned from the data set's features; none for a model that counts."""
    if not config._model_class.learns:
        return ()
    how = {"num_codes": config.codes, "codes_per_item": config.codes_per_item}
    how |= {"reduction": config.reduction, "distance": config.distance, "seed": config.train.seed}
    return fit_codebooks(dataset, **how, dim=config._model_class.Config(**config.settings).dim)


def build(config: RunConfig, dataset: Dataset, books: Sequence[Codebook] | None = None) -> Recommender:
    """An untrained model of the run over `books`; None: over codes learned now."""
    books = codebooks(config, dataset) if books is None else books
    settings = config._model_class.Config(**config.settings)
    torch.manual_seed(config.train.seed)
    model = config._model_class(settings, dataset.num_items, books)
    if config.corruption == DISPLACED:
        displace(model, config.corrupted, config.rate, config.train.seed)
    return model


def displace(model: Recommender, modality: str | None, rate: float, seed: int) -> None:
    """Let a model read histories whose positions have traded modalities, from now on (paper, Figure 1, "mismatched").

    Args:
        model: one that reads the modalities of each position of a history; it is changed.
        modality: the modality that is traded; None: every one, each by itself.
        rate: share of the positions of each history that trade; 0 undoes it.
        seed: of the draw.

    Raises:
        MMSRError: for a model that does not read modalities position by position.
    """
    reader = getattr(model, "modalities", None)
    if not isinstance(reader, ItemModalities) or not model.reads_order:
        told = "does not read the modalities of a history position by position"
        raise MMSRError(f"{model.label} {told}; displace those of sasrec-f, gru4rec-f, nova, dif-sr or trans2d")
    reader.displaced = Displacement(reader.names, modality, rate=rate, seed=seed) if rate else None


def read_config(path: str | Path) -> RunConfig:
    """The config that `fit` wrote as JSON.

    Raises:
        MMSRError: when the file is not the config of a run of this version.
    """
    saved = read_json(path)
    saved.pop("id", None)
    try:
        training = TrainConfig(**saved.pop("train"))
        names = saved.pop("modalities")
        return RunConfig(**saved, modalities=None if names is None else tuple(names), train=training)
    except (TypeError, KeyError) as error:
        raise MMSRError(f"{str(path)!r} does not fit this version: {error}; train again") from error


def parts_of(config: RunConfig, dataset: Dataset) -> Split:
    """The split of the run, its histories in disorder when it asks for that; validation only where it selects by it."""
    length = getattr(config._model_class.Config(**config.settings), "max_history", 50)
    parts = split(dataset, validation=config.train.selection == "validation", max_history=length)
    if config.corruption != DISORDERED:
        return parts
    mixed = {"rate": config.rate, "seed": config.train.seed}
    return Split(*(shuffled(part, **mixed) for part in (parts.train, parts.validation, parts.test)))


def __getattr__(name: str) -> Any:
    """Names that moved to `training.fit` in version 0.2."""
    if name in ("Run", "fit", "open_run"):
        return getattr(import_module("mmsr_lite.training.fit"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
