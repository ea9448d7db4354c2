"""Run: data, codes, split, model and training of one config, made once and handed on to whoever evaluates or explains.

RunConfig -> data set -> codes -> split -> model -> history of its training -> metrics -> folder
"""

from __future__ import annotations

import os
import shutil
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.lock import one_writer
from mmsr_lite.data.split import Split
from mmsr_lite.data.storage import sweep, sweep_cache, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.rankings import flat_metrics, results
from mmsr_lite.evaluation.ranks import both_ranks
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.records import HistoryRecord, MetricsRecord, RunRecord
from mmsr_lite.training.checkpoint import STATE, forget_checkpoint, load_weights, refuse_other, save_tensors
from mmsr_lite.training.distributed import first_alone, processes, rank
from mmsr_lite.training.ingredients import build, codebooks, parts_of, prepare
from mmsr_lite.training.loop import pick_device, train
from mmsr_lite.training.memory import enough_memory
from mmsr_lite.training.model_card import NAME, write_model_card
from mmsr_lite.training.provenance import refuse_other_data, run_record
from mmsr_lite.training.run_config import RunConfig, read_config

COUNTING = ("markov", "popularity")  # they stand beside every trained model
UNPACKS = ("model", "dataset")  # what a run gives when it is unpacked
REFIT = "refit"  # the folder of the second training, in that of the run
REPORT = "report.html"  # of `mmsr-lite demo`
# The files of a run in the order in which a new run removes those of an old one. The config, by which a folder is known
# as a run, goes last.
OUTPUTS = ("metrics.json", "history.json", NAME, REPORT, "model.safetensors", "run.json", "config.json")


