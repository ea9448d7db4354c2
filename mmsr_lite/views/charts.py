"""Charts of a trace and of a training run: pure functions, record in, plotly figure out, told in words in its meta.

Names in a record are untrusted and plotly reads a part of HTML, so every name passes `style.safe`.
"""

import html
import json
from collections.abc import Callable
from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.base import View
from mmsr_lite.views.msgraph import phase_of, settle

CLEAR = "rgba(0,0,0,0)"


def _figure(title: str, says: str, height: int, traces: list[dict] | None = None):
    import plotly.graph_objects as go

    axis = {"gridcolor": style.LINE, "zeroline": False, "linecolor": style.LINE, "automargin": True}
    layout = {
        "template": {},
        "title": {"text": title, "x": 0.01, "xref": "container", "font": {"size": 16, "weight": 650}},
        "meta": {"text": f"{title}. {says}"},
        "font": {"family": style.FONT, "size": 13, "color": style.INK},
        "height": height,
        "margin": {"l": 20, "r": 20, "t": 76, "b": 50},
        "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        "hoverlabel": {"align": "left"},
    }
    return go.Figure(
        traces or [], layout | {"paper_bgcolor": CLEAR, "plot_bgcolor": CLEAR, "xaxis": axis, "yaxis": axis}
    )


def _empty(title: str, why: str):
    figure = _figure(title, why, 200)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(text=why, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)


def _map(z: list[list], colours: list, bar: str, hover: str, gap: int) -> dict[str, Any]:
    scale = {"colorscale": colours, "zmin": 0, "zmax": 1, "hoverongaps": False, "xgap": gap, "ygap": gap}
    colorbar = {"title": {"text": bar}, "thickness": 12, "outlinewidth": 0}
    return {"type": "heatmap", "z": z, "colorbar": colorbar, "hovertemplate": f"{hover}<extra></extra>", **scale}


def _order(record: dict[str, Any]) -> list[int]:
    """Nodes by type, then time."""
    nodes = record["nodes"]
    when = [sum(node["positions"]) / len(node["positions"]) for node in nodes]
    return sorted(range(len(nodes)), key=lambda n: (nodes[n]["type"], when[n], n))


def _ticks(names: list[str]) -> dict[str, Any]:
    size = 13 if len(names) <= 30 else 9
    return {"tickvals": list(range(len(names))), "ticktext": names, "showgrid": False, "tickfont": {"size": size}}


