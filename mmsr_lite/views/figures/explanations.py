"""Figures that show a value beside a band: what-ifs, gates of a data set, compared models, tested explanations.

Each function reads a record that `mmsr_lite.explain` makes.
"""

from collections.abc import Sequence
from typing import Any

from mmsr_lite.records import CompareRecord, FaithfulnessRecord, GatesRecord, WhatIfRecord
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look
from mmsr_lite.views.figures.kit import CLEAR, UNCLEAR, Row, Series, interval_rows, lines

LONGEST = 300  # letters of a sentence that is a title


def _title(sentence: str) -> str:
    """A record's sentence as the title of its figure."""
    return untrusted.clean(sentence, LONGEST).rstrip(".")


def what_if(record: WhatIfRecord, nodes: int = 6) -> FigureData:
    """The effect of a change, compared with random changes of the same kind.

    Args:
        record: A what-if record: `measures` of the clean and the changed run, each with the band of its random changes.
        nodes: How many nodes whose gate moved are shown, those that moved most.

    Returns:
        A row for each measure on the scale of its own band, from -1 to 1. Where all random changes do the same there
        is no band, and a difference from them is drawn at -2 or 2.

    Example:
        >>> measure = {"clean": 2.0, "changed": 7.0, "delta": 5.0, "band": [-1.0, 3.0]}
        >>> clean = {"node_types": ["item"], "nodes": []}
        >>> record = {"measures": {"rank": measure}, "clean": clean, "nodes": [], "repeats": 20}
        >>> what_if(record | {"told": ["shuffled"], "sentence": "The rank rises."}).table
        [{'of': 'rank: 2 to 7', 'value': 2.0, 'low': -1.0, 'high': 1.0}]
    """
    measures = [(name, measure) for name, measure in record["measures"].items() if measure]
    type_names, clean_nodes = record["clean"]["node_types"], record["clean"]["nodes"]
    gates = []
    for node in record["nodes"]:
        label = type_names[node["type"]] if node["clean"] is None else clean_nodes[node["clean"]]["label"]
        for layer, beta in enumerate(node["beta"] or (), 1):
            if beta["band"] and beta["delta"] is not None:
                gates.append((f"β of {untrusted.clean(label)}, layer {layer}", beta))
    gates.sort(key=lambda named: -abs(named[1]["delta"]))
    rows = [_row(name, measure) for name, measure in [*measures, *gates[:nodes]]]
    change = untrusted.clean("; ".join(record["told"]), 120)
    others = "all {} other choices" if record.get("exact") else "{} random changes"
    axis = Axis(f"-1 to 1: the band of {others.format(record['repeats'])}, 0 its middle")
    looks = {"outside": CLEAR, "inside": UNCLEAR, "as all repeats": Look(theme.SOFT, "square")}
    title = _title(record["sentence"])
    return interval_rows(title, f"What if: {change}", "", rows, looks, axis, zero=False)


def _row(name: str, measure: dict[str, Any]) -> Row:
    """A measure on the scale of its band."""
    low, high = measure["band"]
    half, middle, delta = (high - low) / 2, (high + low) / 2, measure["delta"]
    label = f"{name}: {measure['clean']:.4g} to {measure['changed']:.4g}"
    if half > 1e-9:
        place = (delta - middle) / half
        return label, -1.0, 1.0, place, "outside" if abs(place) > 1 else "inside"
    label = f"no band, {label}"  # the random changes do not differ: there is no band to be inside of
    if abs(delta - middle) < 1e-9:
        return label, 0.0, 0.0, 0.0, "as all repeats"
    return label, 0.0, 0.0, 2.0 if delta > middle else -2.0, "outside"


