"""The encoding of a text file: UTF-8 is read; others are recognised and asked about, so that none is only guessed."""

import codecs
from pathlib import Path

from mmsr_lite.errors import MMSRError

MARKS = {  # the first bytes of a file -> its encoding
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
NOT_IN_WINDOWS = frozenset(b"\x81\x8d\x8f\x90\x9d")  # bytes that Windows-1252 does not use


def text_encoding(name: str) -> str:
    """The name under which Python knows an encoding of text.

    Args:
        name: a name of the encoding.

    Returns:
        Python's name.

    Raises:
        MMSRError: there is no such encoding.

    Example:
        >>> text_encoding("Windows-1252")
        'cp1252'
    """
    try:
        codec = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise MMSRError(f"there is no encoding {name!r}; expected utf-8, utf-16, windows-1252 or the like") from error
    if not getattr(codec, "_is_text_encoding", True):
        raise MMSRError(f"{name!r} is no encoding of text; expected utf-8, utf-16, windows-1252 or the like")
    return codec.name


def refuse_encoding(file: Path, content: bytes, *, whole: bool, asked: str | None = None) -> None:
    """Raise when a file is not UTF-8; the message names the encoding that it seems to have.

    Args:
        file: the file, for the message.
        content: its bytes, or the first of them, unpacked.
        whole: whether `content` is the whole file; otherwise its last sign may be cut.
        asked: the encoding that the user named and that did not fit; None (the default): none was named.

    Raises:
        MMSRError: the content is not UTF-8, or holds bytes of value zero.

    Example:
        >>> refuse_encoding(Path("a.csv"), "café".encode("cp1252"), whole=True)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: 'a.csv' is not UTF-8 (byte 0xe9 in line 1: 'caf?'); it looks like Windows-1252; ...
    """
    if asked is not None and text_encoding(asked) != "utf-8":
        raise MMSRError(f"{str(file)!r} cannot be read as {asked!r}, which was asked for; name its own encoding")
    for mark, name in MARKS.items():
        if content.startswith(mark):
            raise MMSRError(f"{str(file)!r} is not UTF-8; it is {name}; {_what_to_do(name)}")
    if b"\0" in content:
        if content[:400].count(b"\0") * 3 > len(content[:400]):
            raise MMSRError(f"{str(file)!r} is not UTF-8; it looks like UTF-16; {_what_to_do('UTF-16')}")
        line = content[: content.index(b"\0")].count(b"\n") + 1
        raise MMSRError(
            f"{str(file)!r} holds a byte of value zero in line {line}; is it a damaged or another kind of file?"
        )
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, final=whole)
    except UnicodeDecodeError as error:
        start = content.rfind(b"\n", 0, error.start) + 1
        line = content[:start].count(b"\n") + 1
        around = content[start : error.start + 1][-40:].decode("ascii", errors="replace").replace("\ufffd", "?")
        windows = NOT_IN_WINDOWS.isdisjoint(content)
        seems = f"it looks like Windows-1252; {_what_to_do('windows-1252')}" if windows else "save it as UTF-8"
        byte = f"byte 0x{content[error.start]:02x} in line {line}: {around!r}"
        raise MMSRError(f"{str(file)!r} is not UTF-8 ({byte}); {seems}") from error


def _what_to_do(encoding: str) -> str:
    """The advice at the end of a message."""
    return f"if so, say --file-format encoding={encoding.lower()}, or save the file as UTF-8"
