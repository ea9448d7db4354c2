"""Charts of a trace and of a training run: pure functions from a record to a plotly figure, and the views around them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.base import View
from mmsr_lite.views.msgraph import rank, settle, weights_of


def _figure(title: str, height: int, traces: list | None = None):
    import plotly.graph_objects as go

    axis = {"gridcolor": style.LINE, "zeroline": False, "linecolor": style.LINE, "automargin": True}
    figure = go.Figure(traces or [], layout={"template": {}, "title": {"text": title, "x": 0.01, "xref": "container", "font": {"size": 16}},
        "font": {"family": style.FONT, "size": 13, "color": style.INK}, "height": height, "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)", "margin": {"l": 20, "r": 20, "t": 76, "b": 50}, "xaxis": axis, "yaxis": axis,
        "hoverlabel": {"align": "left"}, "legend": {"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"}})  # fmt: skip
    return figure


def _empty(title: str, why: str):
    figure = _figure(title, 200)
    figure.update_xaxes(visible=False).update_yaxes(visible=False)
    return figure.add_annotation(text=why, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)


def _order(record: dict) -> list[int]:
    """Nodes by type, then time."""
    mean = lambda n: sum(n["positions"]) / len(n["positions"])  # noqa: E731
    return sorted(range(len(record["nodes"])), key=lambda i: (record["nodes"][i]["type"], mean(record["nodes"][i]), i))


def _names(record: dict, most: int = 26) -> list[str]:
    return [style.safe(record["nodes"][n]["label"], most) for n in _order(record)]


def gates(record: dict[str, Any]):
    """Heat map of the update gate: the share of hohe (late fusion), nodes x layers, from 0 (grey, early) to 1 (pink, late)."""
    title = "Update gate β: share of late fusion (hohe), 0 to 1"
    layers = [i for i, layer in enumerate(record["layers"]) if layer["beta"]]
    if not layers:
        return _empty(title, "This model has no update gate.")
    order = _order(record)
    z = [[record["layers"][layer]["beta"][n][0] for layer in layers] for n in order]
    about = [
        f"{style.safe(record['nodes'][n]['label'])}<br>position {', '.join(map(str, record['nodes'][n]['positions']))}"
        for n in order
    ]
    hover = "%{customdata[2]}<br>layer %{x}: hohe %{z:.3f}<extra></extra>"
    figure = _figure(title, 150 + 24 * len(order), [{"type": "heatmap", "z": z, "x": [i + 1 for i in layers], "zmin": 0, "zmax": 1,
        "y": list(range(len(order))), "colorscale": style.DIVERGING, "xgap": 3, "ygap": 2, "hovertemplate": hover,
        "customdata": [[[n, layer, text] for layer in layers] for n, text in zip(order, about, strict=True)],
        "texttemplate": "%{z:.2f}", "colorbar": {"title": {"text": "β hohe"}, "thickness": 12, "outlinewidth": 0}}])  # fmt: skip
    figure.update_xaxes(
        title="layer", tickvals=[i + 1 for i in layers], ticktext=[str(i + 1) for i in layers], showgrid=False
    )
    return figure.update_yaxes(
        tickvals=list(range(len(order))), ticktext=_names(record), range=[len(order) - 0.5, -0.5], showgrid=False
    )


def attention(record: dict[str, Any], layer: int = 0, path: str | None = None, phase: int = 0):
    """Matrix of attention weights: each row is a node that listens, each column one it may listen to; a row sums to one."""
    at = settle(record, {"layer": layer, "path": path, "phase": phase})
    family, weights = weights_of(record, at)
    title = f"Attention weights, layer {at['layer'] + 1}, order {at['path']}, phase {at['phase'] + 1} ({style.safe(family)}); a row sums to 1"
    order = _order(record)
    place = {n: i for i, n in enumerate(order)}
    z: list[list] = [[None] * len(order) for _ in order]
    relations = [[""] * len(order) for _ in order]
    for (source, centre, relation), weight in zip(record["edges"], weights, strict=True):
        if weight is not None:
            z[place[centre]][place[source]] = weight
            relations[place[centre]][place[source]] = style.safe(record["relations"][relation])
    hover = "%{y} listens to %{x}<br>attention %{z:.3f} · %{text}<extra></extra>"
    ticks = {"tickvals": list(range(len(order))), "ticktext": _names(record, 20), "showgrid": False}
    figure = _figure(title, 230 + 17 * len(order), [{"type": "heatmap", "z": z, "text": relations, "zmin": 0, "zmax": 1,
        "colorscale": style.SEQUENTIAL, "xgap": 1, "ygap": 1, "hoverongaps": False, "hovertemplate": hover,
        "colorbar": {"title": {"text": "attention"}, "thickness": 12, "outlinewidth": 0}}])  # fmt: skip
    kinds = [record["nodes"][n]["type"] for n in order]
    for border in (i - 0.5 for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]):
        figure.add_hline(border, line={"color": style.SOFT, "width": 1}).add_vline(
            border, line={"color": style.SOFT, "width": 1}
        )
    figure.update_xaxes(title={"text": "listens to", "standoff": 16}, tickangle=-90, **ticks)
    return figure.update_yaxes(
        title={"text": "node that listens", "standoff": 16}, range=[len(order) - 0.5, -0.5], **ticks
    )


def training(history: dict[str, Any]):
    """Loss (nats), validation metrics (percent) and the mean gate by node type, epoch by epoch."""
    rows, metrics = (
        history["epochs"],
        [m for m in (history["epochs"] or [{}])[0].get("validation") or {} if m.startswith(("HR", "MRR"))],
    )
    types = list((rows or [{}])[0].get("beta") or {})
    figure = _figure("Training: loss (nats), validation metrics (percent) and gate β, by epoch", 380)
    epochs, dashes = [row["epoch"] for row in rows], ("solid", "dash", "dot", "dashdot")
    panels: list[tuple[str, list[tuple]]] = [("loss", [("loss", style.SOFT, "solid", [row["loss"] for row in rows])])]
    if metrics:
        lines = [
            (m, ("#D55E00", "#CC79A7", "#56B4E9")[i % 3], dashes[i % 4], [row["validation"][m] for row in rows])
            for i, m in enumerate(metrics)
        ]
        panels.append(("percent", lines))
    if types:
        lines = [
            (f"β {style.safe(t)}", style.kind(i)[0], dashes[i % 4], [row["beta"][t] for row in rows])
            for i, t in enumerate(types)
        ]
        panels.append(("β hohe (late), mean", lines))
    for i, (name, lines) in enumerate(panels):
        low, axis, tail = i / len(panels), figure.layout.xaxis.to_plotly_json(), str(i + 1) if i else ""
        figure.layout[f"xaxis{tail}"] = {
            **axis,
            "domain": [low + 0.06 * bool(i), low + 0.94 / len(panels)],
            "title": {"text": "epoch"},
            "anchor": f"y{tail}",
        }
        figure.layout[f"yaxis{tail}"] = {**axis, "title": {"text": name}, "anchor": f"x{tail}", "domain": [0, 1]}
        for label, colour, dash, values in lines:
            figure.add_scatter(x=epochs, y=values, name=label, mode="lines+markers", line={"color": colour, "dash": dash, "width": 2},
                               xaxis=f"x{tail}", yaxis=f"y{tail}", hovertemplate=f"epoch %{{x}}<br>{label} %{{y:.3f}}<extra></extra>")  # fmt: skip
        if history.get("best_epoch"):
            figure.add_shape(type="line", x0=history["best_epoch"], x1=history["best_epoch"], y0=0, y1=1, xref=f"x{tail}",
                             yref=f"y{tail} domain", line={"color": style.SOFT, "dash": "dot", "width": 1})  # fmt: skip
    return figure


def ranking(record: dict[str, Any], most: int = 10):
    """The best `most` items with pictures; each score is shared among the fusion orders and what else adds to it."""
    answer, target = record["answer"], record["target"] or {}
    top = list(answer["top"][:most])
    if not top:
        return _empty("Scores of the next item", "The trace holds no ranking.")
    where = f", the next item has rank {rank(target['rank'])}" if target else ""
    split = bool(answer.get("parts")) and all(item.get("parts") for item in top)
    parts = answer["parts"] if split else ["score"]
    values = [item["parts"] if split else [item["score"]] for item in top]
    reach = max(1e-9, *(sum(x for x in row if x > 0) for row in values))
    low = min(0.0, *(sum(x for x in row if x < 0) for row in values))
    span = reach - low
    hover = [
        f"{i + 1}. {style.safe(item['title'])}<br>score {item['score']:.3f}, probability {item['probability']:.3f}"
        for i, item in enumerate(top)
    ]
    traces = [{"type": "bar", "orientation": "h", "name": style.safe(name), "x": [row[i] for row in values], "y": list(range(len(top))),
               "marker": {"color": style.path_colour(name, i)}, "width": 0.55, "customdata": hover,
               "hovertemplate": f"%{{customdata}}<br>{style.safe(name)} %{{x:.3f}}<extra></extra>"} for i, name in enumerate(parts)]  # fmt: skip
    figure = _figure(f"Scores (logits) of the {len(top)} best items{where}", 130 + 46 * len(top), traces)
    names = [
        f"{i + 1}. {'✓ ' if item['item'] == target.get('item') else ''}{style.safe(item['title'], 24)}"
        for i, item in enumerate(top)
    ]
    pictures = [{"source": item["picture"], "x": low - 0.06 * span, "y": i, "sizex": 0.1 * span, "sizey": 0.82, "xref": "x", "yref": "y",
                 "xanchor": "center", "yanchor": "middle"} for i, item in enumerate(top) if style.address(item["picture"])]  # fmt: skip
    figure.update_layout(barmode="relative", images=pictures)
    figure.update_xaxes(
        title="score, shared among its parts" if split else "score", range=[low - 0.12 * span, low + 1.03 * span]
    )
    return figure.update_yaxes(
        tickvals=list(range(len(top))), ticktext=names, range=[len(top) - 0.5, -0.5], showgrid=False
    )


class Chart(View):
    """A view around one of the functions above."""

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
        import json

        return {"application/vnd.plotly.v1+json": json.loads(self.figure.to_json())}

    def html(self) -> str:
        """The chart alone in a page, with plotly.js in it."""
        from mmsr_lite.views.report import page

        return page(self.figure.layout.title.text, shared={"chart": self})

    @property
    def text(self) -> str:
        """The title, and the largest and smallest value with what they belong to."""
        says, rows = [str(self.figure.layout.title.text) + "."], [row for row in self.table if row["value"] is not None]
        if rows:
            top, low = max(rows, key=lambda row: row["value"]), min(rows, key=lambda row: row["value"])
            says += [f"Largest: {top['of']} {top['value']:.3f}; smallest: {low['of']} {low['value']:.3f}."]
        return " ".join(says + [note.text for note in self.figure.layout.annotations])

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row a mark: what it is of, and its value."""
        rows = []
        ticks = lambda axis: dict(zip(axis.tickvals or (), axis.ticktext or (), strict=True))  # noqa: E731
        xs, ys = ticks(self.figure.layout.xaxis), ticks(self.figure.layout.yaxis)
        for trace in self.figure.data:
            if trace.type == "heatmap":
                across = trace.x if trace.x is not None else range(len(trace.z[0]))
                rows += [{"of": f"{ys[i]}, {self.figure.layout.xaxis.title.text} {xs[x]}", "value": value}
                         for i, row in enumerate(trace.z) for x, value in zip(across, row, strict=True) if value is not None]  # fmt: skip
            elif trace.type == "bar":
                rows += [{"of": f"{ys[y]}, {trace.name}", "value": x} for x, y in zip(trace.x, trace.y, strict=True)]
            else:
                rows += [{"of": f"{trace.name}, epoch {x}", "value": y} for x, y in zip(trace.x, trace.y, strict=True)]
        return rows
