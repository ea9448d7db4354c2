"""A figure as data: one table of marks with roles, from which plotly, the matplotlib still and the words are made.

A function of this package turns a record into `FigureData`; it draws nothing. `to_plotly` and `to_matplotlib` draw
every `FigureData`, and `FigureData.table` and `.words` are its twin in text. Text in it is plain: each renderer escapes
what it must.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import FlowRecord, TraceRecord
from mmsr_lite.views import theme, untrusted

Kind = Literal["heat map", "lines", "bars", "intervals", "empty"]
Row = tuple[str, float, float, float, str]  # of an interval figure: label, low, high, value, group


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Args:
        title: What it measures, with the unit.
        names: (place, name) of each tick, where places stand for names; empty: numbers.
        ends: The first and the last number to show, from left to right or from bottom to top; None: what fits.
        from_zero: Whether zero must be on the axis.
        upright: Whether the names are written upright, because they are many.
    """

    title: str = ""
    names: tuple[tuple[float, str], ...] = ()
    ends: tuple[float, float] | None = None
    from_zero: bool = False
    upright: bool = False


@dataclass(frozen=True)
class Panel:
    """One pair of axes; panels stand side by side.

    Args:
        x: The axis across.
        y: The axis up.
        lines_at_x: Where dotted lines cross the panel from bottom to top, such as the best epoch.
        lines_at_y: Where they cross it from left to right.
    """

    x: Axis = Axis()
    y: Axis = Axis()
    lines_at_x: tuple[float, ...] = ()
    lines_at_y: tuple[float, ...] = ()


@dataclass(frozen=True)
class Look:
    """How the marks of one group are drawn.

    Args:
        colour: As #rrggbb.
        symbol: circle, square, diamond, hexagon, pentagon or triangle.
        dash: Of lines: solid, dash, dot or dashdot.
        hollow: Whether a symbol is only outlined.
    """

    colour: str
    symbol: str = "circle"
    dash: str = "solid"
    hollow: bool = False


@dataclass(frozen=True)
class Mark:
    """One row of the table behind a figure.

    Args:
        label: What the mark is of, in words; the row's name in the table.
        x: Its place across, in the units of the x axis.
        y: Its place up, in the units of the y axis; None in a line: nothing was measured here.
        value: The number that it shows; None: nothing was measured.
        group: The line, the part of a bar or the kind of mark that it belongs to; a key of `FigureData.looks`.
        panel: The panel that it is in, from 0.
        low: Lower end of its interval, where it has one.
        high: Upper end of its interval.
        note: More words for the pointer that rests on it.
    """

    label: str
    x: float
    y: float | None
    value: float | None
    group: str = ""
    panel: int = 0
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Picture:
    """A small picture in a panel: the data address of its source, its centre, and its size in units of the axes."""

    source: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Box:
    """A part of the panel that was chosen: from `left` to `right` and from `top` to `bottom`, in units of the axes."""

    left: float
    right: float
    top: float
    bottom: float


