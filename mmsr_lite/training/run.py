"""The config of a run, and each thing that follows from it: data set, codes, untrained model, split."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import torch

from mmsr_lite.config import Setting, check_settings, checked, setting, settings_of, types_of
from mmsr_lite.data import load
from mmsr_lite.data.corruption import CORRUPTIONS, DISORDERED, DISPLACED, shuffled
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import TIES
from mmsr_lite.data.split import SPLITS, Split, split
from mmsr_lite.data.storage import content_hash, read_json
from mmsr_lite.errors import MMSRError, SettingError, unknown
from mmsr_lite.graph.codes import DISTANCES, REDUCTIONS, Codebook, fit_codebooks
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.displacement import Displacement
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.training.loop import TrainConfig

BEFORE = {"ties": "file", "split": "user"}  # what runs did before they had these settings

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
    "device": "auto",
    "refit": False,  # its numbers are those of the epoch that validation chose
}


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides a run: data, damage done to them, codes, model and training.

    Example:
        >>> run = RunConfig("wardrobe").with_settings(fusion="hohe", lr=0.02, codes=7)
        >>> run.settings, run.train.lr, run.codes
        ({'fusion': 'hohe'}, 0.02, 7)
    """

    source: str = setting(help="wardrobe, wardrobe:WORLD, a prepared folder, or whatever prepare takes")
    modalities: tuple[str, ...] | None = setting(None, "names of the modalities; none named: all that can be used")
    encoders: str | dict[str, str] | None = setting(None, "one encoder for all modalities, or one for each")
    min_count: int | None = setting(
        None, "k of the k-core; by default 5, or what a prepared folder was made with", at_least=0, at_most=1_000_000
    )
    ties: str = setting("random", "how interactions of one user at one time are ordered", one_of=TIES, in_id=False)
    tie_seed: int = setting(
        0, "seed of the random order at ties; every system of one seed sees the same order", at_least=0, in_id=False
    )
    split: str = setting(
        "auto",
        "auto (the data's own split where they bring one, else user), user, time or own",
        one_of=SPLITS,
        in_id=False,
    )
    corruption: str | None = setting(
        None,
        "damage done to the data on purpose; mismatched at rate 1 is the control",
        one_of=(*CORRUPTIONS, DISORDERED, DISPLACED),
    )
    corrupted: str | None = setting(None, "the modality that the damage is done to; by default all")
    rate: float = setting(1.0, "share of what is damaged", at_least=0, at_most=1)
    model: str = setting("mmsr", "the recommender", one_of=MODELS)
    codes: int | dict[str, int] = setting(
        30,
        "C, codes in each modality's codebook; 0: one for each item; one for all, or MODALITY=INT for each",
        at_least=0,
        at_most=1_000_000,
    )
    codes_per_item: int | dict[str, int] = setting(
        3, "k, codes that an item gets, at most C; one for all, or MODALITY=INT for each", at_least=1, at_most=1000
    )
    reduction: str = setting("pca", "how features are reduced to D before k-means", one_of=REDUCTIONS)
    distance: str = setting("cosine", "what the nearest centres are nearest by", one_of=DISTANCES)
    refit: bool = setting(
        True,
        "once validation chose the best epoch, train again on the whole training part, up to the same epoch",
    )
    settings: dict[str, Any] = setting(
        default_factory=dict, help="settings of the model's own config that differ from its defaults"
    )
    train: TrainConfig = setting(default_factory=TrainConfig, help="how the model is trained")

    def __post_init__(self) -> None:
        check_settings(self)
        chosen = self.model_config
        object.__setattr__(self, "settings", {name: getattr(chosen, name) for name in self.settings})

    def with_settings(self, **settings: Any) -> Self:
        """The same run with other settings, each put where a field of that name is: run, training, or model.

        Args:
            settings: Fields of RunConfig, TrainConfig or the config of the model; a name in two of them is the run's.

        Returns:
            A new config.

        Raises:
            SettingError: There is no such setting, or its value is not possible.

        Example:
            >>> RunConfig("wardrobe").with_settings(dim=8.5)
            Traceback (most recent call last):
            mmsr_lite.errors.SettingError: dim is 8.5; expected a whole number from 1 to 65,536
        """
        model = checked("model", settings.get("model", self.model), str, Setting(one_of=MODELS))
        model_names = [one.name for one in fields(MODELS[model].Config)]
        run_names = [one.name for one in fields(RunConfig) if one.name not in ("settings", "train")]
        train_names = [one.name for one in fields(TrainConfig)]
        of_run, of_training, of_model = {}, {}, {}
        for name, value in settings.items():
            if name in run_names:
                of_run[name] = value
            elif name in train_names:
                of_training[name] = value
            elif name in model_names:
                of_model[name] = value
            else:
                raise SettingError(name, unknown("setting", name, {*run_names, *train_names, *model_names}))
        return replace(self, **of_run, settings=self.settings | of_model, train=replace(self.train, **of_training))

    @property
    def model_class(self) -> type[Recommender]:
        """The class of the model."""
        return MODELS[self.model]

    @property
    def model_config(self) -> Any:
        """The config of the model: its defaults and `settings`."""
        names = [one.name for one in fields(self.model_class.Config)]
        for name in self.settings:
            if name not in names:
                choices = ", ".join(sorted(names)) or "none"
                raise SettingError(name, f"model {self.model!r} has no setting {name!r}; it has: {choices}")
        return self.model_class.Config(**self.settings)

    def by_name(self) -> dict[str, Any]:
        """Every setting of the run, its training and its model by its name, defaults too; JSON can hold it.

        Example:
            >>> settings = RunConfig("wardrobe").with_settings(dim=8).by_name()
            >>> settings["dim"], settings["lr"], settings["codes"]
            (8, 0.01, 30)
        """
        own = asdict(self)
        return {**asdict(self.model_config), **own.pop("train"), **{k: v for k, v in own.items() if k != "settings"}}

    @property
    def id(self) -> str:
        """A short name of this config: the same settings have the same id."""
        return content_hash(settings_of(self))[:8]


