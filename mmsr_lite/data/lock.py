"""One writer at a time for each folder of outputs, by a lock that the operating system frees however a process ends.

The lock is on a small file that says which process holds it. A file without a lock was left by a process that was
killed; the next writer takes it over.
"""

import json
import os
import platform
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmsr_lite.data.storage import atomic, file_name, sweep
from mmsr_lite.errors import MMSRError

NAME = ".lock"  # name of the lock file, in the folder that is written
LONGEST = 1000  # bytes of the lock file that are read, at most
_HELD: set[tuple[int, Path]] = set()  # (thread, lock file) of each lock that this process holds


@contextmanager
def one_writer(folder: str | os.PathLike, file: str | os.PathLike | None = None) -> Iterator[None]:
    """While the block runs, no other process may write outputs into the folder; a thread may nest such blocks.

    Args:
        folder: the folder of the outputs.
        file: the lock file; None (the default): `.lock` in the folder, which is made where it is missing.

    Yields:
        Nothing; the block runs.

    Raises:
        MMSRError: another process holds the lock, or the file cannot be made.

    Example:
        >>> import tempfile
        >>> folder = tempfile.mkdtemp()
        >>> with one_writer(folder): os.listdir(folder)
        ['.lock']
        >>> os.listdir(folder)
        []
    """
    file = Path(folder, NAME) if file is None else Path(file)
    held = (threading.get_ident(), file.absolute())
    if held in _HELD:
        yield
        return
    is_new = not file.parent.exists()
    try:
        opened = _locked(Path(folder), file)
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"could not write in {str(folder)!r}: {reason}; choose another place") from error
    _HELD.add(held)
    try:
        yield
    finally:
        _HELD.discard(held)
        with suppress(OSError):
            os.truncate(opened, 0)  # if the file cannot be removed, it names nobody
        with suppress(OSError):  # Windows does not remove open files
            file.unlink()
        os.close(opened)
        if is_new:
            with suppress(OSError):  # the folder is not empty
                file.parent.rmdir()


@contextmanager
def atomic_alone(path: str | os.PathLike) -> Iterator[Path]:
    """Write a file as `atomic` does, one writer at a time; temporary files of killed writers are removed first.

    Args:
        path: the file to write; an older one stays until the new one is whole.

    Yields:
        The temporary path, which the block writes.

    Raises:
        MMSRError: another process writes the file, or it cannot be written.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / ".a.html.0123abcd.tmp").touch()
        >>> with atomic_alone(folder / "a.html") as place: _ = place.write_text("whole")
        >>> [file.name for file in folder.iterdir()]
        ['a.html']
    """
    path = file_name(path)
    with one_writer(path, path.with_name(f".{path.name}.lock")):
        sweep(path.parent, [path.name])
        with atomic(path) as temporary:
            yield temporary


def _locked(folder: Path, file: Path) -> int:
    """Open the lock file, lock it, note this process in it, and return its descriptor."""
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # the previous owner has just removed its empty folder
            continue
        try:
            is_free, owner = _try_lock(opened, folder), _owner(opened)
            if not is_free:
                who = owner or "another process"
                advice = "wait until it has ended, or name another folder"
                raise MMSRError(f"{who} is writing {str(folder)!r}; {advice}")
            if file.exists() and os.path.samestat(os.fstat(opened), file.stat()):
                if owner:
                    left = f"{owner} was writing {str(folder)!r} and ended before it was done"
                    warnings.warn(f"{left}; this process takes over", stacklevel=5)
                os.truncate(opened, 0)
                os.lseek(opened, 0, os.SEEK_SET)
                os.write(opened, json.dumps({"process": os.getpid(), "machine": platform.node()}).encode())
                return opened
        except BaseException:
            os.close(opened)
            raise
        os.close(opened)  # the previous owner has removed this file meanwhile: try again


def _owner(opened: int) -> str:
    """The process that is noted in the lock file, in words; empty when none is, or the note cannot be read."""
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        os.lseek(opened, 0, os.SEEK_SET)
        noted = json.loads(os.read(opened, LONGEST))
        return f"process {int(noted['process'])} on {str(noted['machine'])[:100]!r}"
    return ""


def _try_lock(opened: int, folder: Path) -> bool:
    """Try to take the lock without waiting; whether this process has it now."""
    if sys.platform == "win32":
        import msvcrt

        os.lseek(opened, LONGEST, os.SEEK_SET)  # beyond the bytes that others read
        try:
            msvcrt.locking(opened, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:  # a file system without locks
        warnings.warn(
            f"{str(folder)!r} cannot be locked ({error.strerror}); see to it that one process alone writes there",
            stacklevel=5,
        )
    return True