@dataclass(frozen=True)
class FigureData:
    """A figure before it is drawn.

    Args:
        kind: How the marks are drawn: "heat map", "lines", "bars" (parts of a bar stand one after the other),
            "intervals" (a grey band with a mark on it) or "empty" (the title alone, and the sentence of `text`).
        title: What was found, in one sentence without its full stop.
        caption: What the figure shows: quantity, unit, and what a row or a line is.
        text: Further sentences with the main numbers.
        marks: The table: one row a mark.
        looks: Group -> how it is drawn, in the order of the legend.
        panels: Axes, from left to right.
        height: Of the axes without title and legend, in pixels.
        colours: Of a heat map: (place from 0 to 1, colour), with values from 0 to 1.
        colours_of: Of a heat map: the name of its colour bar.
        gap: Of a heat map: pixels between cells.
        decimals: Whether a heat map writes its values into its cells.
        pictures: Small pictures in the first panel.
        boxes: Chosen parts of the first panel.
        plays: Whether the lines can be played from left to right.

    Raises:
        MMSRError: A mark is in a panel that does not exist, or of a group without a look.

    Example:
        >>> mark = Mark("loss, epoch 1", x=1, y=6.2, value=6.2, group="loss")
        >>> looks = {"loss": Look("#000000")}
        >>> data = FigureData("lines", "The loss is 6.2", "Loss in nats", marks=(mark,), looks=looks)
        >>> data.table
        [{'of': 'loss, epoch 1', 'value': 6.2}]
        >>> data.words
        'The loss is 6.2. Loss in nats.'
    """

    kind: Kind
    title: str
    caption: str = ""
    text: str = ""
    marks: tuple[Mark, ...] = ()
    looks: Mapping[str, Look] = field(default_factory=dict)
    panels: tuple[Panel, ...] = (Panel(),)
    height: int = 300
    colours: tuple[tuple[float, str], ...] = theme.SEQUENTIAL
    colours_of: str = ""
    gap: int = 1
    decimals: bool = False
    pictures: tuple[Picture, ...] = ()
    boxes: tuple[Box, ...] = ()
    plays: bool = False

    def __post_init__(self) -> None:
        for mark in self.marks:
            if not 0 <= mark.panel < len(self.panels):
                raise MMSRError(f"mark {mark.label!r} is in panel {mark.panel}; the figure has {len(self.panels)}")
            if self.kind != "heat map" and mark.group not in self.looks:
                raise MMSRError(f"mark {mark.label!r} is of group {mark.group!r}, which has no look")

    @property
    def table(self) -> list[dict[str, Any]]:
        """The marks as rows: `of`, `value` and, where marks have an interval, its ends `low` and `high`."""
        rows: list[dict[str, Any]] = []
        for mark in self.marks:
            row: dict[str, Any] = {"of": mark.label, "value": mark.value}
            if mark.low is not None:
                row |= {"low": mark.low, "high": mark.high}
            rows.append(row)
        return rows

    @property
    def words(self) -> str:
        """The figure in sentences: what was found, what is shown, the main numbers."""
        sentences = [sentence.strip() for sentence in (self.title, self.caption, self.text)]
        return " ".join(sentence if sentence[-1] in ".!?" else f"{sentence}." for sentence in sentences if sentence)

    def groups(self) -> list[tuple[str, Look, list[Mark]]]:
        """The groups that have marks, in the order of the legend: name, look and marks."""
        found = [(name, look, [mark for mark in self.marks if mark.group == name]) for name, look in self.looks.items()]
        return [group for group in found if group[2]]


def empty_figure(title: str, why: str) -> FigureData:
    """A figure without marks.

    Args:
        title: What the figure would show.
        why: The reason why there is nothing to see, a sentence.

    Returns:
        The figure of this title, with the reason in its middle.

    Example:
        >>> empty_figure("Update gate", "This model has no update gate.").words
        'Update gate. This model has no update gate.'
    """
    return FigureData("empty", title, text=why, height=120)


def node_order(record: TraceRecord | FlowRecord) -> list[int]:
    """Nodes of a trace or a flow in the order of charts: by type, then by their mean position in the history.

    Args:
        record: A trace or a flow.

    Returns:
        Indices of its nodes (N).

    Example:
        >>> nodes = [{"type": 1, "positions": [1]}, {"type": 0, "positions": [2]}, {"type": 0, "positions": [1]}]
        >>> node_order({"nodes": nodes})
        [2, 1, 0]
    """
    nodes = record["nodes"]
    mean_position = [sum(node["positions"]) / len(node["positions"]) for node in nodes]
    return sorted(range(len(nodes)), key=lambda n: (nodes[n]["type"], mean_position[n], n))


def named_rows(names: Sequence[str], title: str = "", upright: bool = False) -> Axis:
    """An axis with a name at 0, 1, 2 and so on; up, the first name is at the top.

    Args:
        names: The names from top to bottom, or from left to right.
        title: What the names are of.
        upright: Whether this is an axis across, its names written upright.

    Returns:
        The axis, half a row wider than its names at each end.

    Example:
        >>> named_rows(["a", "b"]).ends
        (1.5, -0.5)
    """
    first, last = -0.5, len(names) - 0.5
    ends = (first, last) if upright else (last, first)
    return Axis(title, tuple((float(place), name) for place, name in enumerate(names)), ends, upright=upright)


