"""The name of a run in all tables: a hash of every setting that changes its result, which never changes."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from mmsr_lite.data.storage import content_hash
from mmsr_lite.training.run_config import RunConfig

if TYPE_CHECKING:
    from mmsr_lite.experiments.study import Reading

FORMERLY_FIXED: dict[str, Any] = {  # settings newer than the first tables, with their values then
    "slope": 0.01,
    "ties": "file",
    "split": "auto",
    "ranking": "all",
}


def resolved(config: RunConfig) -> dict[str, Any]:
    """All settings of a run with the model's defaults; a setting that changes nothing has its former value.

    Args:
        config: a run.

    Returns:
        Name -> value.

    Example:
        >>> resolved(RunConfig("wardrobe").with_settings(dim=8))["dim"]
        8
    """
    own, train = _values_of(config), _values_of(config.train)
    own["refit"] = config.refit and config.train.selection == "validation"  # else nothing was held out
    if config.train.selection == "none":
        train["ranking"] = FORMERLY_FIXED["ranking"]
    del own["settings"], own["train"]
    return own | train | _values_of(config.model_config)


def _values_of(config: Any) -> dict[str, Any]:
    """The fields of a config: `asdict` would copy each value, and a study names its runs thousands of times."""
    return {one.name: getattr(config, one.name) for one in fields(config)}


def run_id(config: RunConfig, reading: Reading | None = None) -> str:
    """The name of a run, or of a reading of it, in all tables; device and labels do not change it.

    Settings that are off (0, "", False, None) are left out, and so are those of FORMERLY_FIXED at their former value;
    so a new option renames no older run.

    Args:
        config: the run.
        reading: what is read from its model; None: the run itself.

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
