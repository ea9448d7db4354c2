"""One run of a study, in this process or another: train on the data set in memory, rank, return rows."""

import gc
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmsr_lite.arguments import checked
from mmsr_lite.data.corruption import missing
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import content_hash
from mmsr_lite.evaluation.rankings import flat_metrics
from mmsr_lite.evaluation.ranks import both_ranks, evaluate
from mmsr_lite.experiments.gate_readings import betas, forced
from mmsr_lite.experiments.kept_ranks import save_ranks
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import in_order
from mmsr_lite.experiments.study import Job, Reading
from mmsr_lite.experiments.table import Row
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.probe import listen
from mmsr_lite.records import HistoryRecord
from mmsr_lite.records.ranking_names import key_of
from mmsr_lite.training.device import pick_device
from mmsr_lite.training.ingredients import build, codebooks, corrupt, displace
from mmsr_lite.training.memory import is_out_of_memory
from mmsr_lite.training.run_config import RunConfig
from mmsr_lite.training.runs import Run


@dataclass(frozen=True)
class Worker:
    """What the runs of a process share.

    Args:
        dataset: the undamaged data set; its ties may be broken in any way, and each run breaks them as its config asks.
        device: "cpu" or "cuda".
        ranks: the folder where the ranks of runs are kept.
        kept: hash of settings -> the codebooks learned with them, so that none is learned twice.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> Worker(world, "cpu", Path("ranks")).kept
        {}
    """

    dataset: Dataset
    device: str
    ranks: Path
    kept: dict[str, tuple[Codebook, ...]] = field(default_factory=dict)

    def run_job(self, job: Job) -> tuple[list[Row], list[Row]]:
        """Train the run of a job and return its rows.

        Args:
            job: a job whose config has its seed; a trial, which selects by validation, is judged on validation.

        Returns:
            The rows of its readings, and the rows of its gates where the job asks for them.

        Raises:
            MemoryError: when there is too little memory.
        """
        began = time.perf_counter()
        if torch.cuda.is_initialized():
            gc.collect()  # frees what the last run captured on a GPU
        config = job.config.with_settings(device=self.device)
        dataset = in_order(self.dataset, config.ties, config.tie_seed)
        if config.modalities is not None:  # None: all that the data set has
            dataset = dataset.with_modalities(*config.modalities)
        data = corrupt(config, dataset)
        run = Run(config, data, codebooks=self._codebooks(config, data))
        try:
            history = run.learn(progress=False)
            rows, gates = self._read(job, run, history)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise MemoryError(f"{config.model!r} needs more memory than there is; lower batch") from error
        of_run: dict[str, Any] = {
            "seed": config.train.seed,
            "tie_seed": config.tie_seed,
            "epochs": len(history.epochs),
            "best_epoch": history.best_epoch,
        }
        if run.model.learns:
            settings: dict[str, Any] = config.settings
            dropouts = [value for name, value in settings.items() if name.endswith("dropout")]
            of_run |= {"lr": config.train.lr, "dropout": max(dropouts, default=0.0)}
        of_run["device"] = device_name(self.device)
        for row in rows:
            row |= of_run | {"seconds": 0.0}
        rows[0]["seconds"] = time.perf_counter() - began  # of the whole run, in the row of its first reading
        return rows, [{"seed": config.train.seed} | row for row in gates]

    def _codebooks(self, config: RunConfig, data: Dataset) -> tuple[Codebook, ...]:
        """The codes of a run; runs that differ only in training, model or order of interactions share them."""
        dim = getattr(config.model_config, "dim", 0)
        others = ("model", "settings", "train", "ties", "tie_seed", "split")
        of_data = {name: value for name, value in asdict(config).items() if name not in others}
        key = content_hash(of_data, dim, config.train.seed)
        if config.model_class.learns and key not in self.kept:
            self.kept[key] = codebooks(config, data)
        return self.kept.get(key, ())

    def _read(self, job: Job, run: Run, history: HistoryRecord) -> tuple[list[Row], list[Row]]:
        """The rows of a trained run, one for each reading of its job, and the rows of its gates."""
        parts = run.split
        if run.config.train.selection == "validation":
            if run.model.learns:
                best = history.epochs[history.best_epoch - 1]["validation"]
            else:
                best = evaluate(run.model, parts.validation)
            return [job.labels | {"at": "validation"} | best | {"run": run_id(job.config)}], []
        rows = []
        for reading in job.readings:
            both = _ranks_of(reading, run)
            name = run_id(job.config, reading)
            for ranking, places in both.items():
                save_ranks(self.ranks / f"{key_of(name, ranking)}.npz", places)
            rows.append(job.labels | reading.labels | flat_metrics(both) | {"run": name})
        if not job.betas or run.config.tie_seed:  # the gates of the first order alone are kept
            return rows, []
        counts = np.bincount(parts.train.targets, minlength=run.dataset.num_items + 1)  # (V+1,)
        return rows, betas(run.model, run.dataset, parts.test, counts)


def _ranks_of(reading: Reading, run: Run) -> dict[str, np.ndarray]:
    """The ranks (E,) of the test targets in each ranking, read from a trained run as `reading` asks."""
    model, test = run.model, run.split.test
    if reading.displaced:
        displace(model, reading.corrupted, reading.rate, run.config.train.seed)
        ranks_when_displaced = both_ranks(model, test)
        displace(model, None, 0.0, 0)
        return ranks_when_displaced
    if reading.rate:
        model = drop_codes_at_test(model, run.config, run.dataset, run.codebooks, reading)
    with listen(model, forced(model, reading.gate) if reading.gate else None):
        return both_ranks(model, test)


@checked()
def drop_codes_at_test(
    model: Recommender, config: RunConfig, data: Dataset, books: tuple[Codebook, ...], reading: Reading
) -> Recommender:
    """Remove codes from a trained model: its weights stay, lost modalities have no codes.

    Args:
        model: the trained model; it is not changed.
        config: its run.
        data: the data set that it was trained on.
        books: the codes of each modality.
        reading: which modality is lost, and by which share of the items.

    Returns:
        A copy of the model with fewer codes, ready to rank.

    Example:
        >>> from mmsr_lite.data.dataset import Modality
        >>> present = np.array([False, True, True, True])
        >>> one = Modality("picture", np.arange(8, dtype=np.float32).reshape(4, 2), present)
        >>> row, ids = np.array([0]), ("", "a", "b", "c")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> config = RunConfig("d", codes=2, codes_per_item=1).with_settings(dim=2)
        >>> books = codebooks(config, data)
        >>> reading = Reading(rate=1.0, corrupted="picture")
        >>> blind = drop_codes_at_test(build(config, data, books), config, data, books, reading)
        >>> int(blind.codes[0].max())
        0
    """
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
    """The name of a device in tables.

    Args:
        device: "cpu" or "cuda".

    Returns:
        "cpu", or the name of the GPU.

    Example:
        >>> device_name("cpu")
        'cpu'
    """
    return torch.cuda.get_device_name() if pick_device(device).type == "cuda" else "cpu"
