"""`FigureData` as a plotly figure: what a notebook with a kernel and a saved page show."""

from __future__ import annotations

import html
import textwrap
from typing import TYPE_CHECKING, Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.data import FigureData, Look, Mark

if TYPE_CHECKING:
    import plotly.graph_objects as go

AXIS_TITLE = {"size": 13, "color": theme.SOFT}
BUTTON = {"bgcolor": "#eef0f3", "font": {"color": "#101418"}, "bordercolor": "#b6bec8"}  # the same on dark paper
LETTERS = 92  # of a title in one line
SYMBOLS = {"triangle": "triangle-up"}
BOX = {"fillcolor": "rgba(27,36,48,0.10)", "line": {"color": theme.INK, "width": 2}}  # a chosen part
BESIDE = 70  # pixels below the axes
LEGEND, LINE = 30, 21  # pixels of the legend, and of a line of the title


def to_plotly(data: FigureData) -> go.Figure:
    """Draw a figure with plotly.

    Args:
        data: The figure. Names in it are untrusted and plotly reads a part of HTML, so all text is escaped here.

    Returns:
        The plotly figure; its `layout.meta` holds title, caption, words, and the height of title and caption.

    Example:
        >>> from mmsr_lite.views.figures.kit import empty_figure
        >>> to_plotly(empty_figure("Gate", "<none>")).layout.annotations[0].text
        '&lt;none&gt;'
    """
    import plotly.graph_objects as go

    title = textwrap.wrap(data.title, LETTERS)
    caption = textwrap.wrap(data.caption, int(1.25 * LETTERS))
    head = LINE * len(title) + 17 * len(caption) + 14
    top = head + (LEGEND if data.has_legend else 6)
    longest = max((len(name) for name in data.looks), default=0) if data.named_at_end else 0
    below = 110 if data.plays else BESIDE
    layout: dict[str, Any] = {
        "template": {},
        "title": {
            "text": "<br>".join(map(html.escape, title)),
            "x": 0.01,
            "xref": "container",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": 12},
            "font": {"size": 16, "weight": 650},
            "subtitle": {
                "text": "<br>".join(map(html.escape, caption)),
                "font": {"size": 13, "color": theme.SOFT, "weight": 400},
            },
        },
        "meta": {"title": data.title, "caption": data.caption, "text": data.words, "head": head},
        "font": {"family": theme.FONT, "size": 13, "color": theme.INK},
        "height": top + data.height + below,
        "margin": {"l": 20, "r": 20 + 8 * longest, "t": top, "b": below},
        "showlegend": data.has_legend,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "hoverlabel": {"align": "left"},
        "paper_bgcolor": theme.PAPER,
        "plot_bgcolor": theme.PAPER,
    }
    figure = go.Figure(TRACES[data.kind](data), layout)
    _add_axes(figure, data)
    _add_shapes(figure, data)
    if data.kind == "bars":
        figure.update_layout(barmode="relative")
    if data.kind == "empty":
        figure.update_xaxes(visible=False).update_yaxes(visible=False)
        place = {"x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
        figure.add_annotation(text=html.escape(data.text), showarrow=False, **place)
    if data.named_at_end:
        _name_ends(figure, data)
    if data.plays:
        _add_animation(figure, [mark.x for mark in data.groups()[0][2]])
    return figure


def _number(panel: int) -> str:
    """The number at the end of an axis name in plotly: none for the first panel, then 2, 3 and so on."""
    return str(panel + 1) if panel else ""


def _add_axes(figure: go.Figure, data: FigureData) -> None:
    has_names_between = any(panel.y.names for panel in data.panels[1:])
    gap = 0.2 if has_names_between else 0.06
    width = (1 - gap * (len(data.panels) - 1)) / len(data.panels)
    for number, panel in enumerate(data.panels):
        tail, left = _number(number), number * (width + gap)
        for letter, axis in (("x", panel.x), ("y", panel.y)):
            look: dict[str, Any] = {"gridcolor": theme.LINE, "zeroline": False, "linecolor": theme.LINE}
            look |= {"automargin": True, "title": {"text": html.escape(axis.title), "font": AXIS_TITLE}}
            if axis.names:
                size = 13 if len(axis.names) <= 30 else 9
                look |= {"tickvals": [place for place, _ in axis.names], "showgrid": False, "tickfont": {"size": size}}
                look["ticktext"] = [html.escape(name) for _, name in axis.names]
            if axis.ends:
                look["range"] = list(axis.ends)
            if axis.from_zero:
                look["rangemode"] = "tozero"
            if axis.upright:
                look["tickangle"] = -90
                look["title"]["standoff"] = 16
            look["anchor"] = f"{'y' if letter == 'x' else 'x'}{tail}"
            if letter == "x" and len(data.panels) > 1:
                look["domain"] = [left, left + width]
            figure.layout[f"{letter}axis{tail}"] = look


def _add_shapes(figure: go.Figure, data: FigureData) -> None:
    line = {"color": theme.SOFT, "width": 1, "dash": "dot"}
    shapes: list[dict[str, Any]] = []
    for number, panel in enumerate(data.panels):
        tail = _number(number)
        for x in panel.lines_at_x:
            place = {"x0": x, "x1": x, "xref": f"x{tail}", "y0": 0, "y1": 1, "yref": f"y{tail} domain"}
            shapes.append({"type": "line", "line": line, **place})
        for y in panel.lines_at_y:
            place = {"y0": y, "y1": y, "yref": f"y{tail}", "x0": 0, "x1": 1, "xref": f"x{tail} domain"}
            shapes.append({"type": "line", "line": line, **place})
    for box in data.boxes:
        ends = {"x0": box.left, "x1": box.right, "y0": box.top, "y1": box.bottom}
        shapes.append({"type": "rect", **BOX, **ends})
    images = []
    for picture in data.pictures:
        place = {"x": picture.x, "y": picture.y, "sizex": picture.width, "sizey": picture.height}
        place |= {"xref": "x", "yref": "y", "xanchor": "center", "yanchor": "middle"}
        images.append({"source": picture.source, **place})
    figure.update_layout(shapes=shapes, images=images)


def _name_ends(figure: go.Figure, data: FigureData) -> None:
    """Write the name of each line at its right end, in the margin."""
    axis = data.panels[-1].y
    values = [end for mark in data.marks for end in (mark.y, mark.low, mark.high) if end is not None]
    bottom, top = axis.ends or (0.0 if axis.from_zero else min(values), max(values))
    tail = _number(len(data.panels) - 1)
    for mark, place in data.names_at_ends(top, bottom, 16):
        where = {"x": mark.x, "y": place, "xref": f"x{tail}", "yref": f"y{tail}", "xanchor": "left", "xshift": 10}
        font = {"color": data.looks[mark.group].colour, "size": 13}
        figure.add_annotation(text=html.escape(mark.group), showarrow=False, font=font, **where)


def _heat_map(data: FigureData) -> list[dict[str, Any]]:
    columns = sorted({mark.x for mark in data.marks})
    rows = sorted({mark.y for mark in data.marks if mark.y is not None})
    across, up = ({place: index for index, place in enumerate(places)} for places in (columns, rows))
    values: list[list[float | None]] = [[None] * len(columns) for _ in rows]
    notes = [[""] * len(columns) for _ in rows]
    for mark in data.marks:
        if mark.y is not None:
            values[up[mark.y]][across[mark.x]] = mark.value
            notes[up[mark.y]][across[mark.x]] = html.escape(mark.note).replace("\n", "<br>")
    colorbar = {"title": {"text": data.colours_of}, "thickness": 12, "outlinecolor": theme.LINE, "outlinewidth": 1}
    trace: dict[str, Any] = {"type": "heatmap", "x": columns, "y": rows, "z": values, "text": notes}
    trace |= {"zmin": 0, "zmax": 1, "colorscale": [list(stop) for stop in data.colours], "colorbar": colorbar}
    trace |= {"xgap": data.gap, "ygap": data.gap, "hoverongaps": False, "hovertemplate": "%{text}<extra></extra>"}
    if data.decimals:
        trace["texttemplate"] = "%{z:.2f}"
    return [trace]


def _lines(data: FigureData) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    in_legend: set[str] = set()
    for panel, name, look, marks in data.groups_by_panel():
        label = html.escape(name)
        trace: dict[str, Any] = {"type": "scatter", "mode": "lines+markers", "name": label, "legendgroup": label}
        trace |= {"x": [mark.x for mark in marks], "y": [mark.y for mark in marks]}
        trace |= {"xaxis": f"x{_number(panel)}", "yaxis": f"y{_number(panel)}"}
        trace |= {"line": {"color": look.colour, "dash": look.dash, "width": 2}, "marker": _symbol(look, 6)}
        traces += _shade(panel, look, label, marks)
        across = html.escape(data.panels[panel].x.title)
        trace |= {"hovertemplate": f"{across} %{{x}}<br>{label} %{{y:.3f}}<extra></extra>"}
        traces.append(trace | {"showlegend": name not in in_legend})
        in_legend.add(name)
    return traces


def _shade(panel: int, look: Look, label: str, marks: list[Mark]) -> list[dict[str, Any]]:
    """Draw the band along a line, where its marks have one: rightwards along its upper end, then back."""
    ends = _ends(marks)
    if not ends:
        return []
    places = [mark.x for mark in marks if mark.low is not None and mark.high is not None]
    trace: dict[str, Any] = {"type": "scatter", "mode": "lines", "fill": "toself", "hoverinfo": "skip"}
    trace |= {"x": places + places[::-1], "y": [high for _, high in ends] + [low for low, _ in ends][::-1]}
    trace |= {"xaxis": f"x{_number(panel)}", "yaxis": f"y{_number(panel)}", "showlegend": False, "legendgroup": label}
    return [trace | {"line": {"width": 0}, "fillcolor": look.colour, "opacity": 0.16, "name": "band"}]


def _symbol(look: Look, size: int) -> dict[str, Any]:
    fill, edge = (theme.PAPER, look.colour) if look.hollow else (look.colour, theme.PAPER)
    symbol = SYMBOLS.get(look.symbol, look.symbol)
    return {"color": fill, "symbol": symbol, "size": size, "line": {"color": edge, "width": 2 if look.hollow else 1}}


def _bars(data: FigureData) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    in_legend: set[str] = set()
    for panel, name, look, marks in data.groups_by_panel():
        trace: dict[str, Any] = {"type": "bar", "orientation": "h", "width": 0.55, "name": html.escape(name)}
        trace |= {"x": [mark.value for mark in marks], "y": [mark.y for mark in marks]}
        trace |= {"marker": {"color": look.colour}, "customdata": [html.escape(mark.note) for mark in marks]}
        trace["hovertemplate"] = f"%{{customdata}}<br>{html.escape(name)} %{{x:.4g}}<extra></extra>"
        if len(data.panels) > 1:
            trace |= {"xaxis": f"x{_number(panel)}", "yaxis": f"y{_number(panel)}"}
            trace |= {"legendgroup": html.escape(name), "showlegend": name not in in_legend}
        traces.append(trace)
        in_legend.add(name)
    return traces


def _ends(marks: list[Mark] | tuple[Mark, ...]) -> list[tuple[float, float]]:
    return [(mark.low, mark.high) for mark in marks if mark.low is not None and mark.high is not None]


def _intervals(data: FigureData) -> list[dict[str, Any]]:
    traces: list[dict[str, Any]] = []
    for panel in range(len(data.panels)):
        marks = [mark for mark in data.marks if mark.panel == panel]
        ends = _ends(marks)
        band: dict[str, Any] = {"type": "bar", "orientation": "h", "name": "band", "width": 0.5}
        band |= {"y": [mark.y for mark in marks], "base": [low for low, _ in ends]}
        band |= {"x": [high - low for low, high in ends], "marker": {"color": theme.LINE}}
        band |= {
            "customdata": [high for _, high in ends],
            "hovertemplate": "%{base:.4g} to %{customdata:.4g}<extra></extra>",
        }
        if panel:
            band |= {"xaxis": f"x{_number(panel)}", "yaxis": f"y{_number(panel)}", "showlegend": False}
        traces.append(band)
    in_legend: set[str] = set()
    for panel, name, look, some in data.groups_by_panel():
        trace: dict[str, Any] = {"type": "scatter", "mode": "markers", "name": html.escape(name)}
        trace |= {"x": [mark.x for mark in some], "y": [mark.y for mark in some], "marker": _symbol(look, 10)}
        if len(data.panels) > 1:
            trace |= {"xaxis": f"x{_number(panel)}", "yaxis": f"y{_number(panel)}"}
            trace |= {"legendgroup": html.escape(name), "showlegend": name not in in_legend}
        traces.append(trace | {"hovertemplate": "%{x:.4g}<extra></extra>"})
        in_legend.add(name)
    return traces


def _nothing(data: FigureData) -> list[dict[str, Any]]:
    return []


TRACES = {"heat map": _heat_map, "lines": _lines, "bars": _bars, "intervals": _intervals, "empty": _nothing}


def _add_animation(figure: go.Figure, places: list[float]) -> None:
    """Add a button that plays the lines from left to right and a slider; both work without a kernel."""
    import plotly.graph_objects as go

    whole = [list(trace.y) for trace in figure.data]
    frames = []
    for last, place in enumerate(places):
        shown = [{"y": [value if i <= last else None for i, value in enumerate(values)]} for values in whole]
        frames.append(go.Frame(data=shown, name=f"{place:g}"))
    figure.frames = frames
    at_once = {"mode": "immediate", "frame": {"duration": 0, "redraw": False}}
    paced = {"frame": {"duration": 350, "redraw": False}, "transition": {"duration": 0}, "fromcurrent": True}
    play = {"label": "▶", "method": "animate", "args": [None, paced]}
    halt = {"label": "❚❚", "method": "animate", "args": [[None], at_once]}
    steps = [{"label": f.name, "method": "animate", "args": [[f.name], at_once]} for f in frames]
    menu = {"type": "buttons", "direction": "left", "x": 1, "xanchor": "right", "y": 1.02, "yanchor": "bottom"}
    slider = {"active": len(frames) - 1, "steps": steps, "currentvalue": {"prefix": "epoch "}, "y": -0.12, "len": 1}
    figure.update_layout(
        updatemenus=[{**menu, **BUTTON, "buttons": [play, halt], "showactive": False}], sliders=[slider]
    )
