"""Pictures of a whole data set: its codes, what its files give away, which order of fusion it asks for."""

from collections.abc import Mapping
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures import leaks as leaks_figure
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.fusion import fusion as fusion_figure


@checked()
def codebook(record: Mapping[str, Any]) -> Chart:
    """Show the codes of a modality with example items.

    Args:
        record: A codebook record, from `explain.codebook`.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> codebook(sample("codebook")).data.title
        'Code 1 has the most items, 4; code 2 has the fewest, 0'
    """
    return Chart(record, charts.codebook, "codebook")


@checked()
def leaks(record: Mapping[str, Any], metric: str = "HR@5") -> Chart:
    """Show how much the order of ties in a file changes metrics.

    Args:
        record: A leaks record, from `mmsr_lite.leaks`.
        metric: A metric in the rows of the record, such as "MRR@5" or "masked HR@5".

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no leaks record.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> leaks(sample("leaks")).data.title
        'a made-up shop: leaks found: tie order'
    """
    return Chart(record, lambda one: leaks_figure.leaks(one, metric), "leaks")


@checked()
def fusion(record: Mapping[str, Any]) -> Chart:
    """Show which order of fusion suits a data set: every system, and every comparison with its interval.

    Args:
        record: A fusion record, from `mmsr_lite.fusion_for`.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no fusion record.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> fusion(sample("fusion")).data.title
        'Early fusion is ahead by 9.0 points of HR@5, all items (6.0 to 12.0)'
    """
    return Chart(record, fusion_figure, "fusion")
