"""The parts of a split: for each interaction whether it is for training, validation or test (paper, section 5.1)."""

from typing import Any

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError

TRAIN, VALIDATION, TEST = 0, 1, 2
PARTS = {  # words for the parts of a split that the data bring along
    "train": TRAIN,
    "training": TRAIN,
    "valid": VALIDATION,
    "validation": VALIDATION,
    "val": VALIDATION,
    "dev": VALIDATION,
    "test": TEST,
}
VALIDATION_SHARE = 0.1  # of the interactions before the test period, in a split by time


def parts_by_user(dataset: Dataset, test_share: float) -> np.ndarray:
    """The parts of a split by user: the last interactions of each user are tested.

    Args:
        dataset: the data set.
        test_share: the share of each user's interactions that is tested, from 0 to 1.

    Returns:
        (I,) 0 for training, 1 for validation, 2 for test.

    Example:
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.zeros(4, int), np.array([1, 2, 1, 2]), np.arange(4), ("u",), ids, ids)
        >>> parts_by_user(data, 0.25).tolist()  # a quarter of four is tested; the last one before it validates
        [0, 0, 1, 2]
    """
    length = np.diff(dataset.offsets)  # (U,)
    training = (length - np.floor(test_share * length).astype(np.int64))[dataset.user]  # (I,) of the user of each one
    place = np.arange(len(dataset.item)) - dataset.offsets[dataset.user]  # (I,)
    return np.where(place >= training, TEST, _with_last_held_out(dataset, place < training))


def _with_last_held_out(dataset: Dataset, training: np.ndarray) -> np.ndarray:
    """(I,) VALIDATION for the last training interaction of each user, unless it is the user's first; else TRAIN."""
    place = np.arange(len(dataset.item))
    last = np.full(dataset.num_users, -1)
    np.maximum.at(last, dataset.user[training], place[training])
    held_out = (place == last[dataset.user]) & (place > dataset.offsets[dataset.user])
    return np.where(held_out, VALIDATION, TRAIN)


def parts_by_time(dataset: Dataset, test_share: float) -> np.ndarray:
    """The parts of a split by time: one moment, the same for all users, begins the test period.

    Args:
        dataset: the data set.
        test_share: the share of interactions that are tested, from 0 to 1.

    Returns:
        (I,) 0 for training, 1 for validation, 2 for test.

    Raises:
        MMSRError: all interactions have one time.

    Example:
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.zeros(4, int), np.array([1, 2, 1, 2]), np.arange(4), ("u",), ids, ids)
        >>> parts_by_time(data, 0.25).tolist()  # a tenth of the first three is none: nothing validates
        [0, 0, 0, 2]
    """
    times = np.sort(dataset.time)
    if len(times) == 0 or times[0] == times[-1]:
        advice = "use the split by user, or give interactions a timestamp"
        raise MMSRError(
            f"{dataset.name!r} has no two interactions at different times, so no moment can split it; {advice}"
        )
    test_begins = _moment(times, test_share)
    validation_begins = _moment(times[times < test_begins], VALIDATION_SHARE)
    part = np.where(dataset.time >= validation_begins, VALIDATION, TRAIN)
    return np.where(dataset.time >= test_begins, TEST, part)


def _moment(times: np.ndarray, share: float) -> Any:
    """The moment that about a `share` of the sorted `times` do not precede; always later than the first of them.

    Example:
        >>> float(_moment(np.array([1, 2, 3, 3, 3]), 0.2)), float(_moment(np.array([1, 2, 3, 4, 5]), 0.2))
        (3.0, 5.0)
        >>> _moment(np.array([1, 2]), 0)
        inf
    """
    begin = len(times) - int(share * len(times))
    if begin == len(times):
        return np.inf
    later = times[times > times[0]]  # the first moment always stays for training
    if len(later) == 0:
        return np.inf
    return max(times[begin], later[0])


def own_parts(dataset: Dataset) -> np.ndarray:
    """The parts of the split that the data bring along.

    Args:
        dataset: the data set.

    Returns:
        (I,) 0 for training, 1 for validation, 2 for test.

    Raises:
        MMSRError: the data bring no split of their own, or a user's parts are not in the order of time.

    Example:
        >>> ids = ("", "a", "b")
        >>> facts = {"part": np.array([0, 0, 0, 2])}
        >>> items = np.array([1, 2, 1, 2])
        >>> data = Dataset("d", np.zeros(4, int), items, np.arange(4), ("u",), ids, ids, facts=facts)
        >>> own_parts(data).tolist()  # nothing is marked for validation, so the last training interaction is taken
        [0, 0, 1, 2]
    """
    if "part" not in dataset.facts:
        advice = "add a column `split` with train, valid or test to the interactions, or give three files"
        raise MMSRError(
            f"{dataset.name!r} brings no split of its own; {advice}, or choose the split by user or by time"
        )
    part = np.asarray(dataset.facts["part"])
    backwards = np.flatnonzero((np.diff(part) < 0) & (np.diff(dataset.user) == 0))
    if len(backwards):
        user = dataset.user_ids[dataset.user[backwards[0]]]
        names = ("training", "validation", "test")
        before, after = names[part[backwards[0]]], names[part[backwards[0] + 1]]
        wanted = "expected each user's training, validation and test rows in the order of time"
        raise MMSRError(f"{dataset.name!r}: user {user!r} has a {before} row before a {after} row in time; {wanted}")
    if (part == VALIDATION).any():
        return part
    return np.where(part == TEST, TEST, _with_last_held_out(dataset, part == TRAIN))


def part_codes(words: Any, *, where: str = "the column `split`") -> np.ndarray:
    """The words of a column `split` as numbers.

    Args:
        words: (I,) one of `PARTS` for each interaction; capital letters do not matter.
        where: the place of the words, for the message; default "the column `split`".

    Returns:
        (I,) int8: 0 for training, 1 for validation, 2 for test.

    Raises:
        MMSRError: a word is none of `PARTS`.

    Example:
        >>> part_codes(["train", "Valid", "test"]).tolist()
        [0, 1, 2]
    """
    codes = [PARTS.get(str(word).strip().lower(), -1) for word in words]
    if -1 in codes:
        row = codes.index(-1)
        quoted = f"{list(words)[row]!r} in row {row + 1} ({codes.count(-1)} such rows)"
        raise MMSRError(f"{where} holds {quoted}; expected one of: {', '.join(PARTS)}")
    return np.array(codes, np.int8)
