"""The figure of `leaks`: metrics of counting and of a small SASRec, with ties in the file's order and at random.

It reads a leaks record, from `evaluation.leaks`.
"""

from dataclasses import replace

from mmsr_lite.errors import choose
from mmsr_lite.records import LeaksRecord
from mmsr_lite.views import theme, untrusted
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark
from mmsr_lite.views.figures.kit import Row, interval_rows

FILE, RULE, RANDOM = "ties as in the file", "ties as in the file, and a rule", "ties at random, mean"
LOOKS = {FILE: Look("#D55E00", "diamond"), RULE: Look("#0072B2", "square"), RANDOM: Look(theme.INK, "circle")}
GROUPS_OF_TARGETS = {"every": "", "later": ": later targets", "same time": ": targets of the same time"}


def leaks(record: LeaksRecord, metric: str = "HR@5") -> FigureData:
    """Draw one row for each system and group of targets: ties in the file's order beside random orders.

    Args:
        record: A leaks record.
        metric: HR@5, MRR@5, NDCG@5, HR@20, ..., or one with own items masked, such as "masked HR@5"; in percent.

    Returns:
        A mark for ties as in the file, one for the mean of the random orders, and a band from the least to the greatest
        of these.

    Example:
        >>> row = {"system": "counting", "rule": None, "group": "every", "HR@5": 8.0}
        >>> rows = [row | {"order": "file"}, row | {"order": "random", "HR@5": 6.0}]
        >>> record = {"dataset": "d", "rows": rows, "leaks": ["tie order"], "sentence": "d: one leak."}
        >>> [(mark.label, mark.value) for mark in leaks(record).marks]
        [('counting', 8.0), ('counting, ties at random', 6.0)]
    """
    for row in record["rows"]:
        choose("metric", metric, [name for name, value in row.items() if isinstance(value, float)])
    rows: list[tuple[Row, float | None]] = []  # with the mean of the random orders, None where there are none
    for row in record["rows"]:
        if row["order"] != "file" or (row["rule"] is not None and row["group"] != "every"):
            continue
        drawn = [
            other[metric]
            for other in record["rows"]
            if other["order"] == "random" and all(other[name] == row[name] for name in ("system", "group", "rule"))
        ]
        name, group = row["system"] + GROUPS_OF_TARGETS[row["group"]], FILE
        if row["rule"] is not None:
            name, group = f"{row['system']} + rule of {row['rule']}", RULE
        low, high = min(drawn, default=row[metric]), max(drawn, default=row[metric])
        rows.append(((name, low, high, row[metric], group), sum(drawn) / len(drawn) if drawn else None))
    rows.sort(key=lambda one: (one[0][4] == RULE, one[0][0].startswith("small")))
    means = tuple(
        Mark(f"{row[0]}, ties at random", mean, float(place), mean, RANDOM, low=mean, high=mean)
        for place, (row, mean) in enumerate(rows)
        if mean is not None
    )
    found = f"leaks found: {', '.join(record['leaks'])}" if record["leaks"] else "no leak was found"
    title = untrusted.clean(f"{record['dataset']}: {found}", 120)
    caption = f"{metric}, percent; grey: from the least to the greatest of the random orders"
    text = untrusted.clean(record["sentence"], 2000)
    axis = Axis(f"{metric}, percent", from_zero=True)
    figure = interval_rows(title, caption, text, [row for row, _ in rows], LOOKS, axis, zero=False)
    return replace(figure, marks=(*figure.marks, *means))
