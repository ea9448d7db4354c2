"""One run of a study, in this process or in another: train on the data set in memory, rank, give rows."""

import gc
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmsr_lite.data.corruption import missing
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import content_hash
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.experiments.gate_readings import betas, forced
from mmsr_lite.experiments.kept_ranks import save_ranks
from mmsr_lite.experiments.study import Job, Reading, run_id
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.probe import listen
from mmsr_lite.training.fit import Run
from mmsr_lite.training.loop import pick_device
from mmsr_lite.training.run import RunConfig, build, codebooks, corrupt, displace


@dataclass(frozen=True)
class Worker:
    """What the runs of a process share: the clean data set, the device, where ranks are kept, codes learned so far."""

    dataset: Dataset
    device: str
    ranks: Path
    kept: dict[str, tuple[Codebook, ...]] = field(default_factory=dict)

    def run_job(self, job: Job) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """The rows of a job whose config has its seed, and the rows of its gates; a trial is judged on validation."""
        began = time.perf_counter()
        gc.collect()  # what the run before has captured on a GPU
        config = job.config.with_settings(device=self.device)
        data = corrupt(config, self.dataset.with_modalities(*config.modalities))
        run = Run(config, data, codebooks=self._codebooks(config, data))
        try:
            record = run.learn(progress=False)
            found, gates = self._read(job, run)
        except torch.cuda.OutOfMemoryError as error:
            raise MemoryError(f"{config.model!r} needs more memory than the GPU has; lower batch") from error
        drops = {v for name, v in config.settings.items() if name.endswith("dropout")}
        told = {"seed": config.train.seed, "epochs": len(record["epochs"]), "best_epoch": record["best_epoch"]}
        told |= {"lr": config.train.lr, "dropout": max(drops, default=0.0)} if run.model.learns else {}
        told["device"] = device_name(self.device)
        for row, seconds in zip(found, [time.perf_counter() - began] + [0.0] * len(found), strict=False):
            row |= told | {"seconds": seconds}  # of the whole run, in the row of its first reading
        return found, [{"seed": config.train.seed} | row for row in gates]

    def _codebooks(self, config: RunConfig, data: Dataset) -> tuple[Codebook, ...]:
        """The codes of a run; runs that differ in training or model alone have the same."""
        dim = getattr(config.model_config, "dim", 0)
        of_data = {name: value for name, value in asdict(config).items() if name not in ("model", "settings", "train")}
        key = content_hash(of_data, dim, config.train.seed)
        if config.model_class.learns and key not in self.kept:
            self.kept[key] = codebooks(config, data)
        return self.kept.get(key, ())

    def _read(self, job: Job, run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        if run.config.train.selection == "validation":
            if run.model.learns:
                best = run.history["epochs"][run.history["best_epoch"] - 1]["validation"]
            else:
                best = metrics(ranks(run.model, run.split.validation))
            return [job.labels | {"at": "validation"} | best | {"run": run_id(job.config)}], []
        parts, found = run.split, []
        for reading in job.readings:
            places = _ranks_of(reading, run)
            name = run_id(job.config, reading)
            save_ranks(self.ranks / f"{name}.npz", places)
            found.append(job.labels | reading.labels | metrics(places) | {"run": name})
        counts = np.bincount(parts.train.targets, minlength=run.dataset.num_items + 1)
        return found, betas(run.model, run.dataset, parts.test, counts) if job.betas else []


def _ranks_of(reading: Reading, run: Run) -> np.ndarray:
    """(E,) the ranks of the test targets, read off a trained run as `reading` asks."""
    model, test = run.model, run.split.test
    if reading.displaced:
        displace(model, reading.corrupted, reading.rate, run.config.train.seed)
        found = ranks(model, test)
        displace(model, None, 0.0, 0)
        return found
    if reading.rate:
        model = drop_codes_at_test(model, run.config, run.dataset, run.codebooks, reading)
    with listen(model, forced(model, reading.gate) if reading.gate else None):
        return ranks(model, test)


def drop_codes_at_test(
    model: Recommender, config: RunConfig, data: Dataset, books: tuple[Codebook, ...], reading: Reading
) -> Recommender:
    """The trained model where items have lost their codes at test: what it learned stays, what it looks up goes."""
    left = missing(data, modality=reading.corrupted, rate=reading.rate, seed=config.train.seed)
    there = [left.modality(book.name).present[:, None] for book in books]
    less = [replace(b, codes=b.codes * has, reduced=b.reduced * has) for b, has in zip(books, there, strict=True)]
    other = build(config, data, less).to(next(model.parameters()).device)
    learned = dict(model.named_parameters())
    with torch.no_grad():
        for name, parameter in other.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(learned[name])
    return other.eval()


def device_name(device: str) -> str:
    """What tables call a device."""
    return torch.cuda.get_device_name() if pick_device(device).type == "cuda" else "cpu"
