"""The config of a run: all its settings, and how they are read from a file."""

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from mmsr_lite.config import MOST_SEED, Setting, check_settings, checked, setting, settings_of, types_of
from mmsr_lite.data.corruption import CORRUPTIONS, DISORDERED, DISPLACED
from mmsr_lite.data.order import TIES
from mmsr_lite.data.split import SPLITS
from mmsr_lite.data.storage import content_hash, read_json
from mmsr_lite.errors import MMSRError, SettingError, unknown
from mmsr_lite.graph.codes import DISTANCES, REDUCTIONS
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.training.loop import TrainConfig
from mmsr_lite.values import Settings

BEFORE = {"ties": "file", "split": "user"}  # the values of runs that were made before these settings existed

# What `mmsr-lite demo` and the notebooks train with on the wardrobe worlds: a minute on two CPU cores.
DEMO: Settings = {
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
# The same for the small worlds in which the order of fusion decides.
DEMO_OF_WORLDS: Settings = DEMO | {
    "fusion": "adaptive-invasive",
    "dropout": 0.1,
    "epochs": 12,
    "batch": 128,
    "lr": 1e-2,
    "patience": 100,  # purchases are learned late, and then suddenly
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
        0,
        "seed of the random order at ties; every system of one seed sees the same order",
        at_least=0,
        at_most=MOST_SEED,
        in_id=False,
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
    settings: Settings = setting(
        default_factory=dict, help="settings of the model's own config that differ from its defaults"
    )
    train: TrainConfig = setting(default_factory=TrainConfig, help="how the model is trained")

    def __post_init__(self) -> None:
        check_settings(self)
        chosen = self.model_config
        object.__setattr__(self, "settings", {name: getattr(chosen, name) for name in self.settings})

    def with_settings(self, **settings: Any) -> Self:
        """Change settings of the run, of its training or of its model, each by its name.

        Args:
            settings: fields of RunConfig, TrainConfig or the config of the model; a name in several of them means the
                first.

        Returns:
            A new config.

        Raises:
            SettingError: there is no such setting, or its value is not possible.

        Example:
            >>> RunConfig("wardrobe").with_settings(dim=8.5)
            Traceback (most recent call last):
            mmsr_lite.errors.SettingError: dim is 8.5; expected a whole number from 1 to 65,536
        """
        model = checked("model", settings.get("model", self.model), str, Setting(one_of=MODELS))
        model_names = [one.name for one in fields(MODELS[model].Config)]
        run_names = [one.name for one in fields(RunConfig) if one.name not in ("settings", "train")]
        train_names = [one.name for one in fields(TrainConfig)]
        of_run: dict[str, Any] = {}
        of_training: dict[str, Any] = {}
        of_model: dict[str, Any] = {}
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
        """The config of the model: its defaults and `settings`.

        Raises:
            SettingError: the model has no such setting, or its value is not possible.
        """
        names = [one.name for one in fields(self.model_class.Config)]
        for name in self.settings:
            if name not in names:
                choices = ", ".join(sorted(names)) or "none"
                raise SettingError(name, f"model {self.model!r} has no setting {name!r}; it has: {choices}")
        return self.model_class.Config(**self.settings)

    def by_name(self) -> Settings:
        """Every setting of the run, its training and its model by its name, defaults too; JSON can hold it.

        Example:
            >>> settings = RunConfig("wardrobe").with_settings(dim=8).by_name()
            >>> settings["dim"], settings["lr"], settings["codes"]
            (8, 0.01, 30)
        """
        of_run = asdict(self)
        of_training = of_run.pop("train")
        del of_run["settings"]
        return {**asdict(self.model_config), **of_training, **of_run}

    @property
    def id(self) -> str:
        """A short name of this config: the same settings have the same id."""
        return content_hash(settings_of(self))[:8]


def world_config(name: str, modalities: tuple[str, ...] | None = None) -> RunConfig:
    """The config of the demo and the stored runs for a world in which the order of fusion decides.

    Args:
        name: the world with its size, such as "both-small".
        modalities: names of the modalities to take; None (the default): all, each with as many codes as it has classes.

    Returns:
        The config, of `DEMO_OF_WORLDS`.

    Raises:
        MMSRError: there is no such world.

    Example:
        >>> world_config("both-small").codes
        {'picture': 6, 'text': 6}
    """
    from mmsr_lite.data.sources.worlds import classes_of  # a source may be left out

    config = RunConfig(f"worlds:{name}", modalities).with_settings(**DEMO_OF_WORLDS)
    if modalities is None:
        config = config.with_settings(codes=classes_of(name))
    return config


def read_config(path: str | Path) -> RunConfig:
    """Read the config that `fit` wrote.

    Args:
        path: the file `config.json` of a run's folder.

    Returns:
        The config. Settings that are not in the file get their defaults, or the value that runs had before they
        existed.

    Raises:
        MMSRError: the file is not JSON, is not a config, or has a setting that this version does not know or allow.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "config.json"
        >>> _ = file.write_text('{"source": "wardrobe", "colour": "red", "train": {}}')
        >>> read_config(file)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ... has the setting 'colour', which this version does not know; use the version ...
    """
    written = read_json(path)
    fix = "use the version of mmsr-lite that wrote it, or train again"
    if not isinstance(written, dict) or not isinstance(written.get("train"), dict) or "source" not in written:
        raise MMSRError(f"{str(path)!r} is not the config of a run; expected what mmsr-lite train wrote; {fix}")
    training = written.pop("train")
    written.pop("id", None)
    settings: dict[str, Any] = {**BEFORE, **written}
    for config, given in ((RunConfig, settings), (TrainConfig, training)):
        for name in given:
            if name not in types_of(config):
                raise MMSRError(f"{str(path)!r} has the setting {name!r}, which this version does not know; {fix}")
    try:
        return RunConfig(**settings, train=TrainConfig(**training))
    except SettingError as error:
        raise MMSRError(f"{str(path)!r} does not fit this version: {error}; {fix}") from error
