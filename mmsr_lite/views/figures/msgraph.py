"""The MSGraph picture standing still: the swim lanes of msgraph.js, laid out and drawn with matplotlib.

Lanes, not springs: x is the mean position of a node in the history, one lane a node type, so one history
always draws one picture. Arcs in a lane are of time (above: listening to what came before); lines between lanes match.
"""

from itertools import pairwise
from typing import Any

from mmsr_lite.views import theme

GUTTER, AHEAD = 116.0, 154.0  # room for the names of lanes and for the next item, pixels


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Nearest places to `wanted` (ascending), `gap` apart, within [low, high]: isotonic regression, as in msgraph.js.

    >>> spread([1, 1, 5], 1, 0, 10)
    [0.5, 1.5, 5.0]
    """
    blocks: list[tuple[float, int]] = []
    for i, x in enumerate(wanted):
        total, size = x - i * gap, 1
        while blocks and blocks[-1][0] / blocks[-1][1] >= total / size:
            last = blocks.pop()
            total, size = total + last[0], size + last[1]
        blocks.append((total, size))
    places = [total / size for total, size in blocks for _ in range(size)]
    top = max(low, high - (len(wanted) - 1) * gap)
    return [min(max(x, low), top) + i * gap for i, x in enumerate(places)]


def msgraph_layout(record: dict[str, Any], column: float = 90.0) -> dict[str, Any]:
    """Nodes (N) as (x, y, radius) and lanes as (type, y, height), in pixels; a column is one position."""
    end, y, lanes = max(len(record["history"]), 1) * column, 96.0, []
    nodes: list[tuple[float, float, float]] = [(0.0, 0.0, 0.0)] * len(record["nodes"])
    kinds = list(range(1, len(record["node_types"])))
    kinds.insert((len(kinds) + 1) // 2, 0)  # the lane of items in the middle
    wanted = [column * (sum(node["positions"]) / len(node["positions"]) - 0.5) for node in record["nodes"]]
    for kind in kinds:
        radius = min(27.0, column / 2 - 6) if kind == 0 else 17.0
        members = sorted((x, i) for i, x in enumerate(wanted) if record["nodes"][i]["type"] == kind)
        placed: list[tuple[int, float, int]] = []
        for rows in (1, 2, 3, 4):  # as few rows as keep nodes near their time
            placed = []
            for row in range(rows):
                mine = members[row::rows]
                xs = spread([x for x, _ in mine], 2 * radius + 12, radius + 4, end - radius)
                placed += [(i, x, row) for (_, i), x in zip(mine, xs, strict=True)]
            if all(abs(x - wanted[i]) <= 0.75 * column for i, x, _ in placed):
                break
        for i, x, row in placed:
            nodes[i] = (x, y + 38 + radius + row * (2 * radius + 22), radius)
        height = 2 * (38 + radius) + (rows - 1) * (2 * radius + 22)
        lanes.append((kind, y, height))
        y += height + 12
    return {"nodes": nodes, "lanes": lanes, "end": end, "height": y}


def draw(record: dict[str, Any], at: dict[str, Any], family: str, weights: list[float | None]):
    """A matplotlib figure of the record at a selection, with the weights (E) of its layer, order and phase."""
    import numpy as np
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon

    column = max(44.0, min(110.0, 1100 / max(len(record["history"]), 1)))
    place = msgraph_layout(record, column)
    end, low = place["end"], place["height"] + 8
    beta = record["layers"][at["layer"]]["beta"] if record["layers"] else None
    figure = Figure(figsize=((GUTTER + end + AHEAD) / 100, (low + 66) / 100), facecolor=theme.PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")

    def say(
        x: float, y: float, words: Any, size: float = 8, ink: str = theme.SOFT, ha: str = "center", bold: bool = False
    ):
        weight = "bold" if bold else "normal"
        text = {"color": ink, "fontsize": size, "ha": ha, "va": "center", "fontweight": weight, "zorder": 6}
        axes.text(x, y, str(words), text, parse_math=False)

    def box(x: float, y: float, wide: float, tall: float, fill: str, edge: str = "none", order: float = 0):
        corner = f"round,pad=0,rounding_size={min(wide, tall) / 8}"
        axes.add_artist(FancyBboxPatch((x, y), wide, tall, boxstyle=corner, fc=fill, ec=edge, lw=1, zorder=order))

    def image(x: float, y: float, half: float, item: dict) -> bool:
        pixels = theme.picture(item.get("picture"))
        if pixels is not None:
            axes.imshow(pixels, extent=(x - half, x + half, y + half, y - half), aspect="auto", zorder=6)
        return pixels is not None

    def card(x: float, side: float, item: dict, head: Any, edge: str, letters: int):
        box(x - side / 2, 27 - side / 2, side, side, theme.GROUND, edge, 1)
        image(x, 27, side * 0.48, item)
        say(x, -13, head)
        say(x, 68, theme.clean(item["title"], letters) if letters > 8 else "")

    user = f"user {theme.clean(record['user']['id'], 24)} · " if record["user"] else ""
    where = f"layer {at['layer'] + 1} · order {at['path']} · phase {at['phase'] + 1} ({family})"
    say(12 - GUTTER, -36, "MSGraph", 14, theme.INK, "left", True)
    say(16, -36, f"{user}{theme.clean(record['dataset']['name'])} · {where}", 10, ha="left")
    for kind, y, height in place["lanes"]:
        box(8 - GUTTER, y, end + GUTTER - 8, height, theme.GROUND)
        fill, _, shape = theme.kind(kind)
        axes.add_artist(Polygon(np.array(theme.SHAPES[shape]) * 9 + (26 - GUTTER, y + height / 2), fc=fill))
        say(42 - GUTTER, y + height / 2, theme.clean(record["node_types"][kind], 9), 10, theme.INK, "left", True)
    for i, entry in enumerate(record["history"]):
        x = (i + 0.5) * column
        axes.plot([x, x], [0, low - 20], color=theme.LINE, lw=0.7, ls=":", zorder=0.5)
        card(x, min(54, column - 8), entry, entry["position"], theme.LINE, int(column / 6.6))
    if target := record["target"]:
        axes.annotate("", (end + 24, 27), (end + 2, 27), arrowprops={"arrowstyle": "->", "color": theme.INK})
        card(end + 70, 54, target, "next", theme.INK, 20)
        say(end + 70, 86, f"rank {theme.rank(target['rank'])}", 10, theme.INK, bold=True)
    for (source, centre, r), weight in zip(record["edges"], weights, strict=True):
        if weight is None or source == centre:
            continue
        (x1, y1, r1), (x2, y2, r2) = place["nodes"][source], place["nodes"][centre]
        same = record["nodes"][source]["type"] == record["nodes"][centre]["type"]
        bend = -min(0.55, 30 / max(abs(x2 - x1), 1) + 0.12) if same else -0.04
        colour, dash = theme.line(record, r)
        look = {"lw": 0.5 + 3.4 * weight, "ls": dash, "color": colour, "alpha": 0.14 + 0.86 * weight**0.5, "zorder": 2}
        ends = {"shrinkA": r1 * 0.85, "shrinkB": r2 * 0.95, "arrowstyle": "-|>", "mutation_scale": 7}
        axes.add_artist(FancyArrowPatch((x1, y1), (x2, y2), connectionstyle=f"arc3,rad={bend}", **ends, **look))
    for n, (node, (x, y, radius)) in enumerate(zip(record["nodes"], place["nodes"], strict=True)):
        fill, on, shape = theme.kind(node["type"])
        outline = np.array([*theme.SHAPES[shape], theme.SHAPES[shape][0]])
        spots = [(p - 0.5) * column for p in node["positions"]]
        if len(spots) > 1:
            axes.plot([x, *spots], [y] * (1 + len(spots)), color=fill, lw=1, alpha=0.5, zorder=1)
            axes.plot(spots, [y] * len(spots), "|", color=fill, ms=6, zorder=1)
        if beta:
            fine = np.linspace(0, len(outline) - 1, 200)
            ring = np.stack([np.interp(fine, np.arange(len(outline)), c) for c in outline.T]) * (radius + 3) + [
                [x],
                [y],
            ]
            gone = np.cumsum([0, *(np.hypot(*(b - a)) for a, b in pairwise(ring.T))])
            for path, share in ("heho", 1.0), ("hohe", beta[n][0]):
                axes.plot(*ring[:, gone <= share * gone[-1]], color=theme.PATHS[path][0], lw=2.6, zorder=4)
        axes.add_artist(Polygon(outline * radius + (x, y), fc=fill, ec=theme.PAPER, lw=1, zorder=5))
        entry = next((h for h in record["history"] if node["type"] == 0 and h["item"] == node["id"]), {})
        if not image(x, y, radius * 0.84, entry):
            say(x, y, theme.clean(node["label"], 40)[:2] if node["type"] == 0 else node["id"], 9, on, bold=True)
    x = 12 - GUTTER
    for r in sorted({r for source, centre, r in record["edges"] if source != centre}):
        colour, dash = theme.line(record, r)
        axes.plot([x, x + 26], [low, low], color=colour, ls=dash, lw=2, dash_capstyle="round")
        say(x + 32, low, record["relations"][r], 8.5, theme.INK, "left")
        x += 90
    say(x, low, "ring: gate β, pink hohe (late), grey heho (early)" if beta else "this model has no gate", ha="left")
    axes.set(xlim=(-GUTTER, end + AHEAD), ylim=(low + 14, -52))
    return figure
