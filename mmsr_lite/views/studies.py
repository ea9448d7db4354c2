"""Charts of a study: its table as lines, one for each system, and its paired tests as intervals.

Pure functions, record in (`experiments.record`), plotly figure out, as in charts.py.
"""

from __future__ import annotations

from typing import Any

from mmsr_lite.views import style
from mmsr_lite.views.bands import IN, OUT, _bands
from mmsr_lite.views.charts import _empty, _figure, lines

COLOURS = ("#0072B2", "#D55E00", style.SOFT, "#CC79A7", "#009E73", "#E69F00")
WHOLE = "undisturbed"


def study(record: dict[str, Any], across: str, panel: str | None, where: dict[str, Any] | None, metric: str):
    """Means over seeds along the label `across`, a panel for each value of the label `panel`; other labels name a line.

    `where` keeps the rows with these labels. Rows that say nothing of `panel` or of a label of `where` are the
    undisturbed ones, and belong everywhere.
    """
    where, told = where or {}, f"{record['study']} on {record['dataset']}: {metric}"
    rows = [row for row in record["rows"] if all(row[name] in ("", 0, value) for name, value in where.items())]
    if not rows:
        return _empty(style.safe(told), "There is nothing to show.")
    others = [name for name in record["labels"] if name not in (across, panel, *where)]
    panels, says = [], []
    for value in dict.fromkeys(row[panel] for row in rows if row[panel] != "") if panel else [""]:
        found: dict[str, dict[Any, list[float]]] = {}
        for row in (row for row in rows if not panel or row[panel] in ("", value)):
            name = style.safe(", ".join(str(row[label]) for label in others if row[label])) or metric
            x = row[across] if row[across] != "" else WHOLE
            found.setdefault(name, {}).setdefault(x, []).append(row[metric])
        means = {name: {x: sum(some) / len(some) for x, some in points.items()} for name, points in found.items()}
        series = [(name, COLOURS[i % len(COLOURS)], [*p], [*p.values()]) for i, (name, p) in enumerate(means.items())]
        panels.append((f"{style.safe(value)} {metric}, percent".strip(), series))
        says += [f"{value} {n}: {', '.join(f'{x} {y:.1f}' for x, y in p.items())}".strip() for n, p in means.items()]
    return lines(_figure(style.safe(told, 90), style.safe("; ".join(says), 1500), 420), panels, across)


def differences(record: dict[str, Any], metric: str):
    """The paired tests of a study: each system minus the one it is held against, with 95 % intervals over users."""
    rows = []
    for test in (test for test in record["tests"] if test["metric"] == metric):
        clear = "clear" if test["p"] < 0.05 else "not clear"
        name = f"{test['system']} − {test['against']}"
        rows.append((name, test["low"], test["high"], test["difference"], clear))
    title = f"{style.safe(record['study'])} on {style.safe(record['dataset'])}: paired differences in {metric}"
    says = "; ".join(f"{name}: {value:+.2f} ({low:+.2f} to {high:+.2f})" for name, low, high, value, _ in rows)
    marks = {"clear": OUT, "not clear": IN}
    return _bands(title, style.safe(says, 1500), rows, marks, "difference in percentage points, 95 % interval")