def gates(record: dict[str, Any]):
    """Heat map of the update gate, nodes x layers: the share of hohe (late fusion), from 0, dark, to 1, light."""
    title, nodes = "Update gate β: share of late fusion (hohe), 0 to 1", record["nodes"]
    layers = [i for i, layer in enumerate(record["layers"]) if layer["beta"]]
    if not layers:
        return _empty(title, "This model has no update gate.")
    order = _order(record)
    names = [style.safe(nodes[n]["label"], 26) for n in order]
    z = [[record["layers"][layer]["beta"][n][0] for layer in layers] for n in order]
    about = [f"{style.safe(nodes[n]['label'])}<br>position {', '.join(map(str, nodes[n]['positions']))}" for n in order]
    trace = _map(z, style.DIVERGING, "β hohe", "%{customdata[2]}<br>layer %{x}: hohe %{z:.3f}", 3)
    trace["x"] = [layer + 1 for layer in layers]
    trace["texttemplate"] = "%{z:.2f}"
    trace["customdata"] = [[[n, layer, text] for layer in layers] for n, text in zip(order, about, strict=True)]
    means = [f"{sum(row[i] for row in z) / len(z):.3f} in layer {layer + 1}" for i, layer in enumerate(layers)]
    figure = _figure(
        title,
        f"Mean over the nodes {', '.join(means)}.",
        150 + max(15, min(24, 600 // len(order))) * len(order),
        [trace],
    )
    figure.update_xaxes(title="layer", tickvals=trace["x"], ticktext=[str(x) for x in trace["x"]], showgrid=False)
    return figure.update_yaxes(range=[len(order) - 0.5, -0.5], **_ticks(names))


def attention(record: dict[str, Any], layer: int = 0, path: str | None = None, phase: int = 0):
    """Matrix of attention weights: a row is a node that listens, a column one it may listen to; a row sums to one."""
    at = settle(record, {"layer": layer, "path": path, "phase": phase})
    family, weights = phase_of(record, at)
    where = f"layer {at['layer'] + 1}, order {style.safe(at['path'])}, phase {at['phase'] + 1} ({style.safe(family)})"
    order = _order(record)
    place = {n: i for i, n in enumerate(order)}
    names = [style.safe(record["nodes"][n]["label"], 20) for n in order]
    z: list[list[float | None]] = [[None] * len(order) for _ in order]
    relations = [[""] * len(order) for _ in order]
    for (source, centre, relation), weight in zip(record["edges"], weights, strict=True):
        if weight is not None:
            z[place[centre]][place[source]] = weight
            relations[place[centre]][place[source]] = style.safe(record["relations"][relation])
    pairs = [(w, y, x) for y, row in enumerate(z) for x, w in enumerate(row) if w is not None and x != y]
    says = "No node listens to another."
    if pairs:
        most, y, x = max(pairs)
        says = f"Largest between two nodes: {names[y]} listens to {names[x]} with {most:.3f}."
    trace = _map(z, style.SEQUENTIAL, "attention", "%{y} listens to %{x}<br>attention %{z:.3f} · %{text}", 1)
    figure = _figure(
        f"Attention weights, {where}; a row sums to 1",
        says,
        230 + max(11, min(22, 600 // len(order))) * len(order),
        [trace | {"text": relations}],
    )
    kinds = [record["nodes"][n]["type"] for n in order]
    for border in (i - 0.5 for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]):
        look = {"color": style.SOFT, "width": 1}
        figure.add_hline(border, line=look).add_vline(border, line=look)
    figure.update_xaxes(title={"text": "listens to", "standoff": 16}, tickangle=-90, **_ticks(names))
    side = {"text": "node that listens", "standoff": 16}
    return figure.update_yaxes(title=side, range=[len(order) - 0.5, -0.5], **_ticks(names))


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
            figure.add_shape(type="line", line={"color": style.SOFT, "dash": "dot", "width": 1}, **place)
    return figure


def ranking(record: dict[str, Any], most: int = 10):
    """The best `most` items with pictures; each score is shared among the fusion orders and what else adds to it."""
    top, target = record["answer"]["top"][:most], record["target"] or {"item": None}
    if not top:
        return _empty("Scores of the next item", "The trace holds no ranking.")
    split = all(item.get("parts") for item in top)
    parts = record["answer"]["parts"] if split else ["score"]
    values = [item["parts"] if split else [item["score"]] for item in top]
    names = [style.safe(item["title"], 24) for item in top]
    marks = [
        f"{i}. {'✓ ' * (item['item'] == target['item'])}{name}"
        for i, (item, name) in enumerate(zip(top, names, strict=True), 1)
    ]
    hover = [
        f"{style.safe(item['title'])}<br>score {item['score']:.3f}, probability {item['probability']:.3f}"
        for item in top
    ]
    traces: list[dict] = []
    for i, name in enumerate(map(style.safe, parts)):
        bar = {"type": "bar", "orientation": "h", "width": 0.55, "name": name, "marker": {"color": style.part(name, i)}}
        hovered = {"customdata": hover, "hovertemplate": f"%{{customdata}}<br>{name} %{{x:.3f}}<extra></extra>"}
        traces.append({**bar, **hovered, "x": [row[i] for row in values], "y": list(range(len(top)))})
    high = max(1e-9, *(sum(x for x in row if x > 0) for row in values))
    low = min(0.0, *(sum(x for x in row if x < 0) for row in values))
    wide = high - low
    says = f"First is {names[0]} with {top[0]['score']:.3f}"
    if record["target"]:
        says += f"; the next item, {style.safe(target['title'])}, has rank {style.rank(target['rank'])}"
    figure = _figure(f"Scores (logits) of the {len(top)} best items", f"{says}.", 130 + 46 * len(top), traces)
    square = {"x": low - 0.06 * wide, "sizex": 0.1 * wide, "sizey": 0.82, "xref": "x", "yref": "y"}
    square |= {"xanchor": "center", "yanchor": "middle"}
    images = [
        {"source": item["picture"], "y": y, **square} for y, item in enumerate(top) if style.address(item["picture"])
    ]
    figure.update_layout(barmode="relative", images=images)
    title = "score, shared among its parts" if split else "score"
    figure.update_xaxes(title=title, range=[low - 0.12 * wide, high + 0.03 * wide])
    return figure.update_yaxes(range=[len(top) - 0.5, -0.5], **_ticks(marks))


def codebook(record: dict[str, Any]):
    """Items of each code of a modality, and pictures of some that have it as their nearest."""
    codes, title = record["codes"], f"Codes of {style.safe(record['modality'])} in {style.safe(record['dataset'])}"
    most = max([1, *(code["count"] for code in codes)])
    bar = {"type": "bar", "orientation": "h", "width": 0.5, "name": "items", "marker": {"color": style.TYPES[0][0]}}
    bar |= {"x": [code["count"] for code in codes], "y": list(range(len(codes)))}
    says = [f"{c['id']}: {', '.join(style.safe(item['title'], 24) for item in c['items'][:3])}" for c in codes]
    hover = {"customdata": says, "hovertemplate": "%{x} items, such as %{customdata}<extra></extra>"}
    figure = _figure(
        title, f"Items of each code, with examples. {'; '.join(says)}.", 130 + 52 * len(codes), [bar | hover]
    )
    step = most / 9
    square = {"sizex": 0.95 * step, "sizey": 0.9, "xref": "x", "yref": "y", "xanchor": "center", "yanchor": "middle"}
    places = [
        (style.address(item["picture"]), y, x) for y, c in enumerate(codes) for x, item in enumerate(c["items"][:8])
    ]
    pictures = [place for place in places if place[0]]
    images = [{"source": a, "y": y, "x": -(x + 0.7) * step, **square} for a, y, x in pictures]
    wide = (max((x for *_, x in pictures), default=-1) + 1.5) * step
    ticks = {"tickvals": [0, most], "ticktext": ["0", str(most)]}
    figure.update_layout(images=images).update_xaxes(
        title="items that have the code", range=[-wide, 1.04 * most], **ticks
    )
    return figure.update_yaxes(range=[len(codes) - 0.5, -0.5], **_ticks([f"code {code['id']}" for code in codes]))


class Chart(View):
    """A view around one of the functions above; `figure` is the plotly figure."""

    def __init__(self, record: dict[str, Any], make: Callable[[dict], Any], reads: str = "trace"):
        self.reads = reads
        super().__init__(record)
        self.figure = make(record)

    def still(self):
        """The chart with matplotlib."""
        from mmsr_lite.views.still import still

        return still(self.figure)

    def live(self) -> dict[str, Any]:
        """The plotly chart."""
        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json())}

    def html(self) -> str:
        """The chart alone in a page, with plotly.js in it."""
        from mmsr_lite.views.report import page

        return page(html.unescape(self.figure.layout.title.text), shared={"chart": self})

    @property
    def text(self) -> str:
        """What the chart shows and its main numbers."""
        return html.unescape(self.figure.layout.meta["text"])

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row a mark: what it is of, and its value."""
        rows, (x_axis, y_axis) = [], (self.figure.layout.xaxis, self.figure.layout.yaxis)
        xs, ys = (
            dict(zip(a.tickvals or (), map(html.unescape, a.ticktext or ()), strict=True)) for a in (x_axis, y_axis)
        )
        for trace in self.figure.data:
            if trace.type == "heatmap":
                across = range(len(trace.z[0])) if trace.x is None else trace.x
                cells = ((y, x, value) for y, row in enumerate(trace.z) for x, value in zip(across, row, strict=True))
                rows += [(f"{ys[y]}, {x_axis.title.text} {xs[x]}", v) for y, x, v in cells if v is not None]
            elif trace.type == "bar" and trace.base is not None:
                ends = zip(trace.base, trace.x, trace.y, strict=True)
                rows += [
                    (f"{ys[y]}, {side}", end) for low, x, y in ends for side, end in (("low", low), ("high", low + x))
                ]
            elif trace.type == "bar":
                rows += [(f"{ys[y]}, {trace.name}", x) for x, y in zip(trace.x, trace.y, strict=True)]
            else:
                points = zip(trace.x, trace.y, strict=True)
                if trace.mode == "markers":  # beside its band; else a point of a line
                    rows += [(ys[y], x) for x, y in points]
                else:
                    name, across = html.unescape(trace.name), x_axis.title.text
                    rows += [(f"{name}, {across} {x}", y) for x, y in points]
        return [{"of": of, "value": value} for of, value in rows]
