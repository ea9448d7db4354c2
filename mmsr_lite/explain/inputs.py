"""The inputs of `explain` in one form: a user by number or id, a history as list, array or tensor."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.models.base import Catalogue
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.values import quoted

UserLike: TypeAlias = int | str
HistoryLike: TypeAlias = Sequence[int] | np.ndarray | Tensor


def user_index(dataset: Dataset, user: Any) -> int:
    """The number of a user, from 0.

    Args:
        dataset: the data set of the user.
        user: a number of Python or NumPy, or an id. A text is first taken as an id, then as a number.

    Returns:
        The number.

    Raises:
        MMSRError: there is no such user.

    Example:
        >>> from mmsr_lite.data import load
        >>> world = load("wardrobe:match", modalities=())
        >>> user_index(world, "u0012"), user_index(world, np.int64(12)), user_index(world, "12")
        (12, 12, 12)
    """
    known = f"give an id such as {dataset.user_ids[0]!r}, or a number from 0 to {dataset.num_users - 1}"
    if isinstance(user, str) and user in dataset.user_ids:
        return dataset.user_ids.index(user)
    number = int(user) if isinstance(user, str) and user.isascii() and user.isdigit() else user
    if not is_whole(number) or not 0 <= int(number) < dataset.num_users:
        raise MMSRError(f"there is no user {quoted(user)} in {dataset.name!r}; {known}")
    return int(number)


def items_of(dataset: Dataset, history: Any, what: str = "history") -> list[int]:
    """A history as a list of items.

    Args:
        dataset: the data set of the items.
        history: item numbers, oldest first: a list, tuple, NumPy array or tensor of one axis.
        what: its name in messages.

    Returns:
        The items.

    Raises:
        MMSRError: it is empty, is no row of whole numbers, or has an item that does not exist.

    Example:
        >>> from mmsr_lite.data import load
        >>> items_of(load("wardrobe:match", modalities=()), np.array([3, 1, 3]))
        [3, 1, 3]
    """
    wanted = f"expected items from 1 to {dataset.num_items}, the oldest first"
    if isinstance(history, Tensor | np.ndarray):
        if len(history.shape) != 1:
            raise MMSRError(f"{what} has the shape {tuple(history.shape)}; expected one axis, such as (5,)")
        history = history.tolist()
    if isinstance(history, str | bytes) or not isinstance(history, Sequence):
        raise MMSRError(f"{what} is {quoted(history)}; {wanted}")
    for item in history:
        if not is_whole(item) or not 1 <= item <= dataset.num_items:
            raise MMSRError(f"{what} {quoted(list(history)[:5])} has {quoted(item)}; {wanted}")
    if not len(history):
        raise MMSRError(f"{what} is empty; {wanted}")
    return [int(item) for item in history]


def item_of(dataset: Dataset, item: Any, what: str) -> int:
    """The number of an item.

    Args:
        dataset: the data set.
        item: a number of Python or NumPy.
        what: its name in messages.

    Returns:
        The number.

    Raises:
        MMSRError: there is no such item.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> item_of(world, 99, "target")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    if not is_whole(item) or not 1 <= item <= dataset.num_items:
        raise MMSRError(f"{what} is {quoted(item)}; expected an item from 1 to {dataset.num_items}")
    return int(item)


def count_of(value: Any, what: str, least: int = 1) -> int:
    """Check that a value is a whole number from `least` on.

    Args:
        value: any value.
        what: its name in messages.
        least: the smallest possible number.

    Returns:
        The number.

    Raises:
        MMSRError: it is not.

    Example:
        >>> count_of(-1, "top")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: top is -1; expected a whole number from 1 on
    """
    if not is_whole(value) or value < least:
        raise MMSRError(f"{what} is {quoted(value)}; expected a whole number from {least} on")
    return int(value)


