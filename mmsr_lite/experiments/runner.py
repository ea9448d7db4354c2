"""Studies on one data set: trials, then runs, in several processes at once, resumable run by run.

A run whose name stands in a table of the data set is not repeated, and every table is rewritten after every run.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
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
from mmsr_lite.experiments.study import LABELS, Job, Setting
from mmsr_lite.experiments.table import BETAS, TUNING, label_of, rankings_in, read_rows, system_of, write_rows
from mmsr_lite.experiments.trials import Trials
from mmsr_lite.experiments.worker import Worker, device_name
from mmsr_lite.models import MODELS

ROUGH = {"cuda": 4e-6, "cpu": 2e-4}  # seconds for an example and epoch, of models that no table has a time of


@dataclass
class Runner:
    """Studies on one data set; see `run_studies.run_studies`."""

    setting: Setting
    place: Path
    worker: Worker
    seeds: int
    processes: int
    deadline: float
    dry: bool
    submit: Callable[[Job], Future]
    only: Sequence[str]
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.examples = len(self.setting.parts.train)
        self.planned: set[str] = set()  # what a dry run has counted
        self.seconds: dict[str, float] = {}  # and what it expects
        self.trials = Trials(self.setting, self.place)
        self.pace: dict[str, list[float]] = {}  # of each model, seconds for an epoch
        for path in self.place.glob("*.csv"):
            self._clock(read_rows(path) if path.stem in (*STUDIES, TUNING) else [])

    def tune(self, names: Sequence[str]) -> str:
        """Carry out the trials of all systems of these studies.

        Where the best trial of a system stands at an edge of the space, more trials follow until it does not.

        Args:
            names: the studies.

        Returns:
            What was done, in a sentence.
        """
        systems = {run_id(job.config): job for name in names for job in self.trials.systems(self._jobs(name))}
        known: set[str] = set()
        done = todo = there = 0
        while True:
            trials = {run_id(one.config): one for job in systems.values() for one in self.trials.jobs(job)}
            new = [one for run, one in trials.items() if run not in known]
            if known and not new:  # no best trial stands at an edge
                break
            counts = self._execute(TUNING, new, [*trials])
            done, todo, there = done + counts[0], todo + counts[1], there + counts[2]
            known |= trials.keys()
            if self.dry or counts[0] < counts[1] or not new:
                break
        sentences = [self._counts(TUNING, done, todo, there), *self.failed]
        return f"{self.setting.dataset.name}: {'; '.join(sentences)}"

    def _jobs(self, name: str) -> list[Job]:
        return [job for job in STUDIES[name].jobs(self.setting) if job.config.model in self.only]

    def study(self, name: str) -> str:
        """Carry out one study as far as time allows; systems whose trials are not complete wait.

        Args:
            name: the study.

        Returns:
            What was done, in a sentence.
        """
        self.failed, self.trials.failed, jobs = [], [], self._jobs(name)
        runs, waiting = [], set()
        for job in jobs:
            system = job.like or job.config
            if self.dry or self.trials.all_judged(system):
                runs += self.trials.seeded(job, self.seeds)
            else:
                waiting.add(run_id(system))
        try:
            sentences = [self._counts(name, *self._execute(name, runs))]
        finally:
            if not self.dry:
                write_sidecar(self.place, name, self.setting, runs)
        if waiting:
            sentences.append(f"{len(waiting)} systems wait for trials")
        return f"{self.setting.dataset.name}, {name}: {'; '.join(sentences + self.trials.failed + self.failed)}"

    def _counts(self, name: str, done: int, todo: int, there: int) -> str:
        """How many runs were made, in words."""
        if self.dry:
            return f"{todo} runs of {name}, about {self.seconds[name]:.0f} s of one process"
        return f"{done} of {todo} runs of {name}, {there} were there"

    def _execute(self, name: str, jobs: list[Job], order: Sequence[str] | None = None) -> tuple[int, int, int]:
        """Run the jobs that no table has; the table is written after each of them.

        Args:
            name: the study, or `TUNING`.
            jobs: its jobs.
            order: the runs in the order of the table; None: in the order of the jobs.

        Returns:
            How many jobs were run, how many had to be run, and how many were in a table before.

        Raises:
            MMSRError: when the memory is too small for so many processes.
        """
        file = self.place / f"{name}.csv"
        labels_of_study = {"study": name, "dataset": self.setting.dataset.name}
        wanted = {run_id(job.config, r): (job.labels | r.labels, job) for job in jobs for r in job.readings}
        order = [*wanted] if order is None else order
        rows, others = self._known(name, wanted)
        have = {row["run"] for row in rows}
        there = have | others.keys() | self.planned
        todo = [job for job in jobs if any(run_id(job.config, reading) not in there for reading in job.readings)]
        if self.dry:
            self.planned |= wanted.keys()
            self.seconds[name] = sum(map(self._expected, todo))
            return 0, len(todo), len(jobs) - len(todo)
        for run, (labels, job) in wanted.items():
            if run not in have and job not in todo:  # another study has it
                rows.append(others[run] | dict(zip(LABELS, system_of(labels), strict=True)) | labels_of_study)
        if len(rows) > len(have):
            write_rows(file, rows, order)
        done = 0
        if self.processes > 1:
            todo.sort(key=self._expected, reverse=True)  # the longest first, so that all processes end together
        for job, future in tqdm(self._stream(todo), name, len(todo), disable=not todo, mininterval=1):
            try:
                made = self._result(name, job, future)
            except (MemoryError, BrokenProcessPool) as error:
                raise MMSRError(f"{error}; what was done is in {str(file)!r}, go on with fewer --jobs") from error
            chosen = {"trials": job.trials, "chosen_by": self.setting.chosen_by if job.trials else ""}
            rows += [row | labels_of_study | chosen for row in made if row["run"] not in have]
            write_rows(file, rows, order)
            done += 1
        return done, len(todo), len(jobs) - len(todo)

    def _known(self, name: str, wanted: dict[str, tuple[dict, Job]]) -> tuple[list[dict], dict[str, dict]]:
        """The rows of a table, without those of wanted runs that older code made; run -> row of all other tables.

        A row of an older version that has one ranking alone is made again, too.
        """
        tables = {path.stem: read_rows(path) for path in self.place.glob("*.csv") if path.stem in (*STUDIES, TUNING)}
        if name != TUNING:
            for stem, some in tables.items():
                tables[stem] = [row for row in some if row["run"] not in wanted or len(rankings_in([row])) > 1]
        rows = tables.pop(name, [])
        now = {
            (system_of(labels), job.config.train.seed, job.config.tie_seed): run
            for run, (labels, job) in wanted.items()
        }
        if name != TUNING:  # where several trials are of one system
            keys = [(system_of(row), row["seed"], row["tie_seed"]) for row in rows]
            rows = [row for row, key in zip(rows, keys, strict=True) if now.get(key, row["run"]) == row["run"]]
        return rows, {row["run"]: row for some in tables.values() for row in some}

    def _result(self, name: str, job: Job, future: Future) -> list[dict[str, Any]]:
        """The rows of a run that has ended; a run that failed has none, and `failed` gets a sentence."""
        try:
            rows, betas = future.result()
        except MMSRError as error:
            self.failed.append(f"{label_of(system_of(job.labels))}, seed {job.config.train.seed}: {error}")
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

    def _stream(self, jobs: list[Job]) -> Iterator[tuple[Job, Future]]:
        """Each job with its result as it ends; none begins that would end too late."""
        queue = list(jobs)
        running: dict[Future, Job] = {}
        while True:
            while len(running) < self.processes and (job := next(filter(self._in_time, queue), None)):
                queue.remove(job)
                running[self.submit(job)] = job
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future

    def _clock(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            if row["seconds"] and row["device"] == device_name(self.worker.device):
                self.pace.setdefault(row["model"], []).append(row["seconds"] / max(1, row["epochs"]))

    def _in_time(self, job: Job) -> bool:
        return time.monotonic() + self._expected(job) < self.deadline

    def _expected(self, job: Job) -> float:
        """Seconds that a job will take, from the same model's runs on this device where there are any."""
        plan = job.config.train
        epochs = (plan.stop_after or plan.epochs) if MODELS[job.config.model].learns else 1
        rough = self.examples * ROUGH[torch.device(self.worker.device).type]
        return (epochs + len(job.readings) - 1) * float(np.median(self.pace.get(job.config.model, [rough])))
