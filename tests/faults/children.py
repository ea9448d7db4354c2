"""Run a command in a child process that dies, stops or fails at a chosen place; nothing in the package knows of it.

The child is a fork, so that Python, torch and the package are loaded only once. It counts its own file operations by an
audit hook: files opened for writing, moved, removed, folders made and removed, and writes of whole files, which it can
leave half done.
"""

import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tqdm import tqdm

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
LONGEST = 120.0  # seconds after which a child that does not end is killed, which counts as a failure
TIMES = 20  # ... or so many times what the command took undisturbed, where that is longer: the machine may be busy


@dataclass
class Result:
    """How a child ended.

    Args:
        code: Its exit code, or minus the signal that ended it.
        told: What it wrote to standard error.
        operations: How many file operations it had done.
    """

    code: int
    told: str
    operations: int

    @property
    def is_clean(self) -> bool:
        """Whether it ended well, or with one sentence, or by a signal; a traceback is none of these."""
        return "Traceback" not in self.told


def allow(seconds: float) -> None:
    """Let children take `TIMES` as long as a command took undisturbed, if that is longer than `LONGEST`.

    Args:
        seconds: what it took by the clock.
    """
    global LONGEST
    LONGEST = max(LONGEST, TIMES * seconds)


@dataclass
class Operations:
    """Counts the file operations of this process inside a folder, and acts at one of them.

    Args:
        folder: The folder.
        at: The number of the operation before which `act` is called, from 1; 0: never.
        act: What happens then.
    """

    folder: Path
    at: int
    act: Callable[[], None]
    count: int = 0
    busy: bool = field(default=False, repr=False)

    def watch(self) -> None:
        """Begin to count."""
        sys.addaudithook(self._hear)
        for name in ("write_bytes", "write_text"):
            setattr(Path, name, self._halved(getattr(Path, name)))

    def _hear(self, event: str, args: tuple) -> None:
        if event == "open":
            if not isinstance(args[2], int) or not args[2] & WRITING:
                return
        elif event not in CHANGES:
            return
        if isinstance(args[0], str | bytes | os.PathLike):
            path = os.fsdecode(args[0])
            if os.path.isabs(path) and not path.startswith(str(self.folder)):
                return
        self._next()

    def _next(self) -> bool:
        self.count += 1
        if self.count == self.at:
            self.act()
        return self.count == self.at

    def _halved(self, write: Callable) -> Callable:
        """`write`, which counts as an operation more: the process acts when one half has been written."""

        def counted(path: Path, data, *more, **how):
            if self.count + 2 == self.at:  # 1 is the opening of the file
                write(path, data[: len(data) // 2], *more, **how)
            done = write(path, data, *more, **how)
            self._next()
            return done

        return counted


def start(
    work: Callable[[], int | None],
    folder: Path,
    *,
    at: int = 0,
    how: int = signal.SIGKILL,
    before: Callable = lambda: None,
) -> int:
    """Start a child that works in a folder; its process number.

    Args:
        work: What it does; gives the exit code, None is 0.
        folder: Its working directory; `folder`/cache is its cache, and its messages go to `folder`.err.
        at: The file operation at which it sends itself a signal; 0: none.
        how: The signal.
        before: What it does first.
    """
    waiting = {signal.SIGINT, signal.SIGTERM}  # until the child can say how it ends
    signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
        return child
    code = 99
    try:
        tqdm.set_lock(threading.RLock())  # its own is shared by all forks, and a killed one would keep it
        os.chdir(folder)
        os.environ |= {"MMSR_CACHE": str(folder / "cache"), "TQDM_DISABLE": "1"}
        told = os.open(f"{folder}.err", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(told, 1)
        os.dup2(told, 2)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
        time.perf_counter = lambda: 0.0  # every duration is 0, so that records are equal to the last byte
        faulthandler.dump_traceback_later(LONGEST - 20)  # where it hangs, if it does
        operations = Operations(folder, at, lambda: os.kill(os.getpid(), how))
        before()
        operations.watch()
        code = work() or 0
        with open(f"{folder}.count", "w") as file:
            file.write(str(operations.count))
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended(child: int, folder: Path) -> Result:
    """Wait for a child of `start`."""
    began = time.monotonic()
    while True:
        number, status = os.waitpid(child, os.WNOHANG)
        if number:
            break
        if time.monotonic() - began > LONGEST:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.005)
    count = Path(f"{folder}.count")
    operations = int(count.read_text()) if count.is_file() else 0
    count.unlink(missing_ok=True)
    err = Path(f"{folder}.err")  # not there where the child was killed before it opened it
    told = err.read_text(errors="replace") if err.is_file() else ""
    return Result(os.waitstatus_to_exitcode(status), told, operations)


def done(work: Callable[[], int | None], folder: Path, **how) -> Result:
    """Start a child and wait for it; see `start`."""
    return ended(start(work, folder, **how), folder)


def killed_after(work: Callable[[], int | None], folder: Path, seconds: float, how: int) -> Result:
    """Start a child and send it a signal after so many seconds; it may have ended by then."""
    child = start(work, folder)
    time.sleep(seconds)
    os.kill(child, how)
    return ended(child, folder)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in a folder by its name, hidden ones too, but for the cache and its contents."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    named = {file.relative_to(folder).as_posix(): file for file in files}
    return {name: file.read_bytes() for name, file in named.items() if not name.startswith(("cache/", "data/"))}
