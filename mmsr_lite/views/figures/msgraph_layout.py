"""The layout of the MSGraph picture: swim lanes, placed as msgraph.js places them.

Each node type has a lane, and x is the mean position of a node in the history; so one history always gives the same
picture, which a layout by springs would not. A saved page lays out in JavaScript and a still in Python: `spread`,
`msgraph_layout` and `curve` are in both, and a test in the browser checks that they agree.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from mmsr_lite.records import TraceRecord

Point = tuple[float, float]
WIDTH = 800.0  # pixels that a still has when the history is short enough
NARROW = 560.0  # below this, names of lanes and the next item take less room: a phone


class Place(NamedTuple):
    """The place of a node: its centre (x, y) and radius in pixels, and the index of its lane, counted from the top.

    Example:
        >>> Place(x=100.0, y=40.0, radius=9.0, lane=0).lane
        0
    """

    x: float
    y: float
    radius: float
    lane: int


class Lane(NamedTuple):
    """A lane: its node type, its top and height in pixels, and its nodes from left to right.

    Example:
        >>> Lane(type=1, y=0.0, height=30.0, members=[4, 2]).members
        [4, 2]
    """

    type: int
    y: float
    height: float
    members: list[int]


@dataclass(frozen=True)
class Layout:
    """The layout of a picture, in pixels from its top left corner.

    Args:
        unit: Scale of the picture; 1 is its size on a screen.
        gutter: Width that the names of lanes take.
        ahead: Width of the next item, after the history.
        column: Width of one position of the history.
        end: Where the history ends.
        box: Side of a picture in the strip of the history.
        titles: Whether there is room for titles in the strip.
        nodes: A place for each node (N).
        lanes: Lanes from top to bottom; that of the items is in the middle.
        width: Of the whole picture.
        height: Of the whole picture.

    Example:
        >>> layout = Layout(1, 80, 60, 50, 230, 40, True, [], [], width=300, height=120)
        >>> layout.at(1), layout.at(2)  # half a column behind the names of lanes, then a column further
        (105.0, 155.0)
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
        """The x coordinate of a position of the history.

        Args:
            position: counted from 1; fractions are allowed.

        Returns:
            Pixels from the left.
        """
        return self.gutter + (position - 0.5) * self.column


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Move places apart, as little as possible, until all keep a gap (isotonic regression by pooled neighbours).

    Args:
        wanted: Places in ascending order.
        gap: The smallest distance between two neighbours.
        low: Least place.
        high: Greatest place; passed when not all fit between `low` and `high`.

    Returns:
        The new places, in the same order.

    Example:
        >>> spread([1, 1, 5], 1, 0, 10)
        [0.5, 1.5, 5.0]
    """
    blocks: list[tuple[float, int]] = []  # neighbours that touch: the sum of their wanted beginnings, and their count
    for i, x in enumerate(wanted):
        total, size = x - i * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / size:
            last = blocks.pop()
            total, size = total + last[0], size + last[1]
        blocks.append((total, size))
    places = [total / size for total, size in blocks for _ in range(size)]
    top = max(low, high - (len(wanted) - 1) * gap)
    return [min(max(x, low), top) + i * gap for i, x in enumerate(places)]


def msgraph_layout(record: TraceRecord, width: float = WIDTH, unit: float = 1.0) -> Layout:
    """Lay out the picture of a trace.

    Args:
        record: A trace.
        width: The width that is available, in pixels; a long history takes more.
        unit: Scale of the picture; 1.25 for a projector.

    Returns:
        The layout, always the same one for the same arguments.

    Example:
        >>> nodes = [{"type": 0, "positions": [1]}, {"type": 0, "positions": [2]}]
        >>> layout = msgraph_layout({"history": [{}, {}], "node_types": ["item"], "nodes": nodes}, width=500)
        >>> [place.x == layout.at(position) for place, position in zip(layout.nodes, (1, 2))]
        [True, True]
    """
    is_narrow = width < NARROW * unit
    gutter, ahead = (54 * unit, 100 * unit) if is_narrow else (116 * unit, 132 * unit)
    length = max(len(record["history"]), 1)
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
        gap = 2 * radius + (12 if node_type == 0 else 18) * unit  # for rings, and for shapes wider than a square
        pad, step = 38 * unit + radius, 2 * radius + 22 * unit
        members = sorted(
            (n for n, node in enumerate(record["nodes"]) if node["type"] == node_type), key=lambda n: wanted[n]
        )
        rows, fits = 0, False
        while rows < 4 and not fits:  # the fewest rows that keep nodes near their time
            rows += 1
            for row in range(rows):
                in_row = members[row::rows]
                low, high = gutter + radius + 4 * unit, end - radius
                places = spread([wanted[n] for n in in_row], gap, low, high)
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
        source: The index of the node that is attended to.
        centre: The index of the node that attends.

    Returns:
        Its four points, from the rim of the source to the rim of the centre, in pixels.

    Example:
        >>> nodes = [{"type": 0, "positions": [1]}, {"type": 0, "positions": [2]}]
        >>> layout = msgraph_layout({"history": [{}, {}], "node_types": ["item"], "nodes": nodes}, width=500)
        >>> start, first, second, stop = curve(layout, 0, 1)
        >>> first[1] < start[1] < layout.nodes[0].y  # an arc above: attending to what came before
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
