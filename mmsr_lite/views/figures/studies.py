"""Charts of a study: every system with its seeds, curves along a rate, and the paired tests with their intervals.

Pure functions, record in (`experiments.stored_study`), plotly figure out, as in trace.py.
"""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import INSIDE, OUTSIDE, Row, empty_figure, figure_of, interval_rows, lines

LOOKS = [("#0072B2", "circle"), ("#D55E00", "diamond"), (theme.SOFT, "square"), ("#009E73", "hexagon")]
LOOKS += [("#CC79A7", "circle"), ("#E69F00", "diamond")]


def _title(record: dict[str, Any], what: str) -> str:
    return theme.safe(f"{record['study']} on {record['dataset']}: {what}", 90)


def _name(row: dict[str, Any], labels: list[str]) -> str:
    return theme.safe(", ".join(str(row[label]) for label in labels if row[label]), 60) or "undisturbed"


def study(record: dict[str, Any], by: str, where: dict[str, Any] | None, metric: str):
    """A row for each system: the mean over its seeds, in a band from the least to the greatest; `by` gives the mark.

    `where` keeps the rows with these labels. Systems that differ in the label `by` alone stand together.
    """
    where = where or {}
    seeds: dict[tuple, dict[Any, list[float]]] = {}
    others = [name for name in record["labels"] if name != by]
    rows = [row for row in record["rows"] if all(row[name] == value for name, value in where.items())]
    for row in rows:
        seeds.setdefault(tuple(row[name] for name in others), {}).setdefault(row[by], []).append(row[metric])
    told = [name for name in record["labels"] if len({row[name] for row in rows}) > 1] or record["labels"]
    kinds = list(dict.fromkeys(row[by] for row in rows))
    marks = {_name({by: kind}, [by]): LOOKS[i % len(LOOKS)] for i, kind in enumerate(kinds)}
    shown: list[Row] = []
    for system, found in seeds.items():
        for kind, values in found.items():
            name = _name(dict(zip(others, system, strict=True)) | {by: kind}, told)
            group = _name({by: kind}, [by])
            shown.append((name, min(values), max(values), sum(values) / len(values), group))
    says = "; ".join(f"{name} {value:.1f} ({low:.1f} to {high:.1f})" for name, low, high, value, _ in shown)
    best = (record["reachable"] or {}).get(metric)
    axis = f"{metric}, percent; the band is from the least to the greatest of the seeds"
    axis += "" if best is None else "; dotted: the best that can be reached"
    figure = interval_rows(_title(record, metric), theme.safe(says, 2000), shown, marks, axis, zero=False)
    figure.update_xaxes(rangemode="tozero")
    return figure if best is None else figure.add_vline(best, line={"color": theme.SOFT, "width": 1, "dash": "dot"})


def curves(record: dict[str, Any], across: str, panel: str, where: dict[str, Any] | None, metric: str):
    """Means over seeds along the number `across`, a panel for each value of the label `panel`; others name a line.

    Rows that say nothing of `panel` or of a label of `where` are the undisturbed ones, and belong everywhere.
    """
    where = where or {}
    rows = [row for row in record["rows"] if all(row[name] in ("", 0, value) for name, value in where.items())]
    others = [name for name in record["labels"] if name not in (across, panel, *where)]
    panels: list[tuple[str, list]] = []
    names, says = [], []
    for value in dict.fromkeys(row[panel] for row in rows if row[panel] != ""):
        found: dict[str, dict[float, list[float]]] = {}
        for row in (row for row in rows if row[panel] in ("", value)):
            found.setdefault(_name(row, others), {}).setdefault(row[across], []).append(row[metric])
        means = {name: {x: sum(some) / len(some) for x, some in points.items()} for name, points in found.items()}
        series = [(name, LOOKS[i % len(LOOKS)][0], [*p], [*p.values()]) for i, (name, p) in enumerate(means.items())]
        panels.append(("" if panels else f"{metric}, percent", series))  # one scale: it is named once
        names.append(f"{theme.safe(value)}: {across}")
        says += [f"{value}, {n}: {', '.join(f'{y:.1f} at {x:g}' for x, y in p.items())}" for n, p in means.items()]
    if not panels:
        return empty_figure(_title(record, metric), "There is nothing to show.")
    figure = lines(figure_of(_title(record, metric), theme.safe("; ".join(says), 2000), 420), panels, across)
    for axis, name in zip(figure.select_xaxes(), names, strict=True):
        axis.title.text = name
    top = max(max(y) for _, series in panels for *_, y in series)
    return figure.update_yaxes(range=[0, 1.06 * top])  # all panels from zero, on one scale


def differences(record: dict[str, Any], metric: str):
    """The paired tests of a study: each system minus the one it is held against, with 95 % intervals over users."""
    rows: list[Row] = []
    for test in (test for test in record["tests"] if test["metric"] == metric):
        clear = "clear" if test["p"] < 0.05 else "not clear"
        system, against = (test[name].split(", ") for name in ("system", "against"))
        while len(system) > 1 and system[:1] == against[: len(against) > 1]:  # what both are called
            system, against = system[1:], against[1:]
        name = f"{', '.join(system)} − {', '.join(against)}"
        rows.append((name, test["low"], test["high"], test["difference"], clear))
    says = "; ".join(f"{name}: {value:+.2f} ({low:+.2f} to {high:+.2f})" for name, low, high, value, _ in rows)
    title, axis = _title(record, f"paired differences in {metric}"), "percentage points, 95 % interval over users"
    return interval_rows(title, theme.safe(says, 2000), rows, {"clear": OUTSIDE, "not clear": INSIDE}, axis)
