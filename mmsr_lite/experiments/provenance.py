"""What is kept beside a table: the data set, the terms, the versions, each run's settings, and the paired tests."""

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mmsr_lite import __version__
from mmsr_lite.data.split import headline, own_target_share
from mmsr_lite.data.storage import content_hash, write_json
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.kept_ranks import pack
from mmsr_lite.experiments.notes import read_note, read_sidecar
from mmsr_lite.experiments.run_names import resolved, run_id
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.table import read_rows
from mmsr_lite.experiments.verdicts import compare, merged
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from mmsr_lite.training.run_config import RunConfig

PACKAGES = ("mmsr-lite", "torch", "torch-geometric", "numpy", "scikit-learn")


def note_dataset(place: Path, setting: Setting, names: Iterable[str] = ()) -> None:
    """Write down the data set and the terms of the tables in a folder.

    Args:
        place: the folder of the data set's tables.
        setting: the data set and the terms.
        names: studies whose tables must have been made with the same trials.

    Raises:
        MMSRError: when the tables in the folder are of other data or terms.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> place = Path(tempfile.mkdtemp())
        >>> note_dataset(place, Setting.of(world, {"dim": 8}))
        >>> read_note(place)["users"]
        4
        >>> note_dataset(place, Setting.of(world, {"dim": 16}))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: the tables in ... are of other data or terms: dim is 8 there and 16 now; ...
    """
    data, file = setting.dataset, place / "dataset.json"
    shapes = {m.name: {"items": int(m.present.sum()), "width": m.features.shape[1]} for m in data.modalities}
    note: dict[str, Any] = {"name": data.name, "users": data.num_users, "items": data.num_items}
    note |= {"interactions": len(data.item), "modalities": shapes, "hash": content_hash(data.user, data.item, shapes)}
    note["terms"] = setting.base
    note |= {"ties": setting.ties, "tie_seeds": [*setting.tie_seeds]}
    note |= {"headline": headline(setting.parts), "own_targets": 100 * own_target_share(setting.parts.test)}
    old = read_note(place) if file.is_file() else note
    was, now = (
        {"modalities": one["modalities"], "data": one["hash"], "ties": one.get("ties", "file")} | one["terms"]
        for one in (old, note)
    )
    pairs = [(was, now), *((grid, _grid(setting)) for name in names if (grid := read_sidecar(place, name)["grid"]))]
    wrong = [
        f"{name} is {in_words(there.get(name))} there and {in_words(here.get(name))} now"
        for there, here in pairs
        for name in there | here
        if there.get(name) != here.get(name)
    ]
    if wrong:
        raise MMSRError(f"the tables in {str(place)!r} are of other data or terms: {wrong[0]}; name another --out")
    truth = data.facts.get("truth")
    note["reachable"] = None if truth is None else truth.reachable(setting.parts.test)
    write_json(file, note, indent=1)


def write_sidecar(place: Path, name: str, setting: Setting, jobs: list[Job], tests: bool = True) -> None:
    """Write `<study>.json` and `<study>-ranks.parquet` beside the table of a study; without a table, nothing.

    Settings of runs of earlier portions stay. So do older tests whose ranks are gone, but they decide nothing.

    Args:
        place: the folder of the data set's tables.
        name: the study.
        setting: the data set and the terms of its studies.
        jobs: the runs of this portion; the versions noted are those of the last portion that made a run.
        tests: whether to compute the tests now; else those that are there stay until `verdicts.recompute` is asked for.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> place = Path(tempfile.mkdtemp())
        >>> write_sidecar(place, "comparison", Setting.of(world), jobs=[])
        >>> list(place.iterdir())  # without a table there is nothing to write
        []
    """
    rows, old = read_rows(place / f"{name}.csv"), read_sidecar(place, name)
    if not rows:
        return
    runs = old["runs"] | {run_id(job.config, job.readings[0]): _differing(job.config, setting) for job in jobs}
    user = setting.parts.test.user
    pack(place, name, [key_of(row["run"], ranking) for row in rows for ranking in RANKINGS], user)
    made = merged(old["tests"], compare(place, name, rows, user), rows) if tests else old["tests"]
    versions = {package: _version(package) for package in PACKAGES} | {"python": platform.python_version()}
    record: dict[str, Any] = {"study": name, "paper": STUDIES[name].paper, "asks": STUDIES[name].asks}
    record |= {"grid": _grid(setting)}
    record["seconds"] = sum(row["seconds"] for row in rows)
    present = {row["run"] for row in rows}
    record["runs"] = {run: changes for run, changes in sorted(runs.items()) if run in present}
    record["versions"] = old["versions"] if record["runs"].keys() == old["runs"].keys() else versions
    write_json(place / f"{name}.json", record | {"tests": made})


def _grid(setting: Setting) -> dict[str, list[float]]:
    """The values that every system tries, and in how many trials."""
    return {name: [*some.values] for name, some in setting.space.items()} | {"trials": [setting.trials]}


def _version(package: str) -> str:
    """The version of an installed package, or of this one where it runs from its folder."""
    try:
        return version(package)
    except PackageNotFoundError:
        return __version__


def _differing(config: RunConfig, setting: Setting) -> dict[str, Any]:
    """The settings of a run that are not those of its model on this data set."""
    usual = resolved(setting.config(config.model))
    return {"model": config.model} | {n: v for n, v in resolved(config).items() if usual[n] != v}
