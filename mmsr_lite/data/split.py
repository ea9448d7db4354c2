"""Which interactions are targets for training, for validation and for the test (paper, section 5.1).

The paper splits by user: the last fifth of each user's items are test targets. There is also a split at one moment for
all users, and a split that the data bring along. In each of them, a target is predicted from everything that its user
did before it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.parts import TEST, TRAIN, VALIDATION, own_parts, parts_by_time, parts_by_user
from mmsr_lite.errors import MMSRError, choose

SPLITS = {
    "auto": "the data's own split where they bring one, else by user",
    "user": "the last fifth of each user's items are tested (the paper's)",
    "time": "one moment for all users: the last fifth of all interactions are tested",
    "own": "what the column `split` or the files train, valid and test of the data say",
}
# own items are masked by default where a smaller share of the targets lies in the user's own history
MASKED_BELOW = 0.01


@dataclass(frozen=True)
class Examples:
    """Histories with their targets, as places in one flat array; nothing is copied until a batch is made.

    Example e has the target `items[end[e]]` and the history `items[start[e]:end[e]]`, of which a model reads the last
    `max_history` items.

    Args:
        items: (I,) the items of all users, one user after the other.
        start: (E,) the place in `items` where the history begins.
        end: (E,) the place in `items` of the target, where the history ends.
        user: (E,) the user of the example.
        max_history: how many items of a history a model reads; default 50, as in the paper.
        times: (I,) the time of each item; None (the default): not known.
        undisturbed: the same examples before their histories were changed on purpose; None (the default): nothing was
            changed. The items that a user has already taken are read from there.

    Example:
        >>> some = Examples(np.array([7, 8, 9]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> some
        Examples(targets=2, users=1, max_history=50)
        >>> some.histories().tolist(), some.targets.tolist()
        ([[7, 0], [7, 8]], [8, 9])
    """

    items: np.ndarray
    start: np.ndarray
    end: np.ndarray
    user: np.ndarray
    max_history: int = 50
    times: np.ndarray | None = None
    undisturbed: "Examples | None" = None

    def __len__(self) -> int:
        return len(self.end)

    def __repr__(self) -> str:
        users = len(np.unique(self.user))
        return f"Examples(targets={len(self)}, users={users}, max_history={self.max_history})"

    @property
    def targets(self) -> np.ndarray:
        """(E,) the item to predict."""
        return self.items[self.end]

    @property
    def lengths(self) -> np.ndarray:
        """(E,) the number of items that a model reads of each history."""
        return np.minimum(self.end - self.start, self.max_history)

    @property
    def taken(self) -> "Examples":
        """The examples whose histories hold everything that each user has already taken."""
        if self.undisturbed is None:
            return self
        return self.undisturbed

    @property
    def same_time(self) -> np.ndarray:
        """(E,) bool, whether the target has the same time as the item before it; False where times are not known."""
        if self.times is None:
            return np.zeros(len(self), bool)
        return self.times[self.end] == self.times[self.end - 1]

    @property
    def steps(self) -> np.ndarray:
        """(I,) the step of each place: it rises by one where the time changes, or everywhere if times are unknown."""
        if self.times is None:
            return np.arange(len(self.items))
        return np.cumsum(np.diff(self.times, prepend=self.times[:1]) != 0)

    @cached_property
    def previous(self) -> np.ndarray:
        """(I,) for each place the last earlier place of the same item in `items`, -1 where there is none."""
        order = np.argsort(self.items, kind="stable")  # the places of one item are together, in rising order
        result = np.full(len(self.items), -1, np.int64)
        same = self.items[order[1:]] == self.items[order[:-1]]
        result[order[1:][same]] = order[:-1][same]
        return result

    @property
    def own_target(self) -> np.ndarray:
        """(E,) bool, whether the user has taken the target before."""
        return self.taken.previous[self.taken.end] >= self.taken.start

    def histories(self, rows: np.ndarray | None = None) -> np.ndarray:
        """The histories, as models read them, in one padded block.

        Args:
            rows: (B,) indexes of examples; None (the default): all.

        Returns:
            (B, L) int64, padded on the right with 0; L is the length of the longest history.
        """
        lengths, end = self.lengths, self.end
        if rows is not None:
            lengths, end = lengths[rows], end[rows]
        place = np.arange(lengths.max(initial=0))  # (L,)
        real = place < lengths[:, None]  # (B, L)
        return np.where(real, self.items[np.where(real, (end - lengths)[:, None] + place, 0)], 0)

    def select(self, rows: np.ndarray) -> Self:
        """Some of the examples.

        Args:
            rows: their indexes, or a mask (E,).

        Returns:
            These examples, in the order of `rows`.
        """
        changes: dict[str, Any] = {"start": self.start[rows], "end": self.end[rows], "user": self.user[rows]}
        if self.undisturbed is not None:
            changes["undisturbed"] = self.undisturbed.select(rows)
        return replace(self, **changes)


@dataclass(frozen=True)
class Split:
    """The three sets of examples; `validation` is empty when nothing was held out for it.

    Args:
        train: the training examples.
        validation: the examples that choose the best epoch.
        test: the examples whose metrics are reported.

    Example:
        >>> one = Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0]))
        >>> len(Split(one, one, one).test)
        1
    """

    train: Examples
    validation: Examples
    test: Examples


@checked()
def split(
    dataset: Dataset,
    *,
    by: str = "auto",
    test_share: float = 0.2,
    validation: bool = True,
    max_history: int = 50,
) -> Split:
    """Split the interactions into training, validation and test targets.

    Every target is predicted from everything that its user did before it, so an earlier test item is in the history of
    a later one. The first item of a user has nothing before it and is no target.

    Args:
        dataset: the interactions, sorted by user, then time.
        by: one of `SPLITS`; default "auto".
            "user": of the n items of a user, the last `int(test_share * n)` are test targets. With `validation`, the
            last of the others is the validation target. This is the paper's protocol (section 5.1).
            "time": one moment for all users. The last `test_share` of all interactions are test targets. With
            `validation`, the last tenth of the others are validation targets. Interactions at the same time are never
            divided.
            "own": the split that the data bring along, `dataset.facts["part"]`. `load` reads it from a column `split`
            (train, valid, test) or from three files. Where nothing is marked for validation, the last training item of
            each user is taken.
            "auto": "own" where the data bring a split, else "user".
        test_share: the share of the interactions to test on, 0 <= share < 1, default 0.2. "own" does not use it.
        validation: whether to hold validation targets out of training; default True.
        max_history: how many items of a history a model reads; default 50.

    Returns:
        The three sets of examples.

    Raises:
        MMSRError: a setting is not possible, the data bring no split of their own, or their own split does not follow
            the order of time.

    Example:
        >>> names = tuple("-abcde")
        >>> data = Dataset("d", np.zeros(5, int), np.arange(1, 6), np.arange(5), ("u",), names, names)
        >>> parts = split(data)
        >>> parts.train.targets.tolist(), parts.validation.targets.tolist(), parts.test.targets.tolist()
        ([2, 3], [4], [5])
    """
    choose("split", by, SPLITS)
    if not 0 <= test_share < 1:
        raise MMSRError(f"test_share is {test_share}; expected a share from 0 up to, not including, 1")
    if max_history < 1:
        raise MMSRError(f"max_history is {max_history}; expected at least one item")
    if by == "auto":
        by = "own" if "part" in dataset.facts else "user"
    if by == "user":
        part = parts_by_user(dataset, test_share)
    elif by == "time":
        part = parts_by_time(dataset, test_share)
    else:
        part = own_parts(dataset)
    if not validation:
        part = np.where(part == VALIDATION, TRAIN, part)
    place = np.arange(len(dataset.item)) - dataset.offsets[dataset.user]  # (I,) place within the user's history

    def examples(which: int) -> Examples:
        end = np.flatnonzero((part == which) & (place > 0))
        user = dataset.user[end]
        return Examples(dataset.item, dataset.offsets[user], end, user, max_history, dataset.time)

    return Split(train=examples(TRAIN), validation=examples(VALIDATION), test=examples(TEST))


def own_target_share(examples: Examples) -> float:
    """The share of the targets that their user has taken before.

    Args:
        examples: any examples.

    Returns:
        A share from 0 to 1; 0 where there are no examples.

    Example:
        >>> own_target_share(Examples(np.array([1, 1]), np.array([0]), np.array([1]), np.array([0])))
        1.0
    """
    if not len(examples):
        return 0.0
    return float(examples.own_target.mean())


def headline(parts: Split) -> str:
    """The ranking that is shown first and chooses the best epoch: over all items, or with own items masked.

    Own items are those that the user has taken before. They are masked where fewer than 1 % of the test targets are own
    items: an own item that is ranked above the target is then almost certainly a mistake. Elsewhere all items are
    ranked. Where there are no test targets, the validation targets decide; where there are none, the training targets.

    Args:
        parts: the examples of all parts.

    Returns:
        "all" (all items) or "masked" (own items masked).

    Example:
        >>> once = Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0]))
        >>> again = Examples(np.array([1, 1]), np.array([0]), np.array([1]), np.array([0]))
        >>> headline(Split(once, once, once)), headline(Split(once, once, again))
        ('masked', 'all')
    """
    judged = next((part for part in (parts.test, parts.validation) if len(part)), parts.train)
    if own_target_share(judged) < MASKED_BELOW:
        return "masked"
    return "all"
