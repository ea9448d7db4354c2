"""Ids of users and items as strings, none of them empty."""

from pathlib import Path

import numpy as np
import pandas as pd

from mmsr_lite.data.reading import Account, shown
from mmsr_lite.data.values import as_text
from mmsr_lite.errors import MMSRError


def ids_of(file: Path | str, table: pd.DataFrame, label: str, reading: Account) -> pd.Series:
    """A column of ids as strings.

    pandas turns a column of whole numbers into fractions (7.0) when a cell of it is empty. Such ids are written without
    the fraction; a note says so.

    Args:
        file: the origin of the table, for messages.
        table: the table.
        label: the column, `"user_id"` or `"item_id"`.
        reading: receives the note.

    Returns:
        The ids.

    Raises:
        MMSRError: the column is missing, or an id is empty, a list, or goes over more than one line.

    Example:
        >>> ids_of("a.csv", pd.DataFrame({"user_id": [7.0, 8.0]}), "user_id", Account()).tolist()
        ['7', '8']
    """
    if label not in table:
        names = ", ".join(map(str, table.columns)) or "no columns"
        raise MMSRError(
            f"{str(file)!r} has no column {label!r}; found: {names}; "
            f"say which it is: --columns {label}=THEIRS, or columns={{{label!r}: ...}} in Python"
        )
    column = table[label]
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    ids = _as_strings(file, column, label, reading)
    blank = column.isna() | (ids.str.strip() == "")
    empty = np.flatnonzero(blank)
    if len(empty):
        others = f" and {len(empty) - 1} others" if len(empty) > 1 else ""
        raise MMSRError(f"{str(file)!r}: {label} is empty in row {empty[0] + 1}{others}; fill or drop them")
    broken = np.flatnonzero(ids.str.contains("\n", regex=False))
    if len(broken):
        quoted = shown(ids.iloc[broken[0]])
        raise MMSRError(
            f"{str(file)!r}: {label} goes over more than one line in row {broken[0] + 1}: {quoted!r}; "
            "is a quotation mark opened and never closed?"
        )
    return ids


def _as_strings(file: Path | str, column: pd.Series, label: str, reading: Account) -> pd.Series:
    """All values as strings; empty cells may give anything."""
    if pd.api.types.is_float_dtype(column):
        values = column.to_numpy(np.float64, na_value=np.nan)
        values = values[~np.isnan(values)]
        if len(values) and np.isfinite(values).all() and (values == np.floor(values)).all():
            reading.note(f"{label} is read as whole numbers, {int(values[0])} and not {values[0]}.")
            return column.fillna(-1).astype("int64").astype(str)
    elif pd.api.types.is_object_dtype(column):
        odd = next((value for value in column if isinstance(value, list | dict | tuple | set | np.ndarray)), None)
        if odd is not None:
            raise MMSRError(f"{str(file)!r}: {label} holds {shown(str(odd))!r}; expected one id in each row")
        return column.map(as_text).astype(str)
    return column.astype(str)
