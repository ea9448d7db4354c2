"""One-liners: `show.msgraph(record)` in a cell shows the picture, `.save_html(path)` keeps it."""

from collections.abc import Callable, Sequence
from typing import Any

from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures import explanations, studies
from mmsr_lite.views.figures import leaks as leaks_figure
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.training import training as training_figure
from mmsr_lite.views.glossary import define
from mmsr_lite.views.widgets.controls import Interact
from mmsr_lite.views.widgets.explorer import Explorer
from mmsr_lite.views.widgets.msgraph import MSGraphView
from mmsr_lite.views.widgets.training_monitor import TrainingMonitor
from mmsr_lite.views.widgets.user_browser import UserBrowser


def msgraph(record: dict[str, Any], selection: dict | None = None, theme: str = "auto") -> MSGraphView:
    """The MSGraph of a trace; `theme` is auto, light, dark or projector."""
    return MSGraphView(record, selection, theme)


def gates(record: dict[str, Any]) -> Chart:
    """The update gate, node by node and layer by layer."""
    return Chart(record, charts.gates)


def attention(record: dict[str, Any], layer: int = 0, path: str | None = None, phase: int = 0) -> Chart:
    """The attention weights of one layer, order and phase (counted from 0) as a matrix."""
    return Chart(record, lambda trace: charts.attention(trace, layer, path, phase))


def explorer(record: dict[str, Any], what_if: dict[str, Any] | None = None, theme: str = "auto") -> Explorer:
    """All panels of the explorer on a stored trace; for a live one see `mmsr_lite.explore`."""
    return Explorer(record, theme=theme, what_if=what_if)


def step(record: dict[str, Any], stage: int = 0) -> Explorer:
    """One stage of the walk from a history to its answer, an index of the trace's `stages`."""
    return Explorer(record, {"stage": stage})


def what_if(record: dict[str, Any]) -> Chart:
    """A change held against random changes of the same kind, from `explain.what_if`."""
    return Chart(record, explanations.what_if, "what-if")


def inspector(
    record: dict[str, Any], by: str = "type", table: Any = None, open: Callable[[Any], Any] | None = None
) -> UserBrowser:
    """The gates of a whole data set by type, position, popularity, length or code, from `gates_summary`.

    With the `table` of gates itself it can be brushed to users, and `open=lambda user: explore(model, dataset, user)`
    shows those. Set `brush`, read `users` and `rows`.
    """
    return UserBrowser(record, explanations.inspector, "gates", open, table, by)


def compare(record: dict[str, Any], open: Callable[[Any], Any] | None = None) -> UserBrowser:
    """Models on the same users: paired differences with intervals, from `explain.compare`.

    `open=lambda user: explore(model, dataset, user)` makes a button for each user on whom they disagree most.
    """
    return UserBrowser(record, lambda whole, _: explanations.compare(whole), "compare", open)


def fidelity(record: dict[str, Any]) -> Chart:
    """Deletion and insertion curves and what the tests of an explanation say, from `explain.faithfulness`."""
    return Chart(record, explanations.fidelity, "faithfulness")


def study(
    record: dict[str, Any], by: str = "variant", where: dict[str, Any] | None = None, metric: str = "HR@5"
) -> Chart:
    """The systems of a study with their seeds, from `stored_study`; `where` keeps rows such as {"model": "mmsr"}."""
    return Chart(record, lambda one: studies.study(one, by, where, metric), "study")


def curves(
    record: dict[str, Any],
    across: str = "rate",
    panel: str = "modality",
    where: dict[str, Any] | None = None,
    metric: str = "HR@5",
) -> Chart:
    """The systems of a study along a rate, from `stored_study`."""
    return Chart(record, lambda one: studies.curves(one, across, panel, where, metric), "study")


def differences(record: dict[str, Any], metric: str = "HR@5") -> Chart:
    """The paired tests of a study, with intervals, from `stored_study`."""
    return Chart(record, lambda one: studies.differences(one, metric), "study")


def codebook(record: dict[str, Any]) -> Chart:
    """The codes of a modality with example items, from `explain.codebook`."""
    return Chart(record, charts.codebook, "codebook")


def training_monitor(work: Callable[[Callable], Any]) -> TrainingMonitor:
    """Watch, pause and stop a training.

    `training_monitor(lambda tell: train(model, parts, config, on_epoch=tell)).start()`
    """
    return TrainingMonitor(work)


def ranking(record: dict[str, Any], most: int = 10) -> Chart:
    """The best items with pictures and the share of each order in their scores."""
    return Chart(record, lambda trace: charts.ranking(trace, most))


def leaks(record: dict[str, Any], metric: str = "HR@5") -> Chart:
    """What the order of ties in a file is worth, from `mmsr_lite.leaks`; `metric` may be "masked HR@5" and so on."""
    return Chart(record, lambda one: leaks_figure.leaks(one, metric), "leaks")


def training(history: dict[str, Any]) -> Chart:
    """Loss, validation metrics and gate over the epochs of a run."""
    return Chart(history, training_figure, reads="history")


def interact(make: Callable[..., Any], **choices: Sequence[Any]) -> Interact:
    """Call `make(**chosen)` with a control for each argument.

    `interact(lambda most: ranking(record, most), most=[3, 10])`
    """
    return Interact(make, **choices)


def glossary(term: str) -> None:
    """Print what a term means, and where in the paper."""
    print(define(term))
