"""Pictures of a model on all users: its gates, tests of its explanations, other models on the same users."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mmsr_lite.arguments import checked
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures import explanations
from mmsr_lite.views.widgets.user_browser import UserBrowser

if TYPE_CHECKING:
    import pandas as pd


@checked()
def inspector(
    record: Mapping[str, Any],
    by: str = "type",
    table: "pd.DataFrame | None" = None,
    open: Callable[[Any], Any] | None = None,
) -> UserBrowser:
    """Show the gates of a whole data set by type, position, popularity, length, code or kind of user.

    Args:
        record: A gates record, from `gates_summary`.
        by: How gates are grouped.
        table: The gates themselves, from `mmsr_lite.gates`; with them, a part of the chart can be selected to list its
            users.
        open: Makes what a click on a user shows, such as `lambda user: explore(model, dataset, user)`.

    Returns:
        The chart with its users; set `brush`, read `users` and `rows`.

    Raises:
        MMSRError: `record` is of another kind, or has no such group.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> inspector(sample("gates"), by="position").table[0]["of"]
        'item, layer 1, position 1'
    """
    return UserBrowser(record, explanations.inspector, "gates", open, table, by)


@checked()
def fidelity(record: Mapping[str, Any]) -> Chart:
    """Show deletion and insertion curves of an explanation, and what its tests say.

    Args:
        record: A faithfulness record, from `mmsr_lite.faithfulness`.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> fidelity(sample("faithfulness")).data.title
        'Beta passes 1 of 2 tests'
    """
    return Chart(record, explanations.fidelity, "faithfulness")


@checked()
def compare(record: Mapping[str, Any], open: Callable[[Any], Any] | None = None) -> UserBrowser:
    """Show paired differences of models on the same users, with intervals.

    Args:
        record: A compare record, from `mmsr_lite.compare`.
        open: Makes what a click on a user shows, such as `lambda user: explore(model, dataset, user)`; there is a
            button for each user on whom the models disagree most.

    Returns:
        The chart with its users.

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> compare(sample("compare")).table[0]
        {'of': 'MMSR, late − MMSR, early: HR@5', 'value': 2.0, 'low': 1.0, 'high': 3.0}
    """
    return UserBrowser(record, lambda whole, _: explanations.compare(whole), "compare", open)
