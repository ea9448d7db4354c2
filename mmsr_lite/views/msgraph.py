"""The MSGraph picture (paper 4.1, 4.3) of one trace: live with JavaScript, still with matplotlib, told in words."""

import html
import re
from functools import cache
from pathlib import Path
from typing import Any

from mmsr_lite.views import lanes, style
from mmsr_lite.views.base import View

STATIC = Path(__file__).parent / "static"


def settle(
    record: dict[str, Any], before: dict[str, Any] | None = None, asked: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The selection `before` with what is `asked` for, brought within the record, as msgraph.js does it.

    {user, position, node, edge, layer, path, phase, stage}; positions count from 1, all else from 0. An edge brings the
    node that listens, a position its item; a stage brings layer, path and phase, and goes when one of these changes.
    """
    wish, asked = dict(before or {}), dict(before or {}) if asked is None else asked
    if {"position", "node", "edge"} & set(asked):
        wish |= {"position": None, "node": None, "edge": None}
    if {"layer", "path", "phase"} & set(asked):
        wish["stage"] = None
    wish |= asked

    def of(rows: list, index: Any) -> Any:
        return rows[index] if isinstance(index, int) and 0 <= index < len(rows) else None

    layers, step = record["layers"], of(record.get("stages", []), wish.get("stage")) or {}
    layer = min(max(step.get("layer", wish.get("layer") or 0), 0), max(len(layers) - 1, 0))
    attention = layers[layer]["attention"] if layers else {}
    path = next((p for p in (step.get("path"), wish.get("path"), *attention) if p in attention), None)
    last = max(len(attention.get(path, [])) - 1, 0)
    edge, place = of(record["edges"], wish.get("edge")), of(record["history"], (wish.get("position") or 0) - 1)
    node = wish.get("node") if of(record["nodes"], wish.get("node")) else place["node"] if place else None
    node = edge[1] if edge else node
    held = place and wish["position"] in record["nodes"][node]["positions"]
    return {
        "user": (record.get("user") or {}).get("index"),
        "position": wish["position"] if held else None,
        "node": node,
        "edge": wish["edge"] if edge else None,
        "layer": layer,
        "path": path,
        "phase": min(max(step.get("phase", wish.get("phase") or 0), 0), last),
        "stage": wish["stage"] if step else None,
    }


def phase_of(record: dict[str, Any], at: dict[str, Any]) -> tuple[str, list[float | None]]:
    """Family and weights (E) of the layer, order and phase of a selection; no weights when there is no such phase."""
    phases = record["layers"][at["layer"]]["attention"].get(at["path"], []) if record["layers"] else []
    if not phases:
        return "", [None] * len(record["edges"])
    return phases[at["phase"]]["family"], phases[at["phase"]]["weights"]


class MSGraphView(View):
    """One history as an MSGraph with the attention and the gate of a trained model.

    `selection` is what `settle` says: set any of it, or read what was clicked.
    """

    def __init__(self, record: dict[str, Any], selection: dict[str, Any] | None = None, theme: str = "auto"):
        super().__init__(record)
        self.theme, self._selection, self._widget = theme, settle(record, selection), None

    @property
    def selection(self) -> dict[str, Any]:
        """What is chosen now, by Python or by a click."""
        return settle(self.record, self._widget.selection if self._widget else self._selection)

    @selection.setter
    def selection(self, asked: dict[str, Any]) -> None:
        self._goes(asked)
        self._selection = settle(self.record, self.selection, asked)
        if self._widget:
            self._widget.selection = self._selection

    def _goes(self, asked: dict[str, Any]) -> None:
        """Go to the user that a selection asks for; a picture of one user stays."""

    @property
    def widget(self):
        """The live picture, an anywidget; its traits record, look, selection and theme are synced."""
        if self._widget is None:
            self._widget = self._make()
        return self._widget

    def _make(self) -> Any:
        return msgraph_widget()(**self._traits())

    def _traits(self) -> dict[str, Any]:
        look = style.for_record(self.record)
        return {"record": self.record, "look": look, "selection": self._selection, "theme": self.theme}

    def live(self) -> dict[str, Any]:
        """The widget, where anywidget is installed."""
        try:
            model = self.widget.model_id
        except ImportError:
            return {}
        return {"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": model}}

    def html(self) -> str:
        """The live picture alone in a page."""
        from mmsr_lite.views.report import page

        title = f"MSGraph of {self.record['dataset']['name']}"
        return page(title, [self.record], selection=self.selection, theme=self.theme)

    def still(self):
        """The same lanes, shapes and colours with matplotlib."""
        return lanes.draw(self.record, self.selection, *phase_of(self.record, self.selection))

    @property
    def _beta(self) -> list | None:
        return self.record["layers"][self.selection["layer"]]["beta"] if self.record["layers"] else None

    def _label(self, node: int) -> str:
        return style.clean(self.record["nodes"][node]["label"])

    @property
    def text(self) -> str:
        """The picture in words, the same as on the screen."""
        record, at, count, edges = self.record, self.selection, style.count, self.record["edges"]
        kinds = [node["type"] for node in record["nodes"]]
        parts = ", ".join(count(kinds.count(t), f"{name} node") for t, name in enumerate(record["node_types"]))
        history = count(len(record["history"]), "interaction")
        says = [f"MSGraph of {history}: {parts} and {count(len(edges), 'edge')}."]
        if target := record["target"]:
            says.append(f"The next item, {style.clean(target['title'])}, has rank {style.rank(target['rank'])}.")
        family, weights = phase_of(record, at)
        where = f"In layer {at['layer'] + 1}, order {at['path']}, phase {at['phase'] + 1} ({family})"
        others = [e for e, (source, centre, _) in enumerate(edges) if source != centre and weights[e] is not None]
        if others:
            best = max(others, key=lambda e: weights[e] or 0)
            weight, source, centre = weights[best], *map(self._label, edges[best][:2])
            says.append(
                f"{where} the largest attention between two nodes is {weight:.3f}: {centre} listens to {source}."
            )
        else:
            says.append(f"{where} no node listens to another.")
        if beta := [pair for pair in self._beta or () if pair]:
            late = sum(pair[0] for pair in beta) / len(beta)
            says.append(f"The gate of this layer gives {late:.3f} to hohe (late fusion) on average.")
        return " ".join(says)

    @property
    def table(self) -> list[dict[str, Any]]:
        """One row a node: what it is, where it stands, its gate, and what it listens to most."""
        rows, weights, edges = [], phase_of(self.record, self.selection)[1], self.record["edges"]
        for n, node in enumerate(self.record["nodes"]):
            mine = [(w, e) for e, w in enumerate(weights) if w is not None and edges[e][1] == n]
            weight, edge = max(mine, default=(None, None))
            row = {
                "node": self._label(n),
                "type": self.record["node_types"][node["type"]],
                "positions": node["positions"],
            }
            row |= dict(zip(("hohe", "heho"), (self._beta and self._beta[n]) or (None, None), strict=True))
            rows.append(
                row | {"listens most to": None if edge is None else self._label(edges[edge][0]), "attention": weight}
            )
        return rows


@cache
def msgraph_widget() -> Any:
    """The anywidget class, made when first needed so that views import without it."""
    import anywidget
    import traitlets

    class MSGraphWidget(anywidget.AnyWidget):
        """Four traits are the border between Python and JavaScript."""

        _esm = (STATIC / "msgraph.js").read_text(encoding="utf-8")
        _css = (STATIC / "msgraph.css").read_text(encoding="utf-8")
        record = traitlets.Dict().tag(sync=True)
        look = traitlets.Dict().tag(sync=True)
        selection = traitlets.Dict().tag(sync=True)
        theme = traitlets.Unicode("auto").tag(sync=True)

    return MSGraphWidget


def to_pyvis(record: dict[str, Any]) -> str:
    """The graph to drag around, an `<iframe>` for a cell or a file: offline, sandboxed, places fixed, physics off."""
    from pyvis.network import Network

    net = Network(height="640px", width="100%", directed=True, cdn_resources="in_line")
    net.toggle_physics(False)
    for n, (node, (x, y, radius)) in enumerate(zip(record["nodes"], lanes.layout(record)["nodes"], strict=True)):
        fill, _, shape = style.kind(node["type"])
        label = style.clean(node["label"], 24)
        shape = "dot" if shape == "circle" else shape
        net.add_node(n, label=label, title=label, color=fill, shape=shape, x=float(x), y=float(y), size=0.7 * radius)
    for source, centre, r in record["edges"]:
        if source != centre:
            net.add_edge(
                int(source), int(centre), title=style.clean(record["relations"][r]), color=style.line(record, r)[0]
            )
    page = net.generate_html().encode("utf-8", "replace").decode()
    page = re.sub(r"<link[^>]*https?://[^>]*>|<script[^>]*src=[\"']https?://[^>]*>\s*</script>", "", page)
    look = "width:100%;height:680px;border:0"
    return f'<iframe title="MSGraph" sandbox="allow-scripts" style="{look}" srcdoc="{html.escape(page)}"></iframe>'
