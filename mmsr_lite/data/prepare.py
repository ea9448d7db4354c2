"""From a table of interactions to a `Dataset`: k-core until stable, order of time (paper, section 5.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError


def k_core(user: np.ndarray, item: np.ndarray, k: int) -> np.ndarray:
    """(I,) bool: the interactions that stay when users and items with fewer than `k` leave, until nobody has to leave.

    >>> k_core(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 1]), 2)
    array([ True,  True,  True,  True, False])
    """
    keep = np.ones(len(user), bool)
    while True:
        counts = (np.bincount(index[keep], minlength=index.max(initial=0) + 1)[index] for index in (user, item))
        stay = keep & np.logical_and(*(count >= k for count in counts))
        if stay.sum() == keep.sum():
            return keep
        keep = stay


def assemble(
    name: str,
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    *,
    texts: tuple[str, ...] | list[str] = (),
    pictures: str | None = None,
    min_count: int = 5,
    facts: dict[str, Any] | None = None,
) -> Dataset:
    """Filter, order and number what a source has read; the data set still has no modalities.

    `interactions` has the columns user_id, item_id and perhaps timestamp (without it, and on ties, the order of rows
    counts). `items` has item_id, perhaps title, the text columns `texts` (strings) and the column `pictures` (paths or
    None). Users are numbered as they first appear, items as `items` lists them. With `min_count=0` every listed item
    stays. Raises `MMSRError` on unknown or repeated items and when nothing is left.

    >>> table = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["b", "a"], "timestamp": [2, 1]})
    >>> assemble("two", table, min_count=1).item.tolist()
    [2, 1]
    """
    user, users = pd.factorize(interactions["user_id"])
    if items is None:
        item, catalogue = pd.factorize(interactions["item_id"])
    else:
        catalogue = pd.Index(items["item_id"])
        _complain(catalogue[catalogue.duplicated()], "listed more than once", "keep one line for each item")
        item = catalogue.get_indexer(interactions["item_id"])
        unknown = pd.Index(interactions["item_id"][item < 0]).unique()
        _complain(unknown, "in the interactions but not in the items file", "add them there or drop their interactions")
    keep = k_core(user, item, min_count)
    if not keep.any():
        found = f"{len(user)} interactions of {len(users)} users with {len(catalogue)} items"
        raise MMSRError(f"{name!r}: nothing is left of {found} at min_count={min_count}; choose a smaller one")
    rows = np.flatnonzero(keep)
    time = interactions["timestamp"].to_numpy() if "timestamp" in interactions else np.arange(len(interactions))
    rows = rows[np.lexsort((time[rows], user[rows]))]  # lexsort is stable: ties keep the order of rows
    kept_users, user = np.unique(user[rows], return_inverse=True)
    kept_items = np.arange(len(catalogue)) if min_count < 1 else np.unique(item[rows])
    item = np.searchsorted(kept_items, item[rows]) + 1  # the one place where items get their numbers

    def column(label: str | None, empty: Any) -> tuple:
        return (empty, *items[label].iloc[kept_items]) if items is not None and label in items else ()

    item_ids = ("", *catalogue[kept_items])
    return Dataset(
        name=name,
        user=user.astype(np.int64),
        item=item.astype(np.int64),
        time=time[rows],
        user_ids=tuple(users[kept_users]),
        item_ids=item_ids,
        titles=tuple(title or own for title, own in zip(column("title", "") or item_ids, item_ids, strict=True)),
        texts={label: column(label, "") for label in texts},
        pictures=column(pictures, None),
        facts=facts or {},
    )


def _complain(ids: pd.Index, what: str, todo: str) -> None:
    """Raise when there are any such item ids, quoting the first three."""
    if len(ids):
        shown = ", ".join(repr(str(own)) for own in ids[:3]) + (", ..." if len(ids) > 3 else "")
        raise MMSRError(f"{len(ids)} item id{'s are' if len(ids) > 1 else ' is'} {what}: {shown}; {todo}")
