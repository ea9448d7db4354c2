"""The MSGraph picture standing still: the swim lanes of msgraph.js, laid out and drawn with matplotlib.

Lanes, not springs: x is the mean position of a node in the history, one lane a node type, so one history always draws
one picture. Arcs in a lane are of time (above: listening to what came before); lines between lanes match. A saved page
lays out in JavaScript and a still in Python: `spread`, `msgraph_layout` and `curve` are in both, and a test in the
browser holds them equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from mmsr_lite.views import theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Point = tuple[float, float]
WIDTH = 800.0  # pixels that a still has when the history is short enough


class Place(NamedTuple):
    """Where a node stands: the centre and radius in pixels, and the index of its lane from the top."""

    x: float
    y: float
    radius: float
    lane: int


class Lane(NamedTuple):
    """A lane: its node type, top and height in pixels, and its nodes from left to right."""

    type: int
    y: float
    height: float
    members: list[int]


@dataclass(frozen=True)
class Layout:
    """Where everything of a picture stands, in pixels from the top left corner.

    Args:
        unit: Scale of the picture; 1 is its size on a screen.
        gutter: Width of the names of lanes.
        ahead: Width of the next item, after the history.
        column: Width of one position of the history.
        end: Where the history ends.
        box: Side of a picture in the strip of the history.
        titles: Whether there is room for titles in the strip.
        nodes: A place for each node (N).
        lanes: Lanes from top to bottom; that of the items is in the middle.
        width: Of the whole picture.
        height: Of the whole picture.
    """

    unit: float
    gutter: float
    ahead: float
    column: float
    end: float
    box: float
    titles: bool
    nodes: list[Place]
    lanes: list[Lane]
    width: float
    height: float

    def at(self, position: float) -> float:
        """Where a position of the history stands across; positions count from 1."""
        return self.gutter + (position - 0.5) * self.column


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Nearest places to those wanted that keep a gap: isotonic regression by pooled neighbours.

    Args:
        wanted: Places in ascending order.
        gap: Distance of two neighbours at the least.
        low: Least place.
        high: Greatest place; passed when not all fit between `low` and `high`.

    Returns:
        A place for each that was wanted, in the same order.

    Example:
        >>> spread([1, 1, 5], 1, 0, 10)
        [0.5, 1.5, 5.0]
    """
    blocks: list[tuple[float, int]] = []  # neighbours that touch: the sum of where they want to begin, and how many
    for i, x in enumerate(wanted):
        total, size = x - i * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / size:
            last = blocks.pop()
            total, size = total + last[0], size + last[1]
        blocks.append((total, size))
    places = [total / size for total, size in blocks for _ in range(size)]
    top = max(low, high - (len(wanted) - 1) * gap)
    return [min(max(x, low), top) + i * gap for i, x in enumerate(places)]