def inspector(record: GatesRecord, by: str = "type") -> FigureData:
    """The update gates of a data set in groups.

    Args:
        record: A gates record, from `gates_summary`.
        by: type, position, popularity, length, code or kind: how gates are grouped; a key of the record's `by`.

    Returns:
        A row for each group: the median of beta (weight of the path hohe, 0 to 1) in a band from 5 to 95 percent. Where
        the record holds the flow, a group's name says how much of it is early and late fusion.

    Example:
        >>> group = {"type": "item", "layer": 0, "low": 0.2, "median": 0.5, "high": 0.9}
        >>> record = {"node_types": ["item"], "dataset": "d", "by": {"type": [group]}, "sentence": "Half lean late."}
        >>> inspector(record).table
        [{'of': 'item, layer 1', 'value': 0.5, 'low': 0.2, 'high': 0.9}]
    """
    rows: list[Row] = []
    for group in record["by"][by]:
        pieces = [group["type"], f"layer {group['layer'] + 1}"]
        if "from" in group:
            span = f"{group['from']:g}"
            if group["to"] != group["from"]:
                span += f" to {group['to']:g}"
            pieces.append(f"{by} {span}")
        pieces += [group[name] for name in ("kind", "dataset") if group.get(name)]
        if "flow_early" in group:
            pieces.append(f"flow {100 * group['flow_early']:.0f} % early, {100 * group['flow_late']:.0f} % late")
        rows.append((", ".join(pieces), group["low"], group["high"], group["median"], untrusted.clean(group["type"])))
    looks = {}
    for number, name in enumerate(record["node_types"]):
        fill, _, shape = theme.kind(number)
        looks[untrusted.clean(name)] = Look(fill, shape)
    caption = f"Update gate over {untrusted.clean(record['dataset'])}, by {by}: median and 5 to 95 %"
    axis = Axis("β: weight of the path hohe", ends=(-0.02, 1.02))
    return interval_rows(_title(record["sentence"]), caption, "", rows, looks, axis, zero=False, lines_at_x=(0.5,))


def compare(record: CompareRecord) -> FigureData:
    """Paired differences of models on the same users.

    Args:
        record: A compare record.

    Returns:
        A row for each pair and metric: the mean difference in percentage points and its 95 % bootstrap interval.

    Example:
        >>> pair = {"models": [0, 1], "differences": {"HR@5": {"mean": 2.0, "interval": [1.0, 3.0], "clear": True}}}
        >>> record = {"models": ["late", "early"], "users": 7, "dataset": "d", "pairs": [pair]}
        >>> compare(record | {"sentence": "Late wins."}).table[0]["of"]
        'late − early: HR@5'
    """
    rows: list[Row] = []
    for pair in record["pairs"]:
        first, second = (record["models"][index] for index in pair["models"])
        for metric, difference in pair["differences"].items():
            low, high = difference["interval"]
            group = "clear of zero" if difference["clear"] else "not clear"
            rows.append((f"{first} − {second}: {metric}", low, high, difference["mean"], group))
    caption = f"Models on the same {record['users']} users of {untrusted.clean(record['dataset'])}: paired differences"
    looks, axis = {"clear of zero": CLEAR, "not clear": UNCLEAR}, Axis("difference in percentage points, 95 % interval")
    return interval_rows(_title(record["sentence"]), caption, "", rows, looks, axis)


def fidelity(record: FaithfulnessRecord) -> FigureData:
    """Deletion and insertion curves of an explanation against random order, and what each test says.

    Args:
        record: A faithfulness record.

    Returns:
        Two panels: the probability of the first item as units are taken away, and as they are put back.

    Example:
        >>> curve = {"share": [0, 1], "ours": [0.5, 0.1], "random": [0.5, 0.1], "band": [[0.5, 0.1], [0.5, 0.1]]}
        >>> tests = {"deletion": curve | {"sentence": "It falls."}, "insertion": curve | {"sentence": "It rises."}}
        >>> record = {"explains": "beta", "model": "m", "dataset": "d", "tests": tests, "sentence": "Beta passes."}
        >>> fidelity(record).words
        'Beta passes. Is beta an explanation? m on d; shaded: random orders. It falls. It rises.'
    """
    panels: list[tuple[str, str, list[Series]]] = []
    bands: dict[tuple[int, str], tuple[Sequence[float], Sequence[float]]] = {}
    for number, name in enumerate(("deletion", "insertion")):
        test = record["tests"][name]
        low, high = test["band"]
        share = test["share"]
        series: list[Series] = [
            ("ours", Look(theme.INK), share, test["ours"]),
            ("random", Look(theme.SOFT, "square", "dash"), share, test["random"]),
        ]
        bands[number, "random"] = low, high
        panels.append(("share taken away or put back", f"probability, {name}", series))
    sentences = [test["sentence"] for test in record["tests"].values() if test and test["sentence"]]
    explains, model, dataset = (untrusted.clean(record[key]) for key in ("explains", "model", "dataset"))
    caption = f"Is {explains} an explanation? {model} on {dataset}; shaded: random orders"
    text = untrusted.clean(" ".join(sentences), 1500)
    return FigureData(
        title=_title(record["sentence"]), caption=caption, text=text, height=280, **lines(panels, bands=bands)
    )
