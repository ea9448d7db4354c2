"""UserBrowser: a chart of many users and a list of those in the chosen part of it; one click opens a user below.

A box drawn in the chart, the controls above it and Python set the same `brush`.
"""

import html
from collections.abc import Callable
from typing import Any

from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.views import theme
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.widgets.controls import box, draw

LISTED = 12  # users, each a button
COLUMNS = {"code": "id"}  # of the table of gates, where its name is not that of the group
LOOK = {"fillcolor": "rgba(213,94,0,0.14)", "line": {"color": "#D55E00", "width": 2}}


class UserBrowser(Chart):
    """A chart with the users of a part of it; `open(user)` makes what a click on a user shows.

    With a table of `gates`, `brush` is {by, rows, late}: how gates are grouped, rows of the chart from 0 (none: all),
    and the ends of beta. Set any of it, or read what was chosen by hand. Raises `MMSRError`.
    """

    def __init__(
        self, record: dict[str, Any], make: Callable, reads: str, open: Callable | None, table: Any = None, by: str = ""
    ):
        self.make, self.gates, self._open, self._painting = make, table, open, False
        self._widget: Any = None
        self._brush: dict[str, Any] = {"by": by, "rows": [], "late": [0.0, 1.0]}
        super().__init__(record, lambda whole: make(whole, by), reads)

    @property
    def brush(self) -> dict[str, Any]:
        """What is chosen."""
        return dict(self._brush)

    @brush.setter
    def brush(self, asked: dict[str, Any]) -> None:
        if self.gates is None:
            raise MMSRError("there are no gates to brush; give them: show.inspector(summary, table=table)")
        for name in asked:
            choose("part of a brush", name, self._brush)
        by, (low, high) = asked.get("by", self._brush["by"]), asked.get("late", self._brush["late"])
        kept = self._brush["rows"] if by == self._brush["by"] else []
        rows = sorted(set(asked.get("rows", kept)))
        count = len(self.record["by"][choose("group", by, self.record["by"])])
        if not (0 <= low <= high <= 1 and all(0 <= row < count for row in rows)):
            raise MMSRError(f"brush got late {[low, high]} and rows {rows}; expected 0 to 1 and rows below {count}")
        new = {"by": by, "rows": rows, "late": [float(low), float(high)]}
        if new != self._brush:
            self._brush, self.figure = new, self.make(self.record, by)
            everything = not rows and new["late"] == [0, 1]
            places = [{"y0": row - 0.5, "y1": row + 0.5} for row in rows] or [{"y0": -0.5, "y1": count - 0.5}]
            boxes = [] if everything else [LOOK | {"type": "rect", "x0": low, "x1": high} | place for place in places]
            self.figure.update_layout(shapes=boxes)
            self._paint()

    @property
    def rows(self) -> Any:
        """The rows of the table of gates that are inside, or those of the users where models disagree."""
        if self.gates is None:
            return self.record.get("disagree", [])
        table, name, inside = self.gates, COLUMNS.get(self._brush["by"], self._brush["by"]), False
        groups = self.record["by"][self._brush["by"]]
        for group in (groups[row] for row in self._brush["rows"]):
            same = [table[key].eq(group[key]) for key in ("dataset", "layer", "type") if key in group]
            same += [table[name].between(group["from"], group["to"])] if "from" in group else []
            inside |= sum(same) == len(same)
        return table[table["late"].between(*self._brush["late"]) & (inside if self._brush["rows"] else True)]

    @property
    def users(self) -> list[Any]:
        """Users inside, those with most rows first; (data set, user) where the table holds several data sets."""
        return list(self._people())

    def _people(self) -> dict[Any, str]:
        """User -> what is said of the user."""
        if self.gates is None:
            found: dict[Any, str] = {}
            for one in self.rows:  # a user's first row differs most
                ranks = ", ".join(map(theme.rank, one["ranks"]))
                found.setdefault(one["user"], f"{theme.clean(one['user_id'], 20)}: ranks {ranks}")
            return found
        keys = [name for name in ("dataset", "user") if name in self.gates]
        counts = self.rows.groupby(keys if keys[1:] else "user").size().sort_values(ascending=False, kind="stable")
        name = lambda key: f"user {key[1]} of {theme.clean(key[0], 20)}" if keys[1:] else f"user {key}"  # noqa: E731
        return {key: f"{name(key)}: {theme.count(count, 'gate')}" for key, count in counts.items()}

    @property
    def says(self) -> str:
        """Who is inside."""
        people, (low, high) = self._people(), self._brush["late"]
        first = ", ".join([*people.values()][:3])
        if self.gates is None:
            return f"The models disagree most on {first}." if people else ""
        share = f"{len(self.rows):,} of {len(self.gates):,} gates, of {theme.count(len(people), 'user')}"
        return f"Inside (β {low:g} to {high:g}): {share}" + (f", first {first}." if people else ".")

    @property
    def text(self) -> str:
        """The chart in words, and who is inside."""
        return f"{super().text} {self.says}".strip()

    def open(self, user: Any) -> None:
        """Show a user below, as a click does."""
        if self._open is None:
            raise MMSRError(f"user {user} cannot be opened; give open=lambda user: explore(model, dataset, user)")
        make = self._open
        draw(self.widget.children[4], lambda: make(user))

    @property
    def widget(self) -> Any:
        """Controls, chart, users, and the user who was opened, of ipywidgets."""
        if self._widget is None:
            import ipywidgets as w
            import plotly.graph_objects as go

            bar = w.HBox(layout={"flex_flow": "row wrap"})
            if self.gates is not None:
                wide = {"layout": {"width": "28em"}, "style": {"description_width": "4em"}}
                by = w.Dropdown(description="by", options=list(self.record["by"]), layout={"width": "14em"})
                rows = w.SelectMultiple(description="rows", rows=5, **wide)
                late = w.FloatRangeSlider(description="β", min=0, max=1, step=0.01, continuous_update=False, **wide)
                bar.children = by, rows, late
                for name, control in zip(self._brush, bar.children, strict=True):
                    control.observe(lambda change, name=name: self._heard({name: change.new}), "value")
            people = w.HBox(layout={"flex_flow": "row wrap"})
            chart = go.FigureWidget(self.figure)
            chart.update_layout(dragmode=self.gates is not None and "drawrect", newshape=LOOK)
            chart.layout.on_change(self._boxed, "shapes")
            self._widget = box(bar, chart, w.Label(), people, w.Output())
            self._paint()
        return self._widget

    def _heard(self, asked: dict[str, Any]) -> None:
        if not self._painting:
            self.brush = asked

    def _boxed(self, *_: Any) -> None:
        """A box was drawn in the chart: the rows that it touches, and its ends of beta."""
        shapes = self._widget.children[1].to_dict()["layout"].get("shapes")  # what callbacks are given is older
        if not self._painting and shapes:
            box, last = shapes[-1], len(self.record["by"][self._brush["by"]]) - 1
            (low, high), (top, bottom) = (sorted((box[f"{axis}0"], box[f"{axis}1"])) for axis in "xy")
            rows = list(range(max(round(top), 0), min(round(bottom), last) + 1))
            self.brush = {"rows": rows, "late": [min(max(round(end, 2), 0), 1) for end in (low, high)]}

    def _paint(self) -> None:
        """Bring what is on the screen to what is chosen."""
        if self._widget is None:
            return
        import ipywidgets as w

        bar, chart, says, people, *_ = self._widget.children
        self._painting = True
        if bar.children:
            by, rows, late = bar.children
            names = self.figure.layout.yaxis.ticktext
            by.value, rows.options = self._brush["by"], [(html.unescape(name), i) for i, name in enumerate(names)]
            rows.value, late.value = tuple(self._brush["rows"]), self._brush["late"]
        with chart.batch_update():  # what has not changed is not sent: the front end may not listen yet
            if chart.layout.yaxis.ticktext != self.figure.layout.yaxis.ticktext:
                chart.data = []
                chart.add_traces(list(self.figure.data))
                chart.update_layout(self.figure.layout, overwrite=True)
            elif chart.layout.shapes != self.figure.layout.shapes:
                chart.layout.shapes = self.figure.layout.shapes
        chart._repr_mimebundle_()  # keeps what a page that is loaded again begins with
        self._painting = False
        found, says.value = self._people(), self.says
        people.children = [
            w.Button(description=text, disabled=self._open is None) for text in [*found.values()][:LISTED]
        ]
        for user, button in zip(found, people.children, strict=False):
            button.layout.width = "auto"
            button.on_click(lambda _, user=user: self.open(user))

    def live(self) -> dict[str, Any]:
        """The widget, where there is somebody to choose; else the chart."""
        if self.gates is None and self._open is None:
            return super().live()
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        return {"application/vnd.jupyter.widget-view+json": view}
