"""The chart of `leaks`: what counting and a small SASRec have with ties as in the file, beside ties at random.

A pure function, record in (`evaluation.leaks`), plotly figure out, as in trace.py.
"""

from typing import Any

from mmsr_lite.views import theme
from mmsr_lite.views.figures.kit import INSIDE, OUTSIDE, Row, interval_rows

FILE, RULE, RANDOM = "ties as in the file", "ties as in the file, and a rule", "ties at random, mean"
GROUPS_OF_TARGETS = {"every": "", "later": ": later targets", "same time": ": targets of the same time"}
GROUPS = {FILE: OUTSIDE, RULE: ("#0072B2", "square")}


def leaks(record: dict[str, Any], metric: str = "HR@5"):
    """One row for each system and group of targets: the band from the least to the greatest random order, and the file.

    Args:
        record: From `mmsr_lite.leaks`.
        metric: HR@5, MRR@5, NDCG@5, HR@20, ..., or one with own items masked, such as "masked HR@5".

    Returns:
        A plotly figure.
    """
    marks: list[tuple[Row, float | None]] = []  # with the mean of the random orders, None where there are none
    for row in record["rows"]:
        if row["order"] != "file" or (row["rule"] is not None and row["group"] != "every"):
            continue
        drawn = [
            other[metric]
            for other in record["rows"]
            if other["order"] == "random" and all(other[name] == row[name] for name in ("system", "group", "rule"))
        ]
        name = row["system"] + GROUPS_OF_TARGETS[row["group"]]
        group = FILE
        if row["rule"] is not None:
            name, group = f"{row['system']} + rule of {row['rule']}", RULE
        low, high = min(drawn, default=row[metric]), max(drawn, default=row[metric])
        mean = sum(drawn) / len(drawn) if drawn else None
        marks.append(((name, low, high, row[metric], group), mean))
    marks.sort(key=lambda mark: (mark[0][4] == RULE, mark[0][0].startswith("small")))
    rows = [row for row, _ in marks]
    summary = "; ".join(
        f"{name}: {value:.2f} in the file, {low:.2f} to {high:.2f} at random" for name, low, high, value, _ in rows
    )
    title = theme.safe(f"{record['dataset']}: what the order of ties is worth", 90)
    axis = f"{metric}, percent; grey: from the least to the greatest of the random orders"
    figure = interval_rows(title, theme.safe(f"{summary}. {record['sentence']}", 2000), rows, GROUPS, axis, zero=False)
    colour, symbol = INSIDE
    means = [(mean, place) for place, (_, mean) in enumerate(marks) if mean is not None]
    if means:
        look = {"color": colour, "symbol": symbol, "size": 8}
        xs, ys = [mean for mean, _ in means], [place for _, place in means]
        figure.add_scatter(
            x=xs, y=ys, mode="markers", marker=look, name=RANDOM, hovertemplate="%{x:.4g}<extra></extra>"
        )
    return figure.update_xaxes(rangemode="tozero")
