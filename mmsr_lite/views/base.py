"""What every view is: a record and its picture, shown in a notebook, saved as page, PNG or SVG, and said in words."""

from __future__ import annotations

import base64
import html
import io
import os
import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from mmsr_lite.data.lock import atomic_alone
from mmsr_lite.records import Record, as_record
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views.untrusted import safe

if TYPE_CHECKING:
    import matplotlib.figure

MimeBundle: TypeAlias = dict[str, str | dict[str, object]]  # media type -> text, or an object that JSON can hold
SHARPNESS, WIDEST = 100.0, 1600  # pixels an inch, and pixels across at the most: notebooks stay small


def check(record: Mapping[str, Any], kind: str) -> Record:
    """Validate what a view was given, and return it as a typed record.

    Args:
        record: a record, or a `dict` as JSON gives it.
        kind: what the view reads: "trace", "what-if", "history" or another name in `mmsr_lite.records.RECORDS`.

    Returns:
        The record.

    Raises:
        MMSRError: quotes what was given instead, or names the first field that is wrong.

    Example:
        >>> check({"schema": "mmsr-lite/gates/1"}, "trace")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: expected a trace record, got schema 'mmsr-lite/gates/1'; give it what ...
    """
    return as_record(record, kind)


class Frame:
    """A page in a cell's output, in a sandboxed frame: its scripts reach neither the notebook nor the network.

    Args:
        page: The page, HTML.
        title: What the frame is called.
        height: In pixels.

    Example:
        >>> Frame("<p>1 < 2</p>", "sum")._repr_html_()[:43]
        '<iframe title="sum" sandbox="allow-scripts '
    """

    def __init__(self, page: str, title: str, height: int = 900):
        self.page, self.title, self.height = page, title, height

    def _repr_html_(self) -> str:
        style = f"width:100%;height:{self.height:d}px;border:0"
        sandbox = "allow-scripts allow-downloads"
        page = html.escape(self.page)
        return f'<iframe title="{safe(self.title, 90)}" sandbox="{sandbox}" style="{style}" srcdoc="{page}"></iframe>'

    def __repr__(self) -> str:
        return f"Frame({self.title!r}, {len(self.page):,} characters)"


class View(ABC):
    """A picture of one record that shows itself in a notebook: live where a kernel runs, else a PNG and words.

    Args:
        record: A record of the kind that the class attribute `reads` names, or the `dict` that its JSON gives.

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> class Size(View):
        ...     text, table = "a trace", [{"of": "nodes", "value": 0}]
        ...     def html(self): return "<p>a trace</p>"
        ...     def to_matplotlib(self):
        ...         from matplotlib.figure import Figure
        ...         return Figure(figsize=(1, 1))
        >>> from mmsr_lite.views.samples import sample
        >>> sorted(Size(sample("trace"))._repr_mimebundle_())
        ['image/png', 'text/plain']
    """

    reads = "trace"

    def __init__(self, record: Mapping[str, Any]):
        self.record: Record = check(record, self.reads)

    @property
    @abstractmethod
    def text(self) -> str:
        """The picture in one to four sentences."""

    @property
    @abstractmethod
    def table(self) -> list[TableRow]:
        """The numbers of the picture: one row for each mark."""

    @abstractmethod
    def to_matplotlib(self) -> matplotlib.figure.Figure:
        """The picture as a matplotlib figure."""

    @abstractmethod
    def html(self) -> str:
        """The picture as one page that needs neither network nor kernel."""

    def live(self) -> MimeBundle:
        """What a notebook with a kernel shows, by media type."""
        return {}

    def drawn(self, kind: str) -> bytes:
        """The still picture as the bytes of a file; the same picture always gives the same bytes.

        Args:
            kind: "png" or "svg".
        """
        import matplotlib

        buffer = io.BytesIO()
        names = {"svg.hashsalt": "mmsr_lite"}  # else ids in an SVG are drawn at random
        with warnings.catch_warnings(), matplotlib.rc_context(names):
            warnings.filterwarnings("ignore", message="Glyph .* missing")
            figure, metadata = self.to_matplotlib(), {"Date": None} if kind == "svg" else {}
            dpi = min(SHARPNESS, WIDEST / figure.get_figwidth())
            figure.set_dpi(dpi)
            measured = kind == "svg" or figure.get_layout_engine()  # "tight" draws twice, so it takes twice as long
            box: Any = "tight" if measured else figure.get_tightbbox().padded(0.1)
            figure.savefig(buffer, format=kind, dpi=dpi, bbox_inches=box, metadata=metadata)
        return buffer.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> MimeBundle:
        bundle: MimeBundle = {"image/png": base64.b64encode(self.drawn("png")).decode(), "text/plain": self.text}
        ipython = sys.modules.get("IPython")
        shell = ipython.get_ipython() if ipython is not None else None
        if hasattr(shell, "kernel"):
            return {**self.live(), **bundle}
        return bundle

    def embed(self, height: int = 900) -> Frame:
        """The page in a cell's output, in a sandboxed frame: it works without a kernel, also in a saved notebook.

        Args:
            height: The height of the frame in pixels.

        Returns:
            The frame; a notebook shows it.
        """
        return Frame(self.html(), self.text, height)

    def save_html(self, path: str | os.PathLike[str]) -> None:
        """Write one page that opens offline and stays interactive.

        Args:
            path: The file to write.
        """
        save(path, self.html().encode("utf-8", "replace"))

    def save_png(self, path: str | os.PathLike[str]) -> None:
        """Write the still picture as PNG.

        Args:
            path: The file to write.
        """
        save(path, self.drawn("png"))

    def save_svg(self, path: str | os.PathLike[str]) -> None:
        """Write the still picture as SVG.

        Args:
            path: The file to write.
        """
        save(path, self.drawn("svg"))


def save(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file so that nobody ever sees half of it.

    Args:
        path: the file; an older one is replaced.
        content: what is written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> file = Path(tempfile.mkdtemp()) / "page.html"
        >>> save(file, b"<p>hat</p>")
        >>> file.read_bytes()
        b'<p>hat</p>'
    """
    with atomic_alone(path) as temporary:
        temporary.write_bytes(content)
