"""Charts that hold a value against a band: what-if, gates over a data set, models compared, tests of an explanation."""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import INSIDE, OUTSIDE, Row, figure_of, interval_rows, lines


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
    title = f"What if: {theme.safe('; '.join(record['told']), 90)}"
    axis = f"-1 to 1: the band of {record['repeats']} random changes, 0 its middle"
    marks = {"outside": OUTSIDE, "inside": INSIDE, "as all repeats": (theme.SOFT, "square")}
    return interval_rows(title, theme.safe(record["sentence"], 400), rows, marks, axis, zero=False)


def inspector(record: dict[str, Any], by: str = "type"):
    """The gates of a data set: median and 5 to 95 % of late fusion by type, position, popularity, length or code."""
    groups = {theme.safe(name): theme.kind(i)[::2] for i, name in enumerate(record["node_types"])}
    rows: list[Row] = []
    for one in record["by"][by]:
        span = (
            f"{by} {one['from']:g}" + (f" to {one['to']:g}" if one["to"] != one["from"] else "")
            if "from" in one
            else ""
        )
        label = ", ".join(filter(None, (one["type"], f"layer {one['layer'] + 1}", span, one.get("dataset"))))
        rows.append((label, one["low"], one["high"], one["median"], theme.safe(one["type"])))
    title = f"Update gate over {theme.safe(record['dataset'])}, by {by}: median and 5 to 95 %"
    marks = {name: (colour, shape) for name, (colour, shape) in groups.items()}
    axis = "β: share of late fusion (hohe)"
    figure = interval_rows(title, theme.safe(record["sentence"], 800), rows, marks, axis, zero=False)
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
    title = f"Models on the same {record['users']} users of {theme.safe(record['dataset'])}: paired differences"
    marks = {"clear of zero": OUTSIDE, "not clear": INSIDE}
    return interval_rows(
        title, theme.safe(record["sentence"], 300), rows, marks, "difference in percentage points, 95 % interval"
    )


def fidelity(record: dict[str, Any]):
    """Deletion and insertion curves of an explanation against random order, and what each test says."""
    panels = []
    for name in ("deletion", "insertion"):
        test = record["tests"][name]
        (low, high), x = test["band"], test["share"]
        series = [(f"{name}: ours", "#CC79A7", x, test["ours"]), ("random", theme.SOFT, x, test["random"])]
        series += [(f"random, {end}", theme.OTHERS[2], x, ys) for end, ys in (("low", low), ("high", high))]
        panels.append((f"probability, {name}", series))
    says = " ".join([record["sentence"], *(test["sentence"] for test in record["tests"].values() if test)])
    names = [theme.safe(record[key]) for key in ("explains", "model", "dataset")]
    title = "Is {} an explanation? {} on {}".format(*names)
    return lines(figure_of(title, theme.safe(says, 1500), 400), panels, "share taken away or put back")