class Run:
    """A data set, its codes, its split, a model and what its training left; made once and handed on.

    What was not given is made when it is first asked for, and kept.

    Args:
        config: everything that decides the run.
        dataset: the data set as the run sees it; None loads it as `config` says, corrupted as `config` asks.
        codebooks: the codes of its modalities; None learns them from the features.
        folder: where the run is kept; None keeps it in memory alone.

    Attributes:
        history: the record of the training, None before it.
        metrics: the record of the metrics, None before they were measured; `measured` is the same without None.
        record: which data the run was made from.

    Example:
        >>> config = RunConfig("wardrobe:match", ()).with_settings(dim=8, epochs=1, device="cpu")
        >>> run = Run(config)
        >>> run.dataset.name, run.codebooks, len(run.split.test)
        ('wardrobe-match', (), 6551)
        >>> model, dataset = run  # the pair that `trace`, `what_if` and `gates` ask for
        >>> run
        Run ...: MMSR, adaptive on wardrobe-match (4000 users, 980 items, no modalities), not trained
    """

    def __init__(
        self,
        config: RunConfig,
        dataset: Dataset | None = None,
        *,
        codebooks: Sequence[Codebook] | None = None,
        folder: str | Path | None = None,
    ):
        self.config = config
        self.folder = None if folder is None else Path(folder)
        self.history: HistoryRecord | None = None
        self.metrics: MetricsRecord | None = None
        self._unpacks: tuple[str, ...] = UNPACKS
        if dataset is not None:
            self.dataset = dataset
        if codebooks is not None:
            self.codebooks = tuple(codebooks)

    @property
    def measured(self) -> MetricsRecord:
        """The metrics of a run that was evaluated.

        Raises:
            MMSRError: The run has no metrics yet.

        Example:
            >>> Run(RunConfig("wardrobe:match", ())).measured
            Traceback (most recent call last):
            mmsr_lite.errors.MMSRError: run ... has no metrics; train it with `fit`, or measure it with `run.evaluate()`
        """
        if self.metrics is None:
            raise MMSRError(
                f"run {self.config.id!r} has no metrics; train it with `fit`, or measure it with `run.evaluate()`"
            )
        return self.metrics

    @cached_property
    def dataset(self) -> Dataset:
        """The data set of the run, corrupted as it asks."""
        return prepare(self.config)

    @cached_property
    def codebooks(self) -> tuple[Codebook, ...]:
        """The codes of each modality; none for a model that counts."""
        return codebooks(self.config, self.dataset)

    @cached_property
    def model(self) -> Recommender:
        """The model: untrained until `fit` trains it or `open_run` loads its weights."""
        return self.build()

    @cached_property
    def split(self) -> Split:
        """Training, validation (only where it picks the best epoch) and test examples."""
        return parts_of(self.config, self.dataset)

    @cached_property
    def whole_split(self) -> Split:
        """The split with the validation items back in the training part."""
        if self.config.train.selection == "none":
            return self.split
        return parts_of(self.config.with_settings(selection="none"), self.dataset)

    @cached_property
    def record(self) -> RunRecord:
        """Which data the run was made from, by hashes."""
        return run_record(self.config.id, self.dataset)

    def build(self) -> Recommender:
        """A fresh untrained model; the same numbers each time."""
        return build(self.config, self.dataset, self.codebooks)

    def learn(self, *, folder: Path | None = None, resume: bool = False, progress: bool = True) -> HistoryRecord:
        """Train the model from its start; with `refit` again on all of the training part. Nothing is evaluated.

        Args:
            folder: where a checkpoint is written after each epoch; None writes nothing.
            resume: go on from the checkpoint in `folder`.
            progress: whether to show a bar.

        Returns:
            The history record; the trained model is `model`.
        """
        began, training = time.perf_counter(), self.config.train
        self.model = self.build()
        record = train(self.model, self.split, training, folder=folder, resume=resume, progress=progress)
        self.history = HistoryRecord(record)
        if self.config.refit and training.selection == "validation" and self.model.learns:
            training = replace(training, selection="none", stop_after=self.history.best_epoch)  # the same schedule
            self.model, place = self.build(), folder and folder / REFIT
            second = train(self.model, self.whole_split, training, folder=place, resume=resume, progress=progress)
            self.history["refit"] = second["epochs"]
        self.history["seconds"] = time.perf_counter() - began
        return self.history

    def evaluate(self, *, progress: bool = False) -> MetricsRecord:
        """Rank all test targets by the model and by counting; what `metrics` says of the training stays.

        Both rankings are measured, all items and own items masked; `headline` says which to show first, and `rankings`
        tells targets that are later from those of the same time as the item before (`evaluation.rankings.results`).

        Counting selects nothing, so it reads the whole training part, the validation items too.

        Returns:
            The metrics record, percent.
        """
        parts = self.whole_split
        counted = {}
        for name in COUNTING:
            counter = MODELS[name](MODELS[name].Config(), self.dataset.num_items)
            counter.count(parts.train)
            counted[name] = both_ranks(counter, parts.test)
        found = both_ranks(self.model, parts.test, progress=progress)
        test = results(found, parts.test)
        truth = self.dataset.facts.get("truth")
        measured = {
            "dataset": self.dataset.name,
            "model": self.model.label,
            "examples": len(parts.test),
            "headline": test["headline"],
            "test": flat_metrics(found),
            "rankings": {"model": test} | {name: results(ranks, parts.test) for name, ranks in counted.items()},
            "reachable": None if truth is None else truth.reachable(parts.test),
            "counting": {name: flat_metrics(ranks) for name, ranks in counted.items()},
        }
        self.metrics = MetricsRecord({**(self.metrics or {}), **measured})
        return self.metrics

    def __iter__(self) -> Iterator[Any]:
        """The model and the data set; `fit` and `open_run` still unpack as they did before 0.2, with a warning."""
        if self._unpacks != UNPACKS:
            names = ", ".join(f"run.{name}" for name in self._unpacks)
            message = f"a run that is unpacked gives the model and the data set from 0.3 on; use {names} instead"
            warnings.warn(message, DeprecationWarning, stacklevel=2)
        return iter([getattr(self, name) for name in self._unpacks])

    def __repr__(self) -> str:
        made = vars(self)  # what was not made yet is not made for this
        label = made["model"].label if "model" in made else self.config.model
        source = made["dataset"].name if "dataset" in made else self.config.source
        lines = [f"Run {self.config.id}: {label} on {source}"]
        if "dataset" in made:
            names = ", ".join(modality.name for modality in self.dataset.modalities) or "no modalities"
            lines[0] += f" ({self.dataset.num_users} users, {self.dataset.num_items} items, {names})"
        if self.history is None:
            lines[0] += ", not trained"
        else:
            lines.append(f"  {self.history.summary()}")
        if self.metrics is not None:
            lines.append(f"  {self.metrics.first_numbers()} on {len(self.split.test)} test targets")
        if self.folder is not None:
            lines.append(f"  kept in {str(self.folder)!r}")
        return "\n".join(lines)


