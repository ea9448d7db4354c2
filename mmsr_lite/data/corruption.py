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
    """Items lose a modality, or all modalities at once ("mixed").

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None: the chosen items lose all they have.
        rate: the share of the items that lose it, of those that have it, from 0 to 1.
        seed: the seed that chooses the items.

    Returns:
        The data set without these features; they are marked as absent, and zero.

    Raises:
        MMSRError: there is no such modality, or `rate` is no share.

    Source:
        Figure 4 of the paper, missing modalities.

    Example:
        >>> present = np.array([False, True, True])
        >>> one = Modality("picture", np.array([[0], [1], [2]], np.float32), present)
        >>> row, ids = np.array([0]), ("", "a", "b")
        >>> data = Dataset("d", row, row + 1, row, ("u",), ids, ids, modalities=(one,))
        >>> missing(data, rate=0.5).modality("picture").present.sum()
        np.int64(1)
    """
    there = [np.zeros(dataset.num_items + 1, bool)]
    there += [one.present for one in dataset.modalities if modality in (None, one.name)]
    lost = _chosen(np.any(there, axis=0), rate, np.random.default_rng(seed))

    def without(one: Modality) -> Modality:
        return replace(one, features=np.where(lost[:, None], 0, one.features), present=one.present & ~lost)

    return _each(dataset, modality, without)


@checked(seed=SEED)
def mismatched(dataset: Dataset, *, modality: str | None = None, rate: float, seed: int = 0) -> Dataset:
    """Items trade the features of a modality across the catalogue; none of the chosen keeps its own.

    At rate 1 this is the control in which modalities carry no information.

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None: every modality, each by itself.
        rate: the share of the items that trade, of those that have the modality, from 0 to 1.
        seed: the seed that chooses the items and who trades with whom.

    Returns:
        The data set with its features in other places; who has a modality stays.

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
    """Gaussian noise on the features of some items.

    Args:
        dataset: the data set; it is not changed.
        modality: the name of the modality; None: every modality, each by itself.
        rate: the share of the items that get noise, of those that have the modality, from 0 to 1.
        seed: the seed of the choice and of the noise.
        scale: the standard deviation of the noise, in standard deviations of each feature.

    Returns:
        The data set with other features.

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
DISPLACED = "displaced"  # a mismatch within every history, done by the model as it reads them: `nn.displacement`


def displaced(histories: np.ndarray, *, rate: float, seed: int = 0) -> np.ndarray:
    """For each position of a history the position whose modality it takes.

    None of the chosen keeps its own; one alone has nobody to trade with and stays.

    Args:
        histories: (L,) or (B, L) items; item 0 is padding.
        rate: the share of each history's positions that trade places, from 0 to 1.
        seed: the seed of the choice.

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

    Of examples only the histories change (after the cut to `max_history`), never the targets. The items that a user has
    already taken stay known, the older ones too: `undisturbed` keeps the examples as they were. Times stay where they
    are: the first position keeps the first time.

    Args:
        histories: examples, or histories as rows (B, L) of items, the oldest first, then 0.
        rate: the share of the positions that move, from 0 to 1.
        seed: the seed that chooses the positions and their order.

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
