"""Damage done on purpose (paper, Figures 1 and 4): pure, seeded, the old data are never touched.

`CORRUPTIONS` change what is known of items and give a new data set; `shuffled` changes the order of histories;
`displaced` says which position's modality each position gets when a mismatch stays within a history. A rate of 0
changes nothing, 1 everything, and a larger rate with the same seed hits the same ones and more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError

Histories = TypeVar("Histories", np.ndarray, Examples)


def missing(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Items lose a modality: `rate` of those that have it. None: `rate` of the items lose all they have ("mixed")."""
    touched = _named(dataset, modality)
    lost = _chosen(np.any([one.present for one in touched], axis=0), rate, np.random.default_rng(seed))

    def without(one: Modality) -> Modality:
        stays = one.present & ~lost
        return replace(one, features=np.where(stays[:, None], one.features, 0), present=stays)

    return _with(dataset, {one.name: without(one) for one in touched})


def mismatched(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Items trade the features of a modality across the catalogue; none of the chosen keeps its own.

    None: in every modality, each by itself. At rate 1 this is the control in which modalities carry no information.
    """

    def traded(one: Modality) -> Modality:
        source = _traded(one.present[None], rate, np.random.default_rng([seed, *one.name.encode()]))[0]  # (V+1,)
        return replace(one, features=one.features[source])

    return _with(dataset, {one.name: traded(one) for one in _named(dataset, modality)})


def noise(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0, scale: float = 1.0) -> Dataset:
    """Gaussian noise on the features of `rate` of the items, `scale` times the deviation of each feature."""

    def noisy(one: Modality) -> Modality:
        rng = np.random.default_rng([seed, *one.name.encode()])
        hit = _chosen(one.present, rate, rng)
        spread = one.features[one.present].std(axis=0) if one.present.any() else 0  # (F,)
        added = scale * spread * rng.standard_normal(one.features.shape)
        return replace(one, features=np.where(hit[:, None], one.features + added, one.features).astype(np.float32))

    return _with(dataset, {one.name: noisy(one) for one in _named(dataset, modality)})


CORRUPTIONS: dict[str, Callable[..., Dataset]] = {"missing": missing, "mismatched": mismatched, "noise": noise}


def displaced(histories: np.ndarray, *, rate: float, seed: int = 0) -> np.ndarray:
    """(L,) or (B, L), item 0 is padding: for each position the one it takes from; `rate` of each history trade places.

    None of the chosen keeps its own; one alone has nobody to trade with and stays.

    >>> displaced(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
    [1, 2, 0, 3]
    """
    rows = np.atleast_2d(np.asarray(histories))
    return _traded(rows != 0, rate, np.random.default_rng(seed)).reshape(np.shape(histories))


def shuffled(histories: Histories, *, rate: float, seed: int = 0) -> Histories:
    """The same with `rate` of the positions of each history in another order: histories as rows, or examples.

    Of examples only the histories change (after the cut to `max_history`), never the targets.

    >>> shuffled(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
    [6, 7, 5, 0]
    """
    if not isinstance(histories, Examples):
        return np.take_along_axis(histories, displaced(histories, rate=rate, seed=seed), axis=-1)
    lengths, targets = histories.lengths, histories.targets
    rows = shuffled(histories.histories(), rate=rate, seed=seed)  # (E, L)
    end = np.cumsum(lengths + 1) - 1  # (E,) each history followed by its target, one after the other
    items = np.empty(end[-1] + 1 if len(end) else 0, histories.items.dtype)
    items[end] = targets
    items[np.delete(np.arange(len(items)), end)] = rows[rows != 0]
    return replace(histories, items=items, start=end - lengths, end=end)


def _named(dataset: Dataset, modality: str | None) -> tuple[Modality, ...]:
    return dataset.modalities if modality is None else (dataset.modality(modality),)


def _with(dataset: Dataset, changed: dict[str, Modality]) -> Dataset:
    return replace(dataset, modalities=tuple(changed.get(one.name, one) for one in dataset.modalities))


def _chosen(real: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """(..., L) bool: of the real ones in each row, `rate` of them, rounded, at random."""
    if not 0 <= rate <= 1:
        raise MMSRError(f"rate is {rate}; expected a share from 0 to 1")
    rank = np.where(real, rng.random(real.shape), 2).argsort(axis=-1).argsort(axis=-1)  # the real ones come first
    return rank < np.rint(rate * real.sum(axis=-1, keepdims=True))


def _traded(real: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """(B, L): for each position the one it takes from; the chosen of a row trade along one random cycle."""
    chosen = _chosen(real, rate, rng)
    order = np.where(chosen, rng.random(real.shape), 2).argsort(axis=1)  # (B, L), the chosen first
    count = chosen.sum(axis=1)  # (B,)
    rows, turn = np.nonzero(np.arange(real.shape[1]) < count[:, None])
    source = np.tile(np.arange(real.shape[1]), (len(real), 1))
    source[rows, order[rows, turn]] = order[rows, (turn + 1) % count[rows]]
    return source
