"""What figures share: the empty figure, heat maps, lines in panels, and rows that hold a value against an interval.

An interval row is a band, grey, and a mark: a diamond in vermilion where the value is outside the band (or, of a
confidence interval, where it is clear of zero), else a dot.
"""

from typing import Any

from mmsr_lite.views import theme

CLEAR = "rgba(0,0,0,0)"


def figure_of(title: str, says: str, height: int, traces: list[dict] | None = None):
    import plotly.graph_objects as go

    axis = {"gridcolor": theme.LINE, "zeroline": False, "linecolor": theme.LINE, "automargin": True}
    layout = {
        "template": {},
        "title": {"text": title, "x": 0.01, "xref": "container", "font": {"size": 16, "weight": 650}},
        "meta": {"text": f"{title}. {says}"},
        "font": {"family": theme.FONT, "size": 13, "color": theme.INK},
        "height": height,
        "margin": {"l": 20, "r": 20, "t": 76, "b": 50},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "hoverlabel": {"align": "left"},
    }
    return go.Figure(
        traces or [], layout | {"paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "xaxis": axis, "yaxis": axis}
    )


def empty_figure(title: str, why: str):
    figure = figure_of(title, why, 200)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(text=why, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)


def heat_map(z: list[list], colours: list, bar: str, hover: str, gap: int) -> dict[str, Any]:
    scale = {"colorscale": colours, "zmin": 0, "zmax": 1, "hoverongaps": False, "xgap": gap, "ygap": gap}
    colorbar = {"title": {"text": bar}, "thickness": 12, "outlinewidth": 0}
    return {"type": "heatmap", "z": z, "colorbar": colorbar, "hovertemplate": f"{hover}<extra></extra>", **scale}


def node_order(record: dict[str, Any]) -> list[int]:
    """Nodes by type, then time."""
    nodes = record["nodes"]
    when = [sum(node["positions"]) / len(node["positions"]) for node in nodes]
    return sorted(range(len(nodes)), key=lambda n: (nodes[n]["type"], when[n], n))


def name_ticks(names: list[str]) -> dict[str, Any]:
    size = 13 if len(names) <= 30 else 9
    return {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, "tickfont": {"size": size}}


def lines(figure, panels: list[tuple[str, list]], across: str, mark: float | None = None):
    """Put `panels` side by side: (name of the y axis, [(label, colour, x, y)]) each; a dotted line at x = `mark`."""
    base, dashes = figure.layout.xaxis.to_plotly_json(), ("solid", "dash", "dot", "dashdot")
    wide = (1 - 0.06 * (len(panels) - 1)) / len(panels)
    told: set[str] = set()  # what the legend names already
    for i, (name, series) in enumerate(panels):
        tail, domain = str(i + 1) if i else "", [i * (wide + 0.06), i * (wide + 0.06) + wide]
        figure.layout[f"xaxis{tail}"] = {**base, "domain": domain, "title": {"text": across}, "anchor": f"y{tail}"}
        seen = [value for *_, y in series for value in y if value is not None] or [0]
        room = 0.06 * (max(seen) - min(seen) or 1)
        side = {"title": {"text": name}, "range": [min(seen) - room, max(seen) + room]}
        figure.layout[f"yaxis{tail}"] = {**base, **side, "anchor": f"x{tail}"}
        for j, (label, colour, x, y) in enumerate(series):
            look = {"color": colour, "dash": dashes[j % 4], "width": 2}
            hover = f"{across} %{{x}}<br>{label} %{{y:.3f}}<extra></extra>"
            place = {"x": x, "y": y, "xaxis": f"x{tail}", "yaxis": f"y{tail}"}
            named = {"name": label, "legendgroup": label, "showlegend": label not in told}
            figure.add_scatter(**place, **named, mode="lines+markers", line=look, hovertemplate=hover)
            told.add(label)
        if mark is not None:
            place = {"x0": mark, "x1": mark, "y0": 0, "y1": 1, "xref": f"x{tail}", "yref": f"y{tail} domain"}
            figure.add_shape(type="line", line={"color": theme.SOFT, "dash": "dot", "width": 1}, **place)
    return figure


Row = tuple[str, float, float, float, str]  # label, low, high, value, group
OUTSIDE, INSIDE = ("#D55E00", "diamond"), (theme.INK, "circle")


def interval_rows(
    title: str, says: str, rows: list[Row], groups: dict[str, tuple[str, str]], axis: str, zero: bool = True
):
    """A figure of rows; `groups` gives colour and symbol of the marks."""
    if not rows:
        return empty_figure(title, "There is nothing to show.")
    band = {"x": [high - low for _, low, high, *_ in rows], "base": [low for _, low, *_ in rows]}
    traces: list[dict] = [
        {"type": "bar", "orientation": "h", "name": "band", "width": 0.5, "y": list(range(len(rows))), **band}
        | {"marker": {"color": theme.LINE}, "hovertemplate": "%{base:.4g} to %{x:.4g}<extra></extra>"}
    ]
    for name, (colour, symbol) in groups.items():
        mine = [(row[3], y) for y, row in enumerate(rows) if row[4] == name]
        if mine:
            mark = {"color": colour, "symbol": symbol, "size": 10, "line": {"color": theme.PAPER, "width": 1}}
            place = {"x": [x for x, _ in mine], "y": [y for _, y in mine], "mode": "markers", "marker": mark}
            hover = {"name": theme.safe(name), "hovertemplate": "%{x:.4g}<extra></extra>"}
            traces.append({"type": "scatter", **place, **hover})
    figure = figure_of(title, says, 150 + max(18, min(30, 700 // len(rows))) * len(rows), traces)
    figure.update_xaxes(title=axis)
    if zero:
        ends = [0.0, *(end for row in rows for end in row[1:4])]
        room = 0.03 * (max(ends) - min(ends) or 1)
        figure.update_xaxes(range=[min(ends) - room, max(ends) + room])
        figure.add_vline(0, line={"color": theme.SOFT, "width": 1, "dash": "dot"})
    return figure.update_yaxes(range=[len(rows) - 0.5, -0.5], **name_ticks([theme.safe(row[0], 60) for row in rows]))
