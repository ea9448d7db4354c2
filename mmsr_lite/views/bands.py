"""Charts that hold a value against a band: what-if, gates over a data set, models compared, tests of an explanation.

Pure functions, record in, plotly figure out, as in charts.py. A row is a band, grey, and a mark: a diamond in vermilion
where the value is outside the band (or, of an interval, where it is clear of zero), else a dot.
"""

from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.charts import _empty, _figure, _ticks, lines

Row = tuple[str, float, float, float, str]  # label, low, high, value, group
OUT, IN = ("#D55E00", "diamond"), (style.INK, "circle")


def _bands(title: str, says: str, rows: list[Row], groups: dict[str, tuple[str, str]], axis: str, zero: bool = True):
    """A figure of rows; `groups` gives colour and symbol of the marks."""
    if not rows:
        return _empty(title, "There is nothing to show.")
    band = {"x": [high - low for _, low, high, *_ in rows], "base": [low for _, low, *_ in rows]}
    traces: list[dict] = [
        {"type": "bar", "orientation": "h", "name": "band", "width": 0.5, "y": list(range(len(rows))), **band}
        | {"marker": {"color": style.LINE}, "hovertemplate": "%{base:.4g} to %{x:.4g}<extra></extra>"}
    ]
    for name, (colour, symbol) in groups.items():
        mine = [(row[3], y) for y, row in enumerate(rows) if row[4] == name]
        if mine:
            mark = {"color": colour, "symbol": symbol, "size": 10, "line": {"color": style.PAPER, "width": 1}}
            place = {"x": [x for x, _ in mine], "y": [y for _, y in mine], "mode": "markers", "marker": mark}
            hover = {"name": style.safe(name), "hovertemplate": "%{x:.4g}<extra></extra>"}
            traces.append({"type": "scatter", **place, **hover})
    figure = _figure(title, says, 150 + max(18, min(30, 700 // len(rows))) * len(rows), traces)
    figure.update_xaxes(title=axis)
    if zero:
        ends = [0.0, *(end for row in rows for end in row[1:4])]
        room = 0.03 * (max(ends) - min(ends) or 1)
        figure.update_xaxes(range=[min(ends) - room, max(ends) + room])
        figure.add_vline(0, line={"color": style.SOFT, "width": 1, "dash": "dot"})
    return figure.update_yaxes(range=[len(rows) - 0.5, -0.5], **_ticks([style.safe(row[0], 60) for row in rows]))


def what_if(record: dict[str, Any], nodes: int = 6):
    """Change in rank, score, probability and gates, each in the band of random changes, -1 to 1; a dot if none."""
    shown = [(name, measure) for name, measure in record["measures"].items() if measure]
    names, clean = record["clean"]["node_types"], record["clean"]["nodes"]
    moved = [
        (f"β of {clean[node['clean']]['label'] if node['clean'] is not None else names[node['type']]}, layer {i}", beta)
        for node in record["nodes"]
        for i, beta in enumerate(node["beta"] or (), 1)
        if beta["band"] and beta["delta"] is not None
    ]
    shown += sorted(moved, key=lambda pair: -abs(pair[1]["delta"]))[:nodes]
    rows: list[Row] = []
    for name, measure in shown:
        low, high = measure["band"]
        half, middle, delta = (high - low) / 2, (high + low) / 2, measure["delta"]
        label = f"{name}: {measure['clean']:.4g} to {measure['changed']:.4g}"
        if half > 1e-9:
            place = (delta - middle) / half
            rows.append((label, -1.0, 1.0, place, "outside" if abs(place) > 1 else "inside"))
        else:  # the repeats do not differ: there is no band to be inside of
            place = 0.0 if abs(delta - middle) < 1e-9 else 2.0 if delta > middle else -2.0
            rows.append((f"no band, {label}", 0.0, 0.0, place, "outside" if place else "as all repeats"))
    title = f"What if: {style.safe('; '.join(record['told']), 90)}"
    axis = f"-1 to 1: the band of {record['repeats']} random changes, 0 its middle"
    marks = {"outside": OUT, "inside": IN, "as all repeats": (style.SOFT, "square")}
    return _bands(title, style.safe(record["sentence"], 400), rows, marks, axis, zero=False)


def inspector(record: dict[str, Any], by: str = "type"):
    """The gates of a data set: median and 5 to 95 % of late fusion by type, position, popularity, length or code."""
    groups = {style.safe(name): style.kind(i)[::2] for i, name in enumerate(record["node_types"])}
    rows: list[Row] = []
    for one in record["by"][by]:
        span = (
            f"{by} {one['from']:g}" + (f" to {one['to']:g}" if one["to"] != one["from"] else "")
            if "from" in one
            else ""
        )
        label = ", ".join(filter(None, (one["type"], f"layer {one['layer'] + 1}", span, one.get("dataset"))))
        rows.append((label, one["low"], one["high"], one["median"], style.safe(one["type"])))
    title = f"Update gate over {style.safe(record['dataset'])}, by {by}: median and 5 to 95 %"
    marks = {name: (colour, shape) for name, (colour, shape) in groups.items()}
    axis = "β: share of late fusion (hohe)"
    figure = _bands(title, style.safe(record["sentence"], 800), rows, marks, axis, zero=False)
    return figure.update_xaxes(range=[-0.02, 1.02])


def compare(record: dict[str, Any]):
    """Paired differences of models on the same users, percentage points, with 95 % bootstrap intervals."""
    rows: list[Row] = []
    for pair in record["pairs"]:
        one, two = (record["models"][index] for index in pair["models"])
        for metric, found in pair["differences"].items():
            low, high = found["interval"]
            rows.append(
                (
                    f"{one} − {two}: {metric}",
                    low,
                    high,
                    found["mean"],
                    "clear of zero" if found["clear"] else "not clear",
                )
            )
    title = f"Models on the same {record['users']} users of {style.safe(record['dataset'])}: paired differences"
    marks = {"clear of zero": OUT, "not clear": IN}
    return _bands(
        title, style.safe(record["sentence"], 300), rows, marks, "difference in percentage points, 95 % interval"
    )


def fidelity(record: dict[str, Any]):
    """Deletion and insertion curves of an explanation against random order, and what each test says."""
    panels = []
    for name in ("deletion", "insertion"):
        test = record["tests"][name]
        (low, high), x = test["band"], test["share"]
        series = [(f"{name}: ours", "#CC79A7", x, test["ours"]), ("random", style.SOFT, x, test["random"])]
        series += [(f"random, {end}", style.OTHERS[2], x, ys) for end, ys in (("low", low), ("high", high))]
        panels.append((f"probability, {name}", series))
    says = " ".join([record["sentence"], *(test["sentence"] for test in record["tests"].values() if test)])
    names = [style.safe(record[key]) for key in ("explains", "model", "dataset")]
    title = "Is {} an explanation? {} on {}".format(*names)
    return lines(_figure(title, style.safe(says, 1500), 400), panels, "share taken away or put back")
