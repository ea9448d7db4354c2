"""What a column of the items holds: words, pictures, web addresses, numbers or something else."""

import ast
import datetime
import json
import re
from collections.abc import Iterable
from decimal import Decimal
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.data.values import as_text
from mmsr_lite.errors import MMSRError

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://|www\.|//[\w.-]+\.\w)\S*|data:image/\S*")
PICTURE_BYTES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"RIFF", b"BM")
DOWNLOAD = (
    "they are neither fetched nor read as words; download the pictures as pictures/ITEM_ID.jpg, "
    "or give a column with paths inside the folder"
)


def kinds_of(items: pd.DataFrame) -> dict[str, str]:
    """Find the columns of the items that can be modalities.

    A column is of the kind "picture" when most of its values are paths of pictures, or lists of them. It is "text" when
    its values are words. Ids, numbers, dates and web addresses cannot be modalities.

    Args:
        items: the table of items.

    Returns:
        Name of a column -> "text" or "picture".

    Example:
        >>> kinds_of(pd.DataFrame({"title": ["a hat"], "photo": [["1.jpg", "2.jpg"]], "price": [3], "shop_id": ["x"]}))
        {'title': 'text', 'photo': 'picture'}
    """
    return {label: kind for label, (kind, _) in look_at(items).items() if kind in ("text", "picture")}


def look_at(items: pd.DataFrame, reading: Account | None = None) -> dict[str, tuple[str, str]]:
    """Find the kind of each column and, where that is neither "text" nor "picture", the reason in words.

    Args:
        items: the table of items.
        reading: receives notes about columns that cannot be modalities; None (the default): no notes.

    Returns:
        Name of a column -> its kind, and the reason, which is empty for texts and pictures.

    Example:
        >>> look_at(pd.DataFrame({"title": ["a hat"], "price": [3], "photo": ["https://x.org/1.jpg"]}))
        {'title': ('text', ''), 'price': ('other', 'numbers'), 'photo': ('address', 'web addresses')}
    """
    results = {}
    for label in items:
        try:
            results[str(label)] = _kind(str(label), items[label])
        except MMSRError as error:  # bytes that are no text
            results[str(label)] = ("other", "bytes that are no text")
            if reading is not None:
                reading.note(f"{label!r} is not read: {error}.")
    if reading is not None:
        for label, (kind, reason) in results.items():
            if kind == "address":
                reading.note(f"{label!r} holds {reason}: {DOWNLOAD}.")
            elif kind == "vector":
                reading.note(
                    f"{label!r} holds {reason}, which are not read as words; to use them, write them as "
                    f"features/{label}.parquet with the columns item_id and {label}."
                )
        kept = ("text", "picture")
        reading.unused = {label: reason for label, (kind, reason) in results.items() if kind not in kept}
        reading.unused.pop("item_id", None)
    return results


def picture_paths(value: Any) -> list[Any]:
    """The pictures that a cell names, in their order.

    A cell may be one path, a list of them, a list written as text, several paths with `|`, `;` or `,` between them, or
    a record such as `{"path": "1.jpg", "bytes": None}`.

    Args:
        value: the cell.

    Returns:
        Strings, paths, or the bytes of pictures; empty where the cell names none.

    Example:
        >>> picture_paths('["a.jpg", "b.jpg"]'), picture_paths("a.jpg|b.jpg"), picture_paths(None)
        (['a.jpg', 'b.jpg'], ['a.jpg', 'b.jpg'], [])
    """
    if isinstance(value, Path | bytes | bytearray):
        return [value]
    if isinstance(value, dict):
        content = value.get("bytes")
        if isinstance(content, bytes | bytearray):
            return [bytes(content)]
        return [one for entry in value.values() if isinstance(entry, str | list) for one in picture_paths(entry)]
    if isinstance(value, list | tuple | np.ndarray):
        return [one for entry in value for one in picture_paths(entry)]
    if not isinstance(value, str) or not value.strip():
        return []
    text = value.strip()
    if text[0] == "[" and text[-1] == "]":
        return picture_paths(_list_in(text) or [])
    for separator in ("|", ";", ","):
        parts = [part.strip() for part in text.split(separator) if part.strip()]
        if len(parts) > 1 and all(_is_picture(part) or is_address(part) for part in parts):
            return list(parts)
    return [text]


def is_address(value: Any) -> bool:
    """Whether a value is a web address, and nothing more.

    Args:
        value: any value.

    Returns:
        Whether it is.

    Example:
        >>> is_address("https://x.org/1.jpg?w=200"), is_address("see https://x.org"), is_address("1.jpg")
        (True, False, False)
    """
    return isinstance(value, str) and ADDRESS.fullmatch(value.strip()) is not None


def _kind(label: str, column: pd.Series) -> tuple[str, str]:
    """The kind of a column, and the reason where it is neither "text" nor "picture"."""
    if label in ("id", "index") or label.endswith("_id"):
        return "id", "ids"
    values = [value for value in column if not _is_nothing(value)]
    if not values:
        return "other", "empty"
    pictures = addresses = 0
    for value in values:
        named = picture_paths(value) if isinstance(value, str | list | tuple | np.ndarray | dict | bytes | Path) else []
        if named and all(_is_picture(one) for one in named[:1]):
            pictures += 1
        elif named and is_address(named[0]):
            addresses += 1
    if 2 * (pictures + addresses) > len(values):
        if pictures >= addresses:
            return "picture", ""
        return "address", "web addresses"
    if all(_is_vector(value) for value in values):
        return "vector", "lists of numbers"
    for value in values:
        as_text(value)  # raises for bytes that are no text
    if label == "title":
        return "text", ""
    if all(isinstance(value, bool | np.bool_) for value in values):
        return "other", "true or false"
    if all(isinstance(value, datetime.date | np.datetime64) for value in values):
        return "other", "dates"
    if all(_is_number(value) for value in values):
        return "other", "numbers"
    return "text", ""


def _is_picture(value: Any) -> bool:
    """Whether a value is a path of a picture, or the bytes of one."""
    if isinstance(value, bytes | bytearray):
        return bytes(value[:6]).startswith(PICTURE_BYTES)
    return str(value).lower().endswith(PICTURE_ENDINGS) and not is_address(value)


def _is_nothing(value: Any) -> bool:
    """Whether a cell is empty, or a collection of empty values."""
    if isinstance(value, bytes | bytearray):
        return not value
    if isinstance(value, dict | list | tuple | np.ndarray):
        return all(_is_nothing(one) for one in (value.values() if isinstance(value, dict) else value))
    return not as_text(value).strip()


def _is_number(value: Any) -> bool:
    """Whether a value is a number, or is written as one."""
    if isinstance(value, Number | Decimal):
        return True
    try:
        float(as_text(value))
    except ValueError:
        return False
    return True


def _is_vector(value: Any) -> bool:
    """Whether a value is a list of numbers, some with a fraction: then it is features, and not a list of tags."""
    if not isinstance(value, list | tuple | np.ndarray) or len(value) < 2:
        return False
    numbers = [isinstance(one, Number) and not isinstance(one, bool) for one in value]
    return all(numbers) and any(np.isfinite(one) and one != int(one) for one in value)


def _list_in(text: str) -> Iterable[Any] | None:
    """The list that is written in a text as JSON or as a Python literal; None where there is none."""
    for parse in (json.loads, ast.literal_eval):
        try:
            parsed = parse(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        if isinstance(parsed, list):
            return parsed
    return None
