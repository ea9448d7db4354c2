"""Chart: a view around a pure function that turns a record into the data of a figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mmsr_lite.errors import choose
from mmsr_lite.records import Record
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views.base import MimeBundle, View
from mmsr_lite.views.figures import mental_model
from mmsr_lite.views.figures.data import FigureData
from mmsr_lite.views.page import page

if TYPE_CHECKING:
    import matplotlib.figure
    import plotly.graph_objects as go


class Chart(View):
    """A record drawn as a figure: with plotly where it is live, with matplotlib as a still, and as text and a table.

    Args:
        record: A record of the kind `reads`, or the `dict` that its JSON gives.
        make: A pure function from the record to `FigureData`, such as `figures.trace.gates`.
        reads: The kind of record: "trace", "history", "what-if", "gates", "compare", "faithfulness", "codebook",
            "study" or "flow".

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> from mmsr_lite.views.figures.training import training
        >>> from mmsr_lite.views.samples import sample
        >>> chart = Chart(sample("history"), training, reads="history")
        >>> chart.table[0]
        {'of': 'loss, epoch 1', 'value': 6.4}
    """

    def __init__(self, record: Mapping[str, Any], make: Callable[[Any], FigureData], reads: str = "trace"):
        self.reads = reads
        super().__init__(record)
        self.data = make(self.record)
        self._drawn_data: FigureData | None = None
        self._figure: Any = None

    @property
    def figure(self) -> go.Figure:
        """The chart as a plotly figure; it is made again when `data` changes."""
        if self._drawn_data is not self.data:
            from mmsr_lite.views.figures.to_plotly import to_plotly

            self._figure = to_plotly(self.data)
            self._drawn_data = self.data
        return self._figure

    def to_matplotlib(self) -> matplotlib.figure.Figure:
        """The chart as a matplotlib figure."""
        from mmsr_lite.views.figures.to_matplotlib import to_matplotlib

        return to_matplotlib(self.data)

    def live(self) -> MimeBundle:
        """The plotly chart, by media type."""
        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json())}

    def html(self) -> str:
        """The chart alone in a page, with plotly.js in it."""
        return page(self.data.title, shared={"chart": self})

    @property
    def text(self) -> str:
        """Sentences: what was found, what is shown, and the main numbers."""
        return self.data.words

    @property
    def table(self) -> list[TableRow]:
        """One row for each mark: `of` (what it is of), `value` and, where it has an interval, `low` and `high`."""
        return self.data.table


class Drawing(Chart):
    """A figure of numbers that a notebook has just measured; there is no record of them.

    Args:
        data: The figure.

    Example:
        >>> from mmsr_lite.views.figures.kit import empty_figure
        >>> Drawing(empty_figure("Nothing yet", "Measure first.")).text
        'Nothing yet. Measure first.'
    """

    def __init__(self, data: FigureData):
        self.reads, self.record, self.data = "", Record({}), data
        self._drawn_data, self._figure = None, None


class MentalModel(View):
    """Early, late and adaptive fusion, drawn as boxes and arrows.

    Args:
        only: "early", "late" or "adaptive" for one of them; None: all three.

    Raises:
        MMSRError: There is no such order.

    Example:
        >>> [row["of"] for row in MentalModel().table]
        ['early fusion', 'late fusion', 'adaptive fusion']
    """

    reads = ""

    def __init__(self, only: str | None = None) -> None:
        self.record, self.orders = Record({}), mental_model.ORDERS
        if only is not None:
            names = [order.name.removesuffix(" fusion") for order in mental_model.ORDERS]
            self.orders = (mental_model.ORDERS[names.index(choose("order of fusion", only, names))],)

    @property
    def text(self) -> str:
        """What the picture says, in sentences."""
        return f"{mental_model.TITLE}. {mental_model.WORDS}"

    @property
    def table(self) -> list[TableRow]:
        """One row for each order: its name, and the words of its boxes from top to bottom."""
        return [
            {
                "of": order.name,
                "value": ", ".join(part.text for part in order.parts if isinstance(part, mental_model.Box)),
            }
            for order in self.orders
        ]

    def to_matplotlib(self) -> matplotlib.figure.Figure:
        """The picture as a matplotlib figure."""
        return mental_model.still(self.orders)

    def html(self) -> str:
        """The picture alone in a page."""
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{mental_model.TITLE}</title>'
            f'<body style="margin:0 auto;max-width:960px">{mental_model.whole_svg(self.orders)}</body></html>'
        )
