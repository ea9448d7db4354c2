"""The MSGraph picture (paper 4.1, 4.3) of one trace: live with JavaScript, still with matplotlib, told in words."""

import html
import re
from functools import cache
from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.base import View
from mmsr_lite.views.figures import msgraph as figure
from mmsr_lite.views.page import STATIC, page
from mmsr_lite.views.selection import attention_at, resolve_selection


class MSGraphView(View):
    """One history as an MSGraph with the attention and the gate of a trained model.

    `selection` is what `resolve_selection` says: set any of it, or read what was clicked.
    """

    def __init__(self, record: dict[str, Any], selection: dict[str, Any] | None = None, theme: str = "auto"):
        super().__init__(record)
        self.theme, self._selection, self._widget = theme, resolve_selection(record, selection), None

    @property
    def selection(self) -> dict[str, Any]:
        """What is chosen now, by Python or by a click."""
        return resolve_selection(self.record, self._widget.selection if self._widget else self._selection)

    @selection.setter
    def selection(self, asked: dict[str, Any]) -> None:
        self._goes(asked)
        self._selection = resolve_selection(self.record, self.selection, asked)
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
        look = theme.for_record(self.record)
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
        title = f"MSGraph of {self.record['dataset']['name']}"
        return page(title, [self.record], selection=self.selection, theme=self.theme)

    def to_matplotlib(self):
        """The same lanes, shapes and colours with matplotlib."""
        return figure.draw(self.record, self.selection, *attention_at(self.record, self.selection))

    @property
    def _beta(self) -> list | None:
        return self.record["layers"][self.selection["layer"]]["beta"] if self.record["layers"] else None

    def _label(self, node: int) -> str:
        return theme.clean(self.record["nodes"][node]["label"])

    @property
    def text(self) -> str:
        """The picture in words, the same as on the screen."""
        record, at, count, edges = self.record, self.selection, theme.count, self.record["edges"]
        kinds = [node["type"] for node in record["nodes"]]
        parts = ", ".join(count(kinds.count(t), f"{name} node") for t, name in enumerate(record["node_types"]))
        history = count(len(record["history"]), "interaction")
        says = [f"MSGraph of {history}: {parts} and {count(len(edges), 'edge')}."]
        if target := record["target"]:
            says.append(f"The next item, {theme.clean(target['title'])}, has rank {theme.rank(target['rank'])}.")
        family, weights = attention_at(record, at)
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
        rows, weights, edges = [], attention_at(self.record, self.selection)[1], self.record["edges"]
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
    places = figure.msgraph_layout(record)["nodes"]
    for n, (node, (x, y, radius)) in enumerate(zip(record["nodes"], places, strict=True)):
        fill, _, shape = theme.kind(node["type"])
        label = theme.clean(node["label"], 24)
        shape = "dot" if shape == "circle" else shape
        net.add_node(n, label=label, title=label, color=fill, shape=shape, x=float(x), y=float(y), size=0.7 * radius)
    for source, centre, r in record["edges"]:
        if source != centre:
            net.add_edge(
                int(source), int(centre), title=theme.clean(record["relations"][r]), color=theme.line(record, r)[0]
            )
    document = net.generate_html().encode("utf-8", "replace").decode()
    document = re.sub(r"<link[^>]*https?://[^>]*>|<script[^>]*src=[\"']https?://[^>]*>\s*</script>", "", document)
    look = "width:100%;height:680px;border:0"
    return f'<iframe title="MSGraph" sandbox="allow-scripts" style="{look}" srcdoc="{html.escape(document)}"></iframe>'