def msgraph_layout(record: dict[str, Any], width: float = WIDTH, unit: float = 1.0) -> Layout:
    """Lay out the picture of a trace.

    Args:
        record: A trace.
        width: Pixels that there are; a long history takes more.
        unit: Scale of the picture; 1.25 for a projector.

    Returns:
        The layout; the same record, width and unit always give the same one.

    Example:
        >>> nodes = [{"type": 0, "positions": [1]}, {"type": 0, "positions": [2]}]
        >>> layout = msgraph_layout({"history": [{}, {}], "node_types": ["item"], "nodes": nodes}, width=500)
        >>> [place.x == layout.at(position) for place, position in zip(layout.nodes, (1, 2))]
        [True, True]
    """
    gutter, ahead, length = 116 * unit, 132 * unit, max(len(record["history"]), 1)
    column = max(44 * unit, min((width - gutter - ahead) / length, 150 * unit))
    end, box, titles = gutter + length * column, min(54 * unit, column - 8 * unit), column >= 62 * unit
    means = [sum(node["positions"]) / len(node["positions"]) for node in record["nodes"]]
    wanted = [gutter + (mean - 0.5) * column for mean in means]
    types = list(range(1, len(record["node_types"])))
    types.insert((len(types) + 1) // 2, 0)  # the lane of items in the middle
    nodes: list[Place] = [Place(0.0, 0.0, 0.0, 0)] * len(record["nodes"])
    lanes: list[Lane] = []
    y = (66 if titles else 34) * unit + box
    for lane, node_type in enumerate(types):
        radius = min(27 * unit, column / 2 - 6 * unit) if node_type == 0 else 17 * unit
        pad, step = 38 * unit + radius, 2 * radius + 22 * unit
        members = sorted((n for n, node in enumerate(record["nodes"]) if node["type"] == node_type), key=lambda n: wanted[n])
        rows, fits = 0, False
        while rows < 4 and not fits:  # as few rows as keep nodes near their time
            rows += 1
            for row in range(rows):
                in_row = members[row::rows]
                low, high = gutter + radius + 4 * unit, end - radius
                places = spread([wanted[n] for n in in_row], 2 * radius + 12 * unit, low, high)
                for n, x in zip(in_row, places, strict=True):
                    nodes[n] = Place(x, y + pad + row * step, radius, lane)
            fits = all(abs(nodes[n].x - wanted[n]) <= 0.75 * column for n in members)
        height = 2 * pad + (rows - 1) * step
        lanes.append(Lane(node_type, y, height, sorted(members, key=lambda n: nodes[n].x)))
        y += height + 12 * unit
    return Layout(unit, gutter, ahead, column, end, box, titles, nodes, lanes, end + ahead, y)


def curve(layout: Layout, source: int, centre: int) -> list[Point]:
    """The cubic curve of an edge.

    Args:
        layout: The layout.
        source: The node that is listened to.
        centre: The node that listens.

    Returns:
        Its four points, from the rim of the source to the rim of the centre, in pixels.

    Example:
        >>> nodes = [{"type": 0, "positions": [1]}, {"type": 0, "positions": [2]}]
        >>> layout = msgraph_layout({"history": [{}, {}], "node_types": ["item"], "nodes": nodes}, width=500)
        >>> start, first, second, stop = curve(layout, 0, 1)
        >>> first[1] < start[1] < layout.nodes[0].y  # an arc above: listening to what came before
        True
    """
    a, b, unit = layout.nodes[source], layout.nodes[centre], layout.unit

    def turned(angle: float, far: float) -> Point:
        return a.x + math.cos(angle) * (a.radius + far), a.y + math.sin(angle) * (a.radius + far)

    if source == centre:
        return [turned(-1.15, 5 * unit), turned(-1.2, 20 * unit), turned(-0.35, 20 * unit), turned(-0.4, 5 * unit)]

    def rim(node: Place, towards: Point, room: float) -> Point:
        share = (node.radius + room) / (math.hypot(towards[0] - node.x, towards[1] - node.y) or 1)
        return node.x + (towards[0] - node.x) * share, node.y + (towards[1] - node.y) * share

    dx, dy = b.x - a.x, b.y - a.y
    if a.lane == b.lane:
        side = -1 if dx > 0 or (dx == 0 and dy > 0) else 1
        flat = 0.0 if abs(dy) > 1 else a.radius * 0.45
        lift = side * 1.33 * min((14 + 0.13 * abs(dx)) * unit + flat, a.radius + 28 * unit)
        first, second = (a.x + dx * 0.28, a.y + dy * 0.28 + lift), (b.x - dx * 0.28, b.y - dy * 0.28 + lift)
    else:
        bend = 0.46 * layout.column if abs(a.lane - b.lane) > 1 else 6 * unit
        if source > centre:
            bend = -bend
        first, second = (a.x + bend, a.y + dy * 0.4), (b.x + bend, b.y - dy * 0.4)
    return [rim(a, first, 6 * unit), first, second, rim(b, second, 9 * unit)]


def phases_of(record: dict[str, Any], at: dict[str, Any]) -> list[dict[str, Any]]:
    """The phases of the order that is selected.

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        `family` and `weights` (E) of each phase of the layer and order, in the order of the walk.

    Example:
        >>> phases_of({"layers": []}, {"layer": 0, "path": None})
        []
    """
    if not record["layers"]:
        return []
    return record["layers"][at["layer"]]["attention"].get(at["path"], [])


def draw(record: dict[str, Any], at: dict[str, Any]) -> Figure:
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
    from matplotlib.figure import Figure

    layout = msgraph_layout(record)
    beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
    head, legend = 52.0, 62.0 if beta else 34.0
    wide, tall = max(layout.width, WIDTH), layout.height + legend
    figure = Figure(figsize=(wide / 100, (head + tall) / 100), facecolor=theme.PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, wide), ylim=(tall, -head))
    pen = _Pen(axes, layout)
    phases = phases_of(record, at)
    _head(pen, record, at, phases)
    _lanes(pen, record)
    _strip(pen, record)
    for phase in phases:
        _edges(pen, record, phase["weights"])
    for n in range(len(record["nodes"])):
        _node(pen, record, n, beta)
    _legend(pen, record, phases, beta)
    return figure


