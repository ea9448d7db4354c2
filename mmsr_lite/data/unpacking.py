"""Packed files: one that unpacks to far more than data do is refused, so that it cannot fill the memory."""

import gzip
import io
from pathlib import Path
from typing import BinaryIO

from mmsr_lite.errors import MMSRError

# A file may unpack to this many times its size. Text is packed to a fifth or a tenth, tables of few values to a
# fiftieth.
MOST_TIMES = 200
FREE = 1 << 26  # bytes that any file may unpack to


def refuse_bomb(file: Path, packed: int, unpacked: int) -> None:
    """Raise when a file unpacks to far more bytes than data do.

    Args:
        file: the file, for the message.
        packed: its size in bytes.
        unpacked: the bytes that came out of it so far, or that it announces.

    Raises:
        MMSRError: `unpacked` is more than `FREE` and more than `MOST_TIMES` times `packed`.

    Example:
        >>> refuse_bomb(Path("a.csv.gz"), 1_000, 10**9)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.csv.gz' has 1,000 bytes and unfolds to 1,000,000,000 or more; no data do ...
    """
    if unpacked > max(FREE, MOST_TIMES * packed):
        told = f"{str(file)!r} has {packed:,} bytes and unfolds to {unpacked:,} or more; no data do that"
        raise MMSRError(f"{told}. Unpack it yourself if you trust it")


class _Counted(io.RawIOBase):
    """A stream that counts the bytes that come out of a packed file, and refuses too many."""

    def __init__(self, file: Path, stream: BinaryIO):
        self.file, self.packed, self.count = file, file.stat().st_size, 0
        self.stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def readinto(self, buffer) -> int:
        block = self.stream.read(len(buffer))
        buffer[: len(block)] = block
        self.count = max(self.count, self.stream.tell())
        refuse_bomb(self.file, self.packed, self.count)
        return len(block)

    def close(self) -> None:
        self.stream.close()
        super().close()


def open_binary(file: Path) -> BinaryIO:
    """Open a file for reading bytes, unpacked when its name ends with .gz.

    Args:
        file: the file.

    Returns:
        An open file of bytes.

    Raises:
        MMSRError: while it is read, as `refuse_bomb` does.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt.gz"
        >>> _ = file.write_bytes(gzip.compress(b"hat"))
        >>> with open_binary(file) as opened: opened.read()
        b'hat'
    """
    if file.suffix == ".gz":
        return io.BufferedReader(_Counted(file, gzip.open(file, "rb")), 1 << 16)  # type: ignore[arg-type]
    return open(file, "rb")
