"""Records from JSON: one object a line, an array of objects, or a table by columns; lines may be Python literals."""

import json
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from mmsr_lite.data.reading import Account, shown
from mmsr_lite.data.sources.encodings import refuse_encoding
from mmsr_lite.data.sources.lines import record
from mmsr_lite.data.unpacking import open_binary
from mmsr_lite.errors import MMSRError

Record = dict[str, Any]


def json_records(
    file: Path, encoding: str | None, reading: Account, wanted: Collection[str] | None = None
) -> list[Record]:
    """Read all records of a file.

    Args:
        file: .jsonl or .json, perhaps packed as .gz. It holds one object a line (JSON, or a Python literal as in the
            Steam reviews), or one value: an array of objects, an object of columns, or an object with such an array.
        encoding: the encoding of the text; None: UTF-8.
        reading: receives notes.
        wanted: names of the entries that are kept; None (the default): all.

    Returns:
        One dictionary for each record.

    Raises:
        MMSRError: a line, or the whole, is none of these.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "items.json"
        >>> _ = file.write_text('{"products": [{"item_id": "hat", "price": 9}, {"item_id": "scarf", "price": 7}]}')
        >>> reading = Account()
        >>> json_records(file, None, reading, wanted=["item_id"])
        [{'item_id': 'hat'}, {'item_id': 'scarf'}]
        >>> reading.notes
        ["'items.json': the records are read from the entry 'products'."]
    """
    beginning = [text for _, text in islice(_lines(file, encoding), 2)]
    if not _is_whole(file, beginning):
        return [_kept(one, wanted) for one in _records_by_line(file, encoding)]
    text = "".join(text for _, text in _lines(file, encoding))
    value = _parse(file, text)
    return [_kept(one, wanted) for one in _records_of(file, value, reading)]


def _lines(file: Path, encoding: str | None) -> Iterator[tuple[int, str]]:
    """The number and text of each line that is not blank."""
    with open_binary(file) as stream:
        head = stream.read(4)
        if encoding is None and head.startswith((b"\xff\xfe", b"\xfe\xff")):
            refuse_encoding(file, head, whole=False)
        stream.seek(0)
        if encoding is not None:
            text = stream.read().decode(encoding).removeprefix("\ufeff")
            yield from ((number, line + "\n") for number, line in enumerate(text.split("\n"), 1) if line.strip())
            return
        for number, line in enumerate(stream, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                yield number, line.decode()
            except UnicodeDecodeError:
                refuse_encoding(file, b"\n" * (number - 1) + line, whole=True)


def _is_whole(file: Path, beginning: list[str]) -> bool:
    """Whether the file is one value, rather than one record a line; its first two lines show it."""
    if not beginning:
        return False
    start = beginning[0].strip()
    if start.startswith("["):
        return True
    if ".json" not in file.suffixes:
        return False
    return len(beginning) == 1 or record(start.encode(errors="replace")) is None


def _records_by_line(file: Path, encoding: str | None) -> Iterator[Record]:
    """The record of each line."""
    for number, line in _lines(file, encoding):
        problem = ""
        parsed: Any = None
        try:
            parsed = json.loads(line)
            if "\\ud" in line or "\\uD" in line:
                json.dumps(parsed, ensure_ascii=False).encode()  # refuses half a pair of surrogates
        except (ValueError, RecursionError) as error:
            problem = str(error)
        if problem:
            parsed = record(line.encode()) if line.lstrip().startswith("{") and "\\ud" not in line.lower() else None
            if parsed is None:
                raise MMSRError(f"{str(file)!r}: line {number} is not JSON: {problem}")
        if not isinstance(parsed, dict):
            raise MMSRError(f"{str(file)!r}: line {number} is {shown(line)[:40]!r}; expected an object in braces")
        yield parsed


def _parse(file: Path, text: str) -> Any:
    """The one value of a file."""
    try:
        value = json.loads(text)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except (ValueError, RecursionError) as error:
        raise MMSRError(
            f"{str(file)!r} is not JSON: line 1 is not JSON by itself, nor is the whole: {error}"
        ) from error


def _records_of(file: Path, value: Any, reading: Account) -> list[Record]:
    """The records in one JSON value."""
    if isinstance(value, list):
        for place, one in enumerate(value):
            if not isinstance(one, dict):
                line = f"line 1 is {shown(json.dumps(value))[:40]!r}" if place == 0 else f"entry {place + 1} is {one!r}"
                raise MMSRError(f"{str(file)!r}: {line}; expected an object in braces")
        return value
    if isinstance(value, dict):
        entries = list(value.values())
        arrays = [one for one in entries if isinstance(one, list) and one and isinstance(one[0], dict)]
        if len(arrays) == 1:
            name = next(name for name, one in value.items() if one is arrays[0])
            reading.note(f"{file.name!r}: the records are read from the entry {name!r}.")
            return _records_of(file, arrays[0], reading)
        if entries and ("item_id" in value or "user_id" in value):
            return _from_columns(file, value)
        if entries and all(isinstance(one, dict) for one in entries):
            reading.note(f"{file.name!r}: the name of each entry, such as {next(iter(value))!r}, is read as item_id.")
            return [{"item_id": name} | one for name, one in value.items()]
    expected = "an array of objects, or one object a line"
    raise MMSRError(f"{str(file)!r} begins with {shown(json.dumps(value))[:40]!r}; expected {expected}")


def _from_columns(file: Path, value: Record) -> list[Record]:
    """Records from an object of columns, as `to_json` of pandas writes it, or from a single record."""
    if not all(isinstance(value[name], dict | list) for name in ("item_id", "user_id") if name in value):
        return [value]
    columns = {name: list(c.values()) if isinstance(c, dict) else c for name, c in value.items()}
    lengths = {len(column) if isinstance(column, list) else -1 for column in columns.values()}
    if len(lengths) != 1 or -1 in lengths:
        raise MMSRError(f"{str(file)!r} holds columns of different lengths; expected an array of objects")
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _kept(parsed: Record, wanted: Collection[str] | None) -> Record:
    """A record with only the wanted entries."""
    if wanted is None:
        return parsed
    return {name: value for name, value in parsed.items() if name in wanted}
