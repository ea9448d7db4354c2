"""All looks in one place, read by the matplotlib, plotly and JavaScript pictures.

One colour has one meaning in every picture: `COLOURS` lists the meanings, `SERIES` are the colours of lines that have
no fixed meaning, such as models or metrics. Colour-blind readers can tell the colours apart wherever they are drawn in
the same way (a test computes it), and a shape or a dash says the same again.
"""

import math
from typing import Any, NamedTuple

from mmsr_lite.records import TraceRecord
from mmsr_lite.views.glossary import glossary

INK, SOFT, LINE, PAPER, GROUND = "#1b2430", "#5b6675", "#d9dee5", "#ffffff", "#f5f7fa"
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
THEMES = ("auto", "light", "dark", "projector")


class Colour(NamedTuple):
    """A colour on light paper, and its counterpart on dark paper.

    Example:
        >>> Colour(light="#222222", dark="#eeeeee").dark
        '#eeeeee'
    """

    light: str
    dark: str


COLOURS = {  # meaning -> colour, nowhere used for anything else
    "early": Colour("#542788", "#b79cf0"),  # the order heho
    "late": Colour("#B35806", "#f2a65a"),  # the order hohe
    "in": Colour("#11A579", "#3ddbb0"),  # attends to what came directly before
    "out": Colour("#004D40", "#1fa68a"),  # attends to what came directly after
    "both": Colour("#0B7F5C", "#5fd38a"),  # before and after
    "match": Colour(INK, "#eaeef3"),  # of the same item
    "self": Colour(SOFT, "#a9b3c0"),
    "own codes": Colour("#A7923E", "#e9e6b0"),  # of a flow: from the last item's own codes
    "shared codes": Colour("#683E53", "#d4578e"),  # of a flow: across alone
    "time alone": Colour("#9292A7", "#8d8da6"),  # of a flow: within one type
    "item": Colour("#0072B2", "#0072B2"),
    "modality 1": Colour("#E69F00", "#E69F00"),
    "modality 2": Colour("#CC79A7", "#CC79A7"),
    "modality 3": Colour("#F0E442", "#F0E442"),
    "modality 4": Colour("#66CCEE", "#66CCEE"),
    "modality 5": Colour("#AA3377", "#AA3377"),
    "modality 6": Colour("#BAB0AC", "#BAB0AC"),
    "modality 7": Colour("#EE6677", "#EE6677"),
    "modality 8": Colour("#DDCC77", "#DDCC77"),
}
EARLY, LATE, ITEM = COLOURS["early"].light, COLOURS["late"].light, COLOURS["item"].light
REST = "#AEB7C2"  # the rest of a score, beside its orders of fusion
SERIES = (INK, "#4C7A9E", "#7F8F3A", "#A06A7A", "#8C7B6B", SOFT)
ON_DARK = {  # colour of a chart on light paper -> on dark paper; fills of nodes are the same on both
    INK: "#eaeef3",
    SOFT: "#a9b3c0",
    LINE: "#343f4d",
    PAPER: "#12171e",
    EARLY: COLOURS["early"].dark,
    LATE: COLOURS["late"].dark,
    COLOURS["own codes"].light: COLOURS["own codes"].dark,
    COLOURS["shared codes"].light: COLOURS["shared codes"].dark,
    COLOURS["time alone"].light: COLOURS["time alone"].dark,
    "#4C7A9E": "#7fb2d9",
    "#7F8F3A": "#b3c46a",
    "#A06A7A": "#d79bad",
    "#8C7B6B": "#c2b09c",
    "#eef2f6": "#232c38",
    "#a9b8c8": "#5f7590",
}
BETA = (EARLY, PAPER, LATE)  # the diverging scale of the update gate: early, one half, late
DIVERGING = ((0.0, EARLY), (0.5, PAPER), (1.0, LATE))
SEQUENTIAL = ((0.0, "#eef2f6"), (0.35, "#a9b8c8"), (1.0, INK))  # attention, 0 to 1


