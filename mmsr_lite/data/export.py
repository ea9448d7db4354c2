"""Tables for other programs: CSV that a spreadsheet does not take for formulas, and Parquet."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.arguments import checked
from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.errors import choose

STARTS = ("=", "+", "-", "@", "\t", "\r")  # with one of these a spreadsheet takes a cell for a formula


def _write_csv(table: pd.DataFrame, place: Path) -> None:
    # all texts stand in quotation marks: without them, a carriage return within one would begin a new row
    without_formulas(table).to_csv(place, index=False, encoding="utf-8", quoting=csv.QUOTE_NONNUMERIC)


def _write_parquet(table: pd.DataFrame, place: Path) -> None:
    table.to_parquet(place, index=False)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _write_csv, ".parquet": _write_parquet}


def check_format(path: str | os.PathLike) -> str:
    """The ending of a file that a table can be written to.

    Args:
        path: the file.

    Returns:
        ".csv" or ".parquet".

    Raises:
        MMSRError: it is another one.

    Example:
        >>> check_format("a/b.CSV")
        '.csv'
    """
    return choose("format", Path(path).suffix.lower(), FORMATS)


@checked()
def save_table(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as .csv or .parquet, in one move; in CSV no text can be taken for a formula.

    Args:
        table: the table; its index is not written.
        path: the file.

    Raises:
        MMSRError: for another ending, or when the file cannot be written.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     save_table(pd.DataFrame({"title": ["=1+1"]}), Path(folder) / "items.csv")
        ...     print(Path(folder, "items.csv").read_text())
        "title"
        "'=1+1"
    """
    write = FORMATS[check_format(path)]
    with atomic_alone(path) as place:
        write(table, place)


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table with an apostrophe before each text that a spreadsheet would take for a formula.

    Texts that are numbers, such as the id "-5", stay: they do nothing, and stay equal to what they are elsewhere.

    Args:
        table: any table; it stays as it is.

    Returns:
        Another table of the same shape.

    Example:
        >>> without_formulas(pd.DataFrame({"title": ["=1+1", "-5", "hat"]}))["title"].tolist()
        ["'=1+1", '-5', 'hat']
    """
    changed = table.copy()
    for place, kind in enumerate(table.dtypes):
        if pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
            continue
        changed.isetitem(place, table.iloc[:, place].astype(object).map(_harmless))
    changed.columns = pd.Index([_harmless(label) for label in table.columns])
    return changed


def as_given(table: pd.DataFrame) -> pd.DataFrame:
    """What `without_formulas` was given: the table that it made, without the apostrophes that it put in.

    Args:
        table: a table as it was read from CSV; it stays as it is.

    Returns:
        Another table of the same shape.

    Example:
        >>> as_given(without_formulas(pd.DataFrame({"title": ["=1+1", "-5", "'tis"]})))["title"].tolist()
        ['=1+1', '-5', "'tis"]
    """
    changed = table.copy()
    for place, kind in enumerate(table.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            changed.isetitem(place, table.iloc[:, place].astype(object).map(_given))
    return changed


def _given(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("'") and _harmless(value[1:]) == value:
        return value[1:]
    return value


def _harmless(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(STARTS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[0] not in "\t\r"
