"""What every view is: a record and its picture, shown in a notebook, saved as page, PNG or SVG, told in words."""

import base64
import io
import os
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from mmsr_lite.data.storage import atomic
from mmsr_lite.records import Record, as_record


def check(record: Mapping[str, Any], kind: str) -> Record:
    """The record that a view was given, typed and validated.

    Args:
        record: a record, or a `dict` as JSON gives it.
        kind: what the view reads: "trace", "what-if", "history" or another name in `mmsr_lite.records.RECORDS`.

    Raises:
        MMSRError: quotes what was given instead, or names the first field that is wrong.

    Example:
        >>> check({"schema": "mmsr-lite/gates/1"}, "trace")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: expected a trace record, got schema 'mmsr-lite/gates/1'; give it what ...
    """
    return as_record(record, kind)


class View(ABC):
    """A picture of one record that shows itself in a notebook: live where a kernel runs, else a PNG and words."""

    reads = "trace"

    def __init__(self, record: Mapping[str, Any]):
        self.record: Record = check(record, self.reads)

    @property
    @abstractmethod
    def text(self) -> str:
        """The picture in one to four sentences."""

    @property
    @abstractmethod
    def table(self) -> list[dict[str, Any]]:
        """The numbers of the picture, one row a mark."""

    @abstractmethod
    def to_matplotlib(self):
        """The picture as a matplotlib figure."""

    @abstractmethod
    def html(self) -> str:
        """The picture as one page that needs neither network nor kernel."""

    def live(self) -> dict[str, Any]:
        """What a notebook with a kernel shows, by media type."""
        return {}

    def _drawn(self, kind: str) -> bytes:
        buffer = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure, date = self.to_matplotlib(), {"Date": None} if kind == "svg" else {}
            dpi = min(96.0, 1600 / figure.get_figwidth())  # at most 1600 pixels wide: notebooks stay small
            figure.set_dpi(dpi)
            measured = kind == "svg" or figure.get_layout_engine()  # "tight" draws twice: it costs as much again
            box = "tight" if measured else figure.get_tightbbox().padded(0.1)
            figure.savefig(buffer, format=kind, dpi=dpi, bbox_inches=box, metadata=date)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle = {"image/png": base64.b64encode(self._drawn("png")).decode(), "text/plain": self.text}
        shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
        return {**self.live(), **bundle} if hasattr(shell, "kernel") else bundle

    def save_html(self, path: str | os.PathLike) -> None:
        """Write one page that opens offline and stays interactive."""
        _save(path, self.html().encode())

    def save_png(self, path: str | os.PathLike) -> None:
        """Write the still picture as PNG."""
        _save(path, self._drawn("png"))

    def save_svg(self, path: str | os.PathLike) -> None:
        """Write the still picture as SVG."""
        _save(path, self._drawn("svg"))


def _save(path: str | os.PathLike, content: bytes) -> None:
    with atomic(path) as place:
        place.write_bytes(content)
