"""Figures of one trace, and of a codebook: pure functions from a record to `FigureData`."""

from mmsr_lite.records import CodebookRecord, TraceRecord
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel, Picture
from mmsr_lite.views.figures.kit import empty_figure, named_rows, node_order, row_height
from mmsr_lite.views.selection import attention_at, resolve_selection


def gates(record: TraceRecord) -> FigureData:
    """The update gate of every node in every layer (paper, equations 16 and 17).

    Args:
        record: A trace.

    Returns:
        A heat map, nodes by layers: beta, the weight of the path hohe, from 0 to 1; white is one half.

    Example:
        >>> gates({"nodes": [], "layers": []}).text
        'This model has no update gate.'
    """
    caption, nodes = "Update gate β: weight of the path hohe, 0 to 1; white is one half", record["nodes"]
    betas = {number: layer["beta"] for number, layer in enumerate(record["layers"]) if any(layer["beta"] or ())}
    if not betas:
        return empty_figure("Update gate β: weight of the path hohe, 0 to 1", "This model has no update gate.")
    order = node_order(record)
    names = [untrusted.clean(nodes[n]["label"], 26) for n in order]
    marks: list[Mark] = []
    means = []
    for layer, beta in betas.items():
        shares = [beta[n][0] for n in order if beta[n] is not None]
        means.append(f"{sum(shares) / len(shares):.3f} in layer {layer + 1}")
    for row, n in enumerate(order):
        positions = ", ".join(map(str, nodes[n]["positions"]))
        for layer, beta in betas.items():
            if beta[n] is None:  # a what-if took the node out
                continue
            late, early = beta[n]
            note = f"{untrusted.clean(nodes[n]['label'])}\nposition {positions}\nlayer {layer + 1}: "
            note += f"hohe {late:.3f}, heho {early:.3f}"
            marks.append(Mark(f"{names[row]}, layer {layer + 1}", layer + 1, float(row), late, note=note))
    across = Axis("layer", tuple((layer + 1, str(layer + 1)) for layer in betas))
    return FigureData(
        "heat map",
        f"On average the gate gives the path hohe {', '.join(means)}",
        caption,
        marks=tuple(marks),
        panels=(Panel(across, named_rows(names)),),
        height=row_height(len(order), least=15, most=24, whole=600) + 30,
        colours=theme.DIVERGING,
        colours_of="β: heho 0, hohe 1",
        gap=3,
        decimals=True,
    )


def attention(record: TraceRecord, layer: int = 0, path: str | None = None, phase: int = 0) -> FigureData:
    """The attention weights of one layer, order and phase as a matrix (paper, equations 11 to 14).

    Args:
        record: A trace.
        layer: The layer, from 0.
        path: The order, such as "hohe" or "heho"; None: the first of the record.
        phase: The phase of the order, from 0.

    Returns:
        A heat map: a row is a node that attends, a column a node that it may attend to; each row sums to one.

    Example:
        >>> empty = {"nodes": [], "edges": [], "layers": [], "history": [], "relations": []}
        >>> attention(empty).title
        'No node attends to another'
    """
    at = resolve_selection(record, {"layer": layer, "path": path, "phase": phase})
    family, weights = attention_at(record, at)
    order = node_order(record)
    row_of = {n: row for row, n in enumerate(order)}
    names = [untrusted.clean(record["nodes"][n]["label"], 20) for n in order]
    marks: list[Mark] = []
    for (source, centre, relation), weight in zip(record["edges"], weights, strict=True):
        if weight is None:
            continue
        listener, neighbour = row_of[centre], row_of[source]
        note = f"{names[listener]} attends to {names[neighbour]}\nattention {weight:.3f}"
        note += f" · {untrusted.clean(record['relations'][relation])}"
        label = f"{names[listener]}, attends to {names[neighbour]}"
        marks.append(Mark(label, float(neighbour), float(listener), weight, note=note))
    marks.sort(key=lambda mark: (mark.y, mark.x))
    others = [mark for mark in marks if mark.x != mark.y]
    finding = "No node attends to another"
    if others:
        most = max(others, key=lambda mark: (mark.value, mark.y, mark.x))
        who, whom = names[int(most.y or 0)], names[int(most.x)]
        finding = f"The largest attention between two nodes is {most.value:.3f}: {who} attends to {whom}"
    types = [record["nodes"][n]["type"] for n in order]
    borders = tuple(row - 0.5 for row in range(1, len(types)) if types[row] != types[row - 1])
    where = f"layer {at['layer'] + 1}, order {untrusted.clean(at['path'])}, phase {at['phase'] + 1}"
    panel = Panel(
        named_rows(names, "attends to", upright=True), named_rows(names, "node that attends"), borders, borders
    )
    return FigureData(
        "heat map",
        finding,
        f"Attention weights, {where} ({untrusted.clean(family)}); a row sums to 1",
        marks=tuple(marks),
        panels=(panel,),
        height=row_height(len(order), least=11, most=22, whole=600) + 80,
        colours_of="attention",
    )


