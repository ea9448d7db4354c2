"""The record of `fusion_for`: systems, comparisons and a verdict, made from the table of runs and their ranks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.export import save_table
from mmsr_lite.experiments.fusion_systems import BASES, names_of, systems
from mmsr_lite.experiments.fusion_verdict import compare_all, verdict_of
from mmsr_lite.experiments.kept_ranks import read_kept
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.table import TESTED, Row, read_rows, system_of
from mmsr_lite.models import MODELS
from mmsr_lite.records import FusionRecord
from mmsr_lite.records.fusion import FusionSystem
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from mmsr_lite.records.ranking_names import in_words as metric_in_words
from mmsr_lite.values import Settings

NAME = "fusion"  # of the study, and of the files in the folder
FEWER = (
    "All models learned from {:,} of {:,} users. With more to learn from, the orders can change places: "
    "ask again with more minutes before you build on it."
)


class Asked(TypedDict):
    """The options of a comparison, as its folder keeps them; see `fusion_for`."""

    base: str
    metric: str
    minutes: float | None
    users: int | None
    seeds: int
    trials: int
    seed: int
    changes: Settings


def fusion_record(
    setting: Setting, base: str, folder: Path, whole: Dataset, asked: Asked, failed: list[str]
) -> FusionRecord:
    """Make the record from the tables and ranks in a folder.

    Args:
        setting: the data set that was read and the terms.
        base: one of `fusion_systems.BASES`.
        folder: where the tables and ranks lie.
        whole: the data set before users were drawn.
        asked: what was asked for.
        failed: a sentence for each run that failed.

    Returns:
        The record, validated; a system of which a run is missing is left out.

    Example:
        >>> fusion_record(setting, "gru4rec", folder, dataset, asked, []).verdict                  # doctest: +SKIP
        'early'
    """
    jobs = systems(setting, base)
    names = names_of(jobs)
    rows: dict[str, list[Row]] = {name: [] for name in jobs}
    for row in read_rows(folder / f"{NAME}.csv"):
        rows[names[system_of(row)]].append(row)
    key, seeds, user = key_of(asked["metric"], setting.ranking), asked["seeds"], setting.parts.test.user
    ranks = {name: found for name in jobs if (found := _ranks(folder, rows[name], setting, seeds))}
    comparisons = compare_all(ranks, user, asked["metric"])
    listed = [_system(name, jobs[name], rows[name], key) for name in ranks]
    data = setting.dataset
    last = max(setting.space["epochs"].values)
    epochs = {one["name"]: one["settings"].get("epochs") for one in listed}
    unfinished = [name for name, most in epochs.items() if isinstance(most, int | float) and most >= last]
    is_sample = data.num_users < whole.num_users
    verdict, sentence, further = verdict_of(comparisons, metric_in_words(key), is_sample, unfinished)
    sampled = None
    if is_sample:
        sampled = {"users": data.num_users, "of": whole.num_users}
        further.append(FEWER.format(data.num_users, whole.num_users))
    record = {
        "schema": FusionRecord.schema,
        "dataset": data.name,
        "num_users": data.num_users,
        "num_items": data.num_items,
        "modalities": [*setting.names],
        "sampled": sampled,
        "targets": len(user),
        "base": BASES[base].label,
        "ranking": setting.ranking,
        "metric": asked["metric"],
        "seeds": seeds,
        "orders": len(setting.tie_seeds),
        "trials": asked["trials"],
        "terms": setting.base | {name: [*some.values] for name, some in setting.space.items()},
        "systems": listed,
        "comparisons": comparisons,
        "failed": failed,
        "verdict": verdict,
        "sentence": sentence,
        "further": further,
        "seconds": sum(row["seconds"] for row in [*_all(rows), *read_rows(folder / "tuning.csv")]),
    }
    return FusionRecord(record).validate()


def _all(rows: Mapping[str, Sequence[Row]]) -> list[Row]:
    return [row for some in rows.values() for row in some]


def _ranks(folder: Path, rows: list[Row], setting: Setting, seeds: int) -> list[np.ndarray]:
    """The ranks of a system in the headline ranking, (O, E) for each seed; empty where a run is missing."""
    runs = {(row["seed"], row["tie_seed"]): key_of(row["run"], setting.ranking) for row in rows}
    kept = read_kept(folder, runs.values()).runs
    learns = bool(rows) and MODELS[rows[0]["model"]].learns
    wanted = [(one, order) for one in range(seeds if learns else 1) for order in setting.tie_seeds]
    if any(runs.get(pair) not in kept for pair in wanted):
        return []
    by_seed: dict[int, list[np.ndarray]] = {}
    for one, order in wanted:
        by_seed.setdefault(one, []).append(kept[runs[one, order]])
    return [np.stack(some) for some in by_seed.values()]


def _system(name: str, job: Job, rows: list[Row], key: str) -> FusionSystem:
    """One system with all its runs, and the settings that its trials chose."""
    metrics = [key_of(metric, ranking) for ranking in RANKINGS for metric in TESTED]
    table = pd.DataFrame(rows)
    by_seed = table.groupby("seed")[key].mean()
    first = rows[0]
    settings = {}
    if MODELS[first["model"]].learns:
        settings = {"lr": first["lr"], "dropout": first["dropout"], "epochs": int(first["epochs"])}
    return {
        "name": name,
        "model": first["model"],
        "trials": int(first["trials"]),
        "settings": settings,
        "runs": table[["seed", "tie_seed", *metrics]].to_dict("records"),
        "mean": float(table[key].mean()),
        "low": float(by_seed.min()),
        "high": float(by_seed.max()),
    }


def keep(record: FusionRecord, folder: Path) -> None:
    """Write the record, and its comparisons as a table, beside the table of runs.

    Args:
        record: from `fusion_record`.
        folder: where they are written.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.views.samples import sample
        >>> folder = Path(tempfile.mkdtemp())
        >>> keep(sample("fusion"), folder)
        >>> sorted(file.name for file in folder.iterdir())
        ['comparisons.csv', 'fusion.json']
    """
    record.save(folder / f"{NAME}.json")
    save_table(pd.DataFrame(record.comparisons), folder / "comparisons.csv")
