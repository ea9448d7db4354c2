"""Packed files, unpacked only as far as data go: a small file that unfolds to a full memory is refused."""

import gzip
import io
from pathlib import Path
from typing import BinaryIO

from mmsr_lite.errors import MMSRError

MOST_TIMES = 200  # as many bytes as were packed; text packs to a fifth or a tenth, tables of few values to a fiftieth
FREE = 1 << 26  # bytes that any file may unfold to


def refuse_bomb(file: Path, packed: int, unpacked: int) -> None:
    """Raise when a file unfolds to more than data do.

    Args:
        file: for the message.
        packed: its size in bytes.
        unpacked: the bytes that came out of it, or that it says will come.

    Raises:
        MMSRError: those are more than `FREE` and more than `MOST_TIMES` as many.

    Example:
        >>> refuse_bomb(Path("a.csv.gz"), 1_000, 10**9)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.csv.gz' has 1,000 bytes and unfolds to 1,000,000,000 or more; no data do ...
    """
    if unpacked > max(FREE, MOST_TIMES * packed):
        told = f"{str(file)!r} has {packed:,} bytes and unfolds to {unpacked:,} or more; no data do that"
        raise MMSRError(f"{told}. Unpack it yourself if you trust it")


class _Counted(io.RawIOBase):
    """What comes out of a packed file, counted."""

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
    """The bytes of a file, unpacked when its name ends with .gz.

    Args:
        file: the file.

    Returns:
        An open file of bytes.

    Raises:
        MMSRError: while it is read, as `refuse_bomb` does.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "a.txt"
        >>> _ = file.write_bytes(b"hat")
        >>> with open_binary(file) as opened: opened.read()
        b'hat'
    """
    if file.suffix == ".gz":
        return io.BufferedReader(_Counted(file, gzip.open(file, "rb")), 1 << 16)  # type: ignore[arg-type]
    return open(file, "rb")
