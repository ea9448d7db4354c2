"""Interactions that occur twice in a file, and interactions at the same time."""

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.times import finer_than_a_day


def without_repeats(table: pd.DataFrame, reading: Account) -> pd.DataFrame:
    """Leave out exact repeats of an interaction where these must be mistakes, and count them in `reading`.

    When times are finer than days, two rows with the same user, item and time are one interaction that was written
    twice. When times are days, or there are none, the user may have taken the item twice: such rows stay.

    Args:
        table: (I rows) user_id, item_id and perhaps timestamp.
        reading: receives the counts, and up to three examples of rows that were left out.

    Returns:
        The rows that stay.

    Example:
        >>> rows = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "a"], "timestamp": [5, 5]})
        >>> len(without_repeats(rows, Account()))
        1
    """
    timed = "timestamp" in table
    codes = {label: pd.factorize(table[label])[0] for label in table if label in ("user_id", "item_id", "timestamp")}
    repeated = pd.DataFrame(codes).duplicated().to_numpy()  # (I,)
    count = int(repeated.sum())
    if not count:
        return table
    if not timed or not finer_than_a_day(table["timestamp"].to_numpy()):
        same = "user, item and day" if timed else "user and item"
        reading.repeated[f"rows with the {same} of an earlier one (they stay: a user may come back to an item)"] = count
        return table
    reading.repeated["rows with the user, item and time of an earlier one (left out)"] = count
    for row in np.flatnonzero(repeated)[:3]:
        reading.example(f"row {row + 1}: {', '.join(str(value) for value in table.iloc[row])}")
    return table[~repeated].reset_index(drop=True)


def count_ties(dataset: Dataset) -> tuple[int, int]:
    """Count the neighbouring interactions of a user that have the same time, and all neighbours.

    Args:
        dataset: the data set.

    Returns:
        The number of tied neighbours, and the number of all neighbours.

    Example:
        >>> ids = ("", "a", "b")
        >>> count_ties(Dataset("d", np.array([0, 0, 0]), np.array([1, 2, 1]), np.array([3, 3, 4]), ("u",), ids, ids))
        (1, 2)
    """
    same_user = np.diff(dataset.user) == 0
    return int((same_user & (np.diff(dataset.time) == 0)).sum()), int(same_user.sum())
