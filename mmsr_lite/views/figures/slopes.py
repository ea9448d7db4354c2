"""Slopes: the value of each row under early and under late fusion, joined by a line."""

from collections.abc import Mapping, Sequence

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel

DASHES = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "hexagon", "triangle", "pentagon")


Cell = float | Sequence[float]  # a value, or a value of each seed


def slopes(rows: Mapping[str, Mapping[str, Cell]], title: str, unit: str, reference: float | None = None) -> FigureData:
    """Draw a line for each row from column to column, such as from early to late fusion.

    Where lines cross, the better column depends on the row.

    Args:
        rows: Name of each line -> column -> value, or the values of several seeds: then the line is at their mean, in a
            band from the least to the greatest. All lines have the same columns.
        title: What was found, in one sentence without its full stop.
        unit: What the values are, such as "purchases found, percent".
        reference: A value that a dotted line marks, such as chance.

    Returns:
        The figure.

    Raises:
        MMSRError: There are no rows, they differ in their columns, or a cell has no value.

    Example:
        >>> slopes({"pick": {"early": [98.0, 100.0], "late": 57.0}}, "Early wins", "percent").table[0]
        {'of': 'pick, early', 'value': 99.0, 'low': 98.0, 'high': 100.0}
    """
    columns = [list(row) for row in rows.values()]
    if not columns or any(one != columns[0] for one in columns):
        raise MMSRError(f"every row needs the same columns; got {columns}")
    marks, looks = [], {}
    for number, (name, row) in enumerate(rows.items()):
        label = untrusted.clean(name, 40)
        colour = theme.series(label.removesuffix(" fusion"), number)  # early and late have their own
        looks[label] = Look(colour, SYMBOLS[number % len(SYMBOLS)], DASHES[number % len(DASHES)])
        for place, (column, cell) in enumerate(row.items()):
            seeds = [float(value) for value in (cell if isinstance(cell, Sequence) else [cell])]
            if not seeds:
                raise MMSRError(f"the cell {name!r}, {column!r} has no value; give a number or a list of numbers")
            value = sum(seeds) / len(seeds)
            low, high = (min(seeds), max(seeds)) if len(seeds) > 1 else (None, None)
            marks.append(Mark(f"{label}, {column}", float(place), value, value, label, low=low, high=high))
    names = tuple((float(place), untrusted.clean(column, 20)) for place, column in enumerate(columns[0]))
    across = Axis("", names, (-0.25, len(names) - 0.75))
    panel = Panel(across, Axis(unit, from_zero=True), lines_at_y=() if reference is None else (reference,))
    dotted = "" if reference is None else f"; the dotted line is {reference:.3g}"
    shaded = "; shaded from the least to the greatest seed" if any(mark.low is not None for mark in marks) else ""
    caption = f"Each line is one row, from {columns[0][0]} to {columns[0][-1]}; up is {unit}{dotted}{shaded}"
    text = "; ".join(f"{mark.label} {mark.value:.1f}" for mark in marks) + "."
    return FigureData("lines", title, caption, text, tuple(marks), looks, (panel,), height=260, named_at_end=True)
