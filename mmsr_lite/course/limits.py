"""What a learner's notebook may use while it is marked: seconds, memory, processes; a clock reads its pipes."""

import os
import select
import time
from collections.abc import Callable
from typing import NamedTuple

from mmsr_lite.course.sandbox import used_by
from mmsr_lite.errors import MMSRError

LONGEST = 5_000_000  # bytes of one message
PROCESSES = 64  # how many a notebook may run at a time; notebook 14 starts three
THREADS = 16 * PROCESSES  # of all of them
EVERY = 0.25  # seconds between two looks at what it uses


class Limits(NamedTuple):
    """What one notebook may use.

    Attributes:
        seconds: Time on the clock, and of the processor.
        gigabytes: Memory of all its processes together.

    Example:
        >>> Limits(seconds=60).seconds
        60
    """

    seconds: int = 300
    gigabytes: float = 4.0


DEFAULT = Limits()


class OutOfTime(BaseException):
    """The notebook has used up its seconds. It is no `Exception`, so `check` does not take it for a learner's error."""


class TooMuch(BaseException):
    """The notebook and what it has started use more memory or processes than one may; no Exception, as `OutOfTime`."""


class Clock:
    """How long a notebook may go on, and how much it and what it starts may use.

    Args:
        seconds: From now.
        pid: Its process.
        gigabytes: Memory of all its processes together.

    Example:
        >>> Clock(60, os.getpid(), 4).left() > 0
        True
    """

    def __init__(self, seconds: float, pid: int, gigabytes: float) -> None:
        self._pid, self._most, self._look = pid, gigabytes * 1e9, 0.0
        self.start(seconds)

    def start(self, seconds: float) -> None:
        """Start the clock again.

        Args:
            seconds: from now.
        """
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left.

        Raises:
            OutOfTime: None are.
            TooMuch: It uses too much.
        """
        now = time.monotonic()
        left = self._end - now
        if left <= 0:
            raise OutOfTime
        if now >= self._look:
            processes, memory = used_by(self._pid)
            if processes > PROCESSES:
                raise TooMuch(f"it has started {processes} processes")
            if memory > self._most:
                raise TooMuch(f"its {processes} processes hold {memory / 1e9:.1f} GB")
            self._look = time.monotonic() + EVERY
        return left


def reader(pipe: int, clock: Clock) -> Callable[[], bytes]:
    """Make a function that returns the next line of a pipe, or raises `OutOfTime`.

    Args:
        pipe: The file descriptor that is read.
        clock: How long may be waited.

    Returns:
        A function that returns a line without its end, and nothing where the other side has closed the pipe.

    Raises:
        MMSRError: A line is longer than `LONGEST`.

    Example:
        >>> here, there = os.pipe()
        >>> os.write(there, b"one\\ntwo\\n")
        8
        >>> read = reader(here, Clock(60, os.getpid(), 4))
        >>> read(), read()
        (b'one', b'two')
    """
    waiting = bytearray()

    def read() -> bytes:
        left = clock.left()
        while b"\n" not in waiting:
            if len(waiting) > LONGEST:
                raise MMSRError(f"it sent an answer of more than {LONGEST:,} bytes")
            if select.select([pipe], [], [], min(left, EVERY))[0]:
                part = os.read(pipe, 65536)
                if not part:
                    return b""
                waiting.extend(part)
            left = clock.left()
        line, _, rest = bytes(waiting).partition(b"\n")
        waiting[:] = rest
        return line

    return read


def writer(pipe: int, clock: Clock) -> Callable[[bytes], None]:
    """Make a function that writes all bytes to a pipe, or raises `OutOfTime` when nobody reads them.

    Args:
        pipe: The file descriptor that is written to.
        clock: How long may be waited.

    Returns:
        A function of the bytes.

    Example:
        >>> here, there = os.pipe()
        >>> writer(there, Clock(60, os.getpid(), 4))(b"hat")
        >>> os.read(here, 3)
        b'hat'
    """
    os.set_blocking(pipe, False)

    def write(content: bytes) -> None:
        view = memoryview(content)
        while view:
            if select.select([], [pipe], [], min(clock.left(), EVERY))[1]:
                view = view[os.write(pipe, view) :]

    return write
