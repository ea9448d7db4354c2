"""A figure as data: a table of marks, from which the plotly figure, the matplotlib still and the text are made.

A function of this package turns a record into `FigureData`; it draws nothing. `to_plotly` and `to_matplotlib` draw
every `FigureData`, and `FigureData.table` and `.words` say the same as text. Texts are plain: each renderer escapes
what it has to.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from mmsr_lite.errors import MMSRError
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views import theme

Kind = Literal["heat map", "lines", "bars", "intervals", "empty"]


@dataclass(frozen=True)
class Axis:
    """One axis of a panel.

    Args:
        title: What it measures, with the unit.
        names: (place, name) of each tick, where places stand for names; empty: numbers.
        ends: The first and the last number to show, from left to right or from bottom to top; None: what fits.
        from_zero: Whether the axis must include zero.
        upright: Whether names are written vertically, because there are many.

    Example:
        >>> Axis("epoch").from_zero
        False
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
        lines_at_y: Where dotted lines cross it from left to right.

    Example:
        >>> Panel(x=Axis("epoch"), lines_at_x=(2.0,)).lines_at_x
        (2.0,)
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
        hollow: Whether a symbol is drawn as an outline.

    Example:
        >>> Look("#000000").symbol
        'circle'
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
        note: More words, shown when the pointer rests on the mark.

    Example:
        >>> Mark("loss, epoch 1", x=1, y=6.2, value=6.2).panel
        0
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
    """A small picture in a panel.

    Args:
        source: its data address.
        x: Its centre across, in units of the x axis.
        y: Its centre up, in units of the y axis.
        width: In units of the x axis.
        height: In units of the y axis.

    Example:
        >>> Picture("data:image/png;base64,", 1, 0, 0.5, 0.5).width
        0.5
    """

    source: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Box:
    """A selected part of a panel, in units of its axes.

    Args:
        left: Where it begins.
        right: Where it ends.
        top: Its upper end.
        bottom: Its lower end.

    Example:
        >>> Box(0.0, 0.5, -0.5, 0.5).right
        0.5
    """

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
        height: The height of the axes without title and legend, in pixels.
        colours: Of a heat map: (place from 0 to 1, colour), with values from 0 to 1.
        colours_of: Of a heat map: the name of its colour bar.
        gap: Of a heat map: pixels between cells.
        decimals: Whether a heat map writes its values into its cells.
        pictures: The small pictures in the first panel.
        boxes: The selected parts of the first panel.
        plays: Whether the lines can be played from left to right.
        named_at_end: Whether each line has its name at its right end instead of in a legend.

    Raises:
        MMSRError: A mark is in a panel that does not exist, or its group has no look.

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
    named_at_end: bool = False

    def __post_init__(self) -> None:
        for mark in self.marks:
            if not 0 <= mark.panel < len(self.panels):
                raise MMSRError(f"mark {mark.label!r} is in panel {mark.panel}; the figure has {len(self.panels)}")
            if self.kind != "heat map" and mark.group not in self.looks:
                raise MMSRError(f"mark {mark.label!r} is of group {mark.group!r}, which has no look")

    @property
    def table(self) -> list[TableRow]:
        """The marks as rows: `of`, `value` and, where marks have an interval, its ends `low` and `high`."""
        rows: list[TableRow] = []
        for mark in self.marks:
            row: TableRow = {"of": mark.label, "value": mark.value}
            if mark.low is not None:
                row |= {"low": mark.low, "high": mark.high}
            rows.append(row)
        return rows

    @property
    def has_legend(self) -> bool:
        """Whether a legend names the groups."""
        return self.kind in ("lines", "bars", "intervals") and bool(self.marks) and not self.named_at_end

    def names_at_ends(self, top: float, bottom: float, letters: int = 14) -> list[tuple[Mark, float]]:
        """Place the names of lines so that no name covers another.

        Args:
            top: The upper end of the y axis.
            bottom: The lower end of the y axis.
            letters: Height of a line of text, in pixels.

        Returns:
            The last mark of each line, and the place of its name on the y axis, from top to bottom.

        Example:
            >>> marks = (Mark("a", 1, 50, 50, "a"), Mark("b", 1, 50, 50, "b"))
            >>> looks = {"a": Look("#000000"), "b": Look("#000000")}
            >>> data = FigureData("lines", "Alike", marks=marks, looks=looks, height=140)
            >>> [(mark.group, place) for mark, place in data.names_at_ends(100, 0)]
            [('a', 55.0), ('b', 45.0)]
        """
        last = [marks[-1] for _, _, marks in self.groups() if marks[-1].y is not None]
        last.sort(key=lambda mark: -(mark.y or 0.0))
        gap = letters * (top - bottom) / self.height
        places = [mark.y or 0.0 for mark in last]
        for _ in range(100):  # names that are too close push each other apart
            for above in range(len(places) - 1):
                short = gap - (places[above] - places[above + 1])
                if short > 1e-9:
                    places[above] += short / 2
                    places[above + 1] -= short / 2
        return list(zip(last, places, strict=True))

    @property
    def words(self) -> str:
        """Sentences: what was found, what is shown, and the main numbers."""
        sentences = [sentence.strip() for sentence in (self.title, self.caption, self.text)]
        return " ".join(sentence if sentence[-1] in ".!?" else f"{sentence}." for sentence in sentences if sentence)

    def groups(self) -> list[tuple[str, Look, list[Mark]]]:
        """The groups that have marks, in the order of the legend: name, look and marks."""
        found = [(name, look, [mark for mark in self.marks if mark.group == name]) for name, look in self.looks.items()]
        return [group for group in found if group[2]]

    def groups_by_panel(self) -> list[tuple[int, str, Look, list[Mark]]]:
        """The groups of each panel that have marks there: number of the panel, name, look and marks."""
        found = []
        for panel in range(len(self.panels)):
            for name, look, marks in self.groups():
                here = [mark for mark in marks if mark.panel == panel]
                if here:
                    found.append((panel, name, look, here))
        return found
