"""The MSGraph picture (paper, sections 4.1 and 4.3) of one trace: live with JavaScript, as a still, and in words."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mmsr_lite.errors import choose
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.schema import TableRow
from mmsr_lite.views import theme as looks
from mmsr_lite.views import untrusted
from mmsr_lite.views.base import MimeBundle, View
from mmsr_lite.views.figures.msgraph import draw
from mmsr_lite.views.figures.msgraph_layout import msgraph_layout
from mmsr_lite.views.page import page
from mmsr_lite.views.selection import Selection, attention_at, describe, heaviest, resolve_selection

if TYPE_CHECKING:
    import matplotlib.figure

    from mmsr_lite.views.widgets.anywidgets import MSGraphWidget


class MSGraphView(View):
    """One history as an MSGraph, with the attention and the update gate of a trained model; reads a trace.

    Args:
        record: A trace.
        selection: What is chosen at first, any key of `resolve_selection`.
        theme: auto, light, dark or projector.

    Raises:
        MMSRError: `record` is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> view = MSGraphView(sample("trace"), {"position": 2})
        >>> view.selection["node"], view.table[1]["node"]
        (1, 'Clay shirt')
    """

    record: TraceRecord

    def __init__(self, record: Mapping[str, Any], selection: Mapping[str, Any] | None = None, theme: str = "auto"):
        super().__init__(record)
        self.theme = choose("theme", theme, looks.THEMES)
        self._selection = resolve_selection(self.record, selection)
        self._widget: Any = None

    @property
    def selection(self) -> Selection:
        """The current selection, by Python or by a click; set any of its keys to change it."""
        return resolve_selection(self.record, self._widget.selection if self._widget else self._selection)

    @selection.setter
    def selection(self, asked: Mapping[str, Any]) -> None:
        self._change_user(asked)
        self._selection = resolve_selection(self.record, self.selection, asked)
        if self._widget:
            self._widget.selection = self._selection

    def _change_user(self, asked: Mapping[str, Any]) -> None:
        """Go to the user that a selection asks for; a picture of one user ignores it."""

    @property
    def widget(self) -> MSGraphWidget:
        """The live picture, an anywidget; its traits record, look, selection and theme are synced."""
        if self._widget is None:
            self._widget = self._make_widget()
        return self._widget

    def _make_widget(self) -> MSGraphWidget:
        from mmsr_lite.views.widgets.anywidgets import MSGraphWidget

        return MSGraphWidget(**self._traits())

    def _traits(self) -> dict[str, Any]:
        look = looks.for_record(self.record)
        return {"record": self.record, "look": look, "selection": self._selection, "theme": self.theme}

    def live(self) -> MimeBundle:
        """The widget by media type, where anywidget is installed."""
        try:
            model = self.widget.model_id
        except ImportError:
            return {}
        return {"application/vnd.jupyter.widget-view+json": {"version_major": 2, "version_minor": 0, "model_id": model}}

    def html(self) -> str:
        """The live picture alone in a page."""
        title = f"MSGraph of {self.record['dataset']['name']}"
        return page(title, [self.record], selection=self.selection, theme=self.theme)

    def to_matplotlib(self) -> matplotlib.figure.Figure:
        """Draw the same lanes, shapes and colours as a still, with both families of attention and the update gate."""
        return draw(self.record, self.selection)

    @property
    def text(self) -> str:
        """The picture in words, the same as on the screen."""
        return describe(self.record, self.selection)

    @property
    def table(self) -> list[TableRow]:
        """One row for each node: what it is, its positions, its gate, and what it attends to most."""
        record, at = self.record, self.selection
        weights, edges = attention_at(record, at)[1], record["edges"]
        beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
        rows = []
        for n, node in enumerate(record["nodes"]):
            late, early = (beta[n] if beta else None) or (None, None)
            edge = heaviest(edges, weights, lambda _, centre, n=n: centre == n)  # type: ignore[misc]
            listened = None if edge is None else untrusted.clean(record["nodes"][edges[edge][0]]["label"])
            row = {"node": untrusted.clean(node["label"]), "type": record["node_types"][node["type"]]}
            row |= {"positions": node["positions"], "hohe": late, "heho": early, "attends most to": listened}
            rows.append(row | {"attention": None if edge is None else weights[edge]})
        return rows


def to_pyvis(record: TraceRecord) -> str:
    """Draw the graph of a trace with pyvis, so that its nodes can be dragged.

    Args:
        record: A trace.

    Returns:
        An `<iframe>` for a cell or a file: offline, sandboxed, places fixed, physics off.

    Example:
        >>> node = {"type": 0, "id": 3, "label": "Hat", "positions": [1]}
        >>> trace = {"history": [{}], "nodes": [node], "node_types": ["item"], "edges": [], "relations": []}
        >>> to_pyvis(trace)[:15]
        '<iframe title="'
    """
    from pyvis.network import Network

    network = Network(height="640px", width="100%", directed=True, cdn_resources="in_line")
    network.toggle_physics(False)
    shapes = {"circle": "dot", "pentagon": "star"}  # the nearest shapes of pyvis
    places = msgraph_layout(record).nodes
    for n, (node, place) in enumerate(zip(record["nodes"], places, strict=True)):
        fill, _, shape = looks.kind(node["type"])
        label, size = untrusted.clean(node["label"], 24), 0.7 * place.radius
        look = {"color": fill, "shape": shapes.get(shape, shape), "size": size, "x": place.x, "y": place.y}
        network.add_node(n, label=label, title=label, **look)
    for source, centre, relation in record["edges"]:
        if source != centre:
            title = untrusted.clean(record["relations"][relation])
            network.add_edge(int(source), int(centre), title=title, color=looks.line(record, relation)[0])
    document = network.generate_html().encode("utf-8", "replace").decode()
    document = re.sub(r"<link[^>]*https?://[^>]*>|<script[^>]*src=[\"']https?://[^>]*>\s*</script>", "", document)
    style = "width:100%;height:680px;border:0"
    return f'<iframe title="MSGraph" sandbox="allow-scripts" style="{style}" srcdoc="{html.escape(document)}"></iframe>'
