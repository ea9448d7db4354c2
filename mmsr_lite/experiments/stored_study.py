"""A study as a record: what views show of its table, and its runs carried out anew."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.provenance import read_sidecar
from mmsr_lite.experiments.study import LABELS, Setting, run_id, tuned
from mmsr_lite.experiments.table import read_rows, system_of
from mmsr_lite.experiments.verdicts import apart, compare
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.records import StudyRecord


def open_study(folder: str | Path, name: str) -> StudyRecord:
    """The study `name` on the data set whose tables are in `folder`: rows, paired tests, best reachable, terms.

    Raises `MMSRError` when there is no such table.
    """
    rows, note = read_rows(Path(folder, f"{name}.csv")), Path(folder, "dataset.json")
    if not rows:
        there = ", ".join(sorted({path.stem for path in Path(folder).glob("*.csv")} & STUDIES.keys())) or "none"
        raise MMSRError(f"there is no table of {name!r} in {str(folder)!r}; tables there: {there}")
    told, sidecar = read_json(note), read_sidecar(Path(folder), name)
    record = {"schema": StudyRecord.schema, "study": name, "asks": STUDIES[name].asks, "paper": STUDIES[name].paper}
    record |= {
        "dataset": told["name"],
        "reachable": told["reachable"],
        "terms": told["terms"] | sidecar["grid"],
        "labels": [*LABELS],
    }
    return StudyRecord(record, rows=rows, tests=[test | {"apart": apart(test)} for test in sidecar["tests"]])


def retrain_study(record: StudyRecord, dataset: Dataset, only: list[str] | None = None) -> StudyRecord:
    """The record with its runs of seed 0 trained anew on a CPU, with what the trials of its tables chose.

    `only` those of these models. Nothing is written; a CPU gives the numbers of a CPU's table again.
    """
    setting, rows = Setting.of(dataset, record["terms"]), []
    kept = {row["run"]: row for row in record["rows"] if row["seed"] == 0}
    told = {"study": record["study"], "dataset": dataset.name}
    with TemporaryDirectory() as place:
        worker = Worker(dataset, "cpu", Path(place, "ranks"))
        for job in STUDIES[record["study"]].jobs(setting):
            if only is None or job.labels["model"] in only:
                lengths, trials = {row["epochs"] for row in kept.values()} - {0}, setting.trials(job.config)
                configs = [tuned(job.config, one, epochs, 0) for epochs in lengths for one in trials]
                configs.append(job.config.with_settings(selection="none"))  # of a model that counts
                found = next((config for config in configs if run_id(config, job.readings[0]) in kept), None)
                if found is not None:
                    made = worker.run_job(replace(job, config=found))[0]
                    rows += [dict(zip(LABELS, system_of(row), strict=True)) | row | told for row in made]
        tests = compare(Path(place), record["study"], rows, split(dataset).test.user)
    return record | {"rows": rows, "tests": [test | {"apart": apart(test)} for test in tests]}
