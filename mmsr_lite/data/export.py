"""Tables for other programs: Parquet, and CSV in which a spreadsheet sees no formulas."""

import csv
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.arguments import checked
from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.errors import choose

STARTS = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet takes a cell that begins so for a formula


def _write_csv(table: pd.DataFrame, place: Path) -> None:
    # All texts stand in quotation marks: without them, a carriage return within one would begin a new row.
    without_formulas(table).to_csv(place, index=False, encoding="utf-8", quoting=csv.QUOTE_NONNUMERIC)


def _write_parquet(table: pd.DataFrame, place: Path) -> None:
    table.to_parquet(place, index=False)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {".csv": _write_csv, ".parquet": _write_parquet}


def check_format(path: str | os.PathLike) -> str:
    """Check that a table can be written to a file of this name.

    Args:
        path: the file.

    Returns:
        The ending in small letters, ".csv" or ".parquet".

    Raises:
        MMSRError: the file has another ending.

    Example:
        >>> check_format("a/b.CSV")
        '.csv'
    """
    return choose("format", Path(path).suffix.lower(), FORMATS)


@checked()
def save_table(table: pd.DataFrame, path: str | os.PathLike) -> None:
    """Write a table as .csv or .parquet; in CSV, no text can be taken for a formula.

    The file appears whole or not at all.

    Args:
        table: the table; its index is not written.
        path: the file; its ending says which form.

    Raises:
        MMSRError: the ending is another one, or when the file cannot be written.

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

    Texts that are numbers, such as the id "-5", are not changed: they are harmless, and stay equal to the same id in
    other files.

    Args:
        table: any table; it is not changed.

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
    """Undo `without_formulas`: the table without the apostrophes that it added.

    Args:
        table: a table as it was read from CSV; it is not changed.

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
    """A cell without the apostrophe that `_harmless` added."""
    if isinstance(value, str) and value.startswith("'") and _harmless(value[1:]) == value:
        return value[1:]
    return value


def _harmless(value: Any) -> Any:
    """A cell with an apostrophe before it when a spreadsheet would take it for a formula."""
    if isinstance(value, str) and value.startswith(STARTS) and not _is_number(value):
        return f"'{value}"
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text[0] not in "\t\r"
