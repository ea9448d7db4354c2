"""The MSGraph picture standing still: the swim lanes of msgraph.js, drawn with matplotlib; reads a trace.

Arcs within a lane are edges in time: those above attend to what came before. Lines between lanes are edges between
modalities. A ring is the update gate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mmsr_lite.records import TraceRecord
from mmsr_lite.records.cards import Step
from mmsr_lite.records.trace import Phase
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.figures.msgraph_layout import WIDTH, Place, curve, msgraph_layout
from mmsr_lite.views.figures.pen import Pen
from mmsr_lite.views.selection import Selection, phases_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


HEAD, NAME, LEGEND = 52.0, 26.0, 62.0  # pixels above and below the lanes; a name stands above the heading


def draw(record: TraceRecord, at: Selection) -> Figure:
    """Draw the MSGraph of a trace with matplotlib: the attention of every phase of one order, and the update gate.

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`: its layer and order are drawn; homogeneous attention as arcs in the
            lanes and heterogeneous attention as lines between them.

    Returns:
        The matplotlib figure, 8 inches wide for a history of up to twelve items.

    Example:
        >>> from mmsr_lite.views.selection import resolve_selection
        >>> item = {"position": 1, "node": 0, "item": 3, "title": "Hat", "picture": None}
        >>> node = {"type": 0, "id": 3, "label": "Hat", "positions": [1], "items": [3]}
        >>> trace = {"history": [item], "nodes": [node], "edges": [[0, 0, 0]], "relations": ["self"], "layers": []}
        >>> trace |= {"node_types": ["item"], "user": None, "dataset": {"name": "d"}, "target": None}
        >>> float(draw(trace, resolve_selection(trace)).get_figwidth())
        8.0
    """
    return draw_all([(record, at, None)])


def draw_all(pictures: Sequence[tuple[TraceRecord, Selection, str | None]]) -> Figure:
    """Draw several traces one below the other, as `draw` draws one.

    Args:
        pictures: Each a trace, a selection, and the name that stands above it, or None.

    Returns:
        The matplotlib figure.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> from mmsr_lite.views.selection import resolve_selection
        >>> one = sample("trace")
        >>> len(draw_all([(one, resolve_selection(one), "early"), (one, resolve_selection(one), "late")]).axes) > 1
        True
    """
    from matplotlib.figure import Figure

    layouts = [msgraph_layout(record) for record, *_ in pictures]
    heads = [HEAD + (NAME if name else 0) for *_, name in pictures]
    wide = max([WIDTH, *(layout.width for layout in layouts)])
    heights = [head + layout.height + LEGEND for head, layout in zip(heads, layouts, strict=True)]
    tall = sum(heights)
    figure = Figure(figsize=(wide / 100, tall / 100), facecolor=theme.PAPER)
    bottom = tall
    for (record, at, name), layout, head, height in zip(pictures, layouts, heads, heights, strict=True):
        bottom -= height
        axes = figure.add_axes((0, bottom / tall, 1, height / tall))
        axes.axis("off")
        axes.set(xlim=(0, wide), ylim=(layout.height + LEGEND, -head))
        pen = Pen(axes, layout)
        if name:
            pen.text(12, 12 - head, untrusted.clean(name, 60), 13, theme.INK, "left", True)
        _draw_one(pen, record, at)
    return figure


def _draw_one(pen: Pen, record: TraceRecord, at: Selection) -> None:
    """One trace with its heading and its legend."""
    beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
    phases = phases_of(record, at)
    _head(pen, record, at, phases)
    _lanes(pen, record)
    _strip(pen, record)
    for phase in phases:
        _edges(pen, record, phase["weights"] or [])
    for n in range(len(record["nodes"])):
        _node(pen, record, n, beta)
    _legend(pen, record, phases, beta)


def _head(pen: Pen, record: TraceRecord, at: Selection, phases: list[Phase]) -> None:
    facts = [untrusted.clean(record["dataset"]["name"])]
    if record["user"]:
        facts.insert(0, f"user {untrusted.clean(record['user']['id'], 24)}")
    pen.text(12, -34, "MSGraph", 14, theme.INK, "left", True)
    pen.text(136, -41, " · ".join(facts), 9.5, theme.INK, "left")
    walk = ", then ".join(f"{untrusted.clean(phase['family'])} attention" for phase in phases)
    if walk:
        name = theme.PATHS.get(at["path"] or "")
        order = f"{untrusted.clean(at['path'])} ({name} fusion)" if name else untrusted.clean(at["path"])
        walk = f"layer {at['layer'] + 1}, order {order}: {walk}"
    pen.text(136, -23, walk, 9, ha="left")


def _lanes(pen: Pen, record: TraceRecord) -> None:
    layout = pen.layout
    for lane in layout.lanes:
        pen.box(8, lane.y, layout.end - 2, lane.height, theme.GROUND)
        fill, _, shape = theme.kind(lane.type)
        middle = lane.y + lane.height / 2
        pen.shape(shape, 26, middle, 9, fc=fill)
        pen.text(42, middle, untrusted.clean(record["node_types"][lane.type], 9), 9.5, theme.INK, "left", True)


def _strip(pen: Pen, record: TraceRecord) -> None:
    """Draw the history above the lanes, and the next item."""
    layout = pen.layout
    letters = int((layout.column - 4) / 6.2) if layout.titles else 0
    for number, entry in enumerate(record["history"], 1):
        x = layout.at(number)
        pen.axes.plot([x, x], [20, layout.height - 10], color=theme.LINE, lw=0.7, ls=":", zorder=0.5)
        _card(pen, x, layout.box, str(entry["position"]), entry, theme.LINE, letters)
    target = record["target"]
    if target:
        middle = 22 + layout.box / 2
        arrow = {"arrowstyle": "->", "color": theme.INK}
        pen.axes.annotate("", (layout.end + 24, middle), (layout.end + 2, middle), arrowprops=arrow)
        x = layout.end + layout.ahead / 2 + 8
        _card(pen, x, 54, "next", target, theme.INK, 17)
        pen.text(x, 22 + 54 + 38, f"rank {wording.rank(target['rank'])}", 9.5, theme.INK, bold=True)


def _card(pen: Pen, x: float, side: float, head: str, item: Step, edge: str, letters: int) -> None:
    top = 22.0
    pen.text(x, 10, head)
    pen.box(x - side / 2, top, side, side, theme.GROUND, edge, 1)
    if not pen.picture(x, top + side / 2, side * 0.48, item.get("picture")):
        pen.text(x, top + side / 2, untrusted.clean(item["title"])[:2] or "?", 9)
    for number, words in enumerate(two_lines(item["title"], letters) if letters else ()):
        pen.text(x, max(side, pen.layout.box) + 33 + 13 * number, words, 7.5)


def two_lines(text: Any, letters: int) -> list[str]:
    """Break a title into two lines.

    Args:
        text: The title.
        letters: Length of a line, in characters.

    Returns:
        Two lines; the second may be empty, and ends in "…" when the title is cut.

    Example:
        >>> two_lines("A red tie of silk", 9)
        ['A red tie', 'of silk']
    """
    words = untrusted.clean(text, 3 * letters).split(" ")
    first = words.pop(0)
    while words and len(first) + len(words[0]) < letters:
        first += f" {words.pop(0)}"
    return [untrusted.clean(first, letters), untrusted.clean(" ".join(words), letters)]


def _edges(pen: Pen, record: TraceRecord, weights: list[float | None]) -> None:
    """Draw the edges of one phase, wider with more attention; a node's attention to itself is left out."""
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    for (source, centre, relation), weight in zip(record["edges"], weights, strict=False):  # some aggregators have none
        if weight is None or source == centre:
            continue
        colour, dash = theme.line(record, relation)
        points = curve(pen.layout, source, centre)
        path = Path(points, [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        alpha = 0.14 + 0.86 * weight**0.5
        look: dict[str, Any] = {"lw": 0.5 + 3.4 * weight, "ls": dash, "ec": colour, "capstyle": "round"}
        pen.axes.add_artist(PathPatch(path, fc="none", alpha=alpha, zorder=2, **look))
        (x, y), (before_x, before_y) = points[3], points[2]
        length = math.hypot(x - before_x, y - before_y) or 1.0
        along, size = ((x - before_x) / length, (y - before_y) / length), 6 + 4 * weight
        back = (x - 0.4 * size * along[0], y - 0.4 * size * along[1])
        across = (-0.55 * size * along[1], 0.55 * size * along[0])
        tip = (back[0] + size * along[0], back[1] + size * along[1])
        head = [tip, (back[0] + across[0], back[1] + across[1]), (back[0] - across[0], back[1] - across[1])]
        pen.axes.add_artist(Polygon(head, fc=colour, ec="none", alpha=alpha, zorder=2.5))


def _node(pen: Pen, record: TraceRecord, n: int, beta: list[Any] | None) -> None:
    node, place, layout = record["nodes"][n], pen.layout.nodes[n], pen.layout
    fill, ink, shape = theme.kind(node["type"])
    spots = [layout.at(position) for position in node["positions"]]
    if len(spots) > 1:  # whiskers to its positions
        pen.axes.plot([place.x, *spots], [place.y] * (1 + len(spots)), color=fill, lw=1, alpha=0.5, zorder=1)
        pen.axes.plot(spots, [place.y] * len(spots), "|", color=fill, ms=6, zorder=1)
    if beta and beta[n]:
        _ring(pen, shape, place, beta[n][0])
    pen.shape(shape, place.x, place.y, place.radius, fc=fill, ec=theme.PAPER, lw=1, zorder=5)
    if node["type"] == 0:
        entry: dict[str, Any] = next((one for one in record["history"] if one["item"] == node["id"]), {})
        if not pen.picture(place.x, place.y, place.radius * 0.84, entry.get("picture")):
            pen.text(place.x, place.y, untrusted.clean(node["label"], 40)[:2], 9, ink, bold=True)
    else:
        pen.text(place.x, place.y, node["id"], 9, ink, bold=True)


def _ring(pen: Pen, shape: str, place: Place, late: float) -> None:
    """Draw the update gate as a ring: clockwise from the top the share of the path hohe, then that of heho."""
    import numpy as np

    points = np.array([*theme.SHAPES[shape], theme.SHAPES[shape][0]]) * (place.radius + 3) + (place.x, place.y)
    fine = np.linspace(0, len(points) - 1, 240)
    ring = np.stack([np.interp(fine, np.arange(len(points)), axis) for axis in points.T])  # (2, 240)
    lengths = [0.0, *(float(np.hypot(*(b - a))) for a, b in pairwise(ring.T))]
    gone = np.cumsum(lengths) / sum(lengths)
    pen.axes.plot(*ring, color=theme.EARLY, lw=2.8, zorder=4)
    pen.axes.plot(*ring[:, gone <= late], color=theme.LATE, lw=2.8, zorder=4.5)


def _legend(pen: Pen, record: TraceRecord, phases: list[Phase], beta: Any) -> None:
    x, y = 12.0, pen.layout.height + 12
    drawn = {
        relation
        for phase in phases
        for (source, centre, relation), weight in zip(record["edges"], phase["weights"] or (), strict=False)
        if weight is not None and source != centre
    }
    for relation in sorted(drawn):
        colour, dash = theme.line(record, relation)
        meaning = theme.relation(record, relation)[2]
        name = untrusted.clean(record["relations"][relation], 20)
        words = f"{name}: {meaning}" if meaning else name
        pen.axes.plot([x, x + 26], [y, y], color=colour, ls=dash, lw=2, dash_capstyle="round")
        pen.text(x + 32, y, words, 8.5, theme.INK, "left")
        x += 60 + 6.1 * len(words)
    width = "the wider a line, the more attention"
    if not beta:
        pen.text(12, y + 24 if drawn else y, f"this model has no update gate; {width}", ha="left")
        return
    y += 26
    shares = [pair[0] for pair in beta if pair]
    for x, colour, words in ((12.0, theme.LATE, "path hohe"), (110.0, theme.EARLY, "path heho")):
        pen.axes.plot([x, x + 14], [y, y], color=colour, lw=5, solid_capstyle="butt")
        pen.text(x + 20, y, words, 8.5, theme.INK, "left")
    mean = wording.fixed(sum(shares) / max(len(shares), 1))
    pen.text(
        212, y, f"ring, clockwise from the top: update gate β of the node, mean {mean} hohe; {width}", 8, ha="left"
    )
