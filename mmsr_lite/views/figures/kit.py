"""Parts of several figures: named rows, lines in panels, marks on intervals, a figure without marks."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mmsr_lite.records import FlowRecord, TraceRecord
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel

Row = tuple[str, float, float, float, str]  # of an interval figure: label, low, high, value, group


def empty_figure(title: str, why: str) -> FigureData:
    """A figure that says why it has nothing to show.

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
    """An axis with names in place of numbers 0, 1, 2 and so on; on a y axis the first name is at the top.

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
    """The height of all rows together.

    Args:
        rows: How many rows there are.
        least: The smallest height of a row in pixels.
        most: The greatest height of a row in pixels.
        whole: The height that all rows share where this breaks neither limit.

    Returns:
        The height in pixels.

    Example:
        >>> row_height(10, least=15, most=24, whole=600)
        240
    """
    return rows * max(least, min(most, whole // max(rows, 1)))


Series = tuple[str, Look, Sequence[float], Sequence[float | None]]  # name, look, places across, values


Bands = Mapping[tuple[int, str], tuple[Sequence[float], Sequence[float]]]  # panel and line -> lower, upper ends


def lines(
    panels: Iterable[tuple[str, str, Sequence[Series]]], lines_at_x: tuple[float, ...] = (), bands: Bands | None = None
) -> dict[str, Any]:
    """Lines in panels side by side, as arguments of `FigureData`.

    Args:
        panels: Title of the x axis, title of the y axis and lines of each panel. A line of the same name in several
            panels is one entry of the legend.
        lines_at_x: Where dotted lines cross every panel.
        bands: Number of a panel and name of a line -> ends of the band that is shaded along it. None: no bands.

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
    bands = bands or {}
    for panel, (across, up, series) in enumerate(panels):
        values = [value for *_, all_values in series for value in all_values if value is not None] or [0.0]
        values += [end for (place, _), ends in bands.items() if place == panel for side in ends for end in side]
        room = 0.06 * (max(values) - min(values) or 1)
        ends = (min(values) - room, max(values) + room)
        drawn.append(Panel(Axis(across), Axis(up, ends=ends), lines_at_x))
        for name, look, places, all_values in series:
            looks.setdefault(name, look)
            none: list[float | None] = [None] * len(places)
            lows, highs = bands.get((panel, name), (none, none))
            for x, value, low, high in zip(places, all_values, lows, highs, strict=True):
                marks.append(Mark(f"{name}, {across} {x}", x, value, value, name, panel, low, high))
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
    """A figure of rows, each with a mark on a grey band.

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