@dataclass
class _Pen:
    """Draws text, boxes and pictures in the pixels of a layout."""

    axes: Axes
    layout: Layout

    def text(
        self, x: float, y: float, words: Any, size: float = 8.5, ink: str = theme.SOFT, ha: str = "center", bold: bool = False
    ) -> None:
        look = {"color": ink, "fontsize": size, "ha": ha, "va": "center", "fontweight": "bold" if bold else "normal"}
        self.axes.text(x, y, str(words), **look, zorder=6, parse_math=False)  # type: ignore[arg-type]

    def box(self, x: float, y: float, wide: float, tall: float, fill: str, edge: str = "none", order: float = 0) -> None:
        from matplotlib.patches import FancyBboxPatch

        corner = f"round,pad=0,rounding_size={min(wide, tall) / 8}"
        self.axes.add_artist(FancyBboxPatch((x, y), wide, tall, boxstyle=corner, fc=fill, ec=edge, lw=1, zorder=order))

    def picture(self, x: float, y: float, half: float, source: Any) -> bool:
        """Draw a picture around (x, y), from -half to half; False when there is none."""
        pixels = theme.picture(source)
        if pixels is None:
            return False
        ends = self.axes.get_xlim(), self.axes.get_ylim()
        self.axes.imshow(pixels, extent=(x - half, x + half, y + half, y - half), aspect="auto", zorder=6)
        self.axes.set(xlim=ends[0], ylim=ends[1])
        return True

    def shape(self, name: str, x: float, y: float, size: float, **look: Any) -> None:
        from matplotlib.patches import Polygon

        points = [(x + px * size, y + py * size) for px, py in theme.SHAPES[name]]
        self.axes.add_artist(Polygon(points, **look))


def _head(pen: _Pen, record: dict[str, Any], at: dict[str, Any], phases: list[dict[str, Any]]) -> None:
    facts = [theme.clean(record["dataset"]["name"])]
    if record["user"]:
        facts.insert(0, f"user {theme.clean(record['user']['id'], 24)}")
    pen.text(12, -34, "MSGraph", 14, theme.INK, "left", True)
    pen.text(pen.layout.gutter, -40, " · ".join(facts), 9.5, theme.INK, "left")
    walk = ", then ".join(f"{theme.clean(phase['family'])} attention" for phase in phases)
    if walk:
        name = theme.PATHS.get(at["path"])
        order = f"{theme.clean(at['path'])} ({name} fusion)" if name else theme.clean(at["path"])
        walk = f"layer {at['layer'] + 1}, order {order}: {walk}"
    pen.text(pen.layout.gutter, -22, walk, 9, ha="left")


def _lanes(pen: _Pen, record: dict[str, Any]) -> None:
    layout = pen.layout
    for lane in layout.lanes:
        pen.box(8, lane.y, layout.end - 2, lane.height, theme.GROUND)
        fill, _, shape = theme.kind(lane.type)
        middle = lane.y + lane.height / 2
        pen.shape(shape, 26, middle, 9, fc=fill)
        pen.text(42, middle, theme.clean(record["node_types"][lane.type], 9), 9.5, theme.INK, "left", True)


