"""Charts of a trace and of a codebook: pure functions, record in, plotly figure out, told in words in its meta.

Names in a record are untrusted and plotly reads a part of HTML, so every name passes `theme.safe`.
"""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import empty_figure, figure_of, heat_map, name_ticks, node_order
from mmsr_lite.views.selection import attention_at, resolve_selection


def gates(record: dict[str, Any]):
    """Heat map of the update gate, nodes x layers: the share of hohe (late fusion), from 0, dark, to 1, light."""
    title, nodes = "Update gate β: share of late fusion (hohe), 0 to 1", record["nodes"]
    layers = [i for i, layer in enumerate(record["layers"]) if layer["beta"]]
    if not layers:
        return empty_figure(title, "This model has no update gate.")
    order = node_order(record)
    names = [theme.safe(nodes[n]["label"], 26) for n in order]
    z = [[record["layers"][layer]["beta"][n][0] for layer in layers] for n in order]
    about = [f"{theme.safe(nodes[n]['label'])}<br>position {', '.join(map(str, nodes[n]['positions']))}" for n in order]
    trace = heat_map(z, theme.DIVERGING, "β hohe", "%{customdata[2]}<br>layer %{x}: hohe %{z:.3f}", 3)
    trace["x"] = [layer + 1 for layer in layers]
    trace["texttemplate"] = "%{z:.2f}"
    trace["customdata"] = [[[n, layer, text] for layer in layers] for n, text in zip(order, about, strict=True)]
    means = [f"{sum(row[i] for row in z) / len(z):.3f} in layer {layer + 1}" for i, layer in enumerate(layers)]
    figure = figure_of(
        title,
        f"Mean over the nodes {', '.join(means)}.",
        150 + max(15, min(24, 600 // len(order))) * len(order),
        [trace],
    )
    figure.update_xaxes(title="layer", tickvals=trace["x"], ticktext=[str(x) for x in trace["x"]], showgrid=False)
    return figure.update_yaxes(range=[len(order) - 0.5, -0.5], **name_ticks(names))


def attention(record: dict[str, Any], layer: int = 0, path: str | None = None, phase: int = 0):
    """Matrix of attention weights: a row is a node that listens, a column one it may listen to; a row sums to one."""
    at = resolve_selection(record, {"layer": layer, "path": path, "phase": phase})
    family, weights = attention_at(record, at)
    where = f"layer {at['layer'] + 1}, order {theme.safe(at['path'])}, phase {at['phase'] + 1} ({theme.safe(family)})"
    order = node_order(record)
    place = {n: i for i, n in enumerate(order)}
    names = [theme.safe(record["nodes"][n]["label"], 20) for n in order]
    z: list[list[float | None]] = [[None] * len(order) for _ in order]
    relations = [[""] * len(order) for _ in order]
    for (source, centre, relation), weight in zip(record["edges"], weights, strict=True):
        if weight is not None:
            z[place[centre]][place[source]] = weight
            relations[place[centre]][place[source]] = theme.safe(record["relations"][relation])
    pairs = [(w, y, x) for y, row in enumerate(z) for x, w in enumerate(row) if w is not None and x != y]
    says = "No node listens to another."
    if pairs:
        most, y, x = max(pairs)
        says = f"Largest between two nodes: {names[y]} listens to {names[x]} with {most:.3f}."
    trace = heat_map(z, theme.SEQUENTIAL, "attention", "%{y} listens to %{x}<br>attention %{z:.3f} · %{text}", 1)
    figure = figure_of(
        f"Attention weights, {where}; a row sums to 1",
        says,
        230 + max(11, min(22, 600 // len(order))) * len(order),
        [trace | {"text": relations}],
    )
    kinds = [record["nodes"][n]["type"] for n in order]
    for border in (i - 0.5 for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]):
        look = {"color": theme.SOFT, "width": 1}
        figure.add_hline(border, line=look).add_vline(border, line=look)
    figure.update_xaxes(title={"text": "listens to", "standoff": 16}, tickangle=-90, **name_ticks(names))
    side = {"text": "node that listens", "standoff": 16}
    return figure.update_yaxes(title=side, range=[len(order) - 0.5, -0.5], **name_ticks(names))


def ranking(record: dict[str, Any], most: int = 10):
    """The best `most` items with pictures; each score is shared among the fusion orders and what else adds to it."""
    top, target = record["answer"]["top"][:most], record["target"] or {"item": None}
    if not top:
        return empty_figure("Scores of the next item", "The trace holds no ranking.")
    split = all(item.get("parts") for item in top)
    parts = record["answer"]["parts"] if split else ["score"]
    values = [item["parts"] if split else [item["score"]] for item in top]
    names = [theme.safe(item["title"], 24) for item in top]
    marks = [
        f"{i}. {'✓ ' * (item['item'] == target['item'])}{name}"
        for i, (item, name) in enumerate(zip(top, names, strict=True), 1)
    ]
    hover = [
        f"{theme.safe(item['title'])}<br>score {item['score']:.3f}, probability {item['probability']:.3f}"
        for item in top
    ]
    traces: list[dict] = []
    for i, name in enumerate(map(theme.safe, parts)):
        bar = {"type": "bar", "orientation": "h", "width": 0.55, "name": name, "marker": {"color": theme.part(name, i)}}
        hovered = {"customdata": hover, "hovertemplate": f"%{{customdata}}<br>{name} %{{x:.3f}}<extra></extra>"}
        traces.append({**bar, **hovered, "x": [row[i] for row in values], "y": list(range(len(top)))})
    high = max(1e-9, *(sum(x for x in row if x > 0) for row in values))
    low = min(0.0, *(sum(x for x in row if x < 0) for row in values))
    wide = high - low
    says = f"First is {names[0]} with {top[0]['score']:.3f}"
    if record["target"]:
        says += f"; the next item, {theme.safe(target['title'])}, has rank {theme.rank(target['rank'])}"
    figure = figure_of(f"Scores (logits) of the {len(top)} best items", f"{says}.", 130 + 46 * len(top), traces)
    square = {"x": low - 0.06 * wide, "sizex": 0.1 * wide, "sizey": 0.82, "xref": "x", "yref": "y"}
    square |= {"xanchor": "center", "yanchor": "middle"}
    images = [
        {"source": item["picture"], "y": y, **square} for y, item in enumerate(top) if theme.address(item["picture"])
    ]
    figure.update_layout(barmode="relative", images=images)
    title = "score, shared among its parts" if split else "score"
    figure.update_xaxes(title=title, range=[low - 0.12 * wide, high + 0.03 * wide])
    return figure.update_yaxes(range=[len(top) - 0.5, -0.5], **name_ticks(marks))


def codebook(record: dict[str, Any]):
    """Items of each code of a modality, and pictures of some that have it as their nearest."""
    codes, title = record["codes"], f"Codes of {theme.safe(record['modality'])} in {theme.safe(record['dataset'])}"
    most = max([1, *(code["count"] for code in codes)])
    bar = {"type": "bar", "orientation": "h", "width": 0.5, "name": "items", "marker": {"color": theme.TYPES[0][0]}}
    bar |= {"x": [code["count"] for code in codes], "y": list(range(len(codes)))}
    says = [f"{c['id']}: {', '.join(theme.safe(item['title'], 24) for item in c['items'][:3])}" for c in codes]
    hover = {"customdata": says, "hovertemplate": "%{x} items, such as %{customdata}<extra></extra>"}
    figure = figure_of(
        title, f"Items of each code, with examples. {'; '.join(says)}.", 130 + 52 * len(codes), [bar | hover]
    )
    step = most / 9
    square = {"sizex": 0.95 * step, "sizey": 0.9, "xref": "x", "yref": "y", "xanchor": "center", "yanchor": "middle"}
    places = [
        (theme.address(item["picture"]), y, x) for y, c in enumerate(codes) for x, item in enumerate(c["items"][:8])
    ]
    pictures = [place for place in places if place[0]]
    images = [{"source": a, "y": y, "x": -(x + 0.7) * step, **square} for a, y, x in pictures]
    wide = (max((x for *_, x in pictures), default=-1) + 1.5) * step
    ticks = {"tickvals": [0, most], "ticktext": ["0", str(most)]}
    figure.update_layout(images=images).update_xaxes(
        title="items that have the code", range=[-wide, 1.04 * most], **ticks
    )
    return figure.update_yaxes(range=[len(codes) - 0.5, -0.5], **name_ticks([f"code {code['id']}" for code in codes]))
