"""Slopes: what each row is under early and under late fusion, a line from one to the other."""

from collections.abc import Mapping

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel

DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "hexagon", "triangle", "pentagon")


def slopes(
    rows: Mapping[str, Mapping[str, float]], title: str, unit: str, reference: float | None = None
) -> FigureData:
    """Lines between columns, such as early and late fusion; crossing lines say that the better one depends.

    Args:
        rows: Name of each line -> column -> value; all lines have the same columns.
        title: What was found, in one sentence without its full stop.
        unit: What the values are, such as "purchases found, percent".
        reference: A value that a dotted line marks, such as chance.

    Returns:
        The figure.

    Raises:
        MMSRError: There are no rows, or they differ in their columns.

    Example:
        >>> slopes({"pick": {"early": 99.0, "late": 57.0}}, "Early wins", "percent").words.partition(".")[0]
        'Early wins'
    """
    columns = [list(row) for row in rows.values()]
    if not columns or any(one != columns[0] for one in columns):
        raise MMSRError(f"every row needs the same columns; got {columns}")
    marks, looks = [], {}
    for number, (name, row) in enumerate(rows.items()):
        label = untrusted.clean(name, 40)
        colour = theme.series(label.removesuffix(" fusion"), number)  # early and late have their own
        looks[label] = Look(colour, SYMBOLS[number % len(SYMBOLS)], DASHES[number % len(DASHES)])
        for place, (column, value) in enumerate(row.items()):
            marks.append(Mark(f"{label}, {column}", float(place), value, value, label))
    names = tuple((float(place), untrusted.clean(column, 20)) for place, column in enumerate(columns[0]))
    across = Axis("", names, (-0.25, len(names) - 0.75))
    panel = Panel(across, Axis(unit, from_zero=True), lines_at_y=() if reference is None else (reference,))
    dotted = "" if reference is None else f"; the dotted line is {reference:.3g}"
    caption = f"Each line is one row, from {columns[0][0]} to {columns[0][-1]}; up is {unit}{dotted}"
    text = "; ".join(f"{mark.label} {mark.value:.1f}" for mark in marks) + "."
    return FigureData("lines", title, caption, text, tuple(marks), looks, (panel,), height=260)
