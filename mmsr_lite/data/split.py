"""The paper's protocol (section 5.1): the last fifth of each user is tested, every prefix of the rest is trained on."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError


@dataclass(frozen=True)
class Examples:
    """Histories with their next item, kept as places in one flat array: nothing is copied until a batch is asked for.

    `items` (I,) is flat; example e has target `items[end[e]]` and history `items[start[e]:end[e]]`, of which the last
    `max_history` count; `user` (E,) says whose it is.

    >>> some = Examples(np.array([7, 8, 9]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
    >>> some.histories().tolist(), some.targets.tolist()
    ([[7, 0], [7, 8]], [8, 9])
    """

    items: np.ndarray
    start: np.ndarray
    end: np.ndarray
    user: np.ndarray
    max_history: int = 50

    def __len__(self) -> int:
        return len(self.end)

    @property
    def targets(self) -> np.ndarray:
        """(E,) the item to predict."""
        return self.items[self.end]

    @property
    def lengths(self) -> np.ndarray:
        """(E,) how many items the histories hold, after the cut."""
        return np.minimum(self.end - self.start, self.max_history)

    def histories(self, rows: np.ndarray | None = None) -> np.ndarray:
        """(B, L) int64 histories of `rows` (all when None), padded on the right with 0; L is the longest of them."""
        lengths, end = (a if rows is None else a[rows] for a in (self.lengths, self.end))
        place = np.arange(lengths.max(initial=0))  # (L,)
        real = place < lengths[:, None]  # (B, L)
        return np.where(real, self.items[np.where(real, (end - lengths)[:, None] + place, 0)], 0)

    def select(self, rows: np.ndarray) -> Self:
        """Only these rows: numbers or a mask."""
        return replace(self, start=self.start[rows], end=self.end[rows], user=self.user[rows])


@dataclass(frozen=True)
class Split:
    """Three sets of examples; `validation` is empty when nothing was held out for it."""

    train: Examples
    validation: Examples
    test: Examples


def split(dataset: Dataset, *, test_share: float = 0.2, validation: bool = True, max_history: int = 50) -> Split:
    """Split each user by time: the last `int(test_share * n)` items are test targets, the rest is the training part.

    Each target is predicted from everything before it. With `validation` the last item of a training part of two or
    more is held out of training.

    >>> data = Dataset("d", np.zeros(5, int), np.arange(1, 6), np.arange(5), ("u",), tuple("-abcde"), tuple("-abcde"))
    >>> parts = split(data)
    >>> parts.train.targets.tolist(), parts.validation.targets.tolist(), parts.test.targets.tolist()
    ([2, 3], [4], [5])
    """
    if not 0 <= test_share < 1:
        raise MMSRError(f"test_share is {test_share}; expected a share from 0 up to, not including, 1")
    if max_history < 1:
        raise MMSRError(f"max_history is {max_history}; expected at least one item")
    offsets = dataset.offsets
    length = np.diff(offsets)  # (U,)
    training = (length - np.floor(test_share * length).astype(np.int64))[dataset.user]  # (I,) of the user of each one
    place = np.arange(len(dataset.item)) - offsets[dataset.user]  # (I,) within the user
    held_out = (place == training - 1) & (place > 0) & validation

    def examples(chosen: np.ndarray) -> Examples:
        end = np.flatnonzero(chosen)
        user = dataset.user[end]
        return Examples(dataset.item, offsets[user], end, user, max_history)

    return Split(
        train=examples((place > 0) & (place < training) & ~held_out),
        validation=examples(held_out),
        test=examples(place >= training),
    )
