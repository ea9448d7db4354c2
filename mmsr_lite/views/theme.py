"""How node types, relations and fusion orders look: the one place, read by matplotlib, plotly and JavaScript.

Colours are those of Okabe and Ito, safe for colour-blind readers; every colour is doubled by a shape or a dash.
"""

import base64
import html
import io
import math
import re
import unicodedata
from typing import Any

INK, SOFT, LINE, PAPER, GROUND = "#1b2430", "#5b6675", "#d9dee5", "#ffffff", "#f5f7fa"
FONT = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


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
}
TYPES = (  # fill, text on it, shape; the first is the item, further types cycle
    ("#0072B2", "#ffffff", "square"),
    ("#E69F00", INK, "circle"),
    ("#009E73", "#ffffff", "diamond"),
    ("#F0E442", INK, "hexagon"),
)
RELATIONS = {  # colour ("ink" and "soft" follow the theme), dash, what the source is to the centre
    "self": ("soft", "", "the node itself"),
    "out": ("#D55E00", "7 4", "directly after"),
    "in": ("#56B4E9", "", "directly before"),
    "both": ("#0072B2", "10 3 2 3", "before and after"),
    "match": ("ink", "0.1 4", "of the same item"),
}
SPARE = (("#CC79A7", "4 2", ""), ("#009E73", "2 2", ""), ("#E69F00", "8 2", ""))
PATHS = {"hohe": ("#CC79A7", "late"), "heho": (SOFT, "early")}  # fusion orders, and what each amounts to
OTHERS = ("#56B4E9", "#E69F00", "#AEB7C2", "#009E73")
STAGES = {  # of the walk from a history to its answer, as a trace names them
    "none": "Step through what the model does with this history: each stage is a probe of the package.",
    "build": "Interactions become item nodes, a repeated item one node; adjacent positions are joined (section 4.1).",
    "codes": "Each item brings its nearest codes of every modality; an item and its codes match (section 4.1).",
    "input": "Identity, node type and mean position become one vector for each node (section 4.2).",
    "homogeneous": "Each node listens to its own type, each relation with its own weights (equations 11 and 12).",
    "heterogeneous": "Each node listens across types: the neighbour asks, the centre answers (equations 13 and 14).",
    "gate": "The update gate weighs both orders for each node (equations 16 and 17).",
    "linear": "One linear map joins both ends (equation 15).",
    "only": "The end of the only path is the output of the layer.",
    "pool": "Last pooling: the state of the last item's node is the state of the user (section 4.4).",
    "score": "Dot product of the state of the user with every item (equation 7).",
}
HELP = (
    "Each shape is one item or one code, at its mean position in the history; its ring is the update gate. An arrow "
    "runs from the node that is listened to into the node that listens; the wider, the more attention. Arcs in a lane "
    "are of time: above, from before; below, from after. Lines between lanes match what belongs to one item. Choose a "
    "node or an edge to see its numbers. In the gate lens a gate that no score depends on is thin: the last layer is "
    "read at the last item alone."
)
BETA = ("#39424e", "#a5678a", "#f0c3da")  # early to late, ever lighter: read without seeing red from green
DIVERGING = [[place / 2, colour] for place, colour in enumerate(BETA)]
SEQUENTIAL = [[0, "#e8eff5"], [0.35, "#9cc7e0"], [1, "#0072B2"]]  # attention


def kind(index: int) -> tuple[str, str, str]:
    """Fill, text colour and shape of a node type.

    >>> kind(0)[2], kind(1)[2], kind(4)[2]
    ('square', 'circle', 'circle')
    """
    return TYPES[index] if index < len(TYPES) else TYPES[1 + (index - 1) % (len(TYPES) - 1)]


def relation(record: dict[str, Any], index: int) -> tuple[str, str, str]:
    """Colour, dash and meaning of a relation; one that is not known here gets a spare look."""
    return RELATIONS.get(record["relations"][index], SPARE[index % len(SPARE)])


def line(record: dict[str, Any], index: int) -> tuple[str, Any]:
    """Colour and dash of a relation for matplotlib."""
    colour, dash, _ = relation(record, index)
    pieces = tuple(float(piece) / 2 for piece in dash.split())
    return {"ink": INK, "soft": SOFT}.get(colour, colour), (0, pieces) if pieces else "solid"


def part(name: str, index: int) -> str:
    """Colour of a fusion order or of another part of a score."""
    return PATHS[name][0] if name in PATHS else OTHERS[index % len(OTHERS)]


def for_record(record: dict[str, Any]) -> dict[str, Any]:
    """What the JavaScript picture needs to know of looks to draw this record."""
    named = lambda names, rows: [dict(zip(names, row, strict=True)) for row in rows]  # noqa: E731
    relations = [relation(record, r) for r in range(len(record["relations"]))]
    return {
        "types": named(("fill", "on", "shape"), map(kind, range(len(record["node_types"])))),
        "relations": named(("colour", "dash", "says"), relations),
        "paths": dict(zip(PATHS, named(("colour", "says"), PATHS.values()), strict=True)),
        "others": OTHERS,
        "beta": BETA,
        "shapes": SHAPES,
        "stages": STAGES,
        "help": HELP,
    }


def clean(text: Any, most: int = 60) -> str:
    """Text fit for a picture: no control or direction marks, at most `most` characters.

    >>> clean("a\\u202eb" + "c" * 9, 6)
    'a bcc…'
    """
    whole = str("" if text is None else text)[: 8 * most]
    plain = " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cf") else c for c in whole).split())
    return plain if len(plain) <= most else plain[: most - 1] + "…"


def safe(text: Any, most: int = 60) -> str:
    """`clean` text with the marks of HTML escaped: plotly reads a part of HTML.

    >>> safe("<b>")
    '&lt;b&gt;'
    """
    return html.escape(clean(text, most))


def count(number: int, one: str) -> str:
    """A number with its noun.

    >>> count(1, "edge"), count(2, "edge")
    ('1 edge', '2 edges')
    """
    return f"{number} {one}{'' if number == 1 else 's'}"


def rank(value: float) -> str:
    """A rank as people write it; ties share the mean, which may be a half.

    >>> rank(4.0), rank(4.5)
    ('4', '4.5')
    """
    return f"{value:.0f}" if value == int(value) else f"{value:.1f}"


def address(value: Any) -> str | None:
    """`value` when it is the data address of a picture, else None; nothing else may reach a page."""
    fits = isinstance(value, str) and re.fullmatch(r"data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/=]+", value)
    return value if fits else None


def picture(value: Any):
    """The small picture in a data address as an RGB array (96, 96, 3), or None when it is not a sane picture."""
    if address(value) is None:
        return None
    import numpy as np
    from PIL import Image

    try:
        data = io.BytesIO(base64.b64decode(value.split(",", 1)[1]))
        image = Image.open(data, formats=("PNG", "JPEG", "WEBP", "GIF"))
        return np.asarray(image.convert("RGB").resize((96, 96))) if image.width * image.height < 4e6 else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