def _outline(power: float, size: float, steps: int = 48) -> list[list[float]]:
    """A closed curve |x|^power + |y|^power = size^power, clockwise from the top; 1 is a diamond, 2 a circle."""
    points = []
    for step in range(steps):
        x, y = math.sin(math.tau * step / steps), -math.cos(math.tau * step / steps)
        radius = size / (abs(x) ** power + abs(y) ** power) ** (1 / power)
        points.append([round(x * radius, 3), round(y * radius, 3)])
    return points


SHAPES = {
    "square": _outline(6, 0.96),
    "circle": _outline(2, 1),
    "diamond": _outline(1.15, 1.16),
    "hexagon": _outline(2, 1.1, 6),
    "pentagon": _outline(2, 1.14, 5),
    "triangle": _outline(2, 1.36, 3),
}
TYPES = (  # of nodes: fill, text on it, shape; the item, then eight modalities; a ninth looks like the first
    (ITEM, PAPER, "square"),
    (COLOURS["modality 1"].light, INK, "circle"),
    (COLOURS["modality 2"].light, INK, "diamond"),
    (COLOURS["modality 3"].light, INK, "hexagon"),
    (COLOURS["modality 4"].light, INK, "pentagon"),
    (COLOURS["modality 5"].light, PAPER, "circle"),
    (COLOURS["modality 6"].light, INK, "diamond"),
    (COLOURS["modality 7"].light, INK, "triangle"),
    (COLOURS["modality 8"].light, INK, "hexagon"),
)
RELATIONS = {  # name -> dash, and what the source of an edge is to its centre
    "self": ("", "the node itself"),
    "out": ("7 4", "directly after"),
    "in": ("", "directly before"),
    "both": ("10 3 2 3", "before and after"),
    "match": ("0.1 4", "of the same item"),
}
SPARE_DASHES = ("4 2", "2 2", "8 2")  # of relations that are not known here
FLOW = {  # groups of paths that add up to a score -> name of their colour
    "own identity": "item",
    "own codes": "own codes",
    "shared codes": "shared codes",
    "crossed, then time": "early",
    "time, then crossed": "late",
    "time alone": "time alone",
}
PATH_GROUPS = {"crossed, then time": "early", "time, then crossed": "late"}  # groups of a flow -> their common names
PATHS = {"hohe": "late", "heho": "early"}  # fusion order -> its common name, which is also the name of its colour
STAGES = {  # of the walk from a history to its answer, as a trace names them
    "none": "Step through what the model does with this history: each stage is a probe of the package.",
    "build": "Interactions become item nodes, a repeated item one node; adjacent positions are joined (section 4.1).",
    "codes": "Each item brings its nearest codes of every modality; an item and its codes match (section 4.1).",
    "input": "Identity, node type and mean position become one vector for each node (section 4.2).",
    "homogeneous": "Each node attends to its own type, each relation with its own weights (equations 11 and 12).",
    "heterogeneous": "Each node attends across types: the neighbour asks, the centre answers (equations 13 and 14).",
    "gate": "The update gate weighs both orders for each node (equations 16 and 17).",
    "linear": "One linear map joins both ends (equation 15).",
    "only": "The end of the only path is the output of the layer.",
    "pool": "Last pooling: the state of the last item's node is the state of the user (section 4.4).",
    "score": "Dot product of the state of the user with every item (equation 7).",
}
HELP = (
    "Each shape is one item or one code, at its mean position in the history; its ring is the update gate. An arrow "
    "runs from the node that is attended to into the node that attends; the wider, the more attention. Arcs in a lane "
    "are of time: above, from before; below, from after. Lines between lanes match what belongs to one item. Choose a "
    "node or an edge to see its numbers. In the gate lens a gate that no score depends on is thin: the last layer is "
    "read at the last item alone."
)


def kind(index: int) -> tuple[str, str, str]:
    """Look of a node type.

    Args:
        index: The node type; 0 is the item, 1 and more are modalities in the order of the record.

    Returns:
        Fill colour, colour of text on it, and shape (a key of `SHAPES`).

    Example:
        >>> kind(0)[2], kind(1)[2], kind(9) == kind(1)
        ('square', 'circle', True)
    """
    if index < len(TYPES):
        return TYPES[index]
    return TYPES[1 + (index - 1) % (len(TYPES) - 1)]


