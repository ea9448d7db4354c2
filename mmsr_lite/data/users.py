"""A data set with only some of its users, for work that would take too long with all of them."""

from dataclasses import replace
from typing import cast

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import Facts
from mmsr_lite.data.order import PER_INTERACTION

PER_USER = ("user_kind",)  # facts with one entry for each user


def drawn_users(counts: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Draw users at random until they have, together, as many interactions or targets as are wanted.

    Args:
        counts: (U,) the number of each user.
        most: the greatest sum over the drawn users.
        rng: the random generator.

    Returns:
        (U,) bool, whether a user was drawn.

    Example:
        >>> int(drawn_users(np.array([4, 4, 4]), most=8, rng=np.random.default_rng(0)).sum())
        2
    """
    order = rng.permutation(len(counts))
    is_drawn = np.zeros(len(counts), bool)
    is_drawn[order[np.cumsum(counts[order]) <= most]] = True
    return is_drawn


def of_users(dataset: Dataset, is_kept: np.ndarray) -> Dataset:
    """The data set with only some of its users; all items stay, also those that none of these users took.

    Args:
        dataset: the data set; it is not changed.
        is_kept: (U,) bool, which users stay.

    Returns:
        The data set, its users numbered anew. `facts["truth"]` is left out, because it has the old numbers of users.

    Example:
        >>> rows = {"user_id": ["u", "u", "v"], "item_id": ["a", "b", "b"]}
        >>> one = of_users(Dataset.from_frames(rows, min_count=1), np.array([False, True]))
        >>> one.user_ids, one.history(0).tolist(), one.num_items
        (('v',), [2], 2)
    """
    kept = np.flatnonzero(is_kept)
    number = np.full(dataset.num_users, -1)
    number[kept] = np.arange(len(kept))
    rows = np.flatnonzero(number[dataset.user] >= 0)
    by_name: dict[str, object] = {name: value for name, value in dataset.facts.items() if name != "truth"}
    by_name |= {name: np.asarray(by_name[name])[rows] for name in PER_INTERACTION if name in by_name}
    by_name |= {name: np.asarray(by_name[name])[kept] for name in PER_USER if name in by_name}
    return replace(
        dataset,
        user=number[dataset.user[rows]],
        item=dataset.item[rows],
        time=dataset.time[rows],
        user_ids=tuple(dataset.user_ids[user] for user in kept),
        facts=cast(Facts, by_name),
    )