def ranking(record: TraceRecord, most: int = 10) -> FigureData:
    """Draw the best items with pictures; each bar splits a score into the last layer's paths and the rest.

    Args:
        record: A trace.
        most: How many of its best items are shown.

    Returns:
        A bar for each item; its parts sum to the score (a logit, paper, equation 7).

    Example:
        >>> ranking({"answer": {"top": [], "parts": []}, "target": None}).text
        'The trace holds no ranking.'
    """
    top, target = record["answer"]["top"][:most], record["target"]
    if not top:
        return empty_figure("Scores of the next item", "The trace holds no ranking.")
    is_split = all(item.get("parts") for item in top)
    parts = [untrusted.clean(part) for part in record["answer"]["parts"]] if is_split else ["score"]
    names = []
    for place, item in enumerate(top, 1):
        tick = "✓ " if target and item["item"] == target["item"] else ""
        names.append(f"{place}. {tick}{untrusted.clean(item['title'], 24)}")
    shares = [item["parts"] if is_split else [item["score"]] for item in top]
    marks: list[Mark] = []
    for number, part in enumerate(parts):
        for row, item in enumerate(top):
            value = shares[row][number]
            note = f"{untrusted.clean(item['title'])}: score {item['score']:.3f}, probability {item['probability']:.3f}"
            marks.append(Mark(f"{names[row]}, {part}", value, float(row), value, part, note=note))
    high = max(1e-9, *(sum(value for value in values if value > 0) for values in shares))
    low = min(0.0, *(sum(value for value in values if value < 0) for values in shares))
    wide = high - low
    first = f"{untrusted.clean(top[0]['title'], 24)} with {top[0]['score']:.3f}"
    finding = f"First is {first}"
    if target:
        of_target = f"{untrusted.clean(target['title'])}, has rank {wording.rank(target['rank'])}"
        finding = f"The next item, {of_target}; first is {first}"
    pictures = [(untrusted.address(item.get("picture")), float(row)) for row, item in enumerate(top)]
    across = Axis(
        "score, shared among the parts of the last layer" if is_split else "score",
        ends=(low - 0.12 * wide, high + 0.03 * wide),
    )
    return FigureData(
        "bars",
        finding,
        f"Scores (logits) of the {len(top)} best items",
        marks=tuple(marks),
        looks={part: Look(theme.part(part, number)) for number, part in enumerate(parts)},
        panels=(Panel(across, named_rows(names)),),
        height=46 * len(top),
        pictures=tuple(
            Picture(source, low - 0.06 * wide, row, 0.1 * wide, 0.82) for source, row in pictures if source is not None
        ),
    )


def codebook(record: CodebookRecord) -> FigureData:
    """Draw how many items have each code of a modality as their nearest, with pictures of some (section 4.1).

    Args:
        record: A codebook record.

    Returns:
        A bar for each code, pictures to its left.

    Example:
        >>> codes = [{"id": 1, "count": 4, "items": []}, {"id": 2, "count": 9, "items": []}]
        >>> codebook({"dataset": "d", "modality": "picture", "codes": codes}).title
        'Code 2 has the most items, 9; code 1 has the fewest, 4'
    """
    codes = record["codes"]
    modality, dataset = untrusted.clean(record["modality"]), untrusted.clean(record["dataset"])
    caption = f"Items of each code of {modality} in {dataset}, with examples"
    if not codes:
        return empty_figure(caption, "There are no codes.")
    counts = [code["count"] for code in codes]
    most = max(1, *counts)
    step = most / 9  # width of a picture
    examples = [", ".join(untrusted.clean(item["title"], 24) for item in code["items"][:3]) for code in codes]
    marks = []
    for row, code in enumerate(codes):
        note = f"{wording.count(code['count'], 'item')}, such as {examples[row]}" if examples[row] else "no item"
        marks.append(Mark(f"code {code['id']}, items", code["count"], float(row), code["count"], "items", note=note))
    pictures = []
    for row, code in enumerate(codes):
        for column, item in enumerate(code["items"][:8]):
            source = untrusted.address(item.get("picture"))
            if source is not None:
                pictures.append((Picture(source, -(column + 0.7) * step, float(row), 0.95 * step, 0.9), column))
    wide = (max((column for _, column in pictures), default=-1) + 1.5) * step
    largest, smallest = max(codes, key=lambda code: code["count"]), min(codes, key=lambda code: code["count"])
    finding = f"Every code has {wording.count(counts[0], 'item')}"
    if largest["count"] != smallest["count"]:
        finding = f"Code {largest['id']} has the most items, {largest['count']}; "
        finding += f"code {smallest['id']} has the fewest, {smallest['count']}"
    across = Axis("items that have the code", ((0.0, "0"), (float(most), str(most))), (-wide, 1.04 * most))
    said = [f"{code['id']}: {names}" for code, names in zip(codes, examples, strict=True)]
    return FigureData(
        "bars",
        finding,
        caption,
        f"{'; '.join(said)}.",
        tuple(marks),
        {"items": Look(theme.ITEM)},
        (Panel(across, named_rows([f"code {code['id']}" for code in codes])),),
        52 * len(codes),
        pictures=tuple(picture for picture, _ in pictures),
    )
