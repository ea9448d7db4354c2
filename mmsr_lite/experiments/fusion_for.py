"""Early or late fusion for my data? One base in both orders of fusion, and its controls, on equal terms.

data set -> users that fit into the minutes -> trials of every system -> runs of every seed -> tests -> verdict

The work is that of a study (`study`, `trials`, `runner`): every system has the same trials, chosen by validation, and
its runs are ranked in the headline ranking of the data set.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypedDict

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import content_hash, read_json, write_json
from mmsr_lite.errors import MMSRError, choose, in_words
from mmsr_lite.experiments.fusion_budget import some_users, users_within
from mmsr_lite.experiments.fusion_record import NAME, Asked, fusion_record, keep
from mmsr_lite.experiments.fusion_systems import BASES, DEFAULT_BASE, setting_of, systems
from mmsr_lite.experiments.processes import at_once, pool_of, run_job_there
from mmsr_lite.experiments.provenance import note_dataset
from mmsr_lite.experiments.runner import Runner
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Study
from mmsr_lite.experiments.table import TESTED
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.models import MODELS
from mmsr_lite.records import FusionRecord
from mmsr_lite.training.device import pick_device
from mmsr_lite.values import Settings

MINUTES = 5.0  # on a CPU, where nothing else is said
ASKS = "Early or late fusion for these data?"


class Plan(TypedDict):
    """What a folder records first: which comparison, of which data, of how many users."""

    asked: Asked
    name: str  # of the data set
    data: str  # a hash of interactions and modalities
    read: int | None  # how many users are read; None: not decided yet


@checked(seed=SEED)
def fusion_for(
    source: Dataset | str | os.PathLike,
    *,
    base: str = DEFAULT_BASE,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    minutes: float | None = None,
    users: int | None = None,
    seeds: int = 5,
    trials: int = 4,
    metric: str = "HR@5",
    changes: Settings | None = None,
    out: str | os.PathLike | None = None,
    device: str = "auto",
    jobs: int = 1,
    seed: int = 0,
    progress: bool = False,
) -> FusionRecord:
    """Find which order of fusion suits a data set, or that it cannot be told.

    Counting, a base without modalities, with early and with late fusion, both with shuffled codes, and MMSR with its
    update gate (`adaptive` and `adaptive-invasive`) have equally many trials from the same values, and are ranked on
    the same test targets. Early against late is tested over users and seeds (`crossed`), corrected for all comparisons.

    Args:
        source: A data set with modalities, or a source as `load` takes it.
        base: The base of both orders: "gru4rec", "sasrec" or "mmsr" (`heho-invasive` is its early order,
            `hohe-invasive` its late one). GRU4Rec is the default: it is quick, and each order can win with it, as the
            worlds `pick` and `clocks` show.
        modalities: Those to fuse; None: all.
        encoders: As for `load`.
        min_count: As for `load`.
        minutes: About how long it may take, on this machine; so many users are drawn at random. None: 5 on a CPU, and
            all users on a GPU.
        users: How many users are drawn, in place of `minutes`; the same users for a seed, on every machine.
        seeds: Runs of each system that has seeds, three or more: fewer say next to nothing about other seeds.
        trials: Trials of each system.
        metric: The metric that decides, in the headline ranking: "HR@5", "MRR@5", "HR@20" or "MRR@20". Choose it before
            you see results.
        changes: Other settings of all systems, such as `{"dim": 32, "lr": [0.01, 0.02]}`; a list is what trials are
            drawn from.
        out: A folder that keeps tables, ranks and the record; stopped work continues there. None: nothing is kept.
        device: "auto", "cpu" or "cuda".
        jobs: Processes side by side.
        seed: Of the draw of users.
        progress: Whether to show bars.

    Returns:
        The record: every system with its runs, every comparison, `verdict` ("early", "late" or "cannot be told"),
        `sentence` and `further`.

    Raises:
        MMSRError: The data have no modalities, a setting is not possible, or `out` holds another comparison.

    Source:
        Equations 3 to 6 and Figure 1 of the paper ask the question; the tests are those of `mmsr_lite.crossed`.

    Example:
        >>> fusion_for("worlds:pick-student", base="gru")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown base 'gru'; choose from: gru4rec, mmsr, sasrec
    """
    choose("base", base, BASES)
    choose("metric", metric, TESTED)
    _check(minutes, users, seeds, trials, jobs)
    dataset = source
    if not isinstance(dataset, Dataset):
        chosen = None if modalities is None else tuple(modalities)
        dataset = load(source, modalities=chosen, encoders=encoders, min_count=min_count)  # type: ignore[arg-type]
    elif modalities is not None:
        dataset = dataset.with_modalities(*modalities)
    asked: Asked = {
        "base": base,
        "metric": metric,
        "minutes": minutes,
        "users": users,
        "seeds": seeds,
        "trials": trials,
        "seed": seed,
        "changes": changes or {},
    }
    kept = nullcontext(out) if out is not None else TemporaryDirectory()
    with kept as place:
        folder = Path(place)
        device = str(pick_device(device))
        setting_of(dataset, changes=changes, trials=trials)  # raises where a setting is not possible, before any work
        plan = _plan(folder, asked, dataset)
        read = plan["read"]
        if read is None:
            read = dataset.num_users
            within = MINUTES if minutes is None and device == "cpu" else minutes
            if users is not None:
                read = min(users, dataset.num_users)
            elif within is not None:
                read = users_within(
                    within,
                    dataset,
                    base,
                    seeds=seeds,
                    changes=changes,
                    trials=trials,
                    device=device,
                    jobs=jobs,
                    seed=seed,
                    progress=progress,
                )
            plan["read"] = read
            write_json(folder / "plan.json", plan, indent=1)
        setting = setting_of(some_users(dataset, read, seed), changes=changes, trials=trials)
        failed = _carry_out(setting, base, folder, seeds, device, jobs, progress)
        record = fusion_record(setting, base, folder, dataset, asked, failed)
        if out is not None:
            keep(record, folder)
    return record


def _check(minutes: float | None, users: int | None, seeds: int, trials: int, jobs: int) -> None:
    """Refuse numbers that are not possible."""
    for name, value, least in (("seeds", seeds, 3), ("trials", trials, 1), ("jobs", jobs, 1), ("users", users, 20)):
        if value is not None and (not isinstance(value, int) or value < least):
            raise MMSRError(f"{name} is {value!r}; expected a whole number of at least {least}")
    if minutes is not None and not minutes > 0:
        raise MMSRError(f"minutes is {minutes:g}; expected a number greater than 0")
    if minutes is not None and users is not None:
        raise MMSRError(f"minutes is {minutes:g} and users is {users}; give one: both say how many users to read")


def _plan(folder: Path, asked: Asked, dataset: Dataset) -> Plan:
    """Read the plan that a folder holds, or make a new one, whose number of users is None.

    Raises:
        MMSRError: the folder holds a comparison with other options, or of other data.
    """
    names = [modality.name for modality in dataset.modalities]
    data = content_hash(dataset.user, dataset.item, names)
    plan: Plan = {"asked": asked, "name": dataset.name, "data": data, "read": None}
    file = folder / "plan.json"
    if not file.is_file():
        return plan
    there: Plan = read_json(file)
    fix = "name another --out, or give the options that it was made with"
    for name, value in asked.items():
        before = there["asked"].get(name)
        if before != value:
            words = f"{name} was {in_words(before)} and is {in_words(value)} now"
            raise MMSRError(f"{str(folder)!r} holds another comparison: {words}; {fix}")
    if there["data"] != data:
        raise MMSRError(f"{str(folder)!r} holds a comparison of other data, {there['name']!r}; name another --out")
    return there


def _carry_out(
    setting: Setting, base: str, folder: Path, seeds: int, device: str, jobs: int, progress: bool
) -> list[str]:
    """Make the trials and runs that the folder lacks; return a sentence for each that failed."""
    note_dataset(folder, setting)
    worker = Worker(setting.dataset, device, folder / "ranks")
    study = Study("-", ASKS, lambda one: list(systems(one, base).values()), {"variant": "late"})
    pool: Any = pool_of(jobs, worker) if jobs > 1 else nullcontext()
    with pool as opened:
        submit = partial(at_once, worker) if opened is None else partial(opened.submit, run_job_there)
        never = float("inf")
        runner = Runner(
            setting,
            folder,
            worker,
            seeds,
            jobs,
            never,
            False,
            submit,
            [*MODELS],
            studies={NAME: study},
            progress=progress,
        )
        for _ in runner.carry_out([NAME]):
            pass  # the record says what was done
    return [*runner.trials.failed.values(), *(one for some in runner.failed.values() for one in some)]
