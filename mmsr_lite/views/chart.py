"""Chart: a view around a pure function that turns a record into the data of a figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mmsr_lite.records import Record
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views.base import MimeBundle, View
from mmsr_lite.views.figures.data import FigureData
from mmsr_lite.views.page import page

if TYPE_CHECKING:
    import matplotlib.figure
    import plotly.graph_objects as go


class Chart(View):
    """A record shown as a figure of marks; live with plotly, still with matplotlib, told as text and as table.

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
        """The chart as a plotly figure, made anew when `data` is another."""
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
        """What was found, what is shown and the main numbers, in sentences."""
        return self.data.words

    @property
    def table(self) -> list[TableRow]:
        """One row a mark: `of` (what it is of), `value` and, where it has an interval, `low` and `high`."""
        return self.data.table


class Drawing(Chart):
    """A figure of numbers that a notebook has just measured, so that there is no record of them.

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
