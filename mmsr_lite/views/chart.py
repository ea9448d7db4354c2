"""Chart: a view around a function that makes a plotly figure of a record."""

import html
import json
from collections.abc import Callable
from typing import Any

from mmsr_lite.views.base import View
from mmsr_lite.views.page import page


class Chart(View):
    """A view around one of the functions above; `figure` is the plotly figure."""

    def __init__(self, record: dict[str, Any], make: Callable[[dict], Any], reads: str = "trace"):
        self.reads = reads
        super().__init__(record)
        self.figure = make(record)

    def to_matplotlib(self):
        """The chart with matplotlib."""
        from mmsr_lite.views.figures.to_matplotlib import to_matplotlib

        return to_matplotlib(self.figure)

    def live(self) -> dict[str, Any]:
        """The plotly chart."""
        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json())}

    def html(self) -> str:
        """The chart alone in a page, with plotly.js in it."""
        return page(html.unescape(self.figure.layout.title.text), shared={"chart": self})

    @property
    def text(self) -> str:
        """What the chart shows and its main numbers."""
        return html.unescape(self.figure.layout.meta["text"])

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row a mark: what it is of, and its value."""
        rows, (x_axis, y_axis) = [], (self.figure.layout.xaxis, self.figure.layout.yaxis)
        xs, ys = (
            dict(zip(a.tickvals or (), map(html.unescape, a.ticktext or ()), strict=True)) for a in (x_axis, y_axis)
        )
        for trace in self.figure.data:
            if trace.type == "heatmap":
                across = range(len(trace.z[0])) if trace.x is None else trace.x
                cells = ((y, x, value) for y, row in enumerate(trace.z) for x, value in zip(across, row, strict=True))
                rows += [(f"{ys[y]}, {x_axis.title.text} {xs[x]}", v) for y, x, v in cells if v is not None]
            elif trace.type == "bar" and trace.base is not None:
                ends = zip(trace.base, trace.x, trace.y, strict=True)
                rows += [
                    (f"{ys[y]}, {side}", end) for low, x, y in ends for side, end in (("low", low), ("high", low + x))
                ]
            elif trace.type == "bar":
                rows += [(f"{ys[y]}, {trace.name}", x) for x, y in zip(trace.x, trace.y, strict=True)]
            else:
                points = zip(trace.x, trace.y, strict=True)
                if trace.mode == "markers":  # beside its band; else a point of a line
                    rows += [(ys[y], x) for x, y in points]
                else:
                    name, across = html.unescape(trace.name), x_axis.title.text
                    rows += [(f"{name}, {across} {x}", y) for x, y in points]
        return [{"of": of, "value": value} for of, value in rows]
