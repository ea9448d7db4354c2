"""A run: data, codes, model and training as one config, kept in a folder that can be opened again.

config.json · history.json · metrics.json · model.safetensors · state/ (what resume reads)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Split, split
from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.evaluation.ranks import evaluate
from mmsr_lite.graph.codes import Codebook, fit_codebooks
from mmsr_lite.models import MODELS
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.training.checkpoint import load_weights
from mmsr_lite.training.loop import TrainConfig, pick_device, train


@dataclass(frozen=True)
class RunConfig:
    """All that it takes to make a run again; `modalities` None means all that the source has.

    >>> RunConfig("wardrobe:match").with_settings(fusion="hohe", epochs=3).train.epochs
    3
    """

    source: str
    modalities: tuple[str, ...] | None = None
    encoders: str | dict[str, str] | None = None
    min_count: int | None = None
    codes: int = 30
    codes_per_item: int = 3
    model: MMSRConfig = field(default_factory=MMSRConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def with_settings(self, **settings: Any) -> RunConfig:
        """The same run with other values of its own fields or of those of `model` and `train`, by name."""
        own, parts = {}, {"model": asdict(self.model), "train": asdict(self.train)}
        for name, value in settings.items():
            homes = [part for part in parts.values() if name in part]
            names = {key for part in (asdict(self), *parts.values()) for key in part} - set(parts)
            home = homes[0] if homes else own
            home[choose("setting", name, names)] = value
        return replace(self, **own, model=MMSRConfig(**parts["model"]), train=TrainConfig(**parts["train"]))

    def data(self) -> tuple[Dataset, Split]:
        """The data set and its split; nothing is held out for validation unless validation selects."""
        names = None if self.modalities is None else list(self.modalities)
        dataset = load(self.source, modalities=names, encoders=self.encoders, min_count=self.min_count)
        return dataset, split(
            dataset, validation=self.train.selection == "validation", max_history=self.model.max_history
        )

    def build(self, dataset: Dataset) -> MMSR:
        """The untrained model of this run: codes are learned here, and the seed is set."""
        sizes = {"num_codes": self.codes, "codes_per_item": self.codes_per_item, "dim": self.model.dim}
        books = fit_codebooks(dataset, **sizes, seed=self.train.seed)
        torch.manual_seed(self.train.seed)
        return MMSR(self.model, dataset.num_items, books)


def fit(
    config: RunConfig, folder: str | os.PathLike, *, resume: bool = False, progress: bool = True
) -> tuple[MMSR, Dataset, dict[str, Any]]:
    """Make the run in `folder`: train, rank the test targets, write all records; gives model, data and metrics.json.

    `resume` goes on from the last whole epoch. Raises `MMSRError` when `folder` holds a run of another config.
    """
    folder, record = Path(folder), _plain(config)
    if resume and (folder / "config.json").is_file():
        old = read_json(folder / "config.json")
        other = [name for name in record if name != "train" and old.get(name) != record[name]]
        if other:
            told = "; ".join(f"{name}={old.get(name)!r} there, {record[name]!r} now" for name in other)
            raise MMSRError(
                f"the run in {str(folder)!r} is of another config: {told}; use another folder, or its settings"
            )
    if not resume:
        (folder / "state" / "checkpoint.json").unlink(missing_ok=True)
    dataset, parts = config.data()
    model = config.build(dataset)
    write_json(folder / "config.json", record, indent=1)
    history = train(model, parts, config.train, folder=folder, resume=resume, progress=progress)
    metrics = measure(model, dataset, parts, progress=progress)
    metrics |= {"selection": config.train.selection} | {key: history[key] for key in ("best_epoch", "seconds")}
    write_json(folder / "metrics.json", metrics, indent=1)
    return model, dataset, metrics


def measure(model: MMSR, dataset: Dataset, parts: Split, *, progress: bool = False) -> dict[str, Any]:
    """Test metrics in percent beside counting on the same split and, where truth is planted, the best reachable."""
    counting = {}
    for name, counter in MODELS.items():
        if not counter.learns:
            chain = counter(counter.Config(), dataset.num_items)
            chain.count(parts.train)
            counting[name] = evaluate(chain, parts.test)
    truth = dataset.facts.get("truth")
    return {
        "dataset": dataset.name,
        "model": f"MMSR, {model.config.fusion}",
        "modalities": [modality.name for modality in dataset.modalities],
        "examples": len(parts.test),
        "test": evaluate(model, parts.test, progress=progress),
        "reachable": truth.reachable(parts.test) if truth is not None else None,
        "counting": counting,
    }


def open_run(folder: str | os.PathLike, device: str = "cpu") -> tuple[RunConfig, MMSR, Dataset, Split]:
    """The run that `fit` wrote: its config, its trained model, its data and their split."""
    folder = Path(folder)
    if not (folder / "config.json").is_file():
        raise MMSRError(f"there is no run in {str(folder)!r}; `mmsr-lite train SOURCE --out {folder}` makes one")
    config = _from_plain(read_json(folder / "config.json"), str(folder))
    dataset, parts = config.data()
    rng = np.random.default_rng(0)  # sizes count here; codes and centres come with the weights
    shape = (dataset.num_items + 1, config.codes_per_item)
    centres = rng.standard_normal((config.codes + 1, config.model.dim)).astype(np.float32)
    books = [Codebook(modality.name, np.zeros(shape, np.int64), centres) for modality in dataset.modalities]
    model = MMSR(config.model, dataset.num_items, books)
    load_weights(folder / "model.safetensors", model)
    return config, model.to(pick_device(device)).eval(), dataset, parts


def _plain(config: RunConfig) -> dict[str, Any]:
    source = str(Path(config.source).resolve()) if Path(config.source).is_dir() else config.source
    return asdict(config) | {"source": source, "modalities": config.modalities and list(config.modalities)}


def _from_plain(record: Mapping[str, Any], place: str) -> RunConfig:
    try:
        parts = {"model": MMSRConfig(**record["model"]), "train": TrainConfig(**record["train"])}
        return RunConfig(**{**record, **parts, "modalities": record["modalities"] and tuple(record["modalities"])})
    except (TypeError, KeyError) as error:
        raise MMSRError(f"config.json in {place!r} is not one of this version: {error}") from error
