"""From a point of the space of settings to runs: its trial, and the run with the settings that a trial chose."""

from dataclasses import fields

from mmsr_lite.models import MODELS
from mmsr_lite.training.run_config import RunConfig


def at_point(config: RunConfig, point: dict[str, float]) -> RunConfig:
    """Put the values of a point into a run; "dropout" stands for every setting whose name ends in it.

    Args:
        config: the run.
        point: setting -> value.

    Returns:
        The changed run.

    Example:
        >>> run = at_point(RunConfig("wardrobe", model="sasrec"), {"lr": 0.02, "dropout": 0.4})
        >>> run.train.lr, run.settings["dropout"]
        (0.02, 0.4)
    """
    own = [f.name for f in fields(MODELS[config.model].Config) if f.name.endswith("dropout")]
    settings = {name: value for name, value in point.items() if name != "dropout"}
    if "dropout" in point:
        settings |= dict.fromkeys(own, point["dropout"])
    return config.with_settings(**settings)


def trial(config: RunConfig, point: dict[str, float]) -> RunConfig:
    """Make the run that tries a point: seed 0, judged on validation.

    Args:
        config: the system.
        point: setting -> value.

    Returns:
        The run.

    Example:
        >>> run = trial(RunConfig("wardrobe", model="sasrec"), {"lr": 0.02})
        >>> run.train.lr, run.train.seed
        (0.02, 0)
    """
    return at_point(config, point).with_settings(selection="validation", seed=0, refit=False)


def tuned(
    config: RunConfig, point: dict[str, float], best_epoch: int, seed: int, tie_seed: int | None = None
) -> RunConfig:
    """Make the run that a trial chose: on the whole training part, on the trial's schedule up to its best epoch.

    Args:
        config: the system.
        point: the values that the trial had.
        best_epoch: the epoch that was best on validation.
        seed: of the run.
        tie_seed: of the order at ties; None: that of `config`.

    Returns:
        The run.

    Example:
        >>> run = tuned(RunConfig("wardrobe", model="sasrec"), {"lr": 0.02}, best_epoch=3, seed=4)
        >>> run.train.lr, run.train.seed, run.train.stop_after
        (0.02, 4, 3)
    """
    tie_seed = config.tie_seed if tie_seed is None else tie_seed
    chosen = at_point(config, point).with_settings(selection="none", seed=seed, tie_seed=tie_seed)
    return chosen.with_settings(stop_after=best_epoch if best_epoch < chosen.train.epochs else 0)
