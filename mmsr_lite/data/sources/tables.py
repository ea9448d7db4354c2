"""One table from one file of any form (CSV and its relatives, JSON, Parquet); nothing is misread silently."""

import csv
import io
import zlib
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from mmsr_lite.data.reading import Account, shown
from mmsr_lite.data.sources.encodings import refuse_encoding, text_encoding
from mmsr_lite.data.sources.json_records import json_records
from mmsr_lite.data.unpacking import open_binary, refuse_bomb
from mmsr_lite.errors import MMSRError

SEPARATORS = (",", ";", "\t", "|")
NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
WRITTEN = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|"}
HEAD = 1 << 20  # bytes from which encoding and separator are found
BLOCK = 1 << 24  # bytes that pyarrow reads at once, and so the length of the longest row that can be read


@dataclass(frozen=True)
class FileFormat:
    """How to read text files that do not show their form themselves.

    Args:
        separator: the sign between two fields, or the word `"tab"`; None (the default): it is found in the heading.
        decimal: the sign before the fraction of a number, `"."` or `","`; None (the default): it is found in the
            numbers.
        encoding: the encoding of the text, such as `"windows-1252"`; None (the default): UTF-8.

    Raises:
        MMSRError: a value is none of those.

    Example:
        >>> FileFormat.of({"separator": "tab"}).separator
        '\\t'
    """

    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.separator is not None and (len(self.separator.encode()) != 1 or self.separator in '"\n\r'):
            raise MMSRError(f"separator is {self.separator!r}; expected one sign, such as ';', or the word tab")
        if self.decimal not in (None, ".", ","):
            raise MMSRError(f"decimal is {self.decimal!r}; expected '.' or ','")
        if self.encoding is not None:
            text_encoding(self.encoding)

    @classmethod
    def of(cls, given: dict[str, str] | None) -> "FileFormat":
        """Make a format from names and values, such as `{"separator": ";"}`.

        Args:
            given: name of a field -> its value; None: all defaults.

        Returns:
            The format.

        Raises:
            MMSRError: there is no such field, or a value is not possible.
        """
        known = [one.name for one in fields(cls)]
        for name, value in (given or {}).items():
            if name not in known:
                raise MMSRError(f"file_format has no {name!r} (--file-format); choose from: {', '.join(known)}")
            if not isinstance(value, str):
                raise MMSRError(f"file_format {name!r} is {value!r}; expected a word or a sign")
        values = dict(given or {})
        if "separator" in values:
            values["separator"] = WRITTEN.get(values["separator"], values["separator"])
        return cls(**values)


def read_table(
    file: Path, *, form: FileFormat, reading: Account, wanted: Collection[str] | None = None, expected: str = "user_id"
) -> pd.DataFrame:
    """Read the table in a file; all values of a text file are strings.

    Args:
        file: .parquet; .csv, .tsv or .txt; .json or .jsonl; .inter or .item of RecBole; text also with .gz.
        form: how to read text files.
        reading: receives notes about what was found in the file.
        wanted: the columns that are needed; others may be left out to save memory. None (the default): all.
        expected: a column that the heading should have; it helps to find the separator. Default "user_id".

    Returns:
        The table.

    Raises:
        MMSRError: the file is damaged, in another encoding, or a row has more or fewer fields than the heading.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "items.csv"
        >>> _ = file.write_text("item_id;price\\nhat;9,50\\n")
        >>> reading = Account()
        >>> read_table(file, form=FileFormat(), reading=reading, expected="item_id").to_dict("records")
        [{'item_id': 'hat', 'price': '9,50'}]
        >>> reading.notes
        ["'items.csv': the fields are separated by a semicolon."]
    """
    name = file.name.removesuffix(".gz")
    try:
        if name.endswith(".parquet"):
            return _parquet(file, wanted)
        if name.endswith((".json", ".jsonl")):
            return pd.DataFrame(json_records(file, form.encoding, reading, wanted), dtype=object)
        if name.endswith((".inter", ".item")):
            return _atomic(file, form, reading)
        return _delimited(file, form, reading, expected=expected)
    except MMSRError:
        raise
    except (OSError, EOFError, ValueError, zlib.error, NotImplementedError, KeyError) as error:  # pyarrow's are these
        reason = str(error).strip().partition("\n")[0] or "it is cut short"
        raise MMSRError(f"{str(file)!r} cannot be read: {reason}") from error


def refuse_twice(file: Path, names: Collection[str]) -> None:
    """Raise when two columns have the same name.

    Args:
        file: the file of the columns, for the message.
        names: the names of the columns.

    Raises:
        MMSRError: two columns have the same name.

    Example:
        >>> refuse_twice(Path("a.csv"), ["user_id", "user_id"])
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.csv' has two columns 'user_id'; rename or remove one of them
    """
    known = set[str]()
    for name in names:
        if name in known:
            raise MMSRError(f"{str(file)!r} has two columns {name!r}; rename or remove one of them")
        known.add(name)


def _parquet(file: Path, wanted: Collection[str] | None) -> pd.DataFrame:
    """Read a Parquet file."""
    import pyarrow.parquet as parquet

    stored = parquet.ParquetFile(file)
    names = list(stored.schema_arrow.names)
    refuse_twice(file, names)
    # a run of one value takes almost no space in the file, but in memory each row has at least a user and an item
    refuse_bomb(file, file.stat().st_size, 16 * stored.metadata.num_rows)
    columns = None if wanted is None else [name for name in names if name in wanted] or None
    return stored.read(columns=columns).to_pandas(ignore_metadata=True)  # an index of pandas becomes a column


