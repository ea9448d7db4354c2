"""Damage done to data on purpose (paper, Figures 1 and 4). Seeded; what a function is given never changes.

`CORRUPTIONS` change what is known of the items, and return a new data set. `shuffled` changes the order of histories.
`displaced` draws, for each position of a history, the position whose modality it gets when a mismatch stays within the
history. A rate of 0 changes nothing and a rate of 1 everything. With the same seed, a larger rate changes all that a
smaller rate does, and more.
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
    """Take a modality, or all modalities at once ("mixed"), from a share of the items.

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None (the default): the chosen items lose all modalities.
        rate: the share, from 0 to 1, of the items that have the modality.
        seed: the seed that chooses the items, default 0.

    Returns:
        The data set without these features: they are zero, and marked as absent.

    Raises:
        MMSRError: there is no such modality, or `rate` is no share.

    Source:
        Figure 4 of the paper, missing modalities.

    Example:
        >>> present = np.array([False, True, True])
        >>> one = Modality("picture", np.array([[0], [1], [2]], np.float32), present)
        >>> row, ids = np.array([0]), ("", "a", "b")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> int(missing(data, rate=0.5).modality("picture").present.sum())
        1
    """
    there = [np.zeros(dataset.num_items + 1, bool)]
    there += [one.present for one in dataset.modalities if modality in (None, one.name)]
    lost = _chosen(np.any(there, axis=0), rate, np.random.default_rng(seed))

    def without(one: Modality) -> Modality:
        return replace(one, features=np.where(lost[:, None], 0, one.features), present=one.present & ~lost)

    return _each(dataset, modality, without)


@checked(seed=SEED)
def mismatched(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Exchange the features of a modality among a share of the items, so that none of these keeps its own.

    At rate 1 this is a control: the modality then says nothing about the item.

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None (the default): every modality, each by itself.
        rate: the share, from 0 to 1, of the items that have the modality.
        seed: the seed that chooses the items and the exchange, default 0.

    Returns:
        The data set with exchanged features; which items have a modality does not change.

    Raises:
        MMSRError: there is no such modality, or `rate` is no share.

    Source:
        Figure 1 of the paper, "mismatched".

    Example:
        >>> present = np.array([False, True, True])
        >>> one = Modality("picture", np.array([[0], [1], [2]], np.float32), present)
        >>> row, ids = np.array([0]), ("", "a", "b")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> mismatched(data, rate=1).modality("picture").features.ravel().tolist()
        [0.0, 2.0, 1.0]
    """

    def traded(one: Modality) -> Modality:
        return replace(one, features=one.features[_traded(one.present[None], rate, _rng(one, seed))[0]])

    return _each(dataset, modality, traded)


def noise(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0, scale: float = 1.0) -> Dataset:
    """Add Gaussian noise to the features of a share of the items.

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None (the default): every modality, each by itself.
        rate: the share, from 0 to 1, of the items that have the modality.
        seed: the seed of the choice and of the noise, default 0.
        scale: the standard deviation of the noise, in standard deviations of each feature; default 1.

    Returns:
        The data set with noisy features.

    Example:
        >>> one = Modality("picture", np.array([[0], [1], [2]], np.float32), np.array([False, True, True]))
        >>> row, ids = np.array([0]), ("", "a", "b")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> bool((noise(data, rate=1).modality("picture").features[1:] != one.features[1:]).all())
        True
    """

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
DISPLACED = "displaced"  # a mismatch within every history; the model makes it when it reads them: `nn.displacement`


