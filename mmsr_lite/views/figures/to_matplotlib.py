"""`FigureData` as a matplotlib figure: the still that GitHub, a slide and a page of paper show."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import FigureData, Look, Panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDE = 8.6  # inches
SYMBOLS = {"circle": "o", "square": "s", "diamond": "D", "hexagon": "h", "pentagon": "p", "triangle": "^"}
DASHES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
BAND = 0.55  # height of a bar, of a row's height
SHADE = 0.16  # of a band along a line


def to_matplotlib(data: FigureData) -> Figure:
    """Draw a figure with matplotlib.

    Args:
        data: The figure.

    Returns:
        The matplotlib figure, 8.6 inches wide.

    Example:
        >>> from mmsr_lite.views.figures.kit import empty_figure
        >>> len(to_matplotlib(empty_figure("Update gate", "This model has none.")).axes)
        1
    """
    from matplotlib.figure import Figure

    title, caption = textwrap.wrap(data.title, 86), textwrap.wrap(data.caption, 112)
    named = 0.24 * len(title) + 0.19 * len(caption) + 0.12  # inches
    head = named + (0.3 if _shares_legend(data) else 0.0)
    high = head + data.height / 100 + 0.8
    figure = Figure(figsize=(WIDE, high), facecolor=theme.PAPER, layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - head / high))  # type: ignore[union-attr,call-arg]
    place: dict[str, Any] = {"ha": "left", "va": "top", "parse_math": False}
    figure.text(0.015, 1 - 0.08 / high, "\n".join(title), fontsize=11.5, fontweight="bold", color=theme.INK, **place)
    below = 1 - (0.08 + 0.24 * len(title)) / high
    figure.text(0.015, below, "\n".join(caption), fontsize=9, color=theme.SOFT, **place)
    all_axes: list[Axes] = list(figure.subplots(1, len(data.panels), squeeze=False)[0])
    for axes, panel in zip(all_axes, data.panels, strict=True):
        _dress(axes, panel)
    DRAW[data.kind](figure, all_axes, data)
    if _shares_legend(data):
        _legend_above(figure, all_axes, 1 - (named - 0.05) / high)
    for axes, panel in zip(all_axes, data.panels, strict=True):
        _limit(axes, panel)
    if data.named_at_end:
        _name_ends(all_axes[-1], data)
    for box in data.boxes:
        size = (box.right - box.left, box.bottom - box.top)
        _add_box(all_axes[0], box.left, box.top, *size)
    _add_pictures(all_axes[0], data)
    return figure


def _dress(axes: Axes, panel: Panel) -> None:
    """Write titles and names of a panel, and draw its grid."""
    axes.set_xlabel(panel.x.title, color=theme.SOFT, fontsize=9, parse_math=False)
    axes.set_ylabel(panel.y.title, color=theme.SOFT, fontsize=9, parse_math=False)
    axes.tick_params(length=0, labelsize=8.5)
    axes.spines[:].set_visible(False)
    axes.grid(color=theme.LINE, lw=0.6)
    axes.set_axisbelow(True)
    if panel.x.names:
        places, names = zip(*panel.x.names, strict=True)
        axes.set_xticks(places, names, parse_math=False)
        axes.grid(False, axis="x")
    if panel.y.names:
        places, names = zip(*panel.y.names, strict=True)
        axes.set_yticks(places, names, parse_math=False)
        axes.grid(False, axis="y")
    if panel.x.upright:
        axes.tick_params(axis="x", rotation=90)
    for x in panel.lines_at_x:
        axes.axvline(x, color=theme.SOFT, lw=1, ls=":", zorder=1)
    for y in panel.lines_at_y:
        axes.axhline(y, color=theme.SOFT, lw=1, ls=":", zorder=1)


def _limit(axes: Axes, panel: Panel) -> None:
    """Set the ends of both axes, after the marks are drawn."""
    if panel.x.ends:
        axes.set_xlim(*panel.x.ends)
    if panel.x.from_zero:
        axes.set_xlim(left=min(0.0, axes.get_xlim()[0]))
    if panel.y.ends:
        axes.set_ylim(*panel.y.ends)
    if panel.y.from_zero:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))


def _name_ends(axes: Axes, data: FigureData) -> None:
    """Write the name of each line at its right end."""
    bottom, top = axes.get_ylim()
    for mark, place in data.names_at_ends(top, bottom):
        look = data.looks[mark.group]
        style: dict[str, Any] = {"color": look.colour, "fontsize": 9, "va": "center", "parse_math": False}
        across = axes.transData.transform((mark.x, 0))[0]
        right = axes.transAxes.inverted().transform((across, 0))[0] + 0.015
        axes.annotate(mark.group, (right, place), xycoords=("axes fraction", "data"), annotation_clip=False, **style)


def _add_box(axes: Axes, left: float, top: float, wide: float, tall: float) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((left, top), wide, tall, fc=(0.1, 0.14, 0.19, 0.1), ec=theme.INK, lw=1.5, zorder=4))


def _add_pictures(axes: Axes, data: FigureData) -> None:
    """Draw the square pictures of the first panel."""
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    wide = (right - left) / abs(top - bottom) * (data.height / 100) / (0.85 * WIDE)  # x units as long as a y unit
    for picture in data.pictures:
        pixels = untrusted.picture(picture.source)
        if pixels is None:
            continue
        half_x, half_y = wide * picture.height / 2, picture.height / 2
        ends = (picture.x - half_x, picture.x + half_x, picture.y + half_y, picture.y - half_y)
        axes.imshow(pixels, extent=ends, aspect="auto", zorder=3)
    axes.set_xlim(left, right)
    axes.set_ylim(bottom, top)


def _heat_map(figure: Figure, all_axes: list[Axes], data: FigureData) -> None:
    import numpy as np
    from matplotlib.colors import LinearSegmentedColormap

    axes = all_axes[0]
    axes.grid(False)
    columns = sorted({mark.x for mark in data.marks})
    rows = sorted({mark.y for mark in data.marks if mark.y is not None})
    values = np.full((len(rows), len(columns)), np.nan)
    for mark in data.marks:
        if mark.y is not None and mark.value is not None:
            values[rows.index(mark.y), columns.index(mark.x)] = mark.value
    colours = LinearSegmentedColormap.from_list("", list(data.colours))
    edges = [np.array([*places, places[-1] + 1], dtype=float) - 0.5 for places in (columns, rows)]
    look: dict[str, Any] = {"edgecolors": theme.LINE, "linewidth": 0.6}
    mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(values), cmap=colours, vmin=0, vmax=1, **look)
    bar = figure.colorbar(mesh, ax=axes, shrink=0.7, aspect=24)
    bar.set_label(data.colours_of, fontsize=9, color=theme.SOFT)
    bar.ax.tick_params(labelsize=8, length=0)
    bar.outline.set_edgecolor(theme.LINE)
    if data.decimals and len(rows) <= 40:
        for mark in data.marks:
            if mark.y is not None and mark.value is not None:
                ink = theme.PAPER if abs(mark.value - 0.5) > 0.3 else theme.INK
                axes.text(mark.x, mark.y, f"{mark.value:.2f}", color=ink, ha="center", va="center", fontsize=8)


def _symbol(look: Look, size: float) -> dict[str, Any]:
    fill, edge = (theme.PAPER, look.colour) if look.hollow else (look.colour, theme.PAPER)
    return {"marker": SYMBOLS[look.symbol], "ms": size, "mfc": fill, "mec": edge, "mew": 1.5 if look.hollow else 0.6}


def _lines(figure: Figure, all_axes: list[Axes], data: FigureData) -> None:
    for panel, name, look, marks in data.groups_by_panel():
        xs = [mark.x for mark in marks]
        ys = [float("nan") if mark.y is None else mark.y for mark in marks]
        style: dict[str, Any] = {"color": look.colour, "ls": DASHES[look.dash], "lw": 1.6, "label": name}
        all_axes[panel].plot(xs, ys, **style, **_symbol(look, 4.5))
        banded = [(mark.x, mark.low, mark.high) for mark in marks if mark.low is not None and mark.high is not None]
        if banded:
            across, low, high = zip(*banded, strict=True)
            all_axes[panel].fill_between(across, low, high, color=look.colour, alpha=SHADE, lw=0)
    if not _shares_legend(data) and data.has_legend:
        for axes in all_axes:
            _plain(axes.legend(**LEGEND, ncols=2))


def _shares_legend(data: FigureData) -> bool:
    """Whether panels share one legend: all have the same lines, or each is too narrow for its own."""
    if data.kind in ("bars", "intervals"):
        return len(data.panels) > 1
    if data.kind != "lines" or len(data.panels) == 1:
        return False
    names = [frozenset(mark.group for mark in data.marks if mark.panel == number) for number in range(len(data.panels))]
    return len(data.panels) > 3 or len(set(names)) == 1


LEGEND: dict[str, Any] = {"frameon": False, "fontsize": 8.5, "loc": "lower right", "bbox_to_anchor": (1, 1)}


def _legend_above(figure: Figure, all_axes: list[Axes], top: float) -> None:
    """Draw one legend for all panels, below `top` of the figure."""
    handles: dict[str, Any] = {}
    for axes in all_axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    look: dict[str, Any] = {"loc": "upper right", "bbox_to_anchor": (0.99, top), "frameon": False, "fontsize": 8.5}
    legend = figure.legend(list(handles.values()), list(handles), ncols=6, **look)
    legend.set_in_layout(False)
    _plain(legend)


def _plain(legend: Any) -> None:
    """Escape dollar signs, because names are untrusted: matplotlib would read a formula."""
    for text in legend.get_texts():
        text.set_parse_math(False)


def _bars(figure: Figure, all_axes: list[Axes], data: FigureData) -> None:
    ends: dict[tuple[int, float | None, bool], float] = {}  # of each row, to the right and to the left of zero
    for name, look, marks in data.groups():
        for mark in marks:
            value, axes = mark.value or 0.0, all_axes[mark.panel]
            side = (mark.panel, mark.y, value >= 0)
            start = ends.get(side, 0.0)
            axes.barh(mark.y or 0.0, value, left=start, height=BAND, color=look.colour, zorder=2)
            ends[side] = start + value
        all_axes[0].barh([0], [0], color=look.colour, label=name)
    if len(data.groups()) > 1 and not _shares_legend(data):
        _plain(all_axes[0].legend(**LEGEND, ncols=6))


def _intervals(figure: Figure, all_axes: list[Axes], data: FigureData) -> None:
    for mark in data.marks:
        if mark.low is not None and mark.high is not None:
            band: dict[str, Any] = {"height": BAND, "color": theme.LINE, "zorder": 2}
            all_axes[mark.panel].barh(mark.y or 0.0, mark.high - mark.low, left=mark.low, **band)
    for panel, name, look, marks in data.groups_by_panel():
        xs, ys = [mark.x for mark in marks], [mark.y or 0.0 for mark in marks]
        style: dict[str, Any] = {"ls": "", "label": name, "zorder": 3}
        all_axes[panel].plot(xs, ys, **style, **_symbol(look, 7 if len(data.marks) < 40 else 5))
    all_axes[-1].barh([0], [0], color=theme.LINE, label="band")
    if not _shares_legend(data):
        _plain(all_axes[0].legend(**LEGEND, ncols=6))


def _empty(figure: Figure, all_axes: list[Axes], data: FigureData) -> None:
    all_axes[0].axis("off")
    text = "\n".join(textwrap.wrap(data.text, 90))
    all_axes[0].text(0.5, 0.5, text, transform=all_axes[0].transAxes, ha="center", va="center", parse_math=False)


DRAW = {"heat map": _heat_map, "lines": _lines, "bars": _bars, "intervals": _intervals, "empty": _empty}
