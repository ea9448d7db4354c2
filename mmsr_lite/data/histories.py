"""Histories of users who were not in training, with the items of a data set that a model knows."""

import os
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import FILE_ORDER
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.reading import Account, ReadingNote
from mmsr_lite.data.repeats import count_ties, without_repeats
from mmsr_lite.data.sources.frames import frame_of
from mmsr_lite.data.sources.ids import ids_of
from mmsr_lite.data.sources.tables import FileFormat, read_table
from mmsr_lite.data.sources.times import note_no_times, seconds
from mmsr_lite.errors import MMSRError

OURS = ("user_id", "item_id", "timestamp")
UNKNOWN = "rows of items that the data set does not have"


@checked()
def read_histories(
    source: Any,
    dataset: Dataset,
    *,
    columns: dict[str, str] | None = None,
    file_format: dict[str, str] | None = None,
) -> Dataset:
    """Read histories of new users as a data set with the items of `dataset`.

    They are read as strictly as training data. Rows of items that `dataset` does not have are left out, since a model
    has no vector for them; a warning counts them. No user is left out for a short history.

    Args:
        source: a file (.csv, .tsv, .jsonl, .json, .parquet) or a table in memory, with user_id, item_id and perhaps
            timestamp; without it, the rows are in the order of time.
        dataset: the data set that the model was trained on.
        columns: our name of a column -> its name there, such as `{"user_id": "customer"}`.
        file_format: how to read a text file that does not show it itself, by separator, decimal and encoding.

    Returns:
        `dataset` with the new users and interactions; interactions at one time are ordered by the same rule as in
        `dataset`. `facts["reading"]` says what was read.

    Raises:
        MMSRError: there is no such file, a row cannot be read, or no item is known.

    Example:
        >>> names = ("", "hat", "scarf")
        >>> known = Dataset("shop", np.zeros(2, int), np.array([1, 2]), np.arange(2), ("u",), names, names)
        >>> rows = {"user_id": ["new", "new"], "item_id": ["scarf", "hat"]}
        >>> new = read_histories(rows, known)
        >>> new.user_ids, new.history(0).tolist()
        (('new',), [2, 1])
    """
    reading, names = Account(), columns or {}
    table, place = _table(source, names, FileFormat.of(file_format), reading)
    used = pd.DataFrame({label: ids_of(place, table, label, reading) for label in ("user_id", "item_id")})
    if used.empty:
        raise MMSRError(f"{place!r} holds no rows; expected one for each interaction")
    timed = "timestamp" in table
    if timed:
        used["timestamp"] = seconds(table["timestamp"], repr(place), reading, (file_format or {}).get("decimal"))
    else:
        note_no_times(table, reading)
    reading.read = {"interactions": len(used), "users": used["user_id"].nunique()}
    used = without_repeats(used, reading)
    item = pd.Index(dataset.item_ids[1:]).get_indexer(used["item_id"]) + 1  # (I,), 0 where it is unknown
    known = item > 0
    _count_unknown(used, known, dataset, place, reading)
    used, item = used[known].reset_index(drop=True), item[known]
    user, users = pd.factorize(used["user_id"])
    time = used["timestamp"].to_numpy() if timed else np.arange(len(used))
    rows = np.lexsort((time, user))  # lexsort is stable: ties keep the order of rows
    made = replace(
        dataset,
        user=user[rows].astype(np.int64),
        item=item[rows].astype(np.int64),
        time=time[rows],
        user_ids=tuple(users),
        facts={},
    )
    reading.tied = count_ties(made) if timed else None
    if reading.worth_telling:
        warnings.warn("\n  ".join([f"{place!r}:", *reading.lines()]), ReadingNote, stacklevel=3)
    order = dataset.facts.get("order", FILE_ORDER)
    made = break_ties(made, order["ties"], order.get("tie_seed") or 0)
    return replace(made, facts=made.facts | {"reading": reading.as_fact()})


def _table(source: Any, columns: dict[str, str], form: FileFormat, reading: Account) -> tuple[pd.DataFrame, str]:
    """The table, its columns under our names, and the name that messages give it."""
    if isinstance(source, str | os.PathLike):
        file = Path(source)
        try:
            is_file = file.is_file()
        except ValueError:  # a byte of value zero
            is_file = False
        if not is_file:
            raise MMSRError(f"there is no file {str(source)!r}; expected one with user_id, item_id and timestamp")
        wanted = {columns.get(name, name) for name in OURS}
        expected = columns.get("user_id", "user_id")
        table, place = read_table(file, form=form, reading=reading, wanted=wanted, expected=expected), str(source)
    else:
        table, place = frame_of(source, "histories"), "histories"
    for ours, theirs in columns.items():
        if ours not in OURS:
            raise MMSRError(f"columns name {ours!r}, which histories do not have; choose from: {', '.join(OURS)}")
        if theirs not in table:
            found = ", ".join(map(str, table.columns)) or "no columns"
            raise MMSRError(f"{place!r} has no column {theirs!r} to be {ours!r}; found: {found}")
        if theirs != ours:
            table = table.drop(columns=ours, errors="ignore").rename(columns={theirs: ours})
    return table, place


def _count_unknown(used: pd.DataFrame, known: np.ndarray, dataset: Dataset, place: str, reading: Account) -> None:
    """Count the rows of unknown items, and the users who have no other rows; raise when no item is known."""
    count = int((~known).sum())
    if not count:
        return
    unknown = used["item_id"][~known]
    if count == len(used):
        raise MMSRError(
            f"none of the {unknown.nunique()} items in {place!r} is an item of {dataset.name!r}: there is "
            f"{str(unknown.iloc[0])!r}, but an item {dataset.item_ids[1]!r}; use the item ids of the training data"
        )
    reading.skipped[UNKNOWN] = count
    for row in np.flatnonzero(~known)[:3]:
        reading.example(f"row {row + 1}: {', '.join(str(value) for value in used.iloc[row])}")
    everybody, with_items = used["user_id"].unique(), set(used["user_id"][known])
    without = [own for own in everybody if own not in with_items]
    if without:
        reading.absent["users of whom no item is known, who get no answer"] = len(without)
        reading.note(f"No item of user {without[0]!r} is known to {dataset.name!r}.")