def _strip(pen: _Pen, record: dict[str, Any]) -> None:
    """The history above the lanes, and the next item."""
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
        pen.text(x, 22 + 54 + 38, f"rank {theme.rank(target['rank'])}", 9.5, theme.INK, bold=True)


def _card(pen: _Pen, x: float, side: float, head: str, item: dict[str, Any], edge: str, letters: int) -> None:
    top = 22.0
    pen.text(x, 10, head)
    pen.box(x - side / 2, top, side, side, theme.GROUND, edge, 1)
    if not pen.picture(x, top + side / 2, side * 0.48, item.get("picture")):
        pen.text(x, top + side / 2, theme.clean(item["title"])[:2] or "?", 9)
    for number, words in enumerate(two_lines(item["title"], letters) if letters else ()):
        pen.text(x, max(side, pen.layout.box) + 33 + 13 * number, words, 7.5)


def two_lines(text: Any, letters: int) -> list[str]:
    """A title in two lines.

    Args:
        text: The title.
        letters: Length of a line, in characters.

    Returns:
        Two lines; the second may be empty, and ends in "…" when the title is cut.

    Example:
        >>> two_lines("A red tie of silk", 9)
        ['A red tie', 'of silk']
    """
    words = theme.clean(text, 3 * letters).split(" ")
    first = words.pop(0)
    while words and len(first) + len(words[0]) < letters:
        first += f" {words.pop(0)}"
    return [theme.clean(first, letters), theme.clean(" ".join(words), letters)]


