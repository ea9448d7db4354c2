"""Files: written beside their place and then moved there, hashed by content, and cached in one folder."""

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.errors import MMSRError

TEMPORARY = re.compile(r"\.(.+)\.[0-9a-f]{8}\.tmp")  # a temporary file of `atomic`; the group is its final name
DAY = 24 * 60 * 60  # seconds


def file_name(path: str | os.PathLike) -> Path:
    """Check that a file can have this name.

    Args:
        path: the path of a file.

    Returns:
        The same path as a `Path`.

    Raises:
        MMSRError: no file can have this name.

    Example:
        >>> file_name("a/b.txt").name
        'b.txt'
    """
    path = Path(path)
    if not path.name or "\0" in str(path):
        raise MMSRError(f"{str(path)!r} cannot be the name of a file to write; give another")
    return path


@contextmanager
def atomic(path: str | os.PathLike) -> Iterator[Path]:
    """Write a file whole or not at all: the block writes a temporary file, which is moved to `path` at its end.

    Args:
        path: the file to write; an older one stays until the new one is whole, and also when the block fails.

    Yields:
        The temporary path, beside `path`.

    Raises:
        MMSRError: the file cannot be written (full disk, no permission).

    Example:
        >>> import tempfile, pathlib
        >>> place = pathlib.Path(tempfile.mkdtemp()) / "a.txt"
        >>> with atomic(place) as tmp: _ = tmp.write_text("whole or not at all")
        >>> place.read_text()
        'whole or not at all'
    """
    path = file_name(path)
    tmp, moved = path.with_name(f".{path.name}.{uuid4().hex[:8]}.tmp"), False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield tmp
        os.replace(tmp, path)
        moved = True
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"could not write {str(path)!r}: {reason}; free space or choose another place") from error
    finally:
        if not moved:
            with suppress(OSError):
                tmp.unlink()


def sweep(folder: str | os.PathLike, names: Collection[str] | None = None, *, older_than: float = 0.0) -> None:
    """Remove temporary files of `atomic` that killed processes left.

    Call it only when no other process writes into the folder, or for files so old that none can still be writing them.

    Args:
        folder: the folder, without its subfolders; it need not exist.
        names: final names of the files; None (the default): all.
        older_than: least age in seconds since the last byte was written; default 0.

    Example:
        >>> import tempfile, pathlib
        >>> place = pathlib.Path(tempfile.mkdtemp())
        >>> for name in (".a.txt.0123abcd.tmp", ".b.txt.0123abcd.tmp"): (place / name).touch()
        >>> sweep(place, ["a.txt"])
        >>> [file.name for file in place.iterdir()]
        ['.b.txt.0123abcd.tmp']
    """
    with suppress(OSError):
        for file in list(Path(folder).iterdir()):
            found = TEMPORARY.fullmatch(file.name)
            if found is None or (names is not None and found[1] not in names):
                continue
            with suppress(OSError):
                if older_than == 0 or time.time() - file.stat().st_mtime > older_than:
                    file.unlink()


def sweep_cache() -> None:
    """Remove temporary files of the cache that are older than a day; younger ones may belong to a running process.

    Example:
        >>> place = cache_dir("sweep", "example")
        >>> place.mkdir(parents=True, exist_ok=True)
        >>> old, new = (place / f".{name}.0123abcd.tmp" for name in ("old", "new"))
        >>> for file in (old, new): file.touch()
        >>> os.utime(old, (0, 0))  # written in 1970
        >>> sweep_cache()
        >>> old.exists(), new.exists()
        (False, True)
    """
    root = cache_dir()
    for folder in [root, *(path for path in root.glob("*") if path.is_dir()), *(root.glob("*/*/"))]:
        sweep(folder, older_than=DAY)


def write_json(path: str | os.PathLike, record: Any, indent: int | None = None) -> None:
    """Write a record as JSON in UTF-8, whole or not at all; numpy values become plain ones, NaN is refused.

    Args:
        path: the file.
        record: dictionaries, lists, strings, numbers.
        indent: blanks for each level; None (the default): all on one line.

    Raises:
        MMSRError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.json"
        >>> write_json(file, {"mean": np.float64(0.5)})
        >>> read_json(file)
        {'mean': 0.5}
    """
    text = json.dumps(record, indent=indent, ensure_ascii=False, allow_nan=False, default=_plain)
    with atomic(path) as tmp:
        tmp.write_text(text, encoding="utf-8")


@checked()
def read_json(path: str | os.PathLike) -> Any:
    """Read a JSON file.

    Args:
        path: the file.

    Returns:
        What the file holds: a dict, a list, a number, a text, true, false or None.

    Raises:
        MMSRError: there is no such file, it cannot be read, or it is not JSON; the message says where.

    Example:
        >>> read_json("no-such-file.json")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no file 'no-such-file.json'
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MMSRError(f"there is no file {str(path)!r}") from error
    except OSError as error:
        raise MMSRError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error
    except RecursionError as error:
        raise MMSRError(f"{str(path)!r} is not JSON that can be read: it is nested too deeply") from error
    except ValueError as error:  # also bytes that are not UTF-8, and numbers of thousands of digits
        raise MMSRError(f"{str(path)!r} is not JSON: {error}") from error


def read_json_object(path: str | os.PathLike, what: str) -> dict[str, Any]:
    """Read a JSON file that holds an object, that is names with values.

    Args:
        path: the file.
        what: what the file is, for messages: "the note of a table".

    Returns:
        The object.

    Raises:
        MMSRError: as for `read_json`, or the file holds something else.

    Example:
        >>> read_json_object("no-such-file.json", "a note")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no file 'no-such-file.json'
    """
    record = read_json(path)
    if not isinstance(record, dict):
        raise MMSRError(f"{str(path)!r} is not {what}: it holds a {type(record).__name__}, expected names with values")
    return record


def _plain(value: Any) -> Any:
    """A numpy value as a plain one, for `json.dumps`."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def content_hash(*parts: Any) -> str:
    """A short hash of strings, numbers, bytes, arrays and nested lists; it is the same on every machine.

    Args:
        parts: what is hashed, in this order.

    Returns:
        16 hexadecimal digits.

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
    """The SHA-256 of the content of a file.

    Args:
        path: the file.

    Returns:
        64 hexadecimal digits.

    Raises:
        MMSRError: it cannot be read, or is no regular file (reading a pipe would never end).

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = file.write_text("hat", encoding="utf-8")
        >>> file_hash(file) == hashlib.sha256(b"hat").hexdigest()
        True
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
    """The folder for files that can be made again: `$MMSR_CACHE`, else `~/.cache/mmsr_lite`.

    Args:
        parts: names of folders within it.

    Returns:
        The path; the folder is not made.

    Raises:
        MMSRError: `MMSR_CACHE` is not set, and the user has no home folder.

    Example:
        >>> cache_dir("pictures").name
        'pictures'
    """
    if root := os.environ.get("MMSR_CACHE"):
        return Path(root, *parts)
    try:
        return Path.home().joinpath(".cache", "mmsr_lite", *parts)
    except RuntimeError as error:  # a user without a home
        raise MMSRError("there is no home folder to keep a cache in; name a folder in MMSR_CACHE") from error
