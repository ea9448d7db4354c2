"""Large files with one record a line, read as a stream; lines that cannot be read are counted, not lost silently."""

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

BLOCK = 1 << 22  # bytes that are read at once
LONGEST = 1 << 26  # bytes of a line, at most


def lines(file: Path) -> Iterator[bytes]:
    """Read the lines of a file, packed or not, and show a bar for large ones.

    Args:
        file: the file; its ending .gz says that it is packed.

    Yields:
        Each line, without the sign at its end.

    Raises:
        MMSRError: it is cut short or damaged, or a line has more than `LONGEST` bytes.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt.gz"
        >>> _ = file.write_bytes(gzip.compress(b"one" + bytes([10]) + b"two"))
        >>> list(lines(file))
        [b'one', b'two']
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
    """The dictionary in a line, written as JSON or as a Python literal.

    Args:
        line: a line of a file.

    Returns:
        The dictionary; None when the line holds none.

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
