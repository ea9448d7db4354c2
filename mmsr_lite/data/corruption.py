"""Damage done on purpose (paper, Figures 1 and 4): pure, seeded, the old data are never touched.

`CORRUPTIONS` change what is known of items and give a new data set; `shuffled` changes the order of histories;
`displaced` says which position's modality each position gets when a mismatch stays within a history. A rate of 0
changes nothing, 1 everything, and a larger rate with the same seed hits the same ones and more.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError

Histories = TypeVar("Histories", np.ndarray, Examples)


@checked(seed=SEED)
def missing(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Items lose a modality: `rate` of those that have it. None: `rate` of the items lose all they have ("mixed")."""
    there = [np.zeros(dataset.num_items + 1, bool)]
    there += [one.present for one in dataset.modalities if modality in (None, one.name)]
    lost = _chosen(np.any(there, axis=0), rate, np.random.default_rng(seed))

    def without(one: Modality) -> Modality:
        return replace(one, features=np.where(lost[:, None], 0, one.features), present=one.present & ~lost)

    return _each(dataset, modality, without)


@checked(seed=SEED)
def mismatched(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Items trade the features of a modality across the catalogue; none of the chosen keeps its own.

    None: in every modality, each by itself. At rate 1 this is the control in which modalities carry no information.
    """

    def traded(one: Modality) -> Modality:
        return replace(one, features=one.features[_traded(one.present[None], rate, _rng(one, seed))[0]])

    return _each(dataset, modality, traded)


def noise(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0, scale: float = 1.0) -> Dataset:
    """Gaussian noise on the features of `rate` of the items, `scale` times the deviation of each feature."""

    def noisy(one: Modality) -> Modality:
        features, rng = one.features.copy(), _rng(one, seed)
        hit = _chosen(one.present, rate, rng)
        if hit.any():
            spread = scale * one.features[one.present].std(axis=0)  # (F,)
            features[hit] += spread * rng.standard_normal(features[hit].shape, np.float32)
        return replace(one, features=features)

    return _each(dataset, modality, noisy)


CORRUPTIONS: dict[str, Callable[..., Dataset]] = {"missing": missing, "mismatched": mismatched, "noise": noise}
DISORDERED = "disordered"  # `shuffled`, done to every history
DISPLACED = "displaced"  # a mismatch within every history, done by the model as it reads them: `nn.displacement`


def displaced(histories: np.ndarray, *, rate: float, seed: int = 0) -> np.ndarray:
    """(L,) or (B, L), item 0 is padding: for each position the one it takes from; `rate` of each history trade places.

    None of the chosen keeps its own; one alone has nobody to trade with and stays.

    >>> displaced(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
    [1, 2, 0, 3]
    """
    rows = np.atleast_2d(np.asarray(histories))
    return _traded(rows != 0, rate, np.random.default_rng(seed)).reshape(np.shape(histories))


@checked(seed=SEED)
def shuffled(histories: Histories, *, rate: float, seed: int = 0) -> Histories:
    """The same with `rate` of the positions of each history in another order: histories as rows, or examples.

    Of examples only the histories change (after the cut to `max_history`), never the targets. The items that a user has
    already taken stay known, the older ones too: `undisturbed` keeps the examples as they were. Times stay where they
    are: the first position keeps the first time.

    >>> shuffled(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
    [6, 7, 5, 0]
    """
    if not isinstance(histories, Examples):
        return np.take_along_axis(histories, displaced(histories, rate=rate, seed=seed), axis=-1)
    lengths, targets, times = histories.lengths, histories.targets, histories.times
    rows = shuffled(histories.histories(), rate=rate, seed=seed)  # (E, L)
    end = np.cumsum(lengths + 1) - 1  # (E,) each history followed by its target, one after the other
    items = np.empty(end[-1] + 1 if len(end) else 0, histories.items.dtype)
    items[end] = targets
    items[np.delete(np.arange(len(items)), end)] = rows[rows != 0]
    if times is not None:
        steps = np.arange(len(items)) - np.repeat(end, lengths + 1)  # (I,) how far before its target each item stands
        times = times[np.repeat(histories.end, lengths + 1) + steps]
    return replace(histories, items=items, start=end - lengths, end=end, times=times, undisturbed=histories.taken)


def _each(dataset: Dataset, name: str | None, change: Callable[[Modality], Modality]) -> Dataset:
    """The data set with modality `name`, or with every one, changed."""
    if name is not None:
        dataset.modality(name)  # raises when there is none
    return replace(dataset, modalities=tuple(change(m) if name in (None, m.name) else m for m in dataset.modalities))


def _rng(one: Modality, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, *one.name.encode()])


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