def row_height(rows: int, least: int, most: int, whole: int) -> int:
    """Height of all rows together, in pixels.

    Args:
        rows: How many rows there are.
        least: Pixels that a row has at the least.
        most: Pixels that a row has at the most.
        whole: Pixels that all rows share when they fit neither limit.

    Returns:
        Pixels of all rows.

    Example:
        >>> row_height(10, least=15, most=24, whole=600)
        240
    """
    return rows * max(least, min(most, whole // max(rows, 1)))


Series = tuple[str, Look, Sequence[float], Sequence[float | None]]  # name, look, places across, values


def lines(panels: Iterable[tuple[str, str, Sequence[Series]]], lines_at_x: tuple[float, ...] = ()) -> dict[str, Any]:
    """Lines in panels side by side, as arguments of `FigureData`.

    Args:
        panels: Title of the x axis, title of the y axis and lines of each panel. A line of the same name in several
            panels is one entry of the legend.
        lines_at_x: Where dotted lines cross every panel.

    Returns:
        `kind`, `marks`, `looks` and `panels`.

    Example:
        >>> loss = ("loss", Look("#000000"), [1, 2], [3.0, 2.0])
        >>> data = FigureData(title="It fell", **lines([("epoch", "nats", [loss])]))
        >>> [(mark.label, mark.value) for mark in data.marks]
        [('loss, epoch 1', 3.0), ('loss, epoch 2', 2.0)]
    """
    marks: list[Mark] = []
    looks: dict[str, Look] = {}
    drawn: list[Panel] = []
    for panel, (across, up, series) in enumerate(panels):
        values = [value for *_, all_values in series for value in all_values if value is not None] or [0.0]
        room = 0.06 * (max(values) - min(values) or 1)
        ends = (min(values) - room, max(values) + room)
        drawn.append(Panel(Axis(across), Axis(up, ends=ends), lines_at_x))
        for name, look, places, all_values in series:
            looks.setdefault(name, look)
            for x, value in zip(places, all_values, strict=True):
                marks.append(Mark(f"{name}, {across} {x}", x, value, value, name, panel))
    return {"kind": "lines", "marks": tuple(marks), "looks": looks, "panels": tuple(drawn)}


CLEAR = Look(theme.INK, "diamond")  # a value outside its band, or a difference that is clear of zero
UNCLEAR = Look(theme.INK, "circle", hollow=True)  # a value inside its band, or a difference that may be zero


def interval_rows(
    title: str,
    caption: str,
    text: str,
    rows: Sequence[Row],
    looks: Mapping[str, Look],
    axis: Axis,
    zero: bool = True,
    lines_at_x: tuple[float, ...] = (),
) -> FigureData:
    """A figure of rows, each a grey band with a mark.

    Args:
        title: What was found.
        caption: What a row is.
        text: The main numbers, in sentences.
        rows: Label, low, high, value and group of each row, from top to bottom.
        looks: Group -> look of its marks.
        axis: The axis across; without `ends` it holds all marks and dotted lines.
        zero: Whether zero is on the axis, with a dotted line there.
        lines_at_x: Further dotted lines.

    Returns:
        The figure; an empty one when there are no rows.

    Example:
        >>> row = ("late - early", 1.0, 3.0, 2.0, "clear")
        >>> interval_rows("Late wins", "", "", [row], {"clear": CLEAR}, Axis("points")).table
        [{'of': 'late - early', 'value': 2.0, 'low': 1.0, 'high': 3.0}]
    """
    if not rows:
        return empty_figure(title, "There is nothing to show.")
    marks = tuple(
        Mark(label, value, float(place), value, group, low=low, high=high)
        for place, (label, low, high, value, group) in enumerate(rows)
    )
    if zero:
        lines_at_x = (0.0, *lines_at_x)
    if axis.ends is None:
        numbers = [*lines_at_x, *(number for row in rows for number in row[1:4])]
        if axis.from_zero:
            numbers.append(0.0)
        room = 0.03 * (max(numbers) - min(numbers) or 1)
        least = 0.0 if axis.from_zero and min(numbers) >= 0 else min(numbers) - room
        axis = Axis(axis.title, axis.names, (least, max(numbers) + room))
    panel = Panel(axis, named_rows([untrusted.clean(row[0], 60) for row in rows]), lines_at_x)
    height = row_height(len(rows), least=18, most=30, whole=700) + 60
    return FigureData("intervals", title, caption, text, marks, looks, (panel,), height)
