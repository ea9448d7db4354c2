"""A study as a record: its table for views, and its runs trained again."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.notes import read_note, read_sidecar
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import LABELS, Job
from mmsr_lite.experiments.table import MASKED, rankings_in, read_rows, system_of
from mmsr_lite.experiments.verdicts import apart
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.records import StudyRecord
from mmsr_lite.records.ranking_names import RANKINGS
from mmsr_lite.training.run_config import RunConfig


def open_study(folder: str | Path, name: str) -> StudyRecord:
    """Read a study on one data set.

    Args:
        folder: the folder of the data set's tables.
        name: the study.

    Returns:
        A record of `rows` (None where nothing was measured), `tests` (each with `apart`: whether it finds a
        difference), `runs` (the settings of each run that are not the usual ones), `terms`, `labels` and what can be
        reached at best.

    Raises:
        MMSRError: when there is no such table.
    """
    rows = read_rows(Path(folder, f"{name}.csv"))
    if not rows:
        there = ", ".join(sorted({path.stem for path in Path(folder).glob("*.csv")} & STUDIES.keys())) or "none"
        raise MMSRError(f"there is no table of {name!r} in {str(folder)!r}; tables there: {there}")
    of_dataset, sidecar = read_note(Path(folder)), read_sidecar(Path(folder), name)
    rankings = rankings_in(rows)
    unmeasured = MASKED if len(rankings) == 1 else ()
    rows = [
        {name: None if value != value else value for name, value in row.items() if name not in unmeasured}
        for row in rows  # NaN, which differs from itself: nothing was measured
    ]
    order = {"ties": of_dataset.get("ties", "file"), "tie_seed": of_dataset.get("tie_seeds", [0])}
    grid = {name: values for name, values in sidecar["grid"].items() if name != "trials"}
    record: dict[str, Any] = {
        "schema": StudyRecord.schema,
        "study": name,
        "asks": STUDIES[name].asks,
        "paper": STUDIES[name].paper,
        "dataset": of_dataset["name"],
        "reachable": of_dataset["reachable"],
        "terms": grid | of_dataset["terms"] | order,
        "labels": [*LABELS],
        "headline": of_dataset.get("headline", "all") if len(rankings) > 1 else "all",
        "rankings": rankings,
        "chosen_by": sorted({row["chosen_by"] for row in rows} - {""}),
        "runs": sidecar["runs"],
    }
    return StudyRecord(record, rows=rows, tests=[test | {"apart": apart(test)} for test in sidecar["tests"]])


def retrain_study(record: StudyRecord, dataset: Dataset, only: list[str] | None = None) -> StudyRecord:
    """Train runs of a study again on a CPU: seed 0, first order at ties, with the settings that were noted.

    Nothing is written. A table that was made on a CPU is reproduced.

    Args:
        record: a record of `open_study`.
        dataset: its data set.
        only: names of models whose systems are trained; None: all.

    Returns:
        The record with the new rows. One seed is never compared, so it has no tests.
    """
    setting, rows = Setting.of(dataset, record["terms"]), []
    first = min((row.get("tie_seed", 0) for row in record["rows"]), default=0)
    kept = {row["run"] for row in record["rows"] if row["seed"] == 0 and row.get("tie_seed", 0) == first}
    labels_of_study = {"study": record["study"], "dataset": dataset.name}
    with TemporaryDirectory() as place:
        worker = Worker(setting.dataset, "cpu", Path(place, "ranks"))
        for job in STUDIES[record["study"]].jobs(setting):
            if only is None or job.labels["model"] in only:
                configs = (_noted(job, run, record["runs"].get(run)) for run in kept)
                config = next((config for config in configs if config is not None), None)
                if config is not None:
                    made = worker.run_job(replace(job, config=config))[0]
                    rows += [dict(zip(LABELS, system_of(row), strict=True)) | row | labels_of_study for row in made]
    return StudyRecord(record, rows=rows, tests=[], rankings=[*RANKINGS])


def _noted(job: Job, run: str, changes: dict[str, Any] | None) -> RunConfig | None:
    """The run of a job with `changes` of settings that a table has as `run`; None when that is another system's."""
    if changes is None or changes["model"] != job.config.model:
        return None
    names = {name: value for name, value in changes.items() if name not in ("model", "modalities")}
    config = job.config.with_settings(**names)
    return config if run in (run_id(config, job.readings[0]), run_id(config)) else None