def displaced(histories: np.ndarray, *, rate: float, seed: int = 0) -> np.ndarray:
    """Draw, for each position of a history, the position whose modality it takes.

    None of the chosen positions keeps its own. A single chosen position has no other to take from, and keeps its own.

    Args:
        histories: (L,) or (B, L) items; item 0 is padding.
        rate: the share, from 0 to 1, of each history's positions.
        seed: the seed of the choice, default 0.

    Returns:
        Positions of the same shape, counted from 0.

    Source:
        Figure 1 of the paper, "mismatched".

    Example:
        >>> displaced(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
        [1, 2, 0, 3]
    """
    rows = np.atleast_2d(np.asarray(histories))
    return _traded(rows != 0, rate, np.random.default_rng(seed)).reshape(np.shape(histories))


@checked(seed=SEED)
def shuffled(histories: Histories, *, rate: float, seed: int = 0) -> Histories:
    """Put a share of the positions of each history into another order.

    Of examples, only the last `max_history` items of each history change, and never the targets. `undisturbed` keeps
    the examples as they were, so all items that a user has already taken stay known. Times keep their places: the first
    position keeps the first time.

    Args:
        histories: examples, or histories as rows (B, L) of items, the oldest first, then 0.
        rate: the share, from 0 to 1, of the positions that move.
        seed: the seed that chooses the positions and their order, default 0.

    Returns:
        What was given, in the new order.

    Source:
        Figure 1 of the paper, "shuffled".

    Example:
        >>> shuffled(np.array([5, 6, 7, 0]), rate=1, seed=0).tolist()
        [6, 7, 5, 0]
    """
    if not isinstance(histories, Examples):
        return np.take_along_axis(histories, displaced(histories, rate=rate, seed=seed), axis=-1)
    lengths = histories.lengths  # (E,)
    times = histories.times  # (I,) or None
    rows = shuffled(histories.histories(), rate=rate, seed=seed)  # (E, L)
    end = np.cumsum(lengths + 1) - 1  # (E,) each history followed by its target, one after the other
    items = np.empty(end[-1] + 1 if len(end) else 0, histories.items.dtype)
    items[end] = histories.targets
    items[np.delete(np.arange(len(items)), end)] = rows[rows != 0]
    if times is not None:
        steps = np.arange(len(items)) - np.repeat(end, lengths + 1)  # (I,) how far before its target each item stands
        times = times[np.repeat(histories.end, lengths + 1) + steps]
    return replace(histories, items=items, start=end - lengths, end=end, times=times, undisturbed=histories.taken)


def _each(dataset: Dataset, name: str | None, change: Callable[[Modality], Modality]) -> Dataset:
    """The data set with `change` applied to the modality `name`, or to every modality where that is None."""
    if name is not None:
        dataset.modality(name)  # raises when there is none
    return replace(dataset, modalities=tuple(change(m) if name in (None, m.name) else m for m in dataset.modalities))


def _rng(one: Modality, seed: int) -> np.random.Generator:
    """A generator of the modality's own: what is drawn for it does not depend on which others there are."""
    return np.random.default_rng([seed, *one.name.encode()])


def _chosen(real: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """(..., L) bool: a share `rate` of the real entries of each row, rounded to a number of entries, at random."""
    if not 0 <= rate <= 1:
        raise MMSRError(f"rate is {rate}; expected a share from 0 to 1")
    rank = np.where(real, rng.random(real.shape), 2).argsort(axis=-1).argsort(axis=-1)  # the real ones come first
    return rank < np.rint(rate * real.sum(axis=-1, keepdims=True))


def _traded(real: np.ndarray, rate: float, rng: np.random.Generator) -> np.ndarray:
    """(B, L) for each position the one that it takes from: the chosen ones of a row form one random cycle."""
    chosen = _chosen(real, rate, rng)
    order = np.where(chosen, rng.random(real.shape), 2).argsort(axis=1)  # (B, L), the chosen first
    count = chosen.sum(axis=1)  # (B,)
    rows, turn = np.nonzero(np.arange(real.shape[1]) < count[:, None])
    source = np.tile(np.arange(real.shape[1]), (len(real), 1))
    source[rows, order[rows, turn]] = order[rows, (turn + 1) % count[rows]]
    return source
