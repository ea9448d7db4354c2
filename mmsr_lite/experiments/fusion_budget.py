"""How many users fit into the minutes that the comparison of both orders may take, estimated from short runs."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.users import drawn_users, of_users
from mmsr_lite.experiments.fusion_systems import setting_of, systems
from mmsr_lite.experiments.points import trial
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.models import MODELS

PILOT = 200  # users of the short runs
LEAST = 200  # users at the least, however few minutes: fewer tell nothing
EXPECTED = 0.7  # of a trial's epochs: most trials stop early


def some_users(dataset: Dataset, count: int, seed: int) -> Dataset:
    """A data set of this many users, drawn at random.

    Args:
        dataset: the data set.
        count: how many users.
        seed: of the draw; a seed always draws the same users.

    Returns:
        The data set itself where it has no more users than that.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> some_users(world, 2, seed=0).num_users, some_users(world, 9, seed=0) is world
        (2, True)
    """
    if count >= dataset.num_users:
        return dataset
    return of_users(dataset, drawn_users(np.ones(dataset.num_users), count, np.random.default_rng(seed)))


def users_within(
    minutes: float,
    dataset: Dataset,
    base: str,
    *,
    changes: dict[str, Any] | None,
    trials: int,
    seeds: int,
    device: str,
    jobs: int,
    seed: int,
    progress: bool,
) -> int:
    """Estimate how many users the whole comparison can read in some minutes on this machine.

    Each system is trained on a few users, once for one epoch and once for three, which gives the seconds of an epoch
    and of everything else. The time of an epoch is taken to grow with the number of users, the rest to stay.

    Args:
        minutes: the budget.
        dataset: the data set of all users.
        base, changes, trials, seeds, device, jobs, seed, progress: as for `fusion_for`.

    Returns:
        The number of users, from `LEAST` to all, rounded to two digits so that it rarely differs from run to run.

    Example:
        >>> from unittest.mock import patch
        >>> from mmsr_lite.data.dataset import Modality
        >>> ids, one = ("", "a"), Modality("shape", np.eye(2, dtype=np.float32), np.array([False, True]))
        >>> rows = np.arange(1000), np.ones(1000, int), np.zeros(1000, int)
        >>> shop = Dataset("shop", *rows, tuple(map(str, range(1000))), ids, ids, modalities=(one,))
        >>> how = {"changes": None, "trials": 1, "seeds": 1, "device": "cpu", "jobs": 1, "seed": 0, "progress": False}
        >>> short_runs = [(5.0, 20.0)]  # seconds that stay, and seconds that grow with the users: here 200
        >>> with patch("mmsr_lite.experiments.fusion_budget._costs", return_value=short_runs):
        ...     users_within(1.0, shop, "gru4rec", **how)  # below 200 * (60 - 5) / 20 = 550
        540
    """
    began = time.perf_counter()
    few = setting_of(some_users(dataset, PILOT, seed), changes, trials)
    costs = [*_costs(systems(few, base).values(), few, trials, seeds, device, progress)]
    fixed, of_few = (sum(seconds) for seconds in zip(*costs, strict=True))
    left = 60 * minutes - (time.perf_counter() - began) - fixed / jobs
    users = few.dataset.num_users * jobs * max(0.0, left) / of_few
    digits = 10 ** max(0, len(str(int(users))) - 2)
    return min(dataset.num_users, max(LEAST, int(users // digits * digits)))


def _costs(
    jobs: Iterable[Job], few: Setting, trials: int, seeds: int, device: str, progress: bool
) -> Iterator[tuple[float, float]]:
    """Seconds of all trials and runs of each system in one process: the constant part, and epochs of few users."""
    listed = list(jobs)
    with TemporaryDirectory() as place:
        worker = Worker(few.dataset, device, Path(place, "ranks"))
        for job in tqdm(listed, "how fast is this machine", disable=not progress):
            count = seeds * len(few.tie_seeds) + trials * (job.like is None)
            points = few.points(job.config.model)
            if not MODELS[job.config.model].learns:
                once = _seconds(worker, job, points[0] if points else {}, 0)
                yield 0.0, once * (trials + len(few.tie_seeds))
                continue
            slow = max(points, key=lambda point: point.get("layers", 0))
            _seconds(worker, job, slow, 1)  # not counted: it learns codes, and the machine is cold
            one, three = _seconds(worker, job, slow, 1), _seconds(worker, job, slow, 3)
            epoch = max(0.01 * one, (three - one) / 2)
            yield count * max(0.0, one - epoch), count * epoch * max(1, EXPECTED * job.config.train.epochs)


def _seconds(worker: Worker, job: Job, point: dict[str, float], epochs: int) -> float:
    """Measure a trial; a system that counts has no epochs."""
    began = time.perf_counter()
    if epochs:
        point = point | {"epochs": epochs}
    worker.run_job(replace(job, config=trial(job.config, point)))
    return time.perf_counter() - began
