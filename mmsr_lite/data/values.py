"""One cell of a table as text, whatever it holds."""

from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.errors import MMSRError


def as_text(value: Any) -> str:
    """A cell as text.

    Strings stay as they are. The entries of a list, or the values of a record, are joined with commas. Bytes are read
    as UTF-8. Whole numbers lose the ".0" that an empty cell elsewhere in their column gives them. An empty cell gives
    "".

    Args:
        value: the cell, as a reader of tables gives it.

    Returns:
        The text.

    Raises:
        MMSRError: bytes are not UTF-8.

    Example:
        >>> as_text([["Beauty", "Nails"], None]), as_text(1917.0), as_text({"en": "hat"}), as_text(b"caf\\xc3\\xa9")
        ('Beauty, Nails', '1917', 'hat', 'café')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | bytearray):
        try:
            return bytes(value).decode()
        except UnicodeDecodeError as error:
            raise MMSRError(f"the bytes {bytes(value[:20])!r} are not UTF-8; write the column as text") from error
    if isinstance(value, dict):
        return as_text(list(value.values()))
    if isinstance(value, list | tuple | np.ndarray | set):
        return ", ".join(filter(None, map(as_text, value)))
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer() and abs(float(value)) < 2**53:
        return str(int(value))
    return str(value)
