"""Carry out studies on one source or on several, as `mmsr-lite tables` does."""

import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.lock import one_writer
from mmsr_lite.data.storage import sweep, sweep_cache
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.ceiling import note_targets
from mmsr_lite.experiments.processes import at_once, pool_of, run_job_there
from mmsr_lite.experiments.provenance import note_dataset
from mmsr_lite.experiments.results_markdown import write_page
from mmsr_lite.experiments.runner import Runner
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.space import TRIALS
from mmsr_lite.experiments.verdicts import recompute as recompute_all
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.models import MODELS
from mmsr_lite.training.device import pick_device


def run_sources(
    study: str | None,
    sources: Sequence[str],
    *,
    modalities: Sequence[str] | None = None,
    encoders: Any = None,
    min_count: int | None = None,
    limit_minutes: float = float("inf"),
    recompute: bool = False,
    page: bool = False,
    out: str | Path,
    **how: Any,
) -> Iterator[str]:
    """Carry out studies on several sources, as `mmsr-lite tables` does.

    Args:
        study: a study, several with commas between them ("ablation,released"), "all", or None for none.
        sources: data sets as `load` takes them; none: the small worlds of fusion.
        modalities: as for `load`.
        encoders: as for `load`.
        min_count: as for `load`.
        limit_minutes: nothing begins that would end later than so many minutes from now.
        recompute: whether to compute all tests in `out` again from the ranks that are kept there.
        page: whether to write `out`/README.md from all tables at the end.
        out: the folder of the tables.
        **how: as for `run_studies`.

    Yields:
        A sentence for each thing done.

    Raises:
        MMSRError: for an unknown study, source or setting.

    Example:
        >>> next(run_sources("comparisons", [], out="results"))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: unknown study 'comparisons'; choose from: ablation, aggregators, all, ...
    """
    deadline = time.monotonic() + 60 * limit_minutes
    names = [choose("study", name, [*STUDIES, "all"]) for name in (study or "").split(",") if name]
    if "all" in names:
        names = [*STUDIES]
    if names:
        chosen = None if modalities is None else tuple(modalities)
        for source in sources or ("worlds:pick-small", "worlds:clocks-small", "worlds:both-small"):
            dataset = load(source, modalities=chosen, encoders=encoders, min_count=min_count)
            yield from run_studies(names, dataset, out, deadline=deadline, **how)
    if recompute:
        yield from recompute_all(out)
    if page:
        yield f"Saved {write_page(out)}"


def run_studies(
    names: Sequence[str],
    dataset: Dataset,
    out: str | Path,
    *,
    seeds: int = 5,
    device: str = "auto",
    jobs: int = 1,
    deadline: float = float("inf"),
    changes: dict[str, Any] | None = None,
    trials: int = TRIALS,
    dry_run: bool = False,
    only: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    tests: bool = True,
) -> Iterator[str]:
    """Carry out studies on a data set and write `out`/<data set>/<study>.csv.

    Args:
        names: the studies, the most urgent first.
        dataset: the data set, with modalities.
        out: the folder of the tables of all data sets.
        seeds: runs of each system that has seeds.
        device: "auto", "cpu" or "cuda"; with "cuda" the processes take turns on all GPUs.
        jobs: processes side by side, on one GPU too.
        deadline: nothing begins that is not expected to end before it (a time of `time.monotonic`).
        changes: other settings of all systems; lists are the values that trials are drawn from.
        trials: how many trials each system gets, before its space is extended.
        dry_run: only count runs and estimate seconds; nothing is written.
        only: carry out only systems of these models, in this order in each study; the tables keep what they have of
            others.
        variants: carry out only systems of these variants, named as in the tables.
        tests: whether to compute at the end what needs no GPU: the tests of the tables, and how near test targets lie
            to what training shows.

    Yields:
        A sentence on the trials, then one for each study.

    Raises:
        MMSRError: for a data set without modalities, unknown names, or tables of other data or terms in `out`.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> next(run_studies(["comparison"], world, "results"))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'wardrobe-match' has no modalities, and these studies are about them; name some
    """
    setting, place = Setting.of(dataset, changes, trials), Path(out, dataset.name)
    if not setting.names:
        raise MMSRError(f"{dataset.name!r} has no modalities, and these studies are about them; name some")
    for name in only or ():
        choose("model", name, MODELS)
    worker = Worker(setting.dataset, str(pick_device(device)), place / "ranks")
    with nullcontext() if dry_run else one_writer(place):
        pool: Any = nullcontext()
        if not dry_run:
            for folder in (place, place / "ranks"):
                sweep(folder)
            sweep_cache()
            note_dataset(place, setting, names)
            if jobs > 1:
                pool = pool_of(jobs, worker)
        with pool as opened:
            submit = partial(at_once, worker) if opened is None else partial(opened.submit, run_job_there)
            runner = Runner(
                setting,
                place,
                worker,
                seeds,
                jobs,
                deadline,
                dry_run,
                submit,
                only or [*MODELS],
                tests,
                variants=variants,
            )
            yield from runner.carry_out(names)
        if tests and not dry_run:
            with suppress(MMSRError):  # codes that cannot be learned were told of with the runs that need them
                note_targets(place, setting)
