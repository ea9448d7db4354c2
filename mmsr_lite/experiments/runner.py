"""Studies on one data set: trials, then runs, in several processes at once, resumable run by run.

A run that is in a table of the data set already is not repeated. A table is rewritten after every run.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from mmsr_lite.data.export import without_formulas
from mmsr_lite.data.storage import atomic
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.provenance import write_sidecar
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.schedule import Schedule, Task
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import LABELS, Job, Study
from mmsr_lite.experiments.table import BETAS, TUNING, Row, label_of, rankings_in, read_rows, system_of, write_rows
from mmsr_lite.experiments.trials import Trials
from mmsr_lite.experiments.worker import Worker, device_name
from mmsr_lite.models import MODELS

ROUGH = {"cuda": 4e-6, "cpu": 2e-4}  # seconds for an example and epoch, where no table has a time of the model


@dataclass
class Runner:
    """Studies on one data set; see `run_studies.run_studies`.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> setting, place = Setting.of(world), Path(tempfile.mkdtemp())
        >>> how = {"seeds": 5, "processes": 1, "deadline": float("inf"), "submit": None, "only": ["markov"]}
        >>> runner = Runner(setting, place, Worker(world, "cpu", place), dry=True, **how)  # the runs are only counted
        >>> for sentence in runner.carry_out(["comparison"]): print(sentence)
        wardrobe-match: 16 runs of tuning, about 0 s of one process
        wardrobe-match, comparison: 1 runs of comparison, about 0 s of one process
    """

    setting: Setting
    place: Path
    worker: Worker
    seeds: int
    processes: int
    deadline: float
    dry: bool
    submit: Callable[[Job], Future]
    only: Sequence[str]
    tests: bool = True
    studies: Mapping[str, Study] = field(default_factory=lambda: STUDIES)
    progress: bool = True
    variants: Sequence[str] | None = None
    failed: dict[str, list[str]] = field(default_factory=dict)  # table -> a sentence for each run that failed

    def __post_init__(self) -> None:
        self.examples = len(self.setting.parts.train)
        self.trials = Trials(self.setting, self.place)
        self.pace: dict[str, list[float]] = {}  # of each model, seconds for an epoch
        for path in self.place.glob("*.csv"):
            self._clock(read_rows(path) if path.stem in (*self.studies, TUNING) else [])

    def carry_out(self, names: Sequence[str]) -> Iterator[str]:
        """Carry out the trials and the runs of some studies, as far as time allows.

        The first study comes first, and in it the models in the order of `only`; see `schedule`. Where the best trial
        of a system has a value at an edge of the space, more trials follow beyond it.

        Args:
            names: the studies, the most urgent first.

        Yields:
            What was done, in a sentence on the trials and one for each study.
        """
        studies = {name: self.studies[name].jobs(self.setting) for name in names}
        order = {model: place for place, model in enumerate(self.only)}
        studies = {name: [job for job in jobs if self._is_asked_for(job)] for name, jobs in studies.items()}
        urgent = [
            (name, job) for name, jobs in studies.items() for job in sorted(jobs, key=lambda j: order[j.config.model])
        ]
        of_tables = ((name, row) for name, rows in self._tables().items() for row in rows)
        made = {row["run"] for name, row in of_tables if name == TUNING or _is_whole(row)}
        self.schedule = Schedule(urgent, self.trials, self.seeds, partial(_is_made, made), self.dry)
        done: Counter[str] = Counter()
        if not self.dry:
            try:
                for task in self._work():
                    done[task.table] += 1
            finally:
                self._complete_trials(studies)
                for name, jobs in studies.items():
                    self._complete(name, jobs)
        yield f"{self.setting.dataset.name}: {self._said(TUNING, done[TUNING], [])}"
        for name, jobs in studies.items():
            yield f"{self.setting.dataset.name}, {name}: {self._said(name, done[name], jobs)}"

    def _is_asked_for(self, job: Job) -> bool:
        """Whether `only` and `variants` leave a job."""
        of_variant = self.variants is None or job.labels.get("variant", "") in self.variants
        return job.config.model in self.only and of_variant

    def _said(self, name: str, done: int, systems: Sequence[Job]) -> str:
        """What was done for a table, in words; `systems` are those of the study."""
        there, listed = self.schedule.there[name], [*self.schedule.jobs(name)]
        if self.dry:
            todo = [task.job for _, task in self.schedule.tasks if task.table == name]
            return f"{len(todo)} runs of {name}, about {sum(map(self._expected, todo)):.0f} s of one process"
        sentences = [f"{done} of {len(listed) - there} runs of {name}, {there} were there"]
        if waiting := self.schedule.waiting_in(name):
            sentences.append(f"{waiting} systems wait for trials")
        names = [label_of(system_of(job.labels)) for job in systems]
        untrained = [self.trials.failed[one] for one in names if one in self.trials.failed]
        return "; ".join(sentences + untrained + self.failed.get(name, []))

    def _work(self) -> Iterator[Task]:
        """Carry out the listed tasks while there is time; yield each task when its rows are written.

        Raises:
            MMSRError: when the memory is too small for so many processes.
        """
        running: dict[Future, Task] = {}
        schedule = self.schedule
        hidden = not (schedule.tasks and self.progress)
        with tqdm(total=len(schedule.tasks), disable=hidden, mininterval=1) as bar:
            while True:
                while len(running) < self.processes and (task := schedule.take(self._in_time)):
                    bar.set_description(task.table, refresh=False)
                    running[self.submit(task.job)] = task
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    task = running.pop(future)
                    try:
                        self._write(task, self._result(task.table, task.job, future))
                    except (MemoryError, BrokenProcessPool) as error:
                        why = str(error)
                        if isinstance(error, BrokenProcessPool):
                            why = "a process of this study was ended from outside, perhaps for want of memory"
                        file = str(self.place / f"{task.table}.csv")
                        raise MMSRError(f"{why}; what was done is in {file!r}, go on with fewer --jobs") from error
                    yield task
                    bar.total += schedule.ended(task)
                    bar.update()

    def _write(self, task: Task, made: list[Row]) -> None:
        """Write the rows of a run into its table."""
        labels = {"study": task.table, "dataset": self.setting.dataset.name} | self._choice(task.job)
        file, runs = self.place / f"{task.table}.csv", {row["run"] for row in made}
        rows = [row for row in read_rows(file) if row["run"] not in runs]
        write_rows(file, rows + [row | labels for row in made], self._order(task.table))

    def _choice(self, job: Job) -> dict[str, Any]:
        """How the settings of a job were chosen, as a table says it."""
        chosen_by = self.setting.chosen_by if job.trials else ""
        return {"trials": job.trials, "chosen_by": chosen_by, "validated": job.validated}

    def _order(self, name: str) -> list[str]:
        """The runs of a table in the order of its rows."""
        return [run_id(job.config, reading) for job in self.schedule.jobs(name) for reading in job.readings]

    def _tables(self) -> dict[str, list[Row]]:
        """The rows of every table in the folder."""
        known = (*self.studies, TUNING)
        return {path.stem: read_rows(path) for path in self.place.glob("*.csv") if path.stem in known}

    def _complete_trials(self, studies: dict[str, list[Job]]) -> None:
        """Sort the table of trials by system."""
        file = self.place / f"{TUNING}.csv"
        systems = self.trials.systems([job for jobs in studies.values() for job in jobs])
        order = [run_id(one.config) for system in systems for one in self.trials.jobs(system)]
        if rows := read_rows(file):
            write_rows(file, rows, order)

    def _complete(self, name: str, jobs: Sequence[Job]) -> None:
        """Sort the table of a study, add its rows from other tables, and write the files beside it.

        Args:
            name: the study.
            jobs: its systems, in the order of the table.
        """
        judged = [job for job in jobs if self.trials.all_judged(job.like or job.config)]
        runs = [one for job in judged for one in self.trials.seeded(job, self.seeds)]
        wanted = {run_id(job.config, r): (job.labels | r.labels, job) for job in runs for r in job.readings}
        labels_of_study = {"study": name, "dataset": self.setting.dataset.name}
        rows, others = self._known(name, wanted)
        have = {row["run"] for row in rows}
        rows += [others[run] for run in wanted if run not in have and run in others]
        for row in rows:
            if row["run"] in wanted:
                labels, job = wanted[row["run"]]
                row |= dict(zip(LABELS, system_of(labels), strict=True)) | labels_of_study | self._choice(job)
        if rows:
            write_rows(self.place / f"{name}.csv", rows, [*wanted])
        if name in STUDIES:
            write_sidecar(self.place, name, self.setting, runs, self.tests)

    def _known(self, name: str, wanted: dict[str, tuple[dict, Job]]) -> tuple[list[dict], dict[str, dict]]:
        """The rows of a study, without wanted runs that older code made; and the rows of all other tables, by run.

        A row of an older version with a single ranking is made again, too.
        """
        tables = self._tables()
        for stem, some in tables.items():
            tables[stem] = [row for row in some if row["run"] not in wanted or _is_whole(row)]
        rows = tables.pop(name, [])
        now = {
            (system_of(labels), job.config.train.seed, job.config.tie_seed): run
            for run, (labels, job) in wanted.items()
        }
        keys = [(system_of(row), row["seed"], row["tie_seed"]) for row in rows]
        rows = [row for row, key in zip(rows, keys, strict=True) if now.get(key, row["run"]) == row["run"]]
        return rows, {row["run"]: row for some in tables.values() for row in some}

    def _result(self, name: str, job: Job, future: Future) -> list[Row]:
        """The rows of a finished run; a run that failed has none and adds a sentence to `failed`."""
        try:
            rows, betas = future.result()
        except MMSRError as error:
            sentence = f"{label_of(system_of(job.labels))}, seed {job.config.train.seed}: {error}"
            self.failed.setdefault(name, []).append(sentence)
            if name != TUNING or "loss" not in str(error):
                return []
            diverged = {"at": "validation", "lr": job.config.train.lr, "run": run_id(job.config)}
            counts = ("seed", "tie_seed", "epochs", "best_epoch", "seconds")
            return [job.labels | diverged | dict.fromkeys(counts, 0)]
        self._clock(rows)
        if betas:
            place = self.place / f"{BETAS}.csv"
            labels_of_study = {"study": name, "dataset": self.setting.dataset.name}
            kept = pd.read_csv(place).query("seed != @job.config.train.seed") if place.is_file() else None
            now = pd.DataFrame([labels_of_study | row for row in betas]).round({"beta": 4, "sd": 4})
            with atomic(place) as tmp:
                pd.concat([kept, without_formulas(now)]).to_csv(tmp, index=False)
        return rows

    def _clock(self, rows: list[Row]) -> None:
        for row in rows:
            if row["seconds"] and row["device"] == device_name(self.worker.device):
                self.pace.setdefault(row["model"], []).append(row["seconds"] / max(1, row["epochs"]))

    def _in_time(self, job: Job) -> bool:
        return time.monotonic() + self._expected(job) < self.deadline

    def _expected(self, job: Job) -> float:
        """The expected seconds of a job, from runs of the same model on this device where there are any."""
        plan = job.config.train
        epochs = (plan.stop_after or plan.epochs) if MODELS[job.config.model].learns else 1
        rough = self.examples * ROUGH[torch.device(self.worker.device).type]
        return (epochs + len(job.readings) - 1) * float(np.median(self.pace.get(job.config.model, [rough])))


def _is_whole(row: Row) -> bool:
    """Whether a row has both rankings; rows of older versions have one."""
    return len(rankings_in([row])) > 1


def _is_made(made: set[str], job: Job) -> bool:
    """Whether every reading of a job is among the runs `made`."""
    return all(run_id(job.config, reading) in made for reading in job.readings)