def is_whole(value: Any) -> bool:
    """Whether a value is a whole number of Python or NumPy, or a tensor with one; True and False are none.

    Args:
        value: any value.

    Returns:
        Whether it is.

    Example:
        >>> is_whole(3), is_whole(3.0), is_whole(True)
        (True, False, False)
    """
    if isinstance(value, Tensor) and value.ndim == 0:
        value = value.item()
    return isinstance(value, Integral) and not isinstance(value, bool)


def history_of(
    dataset: Dataset, user: Any, history: Any, target: Any, max_history: int
) -> tuple[int | None, list[int], int | None]:
    """The history that `trace` and `what_if` read: that of a user, or one that is given.

    Args:
        dataset: the data set.
        user: a number or an id; None: `history` is given.
        history: items, the oldest first; None: `user` is given.
        target: the item that came next; None: not known, or that of the user.
        max_history: how many items are read.

    Returns:
        The number of the user, or None; the last `max_history` items before the target; the target, or None.

    Raises:
        MMSRError: both or neither are given, they do not exist, or the user has a single item.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> history_of(world, None, [3, 1, 3], 2, max_history=2)
        (None, [1, 3], 2)
    """
    if (user is None) == (history is None) or (user is not None and target is not None):
        raise MMSRError("give either a user or a history to trace; a target goes with a history only")
    number = None
    if history is None:
        number = user_index(dataset, user)
        *history, target = dataset.history(number).tolist()
        if not history:
            who = f"user {number} ({dataset.user_ids[number]!r})"
            raise MMSRError(f"{who} has one item, so nothing comes before it; choose another")
    past = items_of(dataset, history)
    if target is not None:
        target = item_of(dataset, target, "target")
    return number, past[-max_history:], target


def refuse_other_table(table: pd.DataFrame, columns: Sequence[str], maker: str) -> None:
    """Raise when a table lacks columns that the function `maker` makes.

    Args:
        table: any table.
        columns: the columns that are needed.
        maker: the function that makes such a table.

    Raises:
        MMSRError: a column is missing.

    Example:
        >>> refuse_other_table(pd.DataFrame({"a": [1]}), ["late"], "gates")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: the table has the columns a, and no 'late'; give what gates(...) gave
    """
    for name in columns:
        if name not in table:
            there = ", ".join(map(str, table.columns)) or "none"
            raise MMSRError(f"the table has the columns {there}, and no {name!r}; give what {maker}(...) gave")


def label_of(model: Any) -> str:
    """The name of a model in messages; for anything else its type.

    Args:
        model: any value.

    Returns:
        The name.

    Example:
        >>> label_of([1, 2])
        'a list'
    """
    label = getattr(model, "label", None)
    return label if isinstance(label, str) else f"a {type(model).__name__}"


def refuse_other_items(model: Any, dataset: Dataset) -> None:
    """Raise when a model was made for other items than those of a data set.

    Args:
        model: a recommender; if it was made by hand, only the number of its items is known.
        dataset: the data set that it is used with.

    Raises:
        MMSRError: it was; the message has both data sets.

    Example:
        >>> from mmsr_lite.data import load
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> refuse_other_items(MMSR(MMSRConfig(dim=8), num_items=3), load("wardrobe:match", modalities=()))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: MMSR, adaptive was made for 3 items, and 'wardrobe-match' has 980 others; give it
        the data set that it was trained on
    """
    known: Catalogue | None = getattr(model, "catalogue", None)
    if known is not None:
        there, is_other = known.num_items, known.item_hash != dataset.item_hash
        of = f"the {there} items of {known.dataset!r}"
    elif isinstance(model, MMSR):
        there = len(model.nodes.tables[0].weight) - 1
        is_other, of = there != dataset.num_items, f"{there} items"
    else:
        return
    if is_other:
        raise MMSRError(
            f"{label_of(model)} was made for {of}, and {dataset.name!r} has {dataset.num_items} others; give it the "
            "data set that it was trained on"
        )
