"""Large files of records, a line each, read as a stream; what cannot be read is counted, not lost in silence."""

import ast
import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tqdm.auto import tqdm

from mmsr_lite.data.unpacking import refuse_bomb
from mmsr_lite.errors import MMSRError

BLOCK, LONGEST = 1 << 22, 1 << 26  # bytes


def lines(file: Path) -> Iterator[bytes]:
    """The lines of a file, gzipped or not, with a bar.

    Args:
        file: the file; its ending .gz says that it is gzipped.

    Yields:
        Each line, without its end.

    Raises:
        MMSRError: it is cut short or damaged, or a line has more than `LONGEST` bytes.
    """
    size, rest = file.stat().st_size, b""
    bar = tqdm(total=size, desc=file.name, unit="B", unit_scale=True, disable=size < BLOCK)
    try:
        with bar, open(file, "rb") as packed:
            stream = gzip.GzipFile(fileobj=packed) if file.suffix == ".gz" else packed
            while block := stream.read(BLOCK):
                refuse_bomb(file, size, stream.tell())
                *whole, rest = (rest + block).split(b"\n")
                yield from whole
                if len(rest) > LONGEST:
                    problem = f"has a line of more than {LONGEST:,} bytes; expected a record a line"
                    raise MMSRError(f"{str(file)!r} {problem}")
                bar.update(packed.tell() - bar.n)
            if rest:
                yield rest
    except (OSError, EOFError, zlib.error) as error:
        raise MMSRError(f"{str(file)!r} is damaged or cut short: {error}; fetch it again") from error


def record(line: bytes) -> dict[str, Any] | None:
    """The dictionary that the line holds, as JSON or as a Python literal; None when it holds none.

    Args:
        line: a line of a file.

    Returns:
        The dictionary, or None.

    Example:
        >>> record(b"{'asin': 'B0', 'title': None}")
        {'asin': 'B0', 'title': None}
    """
    try:
        parsed = json.loads(line)
    except (ValueError, RecursionError):
        try:
            parsed = ast.literal_eval(line.decode().strip())
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            return None
    return parsed if isinstance(parsed, dict) else None
