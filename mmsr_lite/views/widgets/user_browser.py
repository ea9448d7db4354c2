"""UserBrowser: a chart of many users and a list of those in the chosen part of it; one click opens a user below.

The `brush` is set by a box drawn in the chart, by the controls above it, or in Python.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

from mmsr_lite.errors import MMSRError, choose, in_words
from mmsr_lite.records import Record
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.base import MimeBundle
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures.data import Box, FigureData
from mmsr_lite.views.widgets.controls import box, draw

if TYPE_CHECKING:
    import pandas as pd

LISTED = 12  # users, each a button
COLUMNS = {"code": "id"}  # of the table of gates, where its name is not that of the group
NEW_BOX = {"fillcolor": "rgba(27,36,48,0.10)", "line": {"color": theme.INK, "width": 2}}  # while it is drawn


class Brush(TypedDict):
    """The selected part of a chart of gates."""

    by: str  # how gates are grouped
    rows: list[int]  # rows of the chart from 0; none: all
    late: list[float]  # the ends of beta


class UserBrowser(Chart):
    """A chart of a gates record or a compare record, with the users of its selected part.

    With a table of gates, `brush` is {by, rows, late}: how gates are grouped, rows of the chart from 0 (none: all), and
    the ends of beta. It can be read and set.

    Args:
        record: The record.
        make: A pure function from the record and a group to `FigureData`, such as `figures.explanations.inspector`.
        reads: The kind of record: "gates" or "compare".
        open: Makes what a click on a user shows; None: users cannot be opened.
        table: The gates that the record sums up, from `mmsr_lite.gates`; None: nothing can be brushed.
        by: How gates are grouped at first.

    Raises:
        MMSRError: `record` is of another kind, or has no such group.

    Example:
        >>> from mmsr_lite.views.figures.explanations import inspector
        >>> from mmsr_lite.views.samples import sample
        >>> browser = UserBrowser(sample("gates"), inspector, "gates", None, by="type")
        >>> browser.brush
        {'by': 'type', 'rows': [], 'late': [0.0, 1.0]}
    """

    def __init__(
        self,
        record: Mapping[str, Any],
        make: Callable[[Any, str], FigureData],
        reads: str,
        open: Callable[[Any], Any] | None,
        table: pd.DataFrame | None = None,
        by: str = "",
    ):
        self.make, self.gates, self._open = make, table, open
        self._is_painting = False
        self._widget: Any = None
        self._brush: Brush = {"by": by, "rows": [], "late": [0.0, 1.0]}
        super().__init__(record, lambda whole: self._make_data(whole, by), reads)

    def _make_data(self, record: Record, by: str) -> FigureData:
        if "by" in record:
            choose("group", by, record["by"])
        return self.make(record, by)

    @property
    def brush(self) -> Brush:
        """The selected part; set any of its keys to change it."""
        return self._brush.copy()

    @brush.setter
    def brush(self, asked: Mapping[str, Any]) -> None:
        if self.gates is None:
            raise MMSRError("there are no gates to brush; give them: show.inspector(summary, table=table)")
        for name in asked:
            choose("part of a brush", name, self._brush)
        by = choose("group", asked.get("by", self._brush["by"]), self.record["by"])
        low, high = asked.get("late", self._brush["late"])
        kept_rows = self._brush["rows"] if by == self._brush["by"] else []
        rows = sorted(set(asked.get("rows", kept_rows)))
        count = len(self.record["by"][by])
        if not (0 <= low <= high <= 1 and all(0 <= row < count for row in rows)):
            chosen = f"rows {in_words(rows)}" if rows else "no row"
            got = f"brush got late from {low:g} to {high:g} and {chosen}"
            raise MMSRError(f"{got}; expected late within 0 to 1 and rows from 0 to {count - 1}")
        brush: Brush = {"by": by, "rows": rows, "late": [float(low), float(high)]}
        if brush == self._brush:
            return
        self._brush = brush
        boxes = [Box(low, high, row - 0.5, row + 0.5) for row in rows]
        if not rows and brush["late"] != [0, 1]:
            boxes = [Box(low, high, -0.5, count - 0.5)]
        self.data = replace(self._make_data(self.record, by), boxes=tuple(boxes))
        self._paint()

    @property
    def rows(self) -> Any:
        """The rows of the table of gates that are inside, or those of the users on whom models disagree."""
        if self.gates is None:
            return self.record.get("disagree", [])
        table = self.gates
        column = COLUMNS.get(self._brush["by"], self._brush["by"])
        groups = self.record["by"][self._brush["by"]]
        inside = table["late"].between(*self._brush["late"])
        if not self._brush["rows"]:
            return table[inside]
        in_a_group = inside & False
        for group in (groups[row] for row in self._brush["rows"]):
            in_this = inside.copy()
            for key in ("dataset", "layer", "type"):
                if key in group:
                    in_this &= table[key].eq(group[key])
            if "from" in group:
                in_this &= table[column].between(group["from"], group["to"])
            in_a_group |= in_this
        return table[in_a_group]

    @property
    def users(self) -> list[Any]:
        """The users of the selected part, most rows first; (data set, user) where there are several data sets."""
        return list(self._descriptions())

    def _descriptions(self) -> dict[Any, str]:
        """One line about each user."""
        if self.gates is None:
            descriptions: dict[Any, str] = {}
            for row in self.rows:  # the first row of a user differs most
                ranks = ", ".join(wording.rank(rank) for rank in row["ranks"])
                descriptions.setdefault(row["user"], f"{untrusted.clean(row['user_id'], 20)}: ranks {ranks}")
            return descriptions
        several = "dataset" in self.gates
        counts = self.rows.groupby(["dataset", "user"] if several else "user").size()
        counts = counts.sort_values(ascending=False, kind="stable")
        descriptions = {}
        for key, count in counts.items():
            name = f"user {key[1]} of {untrusted.clean(key[0], 20)}" if several else f"user {key}"
            descriptions[key] = f"{name}: {wording.count(count, 'gate')}"
        return descriptions

    @property
    def says(self) -> str:
        """The users of the selected part, in one sentence."""
        descriptions = self._descriptions()
        first = ", ".join(list(descriptions.values())[:3])
        if self.gates is None:
            return f"The models disagree most on {first}." if first else ""
        low, high = self._brush["late"]
        sentence = f"Inside (β {low:g} to {high:g}): {len(self.rows):,} of {len(self.gates):,} gates, "
        sentence += f"of {wording.count(len(descriptions), 'user')}"
        return f"{sentence}, first {first}." if first else f"{sentence}."

    @property
    def text(self) -> str:
        """The chart in words, and the users of the selected part."""
        return f"{super().text} {self.says}".strip()

    def open(self, user: Any) -> None:
        """Show a user below, as a click does.

        Args:
            user: One of `users`.

        Raises:
            MMSRError: The browser was made without `open`.
        """
        if self._open is None:
            raise MMSRError(f"user {user} cannot be opened; give open=lambda user: explore(model, dataset, user)")
        make = self._open
        draw(self.widget.children[4], lambda: make(user))

    @property
    def widget(self) -> Any:
        """Controls, chart, users, and the user who was opened, made with ipywidgets."""
        if self._widget is None:
            import ipywidgets as widgets
            import plotly.graph_objects as go

            chart = go.FigureWidget(self.figure)
            chart.update_layout(dragmode=False if self.gates is None else "drawrect", newshape=NEW_BOX)
            chart.layout.on_change(self._on_boxes, "shapes")
            people = widgets.HBox(layout={"flex_flow": "row wrap"})
            self._widget = box(self._controls(), chart, widgets.Label(), people, widgets.Output())
            self._paint()
        return self._widget

    def _controls(self) -> Any:
        """A control for each part of the brush, in its order; none without a table."""
        import ipywidgets as widgets

        bar = widgets.HBox(layout={"flex_flow": "row wrap"})
        if self.gates is None:
            return bar
        wide = {"layout": {"width": "28em"}, "style": {"description_width": "4em"}}
        by = widgets.Dropdown(description="by", options=list(self.record["by"]), layout={"width": "14em"})
        rows = widgets.SelectMultiple(description="rows", rows=5, **wide)
        late = widgets.FloatRangeSlider(description="β", min=0, max=1, step=0.01, continuous_update=False, **wide)
        for name, control in (("by", by), ("rows", rows), ("late", late)):
            control.observe(lambda change, name=name: self._on_control({name: change.new}), "value")
        bar.children = by, rows, late
        return bar

    def _on_control(self, asked: Mapping[str, Any]) -> None:
        if not self._is_painting:
            self.brush = asked

    def _on_boxes(self, *_: Any) -> None:
        """Select the rows that a box drawn in the chart touches, and its ends of beta."""
        if self._is_painting:
            return
        shapes = self._widget.children[1].to_dict()["layout"].get("shapes", ())  # callbacks get an older state
        drawn = [shape for shape in shapes if shape.get("type") == "rect"]
        if not drawn:
            return
        shape, last = drawn[-1], len(self.record["by"][self._brush["by"]]) - 1
        left, right = sorted((shape["x0"], shape["x1"]))
        top, bottom = sorted((shape["y0"], shape["y1"]))
        rows = list(range(max(round(top), 0), min(round(bottom), last) + 1))
        self.brush = {"rows": rows, "late": [min(max(round(end, 2), 0), 1) for end in (left, right)]}

    def _paint(self) -> None:
        """Draw the chart and the controls as the brush says."""
        if self._widget is None:
            return
        bar, chart, label, people, *_ = self._widget.children
        self._is_painting = True
        if bar.children:
            by, rows, late = bar.children
            by.value = self._brush["by"]
            rows.options = [(name, int(place)) for place, name in self.data.panels[0].y.names]
            rows.value, late.value = tuple(self._brush["rows"]), self._brush["late"]
        with chart.batch_update():  # unchanged values are not sent: the front end may not be ready
            if chart.layout.yaxis.ticktext != self.figure.layout.yaxis.ticktext:
                chart.data = []
                chart.add_traces(list(self.figure.data))
                chart.update_layout(self.figure.layout, overwrite=True)
            elif chart.layout.shapes != self.figure.layout.shapes:
                chart.layout.shapes = self.figure.layout.shapes
        chart._repr_mimebundle_()  # a page that is loaded again begins with this
        self._is_painting = False
        label.value = self.says
        people.children = self._buttons()

    def _buttons(self) -> list[Any]:
        """A button for each of the first users."""
        import ipywidgets as widgets

        buttons = []
        for user, description in list(self._descriptions().items())[:LISTED]:
            button = widgets.Button(description=description, disabled=self._open is None, layout={"width": "auto"})
            button.on_click(lambda _, user=user: self.open(user))
            buttons.append(button)
        return buttons

    def live(self) -> MimeBundle:
        """The widget where users can be chosen, else the chart."""
        if self.gates is None and self._open is None:
            return super().live()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}
