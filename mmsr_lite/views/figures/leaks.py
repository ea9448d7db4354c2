"""The chart of `leaks`: what counting and a small SASRec have with ties as in the file, beside ties at random.

A pure function, record in (`evaluation.leaks`), plotly figure out, as in trace.py.
"""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import OUTSIDE, Row, interval_rows

FILE, RULE = "ties as in the file", "ties as in the file, and a rule"
GROUPS = {FILE: OUTSIDE, RULE: ("#0072B2", "square")}


def leaks(record: dict[str, Any], metric: str = "HR@5"):
    """One row for each system and group of targets: the band from the least to the greatest random order, and the file.

    Args:
        record: From `mmsr_lite.leaks`.
        metric: HR@5, MRR@5, NDCG@5, HR@20, ..., or one with own items masked, such as "masked HR@5".

    Returns:
        A plotly figure.
    """
    rows: list[Row] = []
    for row in record["rows"]:
        if row["order"] != "file" or (row["rule"] is not None and row["group"] != "every"):
            continue
        key = ("system", "group") if row["rule"] is None else ("system", "group", "rule")
        drawn = [
            other[metric]
            for other in record["rows"]
            if other["order"] == "random" and all(other[name] == row[name] for name in (*key, "rule"))
        ]
        drawn = drawn or [row[metric]]
        name = row["system"] + ("" if row["rule"] is None else f" + rule of {row['rule']}")
        name += {"every": "", "later": ": later targets", "same time": ": targets of the same time"}[row["group"]]
        rows.append((name, min(drawn), max(drawn), row[metric], FILE if row["rule"] is None else RULE))
    rows.sort(key=lambda one: (one[4] == RULE, one[0].startswith("small")))
    summary = "; ".join(
        f"{name}: {value:.2f} in the file, {low:.2f} to {high:.2f} at random" for name, low, high, value, _ in rows
    )
    title = theme.safe(f"{record['dataset']}: what the order of ties is worth", 90)
    axis = f"{metric}, percent; grey: ties at random (from the least to the greatest of the seeds)"
    figure = interval_rows(title, theme.safe(f"{summary}. {record['sentence']}", 2000), rows, GROUPS, axis, zero=False)
    return figure.update_xaxes(rangemode="tozero")
