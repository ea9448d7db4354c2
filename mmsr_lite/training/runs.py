"""Run: data, codes, split, model and training of one config, made once and used by all that evaluates or explains.

RunConfig -> data set -> codes -> split -> model -> history of its training -> metrics
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.rankings import flat_metrics, results
from mmsr_lite.evaluation.ranks import both_ranks
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.records import HistoryRecord, MetricsRecord, RunRecord
from mmsr_lite.training.ingredients import build, codebooks, parts_of, prepare
from mmsr_lite.training.loop import train
from mmsr_lite.training.provenance import run_record
from mmsr_lite.training.run_config import RunConfig

COUNTING = ("markov", "popularity")  # metrics of these are beside those of every trained model
UNPACKS = ("model", "dataset")  # what unpacking a run gives
REFIT = "refit"  # the folder of the second training, in the folder of the run


class Run:
    """A data set, its codes, its split, a model and the results of its training.

    What is not given is made when it is first read, and then kept.

    Args:
        config: the config of the run.
        dataset: the data set as the run sees it; None (the default): it is loaded and damaged as the config says.
        codebooks: the codes of its modalities; None (the default): they are learned from the features.
        folder: the folder of the run; None (the default): it is only in memory.

    Attributes:
        history: the record of the training; None before it.
        metrics: the record of the metrics; None before they are measured. `measured` is the same, and never None.
        record: the hashes of the data that the run was made from.

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
        """Train the model; with `refit`, a second time on the whole training part. Nothing is evaluated.

        Args:
            folder: the folder of checkpoints, written after each epoch; None (the default): none are written.
            resume: whether to go on from the checkpoint in `folder`; default False.
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
        """Rank all test targets by the model and by counting.

        Both rankings are measured, all items and own items masked; `headline` says which to show first. In `rankings`,
        targets that are later than the item before are separated from those at the same time
        (`evaluation.rankings.results`).

        Counting selects no epoch, so it reads the whole training part with the validation items. Entries of `metrics`
        about the training are not changed.

        Args:
            progress: whether to show bars.

        Returns:
            The record of the metrics, in percent.
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
        made = vars(self)  # only what was made already; nothing is made for this
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
