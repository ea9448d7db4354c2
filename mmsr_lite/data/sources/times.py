"""Times of interactions in many forms, as seconds since 1970."""

import datetime
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.errors import MMSRError

DAY = 86_400
LATEST = 7_258_118_400  # 2200-01-01 in seconds; some files write later dates for "no date"
MOST_NAMES = 8  # columns that the note about missing times names
EARLIEST = -2_208_988_800  # 1900-01-01
# least typical number, numbers in a second, name
UNITS = ((1e17, 1e9, "nanoseconds"), (1e14, 1e6, "microseconds"), (1e11, 1e3, "milliseconds"))
EXPECTED = "expected a number of seconds, or a date such as 2024-05-01 or 2024-05-01 09:30:00"


def note_no_times(table: pd.DataFrame, reading: Account) -> None:
    """Note that the rows stand in the order of time for lack of times, and which columns were not read.

    Args:
        table: the interactions, which have no column `timestamp`.
        reading: receives the note.

    Example:
        >>> reading = Account()
        >>> note_no_times(pd.DataFrame(columns=["user_id", "item_id", "when"]), reading)
        >>> "Not read: when; if one of them is the time: --columns timestamp=THEIRS" in reading.notes[0]
        True
    """
    says = "There is no column timestamp: the order of the rows is taken for the order of time."
    others = [str(name) for name in table.columns if name not in ("user_id", "item_id", "split")]
    if others:
        names = ", ".join(others[:MOST_NAMES]) + (
            f" and {len(others) - MOST_NAMES} more" if others[MOST_NAMES:] else ""
        )
        says += (
            f" Not read: {names}; if one of them is the time: --columns timestamp=THEIRS, or "
            "columns={'timestamp': ...} in Python."
        )
    reading.note(says)


def seconds(times: pd.Series, place: str, reading: Account, decimal: str | None = None) -> np.ndarray:
    """Read times as seconds since 1970.

    Numbers are seconds. Numbers that are too large for this are milliseconds, microseconds or nanoseconds, and eight
    digits such as 20240501 are days; a note says so. Dates have the ISO form, with or without a time, a zone, or the
    ending " UTC"; a date without a zone is taken as UTC.

    Args:
        times: (I,) the column of the table: numbers, strings, dates, or dates with a time.
        place: the file, in quotation marks, for messages.
        reading: receives the notes.
        decimal: the sign before the fraction of a number; None (the default): a point, or a comma where all numbers
            have one.

    Returns:
        (I,) seconds, in the order of the rows: int64 where all times are whole numbers, else float64.

    Raises:
        MMSRError: a time is missing, cannot be read, or is a date before 1900 or after 2200.

    Example:
        >>> seconds(pd.Series(["1970-01-02 00:00:00 UTC"]), "'x.csv'", Account()).tolist()
        [86400.0]
    """
    if pd.api.types.is_bool_dtype(times):
        raise MMSRError(f"{place}: timestamp is true or false; {EXPECTED}")
    if pd.api.types.is_datetime64_any_dtype(times):
        return _from_dates(times, times, place)
    numbers = _numbers(times, reading, decimal)
    if numbers.isna().all() and not pd.api.types.is_numeric_dtype(times):
        words = times.astype(object).map(_iso)
        dates = pd.to_datetime(words, errors="coerce", format="ISO8601", utc=True)
        return _from_dates(dates, times, place)
    values = numbers.to_numpy(np.float64, na_value=np.nan)
    _refuse(~np.isfinite(values), times, place)
    whole = np.equal(np.mod(values, 1), 0).all()
    if whole and _are_days(values):
        reading.note("The timestamps, such as " + str(times.iloc[0]) + ", are read as days in the form YYYYMMDD.")
        return _from_dates(pd.to_datetime(numbers.astype("int64").astype(str), format="%Y%m%d"), times, place)
    exact = numbers.to_numpy(np.int64) if whole and np.abs(values).max() < 2**63 else values
    typical = float(np.median(np.abs(values)))
    for least, divisor, unit in UNITS:
        if typical >= least:
            reading.note(f"The timestamps, such as {times.iloc[0]}, are read as {unit}.")
            scaled = exact / divisor
            return scaled.astype(np.int64) if np.equal(np.mod(scaled, 1), 0).all() else scaled
    return exact


def finer_than_a_day(times: np.ndarray) -> bool:
    """Whether times are finer than days.

    Times that are all midnights of one time zone, in summer and in winter, count as days. These have at most two times
    of day, both at whole quarter hours.

    Args:
        times: (I,) seconds.

    Returns:
        Whether they are.

    Example:
        >>> finer_than_a_day(np.array([0, 86_400])), finer_than_a_day(np.array([5, 86_400]))
        (False, True)
    """
    of_day = np.unique(np.mod(times, DAY))
    return len(of_day) > 2 or bool(np.mod(of_day, 900).any())


def _numbers(times: pd.Series, reading: Account, decimal: str | None) -> pd.Series:
    """The times as numbers; NaN where one cannot be read as a number."""
    if pd.api.types.is_numeric_dtype(times):
        return times
    words = times
    as_words = times.map(str) if times.dtype == object else times.astype(str)  # `astype` would decode bytes
    if decimal == ",":
        words = as_words.str.replace(",", ".", regex=False)
    elif decimal is None and as_words.str.fullmatch(r"\s*-?\d+,\d+\s*").all():
        words = as_words.str.replace(",", ".", regex=False)
        reading.note(f"The comma in timestamps such as {times.iloc[0]!r} is read as a decimal comma.")
    try:
        return pd.to_numeric(words, errors="coerce")
    except (TypeError, ValueError, OverflowError):
        return pd.Series(np.nan, times.index)


def _iso(value: Any) -> Any:
    """A text with the ending " UTC" or " GMT" in the ISO form; dates as they are; None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        for ending in (" UTC", " GMT"):
            if text.endswith(ending):
                return text.removesuffix(ending) + "+00:00"
        return text
    if isinstance(value, datetime.date | np.datetime64):
        return value
    return None


def _from_dates(dates: pd.Series, times: pd.Series, place: str) -> np.ndarray:
    """Dates as seconds since 1970; `times` is quoted when one is missing or outside the limits."""
    in_utc = dates if dates.dt.tz is None else dates.dt.tz_convert("UTC").dt.tz_localize(None)
    since_1970 = in_utc.to_numpy().astype("datetime64[us]").astype(np.int64) / 1e6
    found = np.where(dates.isna(), np.nan, since_1970)
    _refuse(~((found >= EARLIEST) & (found < LATEST)), times, place)
    return found


def _are_days(values: np.ndarray) -> bool:
    """Whether whole numbers are all days in the form YYYYMMDD."""
    if values.min() < 19_000_101 or values.max() > 21_001_231:
        return False
    month, day = np.mod(values // 100, 100), np.mod(values, 100)
    return bool(((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all())


def _refuse(bad: np.ndarray, times: pd.Series, place: str) -> None:
    """Raise when any of the times is `bad` (I,); the message quotes the first one."""
    rows = np.flatnonzero(bad)
    if not len(rows):
        return
    value = times.iloc[rows[0]]
    quoted = repr(value) if isinstance(value, str) else str(value)
    if pd.api.types.is_scalar(value) and pd.isna(value):
        quoted = "<NA>, an empty cell,"
    raise MMSRError(f"{place}: timestamp is {quoted} in row {rows[0] + 1} ({len(rows)} such rows); {EXPECTED}")