def prepare(config: RunConfig) -> Dataset:
    """The data set of the run, corrupted as it asks."""
    names = {"modalities": config.modalities, "encoders": config.encoders, "min_count": config.min_count}
    return corrupt(config, load(config.source, **names, ties=config.ties, tie_seed=config.tie_seed))


def corrupt(config: RunConfig, dataset: Dataset) -> Dataset:
    """`dataset` with what the run does to its modalities; what it does to the order of histories is in `parts_of`."""
    if config.corruption is None or config.corruption in (DISORDERED, DISPLACED):
        return dataset
    return CORRUPTIONS[config.corruption](dataset, modality=config.corrupted, rate=config.rate, seed=config.train.seed)


def codebooks(config: RunConfig, dataset: Dataset) -> tuple[Codebook, ...]:
    """The codes of the run, learned from the data set's features; none for a model that counts."""
    if not config.model_class.learns:
        return ()
    how: dict[str, Any] = {"num_codes": config.codes, "codes_per_item": config.codes_per_item}
    how |= {"reduction": config.reduction, "distance": config.distance, "seed": config.train.seed}
    return fit_codebooks(dataset, **how, dim=config.model_config.dim)


def build(config: RunConfig, dataset: Dataset, books: Sequence[Codebook] | None = None) -> Recommender:
    """An untrained model of the run over `books`; None: over codes learned now."""
    books = codebooks(config, dataset) if books is None else books
    settings = config.model_config
    if config.ties == "together" and hasattr(settings, "together"):  # other models read a sequence, ties at random
        settings = replace(settings, together=True)
    torch.manual_seed(config.train.seed)
    model = config.model_class(settings, dataset.num_items, books)
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
    """The config that `fit` wrote.

    Args:
        path: The file `config.json` of a run's folder.

    Returns:
        The config; settings that the file does not have get their defaults, or what was done before they came to be.

    Raises:
        MMSRError: The file is not JSON, is not a config, or has a setting that this version does not know or allow.
    """
    saved = read_json(path)
    fix = "use the version of mmsr-lite that wrote it, or train again"
    if not isinstance(saved, dict) or not isinstance(saved.get("train"), dict) or "source" not in saved:
        raise MMSRError(f"{str(path)!r} is not the config of a run; expected what mmsr-lite train wrote; {fix}")
    training = saved.pop("train")
    saved.pop("id", None)
    saved = BEFORE | saved
    for config, given in ((RunConfig, saved), (TrainConfig, training)):
        for name in given:
            if name not in types_of(config):
                raise MMSRError(f"{str(path)!r} has the setting {name!r}, which this version does not know; {fix}")
    try:
        return RunConfig(**saved, train=TrainConfig(**training))
    except SettingError as error:
        raise MMSRError(f"{str(path)!r} does not fit this version: {error}; {fix}") from error


def parts_of(config: RunConfig, dataset: Dataset) -> Split:
    """The split of the run, its histories in disorder when it asks for that; validation only where it selects by it."""
    length = getattr(config.model_config, "max_history", 50)
    validation = config.train.selection == "validation"
    parts = split(dataset, by=config.split, validation=validation, max_history=length)
    if config.corruption != DISORDERED:
        return parts
    mixed = {"rate": config.rate, "seed": config.train.seed}
    return Split(*(shuffled(part, **mixed) for part in (parts.train, parts.validation, parts.test)))


def __getattr__(name: str) -> Any:
    """Names that moved to `training.fit` in version 0.2."""
    if name in ("Run", "fit", "open_run"):
        return getattr(import_module("mmsr_lite.training.fit"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
