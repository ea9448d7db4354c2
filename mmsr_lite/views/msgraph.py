"""The MSGraph picture (paper 4.1, 4.3): a trace as swim lanes, still with matplotlib and live with our JavaScript module."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.base import View

STATIC = Path(__file__).parent / "static"


def settle(record: dict, asked: dict | None = None) -> dict[str, Any]:
    """The selection asked for, brought within the record: {node, layer, path, phase}; layer and phase count from 0."""
    asked, layers, nodes = asked or {}, record["layers"], record["nodes"]
    layer = min(max(asked.get("layer") or 0, 0), max(len(layers) - 1, 0))
    attention = layers[layer]["attention"] if layers else {}
    path = asked.get("path") if asked.get("path") in attention else next(iter(attention), None)
    phase = min(max(asked.get("phase") or 0, 0), max(len(attention.get(path, [])) - 1, 0))
    node = asked.get("node")
    node = node if isinstance(node, int) and 0 <= node < len(nodes) else None
    return {"node": node, "layer": layer, "path": path, "phase": phase}


def weights_of(record: dict, at: dict) -> tuple[str, list]:
    """Family and weights (E) of the layer, order and phase of a selection."""
    if not record["layers"] or at["path"] is None:
        return "", [None] * len(record["edges"])
    phase = record["layers"][at["layer"]]["attention"][at["path"]][at["phase"]]
    return phase["family"], phase["weights"]


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Nearest places to `wanted` (ascending), `gap` apart, within [low, high]; as in msgraph.js.

    >>> spread([1, 1, 5], 1, 0, 10)
    [0.5, 1.5, 5.0]
    """
    blocks: list[list[float]] = []
    for i, x in enumerate(wanted):
        blocks.append([x - i * gap, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, size = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + size]
    flat = [total / size for total, size in blocks for _ in range(int(size))]
    return [min(max(x, low), max(low, high - (len(wanted) - 1) * gap)) + i * gap for i, x in enumerate(flat)]


def layout(record: dict, column: float = 90.0) -> dict[str, Any]:
    """Places (x, y, radius) of the nodes and of the lanes, in pixels; the same history always draws the same picture."""
    end, y, places, lanes = max(len(record["history"]), 1) * column, 96.0, {}, []
    kinds = list(range(1, len(record["node_types"])))
    kinds.insert((len(kinds) + 1) // 2, 0)
    for kind in kinds:
        radius = min(27.0, column / 2 - 6) if kind == 0 else 17.0
        rows_x = [
            (column * (sum(n["positions"]) / len(n["positions"]) - 0.5), i)
            for i, n in enumerate(record["nodes"])
            if n["type"] == kind
        ]
        members = sorted(rows_x)
        for rows in (1, 2, 3, 4):
            placed = []
            for row in range(rows):
                mine = members[row::rows]
                xs = spread([x for x, _ in mine], 2 * radius + 12, radius + 4, end - radius)
                placed += [(new, old, i, row) for new, (old, i) in zip(xs, mine, strict=True)]
            if all(abs(new - old) <= 0.75 * column for new, old, _, _ in placed):
                break
        for x, _, i, row in placed:
            places[i] = (x, y + 38 + radius + row * (2 * radius + 22), radius)
        height = 2 * (38 + radius) + (rows - 1) * (2 * radius + 22)
        lanes.append({"type": kind, "y": y, "height": height})
        y += height + 12
    return {"nodes": places, "lanes": lanes, "end": end, "height": y, "column": column}


def _dash(pattern: str):
    pieces = [float(x) / 2 for x in pattern.split()]
    return (0, tuple(pieces)) if pieces else "solid"


class MSGraphView(View):
    """One history as an MSGraph with the attention and the gate of a trained model.

    `selection` is {node, layer, path, phase} (counted from 0; node may be None): set it, or read what a person chose.
    """

    def __init__(self, record: dict[str, Any], selection: dict | None = None, theme: str = "auto"):
        super().__init__(record)
        self._selection, self.theme, self._widget = settle(record, selection), theme, None

    @property
    def selection(self) -> dict[str, Any]:
        """What is chosen now, by Python or by a click."""
        return settle(self.record, self._widget.selection if self._widget else self._selection)

    @selection.setter
    def selection(self, asked: dict) -> None:
        self._selection = settle(self.record, {**self.selection, **asked})
        if self._widget:
            self._widget.selection = self._selection

    @property
    def widget(self):
        """The live picture, an anywidget with the traits record, selection, theme and style."""
        if self._widget is None:
            look = style.for_record(self.record)
            self._widget = widget_class()(record=self.record, selection=self._selection, theme=self.theme, style=look)
        return self._widget

    def live(self) -> dict[str, Any]:
        """The widget, where anywidget is installed."""
        try:
            return {k: v for k, v in self.widget._repr_mimebundle_().items() if k.startswith("application/")}
        except ImportError:
            return {}

    def html(self) -> str:
        """The live picture alone in a page."""
        from mmsr_lite.views.report import page

        return page(
            f"MSGraph of {self.record['dataset']['name']}", [self.record], selection=self.selection, theme=self.theme
        )

    @property
    def text(self) -> str:
        """The picture in words, the same as on the screen."""
        record, at = self.record, self.selection
        number = lambda n, one: f"{n} {one}{'' if n == 1 else 's'}"  # noqa: E731
        kinds = [
            number(sum(n["type"] == t for n in record["nodes"]), f"{name} node")
            for t, name in enumerate(record["node_types"])
        ]
        says = [
            f"MSGraph of {number(len(record['history']), 'interaction')}: {', '.join(kinds)} and {number(len(record['edges']), 'edge')}."
        ]
        if target := record["target"]:
            says.append(f"The next item, {style.clean(target['title'])}, has rank {rank(target['rank'])}.")
        family, weights = weights_of(record, at)
        real = [
            (w, -e) for e, w in enumerate(weights) if w is not None and record["edges"][e][0] != record["edges"][e][1]
        ]
        where = f"layer {at['layer'] + 1}, order {at['path']}, phase {at['phase'] + 1} ({family})"
        if real:
            weight, edge = max(real)
            source, centre = (style.clean(record["nodes"][n]["label"]) for n in record["edges"][-edge][:2])
            says.append(
                f"In {where} the largest attention between two nodes is {weight:.3f}: {centre} listens to {source}."
            )
        else:
            says.append(f"In {where} no node listens to another.")
        if record["layers"] and (beta := record["layers"][at["layer"]]["beta"]):
            late = sum(pair[0] for pair in beta) / len(beta)
            says.append(f"The gate of this layer gives {late:.3f} to hohe (late fusion) on average.")
        return " ".join(says)

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row a node: what it is, where it stands, its gate, and whom it listens to most."""
        record, at, rows = self.record, self.selection, []
        weights, beta = weights_of(record, at)[1], record["layers"][at["layer"]]["beta"] if record["layers"] else None
        for n, node in enumerate(record["nodes"]):
            mine = [(w, e) for e, w in enumerate(weights) if w is not None and record["edges"][e][1] == n]
            weight, edge = max(mine, default=(None, None))
            rows.append({"node": style.clean(node["label"]), "type": record["node_types"][node["type"]], "positions": node["positions"],
                         "hohe": beta[n][0] if beta else None, "heho": beta[n][1] if beta else None, "attention": weight,
                         "listens most to": None if edge is None else style.clean(record["nodes"][record["edges"][edge][0]]["label"])})  # fmt: skip
        return rows

    def still(self):
        """The same lanes, shapes and colours with matplotlib."""
        import numpy as np
        from matplotlib.figure import Figure
        from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon

        record, at = self.record, self.selection
        family, weights = weights_of(record, at)
        beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
        place = layout(record, max(44.0, min(110.0, 1100 / max(len(record["history"]), 1))))
        column, end, places = place["column"], place["end"], place["nodes"]
        wide, tall = end + 270, place["height"] + 74
        figure = Figure(figsize=(wide / 100, tall / 100), facecolor=style.PAPER)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(-116, wide - 116), ylim=(place["height"] + 22, -52))
        axes.axis("off")
        small = {"color": style.SOFT, "fontsize": 8, "parse_math": False}
        user = f"user {style.clean(record['user']['id'], 24)} · " if record["user"] else ""
        where = f"layer {at['layer'] + 1} · order {at['path']} · phase {at['phase'] + 1} ({family})"
        axes.text(-104, -32, "MSGraph", fontsize=14, fontweight="bold", color=style.INK)
        axes.text(-2, -32, f"{user}{style.clean(record['dataset']['name'])} · {where}", **{**small, "fontsize": 10})

        def box(x: float, y: float, side: float, item: dict, edge: str = style.LINE) -> None:
            pixels = style.picture(item.get("picture"))
            corner = "round,pad=0,rounding_size=6"
            axes.add_patch(
                FancyBboxPatch(
                    (x - side / 2, y - side / 2), side, side, boxstyle=corner, fc=style.GROUND, ec=edge, lw=1
                )
            )
            if pixels is not None:
                axes.imshow(
                    pixels,
                    extent=(x - side * 0.48, x + side * 0.48, y + side * 0.48, y - side * 0.48),
                    aspect="auto",
                    zorder=6,
                )

        for lane in place["lanes"]:
            corner = "round,pad=0,rounding_size=12"
            axes.add_patch(
                FancyBboxPatch(
                    (-116, lane["y"]), end + 116, lane["height"], boxstyle=corner, fc=style.GROUND, ec="none", zorder=0
                )
            )
            fill, _, shape = style.kind(lane["type"])
            middle = lane["y"] + lane["height"] / 2
            axes.add_patch(Polygon(np.array(style.SHAPES[shape]) * 9 + (-94, middle), fc=fill))
            axes.text(
                -78,
                middle,
                style.clean(record["node_types"][lane["type"]], 9),
                va="center",
                fontsize=10,
                fontweight="bold",
                parse_math=False,
            )
        for i, entry in enumerate(record["history"]):
            x = (i + 0.5) * column
            axes.plot([x, x], [0, place["height"] - 12], color=style.LINE, lw=0.7, ls=":", zorder=0.5)
            axes.text(x, -10, str(entry["position"]), ha="center", **small)
            box(x, 27, min(54, column - 8), entry)
            if column >= 62:
                axes.text(x, 70, style.clean(entry["title"], int(column / 6.6)), ha="center", **small)
        if target := record["target"]:
            axes.annotate("", (end + 24, 27), (end + 2, 27), arrowprops={"arrowstyle": "->", "color": style.INK})
            axes.text(end + 70, -10, "next", ha="center", **small)
            box(end + 70, 27, 54, target, style.INK)
            axes.text(end + 70, 70, style.clean(target["title"], 20), ha="center", **small)
            axes.text(end + 70, 88, f"rank {rank(target['rank'])}", ha="center", fontsize=10, fontweight="bold")
        for e, (source, centre, r) in enumerate(record["edges"]):
            if (weight := weights[e]) is None or source == centre:
                continue
            (x1, y1, _), (x2, y2, _) = places[source], places[centre]
            colour, dash, _ = style.relation(record["relations"][r], r)
            colour = {"ink": style.INK, "soft": style.SOFT}.get(colour, colour)
            same = record["nodes"][source]["type"] == record["nodes"][centre]["type"]
            bend = min(0.55, 30 / max(abs(x2 - x1), 1) + 0.12) if same else 0.04
            size = places[centre][2] * 0.95
            axes.add_patch(FancyArrowPatch((x1, y1), (x2, y2), connectionstyle=f"arc3,rad={-bend}", arrowstyle="-|>", mutation_scale=7,
                           shrinkA=places[source][2] * 0.85, shrinkB=size, lw=0.5 + 3.4 * weight, ls=_dash(dash), color=colour,
                           alpha=0.14 + 0.86 * weight**0.5, zorder=2))  # fmt: skip
        for n, node in enumerate(record["nodes"]):
            x, y, radius = places[n]
            fill, on, shape = style.kind(node["type"])
            spots = [(p - 0.5) * column for p in node["positions"]]
            if len(spots) > 1:
                axes.plot([min(x, *spots), max(x, *spots)], [y, y], color=fill, lw=1, alpha=0.5, zorder=1)
                axes.plot(spots, [y] * len(spots), "|", color=fill, ms=6, zorder=1)
            outline = np.array([*style.SHAPES[shape], style.SHAPES[shape][0]])
            if beta:
                ring = outline * (radius + 3) + (x, y)
                axes.plot(*ring.T, color=style.PATHS["heho"][0], lw=2.6, zorder=4)
                fine = np.linspace(0, len(ring) - 1, 200)
                ring = np.stack([np.interp(fine, np.arange(len(ring)), c) for c in ring.T], 1)
                length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
                axes.plot(*ring[length <= beta[n][0] * length[-1]].T, color=style.PATHS["hohe"][0], lw=2.6, zorder=4.1)
            axes.add_patch(Polygon(outline * radius + (x, y), fc=fill, ec=style.PAPER, lw=1, zorder=5))
            entry = next((h for h in record["history"] if node["type"] == 0 and h["item"] == node["id"]), {})
            pixels = style.picture(entry.get("picture"))
            if pixels is not None:
                axes.imshow(
                    pixels,
                    extent=(x - radius * 0.84, x + radius * 0.84, y + radius * 0.84, y - radius * 0.84),
                    aspect="auto",
                    zorder=6,
                )
            else:
                name = style.clean(node["label"], 40)[:2] if node["type"] == 0 else str(node["id"])
                axes.text(
                    x,
                    y,
                    name,
                    ha="center",
                    va="center",
                    color=on,
                    fontsize=9,
                    fontweight="bold",
                    zorder=6,
                    parse_math=False,
                )
        axes.set(xlim=(-116, wide - 116), ylim=(place["height"] + 22, -52))
        used = sorted({r for _, _, r in record["edges"] if record["relations"][r] != "self"})
        for i, r in enumerate(used):
            colour, dash, _ = style.relation(record["relations"][r], r)
            x, colour = -104 + 90 * i, {"ink": style.INK, "soft": style.SOFT}.get(colour, colour)
            axes.plot([x, x + 26], [place["height"] + 8] * 2, color=colour, ls=_dash(dash), lw=2, dash_capstyle="round")
            axes.text(x + 32, place["height"] + 8, record["relations"][r], va="center", parse_math=False, fontsize=8.5)
        if beta:
            axes.text(
                -104 + 90 * len(used),
                place["height"] + 8,
                "ring: gate β, pink hohe (late), grey heho (early)",
                va="center",
                **small,
            )
        return figure


def rank(value: float) -> str:
    """A rank as people write it; ties may share a half.

    >>> rank(4.0), rank(4.5)
    ('4', '4.5')
    """
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


@cache
def widget_class():
    """The anywidget class, made when first needed so that views import without it."""
    import anywidget
    import traitlets

    class MSGraphWidget(anywidget.AnyWidget):
        """Four traits are the border between Python and JavaScript."""

        _esm = (STATIC / "msgraph.js").read_text(encoding="utf-8")
        _css = (STATIC / "msgraph.css").read_text(encoding="utf-8")
        record = traitlets.Dict().tag(sync=True)
        style = traitlets.Dict().tag(sync=True)
        selection = traitlets.Dict().tag(sync=True)
        theme = traitlets.Unicode("auto").tag(sync=True)

    return MSGraphWidget


def to_pyvis(record: dict[str, Any]) -> str:
    """The graph to drag around, as an `<iframe>` for `IPython.display.HTML` or a file; offline, places fixed, physics off."""
    import html
    import re

    from pyvis.network import Network

    net, place = Network(height="640px", width="100%", directed=True, cdn_resources="in_line"), layout(record)
    net.toggle_physics(False)
    shapes = {"circle": "dot", "hexagon": "hexagon", "square": "square", "diamond": "diamond"}
    for n, node in enumerate(record["nodes"]):
        fill, _, shape = style.kind(node["type"])
        x, y, size = place["nodes"][n]
        label = style.clean(node["label"], 24)
        net.add_node(
            n,
            label=label,
            title=style.clean(node["label"]),
            color=fill,
            shape=shapes[shape],
            x=float(x),
            y=float(y),
            size=size * 0.7,
        )
    for source, centre, r in record["edges"]:
        if source != centre:
            colour = style.relation(record["relations"][r], r)[0]
            net.add_edge(
                int(source),
                int(centre),
                title=style.clean(record["relations"][r]),
                color={"ink": style.INK}.get(colour, colour),
            )
    page = net.generate_html().encode("utf-8", "replace").decode()
    page = re.sub(r"<link[^>]*https?://[^>]*>|<script[^>]*src=[\"']https?://[^>]*>\s*</script>", "", page)
    return f'<iframe sandbox="allow-scripts" style="width:100%;height:680px;border:0" srcdoc="{html.escape(page)}"></iframe>'
