"""Pictures of the tables of studies, and of numbers that a notebook has just measured."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.views.chart import Chart, Drawing, MentalModel
from mmsr_lite.views.figures import studies
from mmsr_lite.views.figures.slopes import slopes as slopes_figure


@checked()
def study(
    record: Mapping[str, Any],
    by: str = "variant",
    where: Mapping[str, Any] | None = None,
    metric: str = "HR@5",
    ranking: str | None = None,
) -> Chart:
    """The systems of a study with their seeds, in one ranking; the mean in the other one is a hollow mark beside it.

    Args:
        record: A study record, from `mmsr_lite.stored_study`.
        by: The label that gives the mark.
        where: Labels that rows must have, such as {"model": "mmsr"}; None: all rows.
        metric: The metric, in percent.
        ranking: "all" (items) or "masked" (own items masked); None: the headline.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind, or lacks the ranking.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> study(sample("study")).data.title
        'b has the highest mean HR@5, 9.0 %'
    """
    return Chart(record, lambda whole: studies.study(whole, by, where, metric, ranking), "study")


@checked()
def curves(
    record: Mapping[str, Any],
    across: str = "rate",
    panel: str = "modality",
    where: Mapping[str, Any] | None = None,
    metric: str = "HR@5",
    ranking: str | None = None,
) -> Chart:
    """Show the systems of a study along a number, such as the rate of a corruption.

    Args:
        record: A study record, from `mmsr_lite.stored_study`.
        across: The label along the x axis.
        panel: The label that has a panel for each of its values.
        where: Labels that rows must have; None: all rows.
        metric: The metric, in percent.
        ranking: "all" (items) or "masked" (own items masked); None: the headline.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind, or lacks the ranking.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> curves(sample("study"), where={"corruption": "missing", "at": "test"}).data.title
        'Between rate 0 and 0.5, HR@5 of a in y changes most, from 5.0 to 1.0'
    """
    return Chart(record, lambda whole: studies.curves(whole, across, panel, where, metric, ranking), "study")


@checked()
def differences(record: Mapping[str, Any], metric: str = "HR@5", ranking: str | None = None) -> Chart:
    """Show the tests of a study in one ranking, with intervals, and which pairs are apart.

    Args:
        record: A study record, from `mmsr_lite.stored_study`.
        metric: The metric.
        ranking: "all" (items) or "masked" (own items masked); None: the headline.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind, or lacks the ranking.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> differences(sample("study")).data.title
        '1 of 2 differences in HR@5 is apart (p below 0.05 after Holm)'
    """
    return Chart(record, lambda whole: studies.differences(whole, metric, ranking), "study")


def slopes(
    rows: Mapping[str, Mapping[str, float | Sequence[float]]],
    title: str,
    unit: str = "percent",
    reference: float | None = None,
) -> Drawing:
    """Draw a line for each row from one column to the next, such as from early to late fusion.

    Args:
        rows: Name of each line -> column -> value, such as {"pick": {"early": 99.0, "late": 57.0}}. A cell may be a
            list, one value for each seed: the line is at their mean, in a band from the least to the greatest.
        title: What was found, in one sentence without its full stop.
        unit: What the values are.
        reference: A value that a dotted line marks, such as chance.

    Returns:
        The chart.

    Raises:
        MMSRError: There are no rows, or they differ in their columns.

    Example:
        >>> slopes({"pick": {"early": 99.0, "late": 57.0}}, "Early fusion wins").data.title
        'Early fusion wins'
    """
    return Drawing(slopes_figure(rows, title, unit, reference))


def fusion_orders(only: str | None = None) -> MentalModel:
    """Draw early, late and adaptive fusion as boxes and arrows.

    Args:
        only: "early", "late" or "adaptive" for one of them; None: all three.

    Returns:
        The view; its page and its still are the picture of README and slides.

    Raises:
        MMSRError: There is no such order.

    Example:
        >>> fusion_orders().text.partition(",")[0]
        'Early fusion mixes before the sequence is read'
    """
    return MentalModel(only)
