"""Files: written to a temporary neighbour and moved into place, hashed by content, cached in one folder."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from mmsr_lite.errors import MMSRError


@contextmanager
def atomic(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path` and move it there when the block ends well; else leave no trace.

    Args:
        path: where the file is wanted; an older one stays until the new one is whole.

    Raises:
        MMSRError: the file cannot be written (full disk, no permission).

    Example:
        >>> import tempfile, pathlib
        >>> place = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        >>> with atomic(place) as tmp: _ = tmp.write_text("whole or not at all")
        >>> place.read_text()
        'whole or not at all'
    """
    path = Path(path)
    tmp = path.with_name(f".{path.name}.{uuid4().hex[:8]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield tmp
        os.replace(tmp, path)
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"could not write {str(path)!r}: {reason}; free space or choose another place") from error
    finally:
        with suppress(OSError):
            tmp.unlink()


def write_json(path: str | os.PathLike, record: Any, indent: int | None = None) -> None:
    """Write `record` as UTF-8 JSON in one move; numpy numbers and arrays become plain ones, NaN is refused.

    Args:
        path: the file.
        record: dictionaries, lists, strings, numbers.
        indent: blanks a level; None: all on one line.

    Raises:
        MMSRError: the file cannot be written.
    """
    text = json.dumps(record, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain)
    with atomic(path) as tmp:
        tmp.write_text(text, encoding="utf-8")


def read_json(path: str | os.PathLike) -> Any:
    """Read a JSON file.

    Raises:
        MMSRError: there is no such file, or it is not JSON; the message names the place of the mistake.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MMSRError(f"there is no file {str(path)!r}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise MMSRError(f"{str(path)!r} is not JSON: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def content_hash(*parts: Any) -> str:
    """A short stable hash of strings, numbers, bytes, arrays and nested lists of them.

    Example:
        >>> content_hash("a", 1) == content_hash("a", 1) != content_hash("a", 2)
        True
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype}{part.shape}".encode() + np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            digest.update(b"b" + part)
        else:
            digest.update(json.dumps(part, sort_keys=True, default=str).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:16]


def file_hash(path: str | os.PathLike) -> str:
    """The SHA-256 of what the file holds, in hexadecimal.

    Raises:
        MMSRError: it cannot be read, or is no regular file (reading a pipe would never end).
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise MMSRError(f"{str(path)!r} is no regular file; expected one that can be read to its end")
        with open(path, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        raise MMSRError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    except MMSRError:
        raise
    except ValueError as error:
        raise MMSRError(f"{str(path)!r} cannot be the name of a file: {error}") from error  # a byte of value zero


def cache_dir(*parts: str) -> Path:
    """The folder for what can be made again: `$MMSR_CACHE`, else `~/.cache/mmsr_lite`."""
    root = Path(os.environ.get("MMSR_CACHE") or Path.home() / ".cache" / "mmsr_lite")
    return root.joinpath(*parts)
