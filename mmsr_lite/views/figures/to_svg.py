"""`FigureData` of intervals as SVG in a page: no library, words over each mark, letters that a phone shows as they are.

A panel is a picture of its own, so that panels stand below each other where the window is narrow. The name of a row
stands above its mark; what a mark says when the pointer rests on it stands in its `title`.
"""

import math

from mmsr_lite.views import theme
from mmsr_lite.views.figures.data import FigureData, Look, Mark, Panel
from mmsr_lite.views.untrusted import safe

WIDE, SIDE = 360, 14  # pixels: of a panel, and of the room beside its scale
ROW, HEAD, FOOT = 36, 4, 44  # pixels: of a row, above the first one, and below the last one for the scale
SIZE = 6.0  # half of a mark, pixels
INKS = {theme.EARLY: "early", theme.LATE: "late", theme.SOFT: "soft", theme.INK: "ink"}  # colour -> its name in a theme


def to_svg(data: FigureData) -> str:
    """Draw a figure of intervals as HTML with one SVG for each panel.

    Args:
        data: The figure; of a kind other than "intervals" the words alone are written.

    Returns:
        HTML whose colours follow the theme of the page around it; names in it are escaped.

    Example:
        >>> from mmsr_lite.views.figures.data import Axis
        >>> from mmsr_lite.views.figures.kit import CLEAR, interval_rows
        >>> rows = [("late <- early", 1.0, 3.0, 2.0, "clear")]
        >>> drawn = to_svg(interval_rows("Late wins", "", "", rows, {"clear": CLEAR}, Axis("points")))
        >>> "<title>late &lt;- early: 2, 1 to 3; clear</title>" in drawn
        True
    """
    if data.kind != "intervals":
        return f'<p class="summary">{safe(data.text, 2000)}</p>'
    panels = "".join(_panel(data, number, panel) for number, panel in enumerate(data.panels))
    groups = "".join(
        f'<span><svg width="16" height="16" viewBox="-8 -8 16 16" aria-hidden="true">{_shape(look)}</svg>'
        f"{safe(name)}</span>"
        for name, look, _ in data.groups()
    )
    band = (
        '<span><svg width="26" height="12" aria-hidden="true"><rect class="band" width="26" height="12" rx="3"/></svg>'
    )
    return f'<div class="drawn">{panels}</div><p class="keys">{groups}{band}interval</span></p>'


def _panel(data: FigureData, number: int, panel: Panel) -> str:
    """One panel: the scale below, and a row for each name from top to bottom."""
    marks = [mark for mark in data.marks if mark.panel == number]
    least, most = panel.x.ends or _ends(marks)
    bottom = HEAD + ROW * len(panel.y.names)

    def across(value: float) -> float:
        return SIDE + (WIDE - 2 * SIDE) * (value - least) / (most - least or 1)

    parts = []
    for tick in ticks(least, most):
        x = f"{across(tick):.1f}"
        parts.append(f'<path class="rule" d="M{x} {HEAD}V{bottom + 4}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{bottom + 18}" text-anchor="middle">{tick:g}</text>')
    for x_line in panel.lines_at_x:
        parts.append(f'<path class="line" d="M{across(x_line):.1f} {HEAD}V{bottom + 4}"/>')
    for place, name in panel.y.names:
        parts.append(f'<text x="0" y="{HEAD + ROW * place + 12:g}">{safe(name, 52)}</text>')
    for mark in marks:
        y = HEAD + ROW * (mark.y or 0.0) + 25
        band = ""
        if mark.low is not None and mark.high is not None:
            low, high = across(mark.low), across(mark.high)
            band = (
                f'<rect class="band" x="{low:.1f}" y="{y - 6:g}" width="{max(high - low, 1):.1f}" height="12" rx="3"/>'
            )
        shape = _shape(data.looks[mark.group], across(mark.x), y)
        parts.append(f"<g><title>{safe(_says(mark), 300)}</title>{band}{shape}</g>")
    title = (
        f'<text class="tick" x="{WIDE / 2:g}" y="{bottom + 36}" text-anchor="middle">{safe(panel.x.title, 52)}</text>'
    )
    says = safe(f"{panel.x.title}: {'; '.join(_says(mark) for mark in marks)}", 4000)
    box = f'viewBox="0 0 {WIDE} {bottom + FOOT}" role="img" aria-label="{says}"'
    return f"<svg {box}>{''.join(parts)}{title}</svg>"


def _says(mark: Mark) -> str:
    """What a mark says: its name, its value, its interval and its group."""
    value = "nothing was measured" if mark.value is None else f"{mark.value:.4g}"
    interval = "" if mark.low is None or mark.high is None else f", {mark.low:.4g} to {mark.high:.4g}"
    return f"{mark.label}: {value}{interval}; {mark.group}"


def _ends(marks: list[Mark]) -> tuple[float, float]:
    """The least and the greatest of all values and intervals."""
    numbers = [number for mark in marks for number in (mark.x, mark.low, mark.high) if number is not None]
    return min(numbers, default=0.0), max(numbers, default=1.0)


def _shape(look: Look, x: float = 0.0, y: float = 0.0) -> str:
    """A mark of a look at a place."""
    ink = f"var(--{INKS[look.colour]})" if look.colour in INKS else look.colour
    style = f"fill:{'var(--paper)' if look.hollow else ink};stroke:{ink}"
    if look.symbol == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:g}" r="{SIZE - 0.5:g}" style="{style}" stroke-width="1.5"/>'
    turn = f' transform="rotate(45 {x:.1f} {y:g})"' if look.symbol == "diamond" else ""
    half = SIZE - 1
    place = f'x="{x - half:.1f}" y="{y - half:g}" width="{2 * half:g}" height="{2 * half:g}"'
    return f'<rect {place}{turn} style="{style}" stroke-width="1.5"/>'


def ticks(least: float, most: float, about: int = 5) -> list[float]:
    """Round numbers of a scale.

    Args:
        least: The lower end of the scale.
        most: The upper end of the scale.
        about: How many numbers there may be at most, but for one.

    Returns:
        Multiples of 1, 2 or 5 times a power of ten within the ends.

    Example:
        >>> ticks(0.0, 43.0)
        [0.0, 10.0, 20.0, 30.0, 40.0]
    """
    span = most - least
    if not span > 0:
        return [least]
    power = 10.0 ** math.floor(math.log10(span / about))
    step = next(factor * power for factor in (1, 2, 5, 10) if span / (factor * power) <= about)
    first = math.ceil(least / step - 1e-9)
    return [round(step * number, 10) for number in range(first, math.floor(most / step + 1e-9) + 1)]