def _edges(pen: _Pen, record: dict[str, Any], weights: list[float | None]) -> None:
    """One phase: each edge that it weighs; the wider, the more attention. A node's attention to itself is not drawn."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    for (source, centre, relation), weight in zip(record["edges"], weights, strict=True):
        if weight is None or source == centre:
            continue
        colour, dash = theme.line(record, relation)
        path = Path(curve(pen.layout, source, centre), [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        look = {"lw": 0.5 + 3.4 * weight, "ls": dash, "color": colour, "alpha": 0.14 + 0.86 * weight**0.5, "zorder": 2}
        head = {"arrowstyle": "-|>", "mutation_scale": 5 + 5 * weight, "shrinkA": 0, "shrinkB": 0}
        pen.axes.add_artist(FancyArrowPatch(path=path, **head, **look))


def _node(pen: _Pen, record: dict[str, Any], n: int, beta: list[Any] | None) -> None:
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
        entry = next((one for one in record["history"] if one["item"] == node["id"]), {})
        if not pen.picture(place.x, place.y, place.radius * 0.84, entry.get("picture")):
            pen.text(place.x, place.y, theme.clean(node["label"], 40)[:2], 9, ink, bold=True)
    else:
        pen.text(place.x, place.y, node["id"], 9, ink, bold=True)


def _ring(pen: _Pen, shape: str, place: Place, late: float) -> None:
    """The update gate as a ring: from the top, clockwise, the share of late fusion; the rest is early."""
    import numpy as np

    points = np.array([*theme.SHAPES[shape], theme.SHAPES[shape][0]]) * (place.radius + 3) + (place.x, place.y)
    fine = np.linspace(0, len(points) - 1, 240)
    ring = np.stack([np.interp(fine, np.arange(len(points)), axis) for axis in points.T])  # (2, 240)
    lengths = [0.0, *(float(np.hypot(*(b - a))) for a, b in pairwise(ring.T))]
    gone = np.cumsum(lengths) / sum(lengths)
    pen.axes.plot(*ring, color=theme.EARLY, lw=2.8, zorder=4)
    pen.axes.plot(*ring[:, gone <= late], color=theme.LATE, lw=2.8, zorder=4.5)


def _legend(pen: _Pen, record: dict[str, Any], phases: list[dict[str, Any]], beta: Any) -> None:
    x, y = 12.0, pen.layout.height + 12
    drawn = {
        relation
        for phase in phases
        for (source, centre, relation), weight in zip(record["edges"], phase["weights"], strict=True)
        if weight is not None and source != centre
    }
    for relation in sorted(drawn):
        colour, dash = theme.line(record, relation)
        meaning = theme.relation(record, relation)[2]
        name = theme.clean(record["relations"][relation], 20)
        words = f"{name}: {meaning}" if meaning else name
        pen.axes.plot([x, x + 26], [y, y], color=colour, ls=dash, lw=2, dash_capstyle="round")
        pen.text(x + 32, y, words, 8.5, theme.INK, "left")
        x += 60 + 6.1 * len(words)
    if drawn:
        pen.text(x, y, "the wider, the more attention", ha="left")
    if not beta:
        pen.text(12, y if not drawn else y + 20, "this model has no update gate", ha="left")
        return
    y += 26
    mean = sum(pair[0] for pair in beta if pair) / max(1, sum(pair is not None for pair in beta))
    for x, colour, words in ((12.0, theme.LATE, "late (hohe)"), (110.0, theme.EARLY, "early (heho)")):
        pen.axes.plot([x, x + 14], [y, y], color=colour, lw=5, solid_capstyle="butt")
        pen.text(x + 20, y, words, 8.5, theme.INK, "left")
    pen.text(212, y, f"ring, clockwise from the top: update gate β of the node; mean {mean:.3f} late", ha="left")


def describe(record: dict[str, Any], at: dict[str, Any]) -> str:
    """The picture in words: the same sentences that msgraph.js writes below it (a test holds them equal).

    Args:
        record: A trace.
        at: A selection, from `resolve_selection`.

    Returns:
        Up to four sentences: size of the graph, rank of the next item, largest attention, mean of the gate.

    Example:
        >>> trace = {"history": [{}], "nodes": [{"type": 0}], "node_types": ["item"], "edges": [], "layers": []}
        >>> describe(trace | {"target": None}, {"layer": 0, "path": None, "phase": 0})
        'MSGraph of 1 interaction: 1 item node and 0 edges. In layer 1 no node listens to another.'
    """
    types, edges = [node["type"] for node in record["nodes"]], record["edges"]
    sizes = [theme.count(types.count(number), f"{name} node") for number, name in enumerate(record["node_types"])]
    history = theme.count(len(record["history"]), "interaction")
    sentences = [f"MSGraph of {history}: {', '.join(sizes)} and {theme.count(len(edges), 'edge')}."]
    target = record["target"]
    if target:
        sentences.append(f"The next item, {theme.clean(target['title'])}, has rank {theme.rank(target['rank'])}.")
    where = f"In layer {at['layer'] + 1}"
    phases = phases_of(record, at)
    weights: list[float | None] = [None] * len(edges)
    if phases:
        weights = phases[at["phase"]]["weights"]
        where += f", order {at['path']}, phase {at['phase'] + 1} ({phases[at['phase']]['family']})"
    edge = heaviest(edges, weights, lambda source, centre: source != centre)
    if edge is None:
        sentences.append(f"{where} no node listens to another.")
    else:
        source, centre = (theme.clean(record["nodes"][node]["label"]) for node in edges[edge][:2])
        most = theme.fixed(weights[edge] or 0.0)
        sentences.append(f"{where} the largest attention between two nodes is {most}: {centre} listens to {source}.")
    beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
    shares = [pair[0] for pair in beta or () if pair]
    if shares:
        mean = theme.fixed(sum(shares) / len(shares))
        sentences.append(f"The gate of this layer gives {mean} to hohe (late fusion) on average.")
    return " ".join(sentences)


def heaviest(edges: list[Any], weights: list[float | None], fits: Callable[[int, int], bool]) -> int | None:
    """The edge with the largest weight among those that fit.

    Args:
        edges: (source, centre, relation) of each edge (E).
        weights: A weight for each edge (E), None where there is none.
        fits: Whether an edge counts, by its source and centre.

    Returns:
        Index of the edge, the first of equals; None when no edge that fits has a weight.

    Example:
        >>> heaviest([[0, 1, 0], [1, 0, 0]], [0.2, 0.7], lambda source, centre: True)
        1
    """
    fitting = [e for e, (source, centre, _) in enumerate(edges) if weights[e] is not None and fits(source, centre)]
    return max(fitting, key=lambda e: weights[e] or 0.0, default=None)