def _atomic(file: Path, form: FileFormat, reading: Account) -> pd.DataFrame:
    """Read an atomic file of RecBole or MMRec: tabs, no quotation marks.

    RecBole's headings name kinds, such as title:token_seq; those of MMRec do not.
    """
    tabs = form if form.separator is not None else FileFormat("\t", form.decimal, form.encoding)
    table = _delimited(file, tabs, reading, quotes=False)
    numbers = [name for name in table if str(name).endswith(":float_seq")]
    if numbers:
        reading.note(
            f"{file.name!r}: lists of numbers are not read: {', '.join(n.partition(':')[0] for n in numbers)}."
        )
    table = table.drop(columns=numbers)
    names = [str(name).partition(":")[0] for name in table]
    refuse_twice(file, names)
    table.columns = pd.Index(names)
    return table


def _delimited(
    file: Path, form: FileFormat, reading: Account, *, quotes: bool = True, expected: str = "user_id"
) -> pd.DataFrame:
    """Read a text file with a heading and one row a line; each row has as many fields as the heading has names."""
    import pyarrow as arrow
    import pyarrow.csv as arrow_csv

    encoding = form.encoding or "utf-8"
    with open_binary(file) as stream:
        head = stream.read(HEAD)
    if form.encoding is None:
        refuse_encoding(file, head, whole=False)
    text = head.decode("utf-8-sig" if form.encoding is None else encoding, errors="replace")
    heading, before = _heading(file, text)
    separator = form.separator or _separator(heading, expected)
    if form.separator is None and separator != ",":
        reading.note(f"{file.name!r}: the fields are separated by {NAMES[separator]}.")
    names = _split(heading, separator, quotes)
    named = [name for name in names if name]
    refuse_twice(file, named)
    columns = [name or f" {place}" for place, name in enumerate(names)]  # no name in a file begins with a blank
    refused: list[Any] = []

    def refuse(row: Any) -> str:
        refused.append(row)
        return "error"

    with open_binary(file) as stream:
        counted = _Quotes(stream)
        try:
            table = arrow_csv.read_csv(
                arrow.PythonFile(counted, mode="r"),
                read_options=arrow_csv.ReadOptions(
                    column_names=columns, skip_rows=before + 1, use_threads=False, encoding=encoding, block_size=BLOCK
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=separator,
                    quote_char='"' if quotes else False,
                    newlines_in_values=quotes,
                    invalid_row_handler=refuse,
                ),
                convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, arrow.string())),
            )
        except (arrow.ArrowException, UnicodeDecodeError) as error:
            if refused:
                raise MMSRError(_uneven(file, names, refused[0], before)) from None
            if "Could not skip initial" in str(error):  # the file is a heading, without the end of its line
                return pd.DataFrame(columns=named)
            if "UTF8" in str(error) or isinstance(error, UnicodeDecodeError):
                refuse_encoding(file, open_binary(file).read(), whole=True, asked=form.encoding)
            raise
    frame = table.to_pandas()
    if quotes and counted.odd and len(frame) and any("\n" in str(value) for value in frame.iloc[-1]):
        row = shown(str(list(frame.iloc[-1])))
        raise MMSRError(f"{str(file)!r}: a quotation mark is opened and never closed, in row {len(frame)}: {row}")
    return _without_unnamed(file, frame, columns, names, reading)


class _Quotes(io.RawIOBase):
    """A stream that knows whether the number of quotation marks it has given out is odd."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.odd = False

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        block = self.stream.read(size)
        if block.count(b'"') % 2:
            self.odd = not self.odd
        return block


def _heading(file: Path, text: str) -> tuple[str, int]:
    """The first line that is not empty, and how many lines stand before it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines):
        if line.strip():
            return line, number
    raise MMSRError(f"{str(file)!r} cannot be read: No columns to parse, the file is empty")


def _separator(heading: str, expected: str) -> str:
    """The sign that splits the heading into the most names; signs that give the column `expected` are preferred."""
    names = {sign: _split(heading, sign, True) for sign in SEPARATORS}
    with_expected = [sign for sign in SEPARATORS if expected in names[sign]]
    return max(with_expected or SEPARATORS, key=lambda sign: len(names[sign]))  # of equal ones the first


def _split(heading: str, separator: str, quotes: bool) -> list[str]:
    """The names in a heading."""
    if not quotes:
        return [name.strip() for name in heading.split(separator)]
    try:
        return [name.strip() for name in next(csv.reader([heading], delimiter=separator))]
    except csv.Error:
        return [heading]


def _uneven(file: Path, names: list[str], row: Any, before: int) -> str:
    """The message about a row that has more or fewer fields than the heading."""
    number = f"row {row.number - before - 1}" if row.number else "a row"
    counts = f"{number} has {row.actual_columns} fields, the heading {row.expected_columns} names"
    quoted = f"{str(file)!r}: {counts}: {shown(row.text)!r} under {shown(','.join(names))!r}"
    if row.actual_columns > row.expected_columns:
        return f"{quoted}; remove the extra comma or name every column (row names of R and pandas need a name, too)"
    return f"{quoted}; give every row a field for each name, left empty where there is no value"


def _without_unnamed(
    file: Path, frame: pd.DataFrame, columns: list[str], names: list[str], reading: Account
) -> pd.DataFrame:
    """The table without columns that have no name, such as the row names of R and pandas."""
    unnamed = [column for column, name in zip(columns, names, strict=True) if not name]
    filled = [column for column in unnamed if (frame[column] != "").any()]
    if filled:
        places = ", ".join(str(columns.index(column) + 1) for column in filled)
        reading.note(f"{file.name!r}: column {places} has no name in the heading and is not read.")
    return frame.drop(columns=unnamed)
