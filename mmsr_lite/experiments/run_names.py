"""The name of a run in all tables: a hash of every setting that decides it, the same for ever."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from mmsr_lite.data.storage import content_hash
from mmsr_lite.training.run_config import RunConfig

if TYPE_CHECKING:
    from mmsr_lite.experiments.study import Reading

FORMERLY_FIXED: dict[str, Any] = {  # settings that were not there when the first tables were made, and what they were
    "slope": 0.01,
    "ties": "file",
    "split": "auto",
    "ranking": "all",
}


def resolved(config: RunConfig) -> dict[str, Any]:
    """Every setting of a run by its name, the model's defaults too; one that decides nothing is as it was formerly.

    Args:
        config: a run.

    Returns:
        Name -> value.

    Example:
        >>> resolved(RunConfig("wardrobe").with_settings(dim=8))["dim"]
        8
    """
    refit = config.refit and config.train.selection == "validation"  # else nothing was held out
    train = config.train
    if train.selection == "none":
        train = replace(train, ranking=FORMERLY_FIXED["ranking"])
    own = asdict(replace(config, settings={}, refit=refit, train=train))
    del own["settings"]
    return own | own.pop("train") | asdict(config.model_config)


def run_id(config: RunConfig, reading: Reading | None = None) -> str:
    """The name of a run, or of a reading off it, in all tables: the same on every device and under every label.

    Settings that are off (0, "", False, None) do not count, and neither do those of FORMERLY_FIXED at the value they
    had before: an option that comes to be later renames nothing.

    Args:
        config: the run.
        reading: what is read off its model; None: the run itself.

    Returns:
        Twelve hexadecimal digits.

    Example:
        >>> run_id(RunConfig("wardrobe")) == run_id(RunConfig("wardrobe").with_settings(device="cpu"))
        True
    """
    settings = {name: value for name, value in sorted(resolved(config).items()) if value and name != "device"}
    settings = {name: value for name, value in settings.items() if value != FORMERLY_FIXED.get(name)}
    more: list[tuple] = []
    if reading is not None:
        more = [(reading.rate, reading.corrupted, reading.gate), (reading.beside,), (reading.displaced,)]
    return content_hash(settings, *(m for m in more if m not in ((0.0, None, ""), ("",), (False,))))[:12]
