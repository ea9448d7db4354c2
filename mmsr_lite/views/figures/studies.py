"""Figures of a study: every system with its seeds, curves along a rate, and the tests with their intervals.

Each function reads a study record, from `experiments.stored_study`. A study has two rankings, all items and own items
masked; the record's headline is drawn unless another one is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mmsr_lite.errors import choose
from mmsr_lite.records import StudyRecord
from mmsr_lite.records.ranking_names import IN_WORDS, key_of
from mmsr_lite.views import theme, untrusted, wording
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark
from mmsr_lite.views.figures.kit import CLEAR, UNCLEAR, Row, Series, empty_figure, interval_rows, lines
from mmsr_lite.views.figures.study_ranking import about_the_other, metric_in_words, ranking_of

SYMBOLS = ("circle", "diamond", "square", "hexagon", "triangle", "pentagon")
DASHES = ("solid", "dash", "dot", "dashdot")
NOT_TESTED = "not tested: ranks not kept"


def _look(name: str, number: int) -> Look:
    """Look of a group of systems: early and late have their colours, others the next one."""
    return Look(theme.series(name, number), SYMBOLS[number % len(SYMBOLS)], DASHES[number % len(DASHES)])


def _caption(record: StudyRecord, what: str) -> str:
    return untrusted.clean(f"{record['study']} on {record['dataset']}: {what}", 120)


def _name(row: Mapping[str, Any], labels: Sequence[str]) -> str:
    """The name of a system by its labels; one without labels is undisturbed."""
    return untrusted.clean(", ".join(str(row[label]) for label in labels if row[label]), 60) or "undisturbed"


def study(
    record: StudyRecord,
    by: str = "variant",
    where: Mapping[str, Any] | None = None,
    metric: str = "HR@5",
    ranking: str | None = None,
) -> FigureData:
    """The systems of a study with their seeds, in one ranking; the mean in the other one is a hollow mark beside it.

    Args:
        record: A study record.
        by: The label that gives the mark; systems that differ in it alone stand together.
        where: Labels that rows must have, such as {"model": "mmsr"}; None: all rows.
        metric: The metric, in percent.
        ranking: "all" (items) or "masked" (own items masked); None: the headline.

    Returns:
        A row for each system: the mean over its seeds, in a band from the least to the greatest.

    Raises:
        MMSRError: The table does not have the ranking.

    Example:
        >>> rows = [{"model": "a", "HR@5": 4.0}, {"model": "a", "HR@5": 6.0}]
        >>> record = {"study": "s", "dataset": "d", "labels": ["model"], "rows": rows, "reachable": None}
        >>> study(record, by="model").table
        [{'of': 'a', 'value': 5.0, 'low': 4.0, 'high': 6.0}]
    """
    where, ranking = where or {}, ranking_of(record, ranking)
    key, words = key_of(metric, ranking), metric_in_words(record, metric, ranking)
    other = next((one for one in record.get("rankings") or [] if one != ranking), None)
    rows = [row for row in record["rows"] if all(row[name] == value for name, value in where.items())]
    others = [name for name in record["labels"] if name != by]
    seeds: dict[tuple[Any, ...], dict[Any, list[Any]]] = {}  # labels other than `by` -> label `by` -> a row a seed
    for row in rows:
        system = tuple(row[name] for name in others)
        seeds.setdefault(system, {}).setdefault(row[by], []).append(row)
    differing = [name for name in record["labels"] if len({row[name] for row in rows}) > 1] or record["labels"]
    kinds = list(dict.fromkeys(row[by] for row in rows))
    looks = {}
    for number, kind in enumerate(kinds):
        name = _name({by: kind}, [by])
        looks[name] = _look(name, number)
    shown: list[Row] = []
    beside: list[float] = []  # the means in the other ranking
    for system, by_kind in seeds.items():
        for kind, some in by_kind.items():
            labels = dict(zip(others, system, strict=True)) | {by: kind}
            values = _of_seeds(some, key)
            mean = sum(values) / len(values)
            shown.append((_name(labels, differing), min(values), max(values), mean, _name({by: kind}, [by])))
            if other is not None:
                of_other = _of_seeds(some, key_of(metric, other))
                beside.append(sum(of_other) / len(of_other))
    text = "; ".join(f"{name} {value:.1f} ({low:.1f} to {high:.1f})" for name, low, high, value, _ in shown)
    title = f"Systems by {words}"
    if shown:
        best = max(shown, key=lambda row: row[3])
        title = f"{best[0]} has the highest mean {words}, {best[3]:.1f} %"
    axis_title = f"{words}, percent; the band is from the least to the greatest of the seeds"
    reachable = (record["reachable"] or {}).get(metric) if ranking == "all" else None
    lines_at_x: tuple[float, ...] = ()
    if reachable is not None:
        axis_title += "; dotted: the best that can be reached"
        lines_at_x = (reachable,)
    axis = Axis(axis_title, from_zero=True)
    if beside:
        greatest = max([*beside, *lines_at_x, *(row[2] for row in shown)])
        axis = replace(axis, ends=(0.0, 1.03 * (greatest or 1.0)))
    caption = _caption(record, f"{words}, mean over the seeds")
    text = f"{untrusted.clean(text, 2000)}{about_the_other(record, ranking)}"
    figure = interval_rows(title, caption, text, shown, looks, axis, zero=False, lines_at_x=lines_at_x)
    if other is None or not beside:
        return figure
    name = IN_WORDS[other]
    marks = tuple(
        Mark(f"{row[0]}, {name}", mean, float(place), mean, name, low=mean, high=mean)
        for place, (row, mean) in enumerate(zip(shown, beside, strict=True))
    )
    numbers = "; ".join(f"{row[0]} {mean:.1f}" for row, mean in zip(shown, beside, strict=True))
    text = f"{text} Beside it, hollow, {name}: {untrusted.clean(numbers, 2000)}"
    looks = {**figure.looks, name: Look(theme.INK, "circle", hollow=True)}
    return replace(figure, marks=figure.marks + marks, looks=looks, text=text)


def _metric(row: Mapping[str, Any], key: str) -> float:
    """A metric of a row, which must have it."""
    return row[choose("metric", key, [name for name in row if "@" in name])]


def _of_seeds(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    """One value for each seed; where times tie, the mean over the orders at ties."""
    by_seed: dict[Any, list[float]] = {}
    for place, row in enumerate(rows):
        own = row.get("seed", place) if "tie_seed" in row else place
        by_seed.setdefault(own, []).append(_metric(row, key))
    return [sum(values) / len(values) for values in by_seed.values()]


def curves(
    record: StudyRecord,
    across: str = "rate",
    panel: str = "modality",
    where: Mapping[str, Any] | None = None,
    metric: str = "HR@5",
    ranking: str | None = None,
) -> FigureData:
    """The systems of a study along a number, in one ranking.

    Args:
        record: A study record.
        across: The label along the x axis, a number such as the rate of a corruption.
        panel: The label that has a panel for each of its values.
        where: Labels that rows must have. Rows where `panel` or a label of `where` is empty are the undisturbed
            ones: they belong to every panel.
        metric: The metric, in percent.
        ranking: "all" (items) or "masked" (own items masked); None: the headline. A sentence names the other one.

    Returns:
        A line for each system: its mean over the seeds. All panels have one scale from zero.

    Raises:
        MMSRError: The table does not have the ranking.

    Example:
        >>> rows = [{"model": "a", "modality": "", "rate": 0.0, "HR@5": 4.0}]
        >>> rows += [{"model": "a", "modality": "text", "rate": 0.5, "HR@5": 3.0}]
        >>> record = {"study": "s", "dataset": "d", "labels": ["model", "modality", "rate"], "rows": rows}
        >>> curves(record).title
        'Between rate 0 and 0.5, HR@5 of a in text changes most, from 4.0 to 3.0'
    """
    where, ranking = where or {}, ranking_of(record, ranking)
    key, metric = key_of(metric, ranking), metric_in_words(record, metric, ranking)
    rows = [row for row in record["rows"] if all(row[name] in ("", 0, value) for name, value in where.items())]
    others = [name for name in record["labels"] if name not in (across, panel, *where)]
    caption = _caption(record, f"{metric} along {across}; shaded: from the least to the greatest seed")
    panels: list[tuple[str, str, list[Series]]] = []
    bands: dict[tuple[int, str], tuple[Sequence[float], Sequence[float]]] = {}  # from the least to the greatest seed
    texts: list[str] = []
    changes: list[tuple[float, str]] = []
    for value in dict.fromkeys(row[panel] for row in rows if row[panel] != ""):
        found: dict[str, dict[float, list[float]]] = {}  # system -> number across -> a value a seed
        for row in rows:
            if row[panel] in ("", value):
                found.setdefault(_name(row, others), {}).setdefault(row[across], []).append(_metric(row, key))
        series: list[Series] = []
        for number, (name, points) in enumerate(found.items()):
            means = {place: sum(values) / len(values) for place, values in points.items()}
            places, values = list(means), list(means.values())
            if any(len(seeds) > 1 for seeds in points.values()):
                bands[len(panels), name] = [*map(min, points.values())], [*map(max, points.values())]
            series.append((name, _look(name, number), places, values))
            texts.append(f"{value}, {name}: " + ", ".join(f"{y:.1f} at {x:g}" for x, y in means.items()))
            if len(places) < 2:
                continue
            finding = (
                f"Between {across} {places[0]:g} and {places[-1]:g}, {metric} of {name} in {untrusted.clean(value)}"
            )
            finding += f" changes most, from {values[0]:.1f} to {values[-1]:.1f}"
            changes.append((abs(values[-1] - values[0]), finding))
        title = "" if panels else f"{metric}, percent"  # all panels share one scale, named once
        panels.append((f"{untrusted.clean(value)}: {across}", title, series))
    if not panels:
        return empty_figure(caption, "There is nothing to show.")
    title = f"{metric} along {across}"
    if changes:
        title = max(changes, key=lambda change: change[0])[1]
    if changes and max(changes)[0] == 0:
        title = f"{metric} is the same along {across} for every system"
    drawn = lines(panels, bands=bands)
    top = max(end for mark in drawn["marks"] for end in (mark.value, mark.high) if end is not None)
    scale = (0.0, 1.06 * top)
    drawn["panels"] = tuple(replace(one, y=replace(one.y, ends=scale)) for one in drawn["panels"])
    text = f"{untrusted.clean('; '.join(texts), 2000)}{about_the_other(record, ranking)}"
    return FigureData(title=title, caption=caption, text=text, height=280, **drawn)


def differences(record: StudyRecord, metric: str = "HR@5", ranking: str | None = None) -> FigureData:
    """Draw the tests of a study in one ranking: each system against its reference.

    A pair is apart when its test says so (`test["apart"]`: below 5 % after Holm's correction). Pairs whose ranks are
    not kept are not tested: their difference is drawn without an interval.

    Args:
        record: A study record.
        metric: The metric.
        ranking: "all" (items) or "masked" (own items masked); None: the headline. A sentence names the other one.

    Returns:
        A row for each test: one system minus the other in percentage points, with the 95 % interval of the crossed
        model, over users and seeds.

    Example:
        >>> test = {"system": "b", "against": "a", "metric": "HR@5", "p": 0.01, "holm": 0.02, "apart": True}
        >>> test |= {"difference": 4.0, "low": 3.0, "high": 5.0}
        >>> differences({"study": "s", "dataset": "d", "tests": [test]}).title
        '1 of 1 difference in HR@5 is apart (p below 0.05 after Holm)'
    """
    ranking = ranking_of(record, ranking)
    key, metric = key_of(metric, ranking), metric_in_words(record, metric, ranking)
    rows: list[Row] = []
    for test in record["tests"]:
        if test["metric"] != key:
            continue
        system, against = test["system"].split(", "), test["against"].split(", ")
        while len(system) > 1 and len(against) > 1 and system[0] == against[0]:  # a name that both share is left out
            system, against = system[1:], against[1:]
        name = f"{', '.join(system)} − {', '.join(against)}"
        low, high, group = test["low"], test["high"], "not apart"
        if "holm" not in test:  # a test of an older version knew users alone
            low, high, group = test["difference"], test["difference"], NOT_TESTED
        elif test.get("apart"):
            group = "apart"
        rows.append((name, low, high, test["difference"], group))
    title = _title_of_differences([row[4] for row in rows], metric)
    text = "; ".join(_words_of_difference(row) for row in rows)
    caption = _caption(record, f"differences in {metric}")
    axis = Axis("percentage points")
    if any(row[4] != NOT_TESTED for row in rows):
        axis = Axis("percentage points; the band is the 95 % interval over users and seeds")
    looks = {"apart": CLEAR, "not apart": UNCLEAR, NOT_TESTED: Look(theme.SOFT, "square")}
    text = f"{untrusted.clean(text, 2000)}{about_the_other(record, ranking)}"
    return interval_rows(title, caption, text, rows, looks, axis)


def _title_of_differences(groups: Sequence[str], metric: str) -> str:
    """The title: how many pairs are apart, and how many were tested."""
    tested = sum(group != NOT_TESTED for group in groups)
    if groups and not tested:
        return f"{wording.count(len(groups), 'difference')} in {metric}, {NOT_TESTED}"
    apart = groups.count("apart")
    verb = "is" if apart == 1 else "are"
    title = f"{apart} of {wording.count(tested, 'difference')} in {metric} {verb} apart (p below 0.05 after Holm)"
    if tested < len(groups):
        title += f"; {len(groups) - tested} {NOT_TESTED}"
    return title


def _words_of_difference(row: Row) -> str:
    """A difference with its interval, or without one where it was not tested."""
    name, low, high, value, group = row
    if group == NOT_TESTED:
        return f"{name}: {value:+.2f}"
    return f"{name}: {value:+.2f} ({low:+.2f} to {high:+.2f})"