def relation(record: TraceRecord, index: int) -> tuple[str, str, str]:
    """Look and meaning of a relation.

    Args:
        record: A trace; its `relations` are names by index.
        index: The relation.

    Returns:
        Name of its colour in `COLOURS`, or a colour of `SERIES` when the relation is not known here; its dash as SVG
        writes it ("" is a solid line); and what the source of an edge is to its centre, in words.

    Example:
        >>> relation({"relations": ["self", "out"]}, 1)
        ('out', '7 4', 'directly after')
    """
    name = record["relations"][index]
    if name in RELATIONS:
        dash, meaning = RELATIONS[name]
        return name, dash, meaning
    return SERIES[1 + index % (len(SERIES) - 1)], SPARE_DASHES[index % len(SPARE_DASHES)], ""


def line(record: TraceRecord, index: int) -> tuple[str, Any]:
    """Look of a relation for matplotlib.

    Args:
        record: A trace.
        index: The relation, an index of the trace's `relations`.

    Returns:
        Colour on light paper and line style.

    Example:
        >>> line({"relations": ["in"]}, 0)
        ('#11A579', 'solid')
    """
    name, dash, _ = relation(record, index)
    colour = COLOURS[name].light if name in COLOURS else name
    if not dash:
        return colour, "solid"
    return colour, (0, tuple(float(length) / 2 for length in dash.split()))


def part(name: str, index: int) -> str:
    """Colour of a part of a score.

    Args:
        name: A fusion order (hohe, heho) or another part, such as residual.
        index: Its place among the parts; it decides the colour of a part that is not known here.

    Returns:
        A colour as #rrggbb.

    Example:
        >>> part("hohe", 0) == COLOURS["late"].light
        True
    """
    if name in PATHS:
        return COLOURS[PATHS[name]].light
    if name == "residual":
        return REST
    return SERIES[1 + index % (len(SERIES) - 1)]


def series(name: str, index: int) -> str:
    """Colour of a line or a group of marks by its name.

    Args:
        name: The name as it is drawn; early, late, hohe, heho and such names of `COLOURS` have their own colour.
        index: Its place among the groups; it decides the colour of every other name.

    Returns:
        A colour as #rrggbb.

    Example:
        >>> series("late", 0) == series("hohe", 3) == COLOURS["late"].light
        True
    """
    meaning = PATHS.get(name, name)
    if meaning in COLOURS:
        return COLOURS[meaning].light
    return SERIES[index % len(SERIES)]


def for_record(record: TraceRecord) -> dict[str, Any]:
    """What the JavaScript picture needs to know of looks to draw a trace.

    Args:
        record: A trace.

    Returns:
        Looks of node types, relations, fusion orders and stages, and the glossary, as JSON. A colour is #rrggbb or a
        name of `COLOURS` that the style sheet has as a variable (--late), one for light and one for dark paper.

    Example:
        >>> trace = {"node_types": ["item"], "relations": ["self"]}
        >>> for_record(trace)["relations"]
        [{'colour': 'self', 'dash': '', 'says': 'the node itself'}]
    """
    types = [kind(index) for index in range(len(record["node_types"]))]
    relations = [relation(record, index) for index in range(len(record["relations"]))]
    return {
        "types": [{"fill": fill, "on": on, "shape": shape} for fill, on, shape in types],
        "relations": [{"colour": colour, "dash": dash, "says": meaning} for colour, dash, meaning in relations],
        "paths": {path: {"colour": name, "says": name} for path, name in PATHS.items()},
        "flow": {group: name.replace(" ", "-") for group, name in FLOW.items()},
        "rest": REST,
        "others": SERIES[1:],
        "beta": BETA,
        "shapes": SHAPES,
        "stages": STAGES,
        "help": HELP,
        "glossary": {term: entry["means"] for term, entry in glossary().items()},
    }
