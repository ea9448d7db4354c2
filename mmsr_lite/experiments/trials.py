"""Which trials a system has, and what they chose.

Every system starts with the same points of the space. Where its best one is at an edge, the space is extended and more
points follow, at most `EXTENSIONS` times. All of this is computed from the table of trials, so an interrupted study
continues where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from mmsr_lite.experiments.points import at_point, trial, tuned
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.space import EXTENSIONS, edges, extended
from mmsr_lite.experiments.study import Job, Reading
from mmsr_lite.experiments.table import TUNING, Row, label_of, read_rows, system_of
from mmsr_lite.models import MODELS
from mmsr_lite.training.run_config import RunConfig

Point = dict[str, float]


@dataclass
class Trials:
    """The trials of all systems on one data set.

    Attributes:
        setting: the data set and its terms.
        place: the folder of its tables.
        failed: name of a system none of whose trials could be trained -> a sentence that says so.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> trials = Trials(Setting.of(world, trials=3), Path("no-such-folder"))
        >>> [system] = trials.systems([Job({"model": "sasrec"}, trials.setting.config("sasrec"))])
        >>> len(trials.jobs(system))
        3
    """

    setting: Setting
    place: Path
    failed: dict[str, str] = field(default_factory=dict)

    def systems(self, jobs: Sequence[Job]) -> list[Job]:
        """The systems that are tuned, each with the labels of its own job where there is one.

        Args:
            jobs: jobs of studies; several may be tuned like one system.

        Returns:
            A job for each system that has something to choose.
        """
        systems: dict[str, Job] = {}
        for job in sorted(jobs, key=lambda job: job.like in (None, job.config)):  # the last one gives the labels
            system = job.like or job.config
            if self.setting.points(system.model):
                systems[run_id(system)] = replace(job, config=system, readings=(Reading(),), like=None, betas=False)
        return list(systems.values())

    def jobs(self, system: Job) -> list[Job]:
        """The trials of a system that are known so far.

        Args:
            system: a job of `systems`.

        Returns:
            A job for each trial, whether it was made or not.
        """
        return [replace(system, config=trial(system.config, point)) for point in self._points(system.config)[0]]

    def all_judged(self, system: RunConfig) -> bool:
        """Whether all trials of a system have been made, including those beyond edges.

        Args:
            system: its run.

        Returns:
            True also for a system that has nothing to choose.
        """
        return self._points(system)[1] is not None

    def seeded(self, job: Job, seeds: int) -> list[Job]:
        """The runs of a system, with the settings that its trials chose.

        Args:
            job: the system.
            seeds: how many runs a system with seeds has in each order at ties; one that counts has a single run there.

        Returns:
            The runs; in a dry run, where trials are missing, with the values of the first trial.
        """
        points, rows = self._points(job.like or job.config)
        point: Point = points[0] if points else {}
        epoch = int(point.get("epochs", job.config.train.epochs))
        if rows:
            best = self._best(rows)
            if best is None:
                name = label_of(system_of(job.labels))
                self.failed[name] = f"no trial of {name} could be trained"
                return []
            point, epoch = points[best], int(rows[best]["best_epoch"])
            job = replace(job, validated=rows[best][self.setting.chosen_by])
        job = replace(job, trials=len(points))
        if not MODELS[job.config.model].learns:
            counted = at_point(job.config, point).with_settings(selection="none")
            return [replace(job, config=counted.with_settings(tie_seed=one)) for one in self.setting.tie_seeds]
        pairs = [(seed, one) for seed in range(seeds) for one in self.setting.tie_seeds]
        return [replace(job, config=tuned(job.config, point, epoch, *pair)) for pair in pairs]

    def _points(self, system: RunConfig) -> tuple[list[Point], list[Row] | None]:
        """The known trials with their rows; None in place of the rows while some are still to be made."""
        judged = {row["run"]: row for row in read_rows(self.place / f"{TUNING}.csv")}
        space, points = self.setting.space, self.setting.points(system.model)
        for further in range(EXTENSIONS + 1):
            runs = [run_id(trial(system, point)) for point in points]
            rows = [judged[run] for run in runs if run in judged]
            if len(rows) < len(points):
                return points, None
            best = self._best(rows)
            if best is None or further == EXTENSIONS:
                break
            to_the_end = MODELS[system.model].learns and rows[best]["best_epoch"] == points[best]["epochs"]
            beyond = edges(space, points[best], ["epochs"] if to_the_end else [])
            if not beyond:
                break
            space, more = extended(space, points[best], beyond)
            points = points + [point for point in more if point not in points]
        return points, rows

    def _best(self, rows: Sequence[Row]) -> int | None:
        """The index of the trial that is best in the headline ranking; None where none could be trained."""
        values = np.array([row[self.setting.chosen_by] for row in rows], float)
        if not len(values) or np.isnan(values).all():
            return None
        return int(np.nanargmax(values))