@checked()
def fit(
    config: RunConfig,
    folder: str | Path,
    *,
    resume: bool = False,
    progress: bool = True,
    when_loaded: Callable[[Dataset], None] | None = None,
) -> Run:
    """Load, learn codes, train, rank; write config, history, metrics, weights and a model card into `folder`.

    Args:
        config: everything that decides the run.
        folder: where it is kept; an older run there is replaced.
        resume: go on from the last whole epoch in `folder`, which must be of the same config and data.
        progress: whether to show bars.
        when_loaded: called with the data set before the training begins, by the first of several processes.

    Returns:
        The run, with the weights of its best epoch and its metrics.

    Raises:
        MMSRError: when `resume` meets another config or other data, or the config does not fit the data.

    Source:
        Section 5.1 of the paper, how models are trained and ranked.

    Example:
        >>> fit(RunConfig("wardrobe:match", codes=1000), "runs/never", progress=False)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    folder = Path(folder)
    place = f"the run in {str(folder)!r}"
    with enough_memory(config), processes(pick_device(config.train.device), folder), writing(folder):
        with first_alone():
            if rank() == 0:
                _sweep(folder)
            if resume and (folder / "config.json").exists():  # a mistake is reported before the work begins
                refuse_other(place, read_config(folder / "config.json").by_name(), config.by_name())
            run = Run(config, folder=folder)
            run.record = run_record(config.id, run.dataset, writing=True)
            if resume and (folder / "run.json").exists():
                refuse_other_data(place, RunRecord.open(folder / "run.json").data, run.record.data)
            run.build()  # bad input is refused here, before anything in the folder has changed
        if rank() == 0:
            if when_loaded is not None:
                when_loaded(run.dataset)
            if not resume:
                _clear(folder)
            write_json(folder / "run.json", run.record, indent=1)
            write_json(folder / "config.json", {"id": config.id, **asdict(config)}, indent=1)
        history = run.learn(folder=folder, resume=resume, progress=progress)
        if rank() == 0:
            save_tensors(folder / "model.safetensors", run.model.state_dict())
            write_json(folder / "history.json", history)
        metrics = run.evaluate(progress=progress)
        metrics |= {"run": config.id, "train_seconds": history.seconds, "seed": config.train.seed}
        metrics |= {"selection": history.selection, "best_epoch": history.best_epoch}
        run.record["owner"] = None
        if rank() == 0:
            write_json(folder / "metrics.json", metrics, indent=1)
            write_json(folder / "run.json", run.record, indent=1)
            write_model_card(run, folder)
    run._unpacks = ("model", "dataset", "metrics")
    return run


def writing(folder: str | Path) -> AbstractContextManager[None]:
    """The lock on the folder of a run, which the first of several processes takes for all of them."""
    return one_writer(folder) if rank() == 0 else nullcontext()


def _sweep(folder: Path) -> None:
    """Remove the temporary files of processes that were killed; the lock on the folder is held."""
    sweep(folder, OUTPUTS)
    for place in (folder / STATE, folder / REFIT, folder / REFIT / STATE):
        sweep(place)
    sweep_cache()


def _clear(folder: Path) -> None:
    """Remove what an older run left in `folder`, so that no file of it stands beside those of the new one."""
    try:
        for place in (folder / REFIT, folder):
            forget_checkpoint(place)
        if (folder / REFIT).is_dir():
            shutil.rmtree(folder / REFIT)
        for file in folder.glob("user-*.html"):  # what `mmsr-lite explain` says about the older run
            file.unlink(missing_ok=True)
        for name in OUTPUTS:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"the older run in {str(folder)!r} cannot be removed: {reason}; name another folder") from error


@checked()
def open_run(folder: str | os.PathLike[str], device: str = "auto") -> Run:
    """The run that `fit` left in `folder`, its model on `device`.

    Args:
        folder: what `mmsr-lite train` or `demo` wrote; runs of version 0.1 open with a note.
        device: "auto", "cpu" or "cuda".

    Returns:
        The run: its config, data set, codebooks, model, history and metrics.

    Raises:
        MMSRError: when there is no run, its files are broken, or the data are not those it was made from.

    Example:
        >>> open_run("no-such-folder")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'no-such-folder' holds no run; expected a folder that mmsr-lite train or demo wrote
    """
    folder = Path(folder)
    if not (folder / "config.json").exists():
        raise MMSRError(f"{str(folder)!r} holds no run; expected a folder that mmsr-lite train or demo wrote")
    run = Run(read_config(folder / "config.json"), folder=folder)
    if (folder / "run.json").exists():
        saved = RunRecord.open(folder / "run.json")
        refuse_other_data(f"the run in {str(folder)!r}", saved.data, run.record.data)
        run.record = saved
    else:
        note = f"the run in {str(folder)!r} is older than 0.2 and does not say which data it was made from"
        warnings.warn(f"{note}; that these are the same cannot be checked", stacklevel=3)
    with enough_memory(run.config):
        load_weights(folder / "model.safetensors", run.model)
        run.model.to(pick_device(device)).eval()
    for name, kind in (("history", HistoryRecord), ("metrics", MetricsRecord)):
        if (folder / f"{name}.json").exists():
            setattr(run, name, kind.open(folder / f"{name}.json"))
    run._unpacks = ("config", "model", "dataset", "split")
    return run
