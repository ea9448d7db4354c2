"""One-liners: `show.msgraph(record)` in a cell shows the picture, `.save_html(path)` keeps it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mmsr_lite.arguments import checked
from mmsr_lite.errors import choose
from mmsr_lite.records import WhatIfRecord, as_record, kind_of
from mmsr_lite.records.flow import flow_of_trace
from mmsr_lite.views.chart import Chart, Drawing
from mmsr_lite.views.figures import explanations, studies
from mmsr_lite.views.figures import leaks as leaks_figure
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.flow import flow as flow_figure
from mmsr_lite.views.figures.fusion import fusion as fusion_figure
from mmsr_lite.views.figures.kit import empty_figure
from mmsr_lite.views.figures.slopes import slopes as slopes_figure
from mmsr_lite.views.figures.stability import stability as stability_figure
from mmsr_lite.views.figures.training import training as training_figure
from mmsr_lite.views.glossary import define
from mmsr_lite.views.theme import COLOURS, PATHS
from mmsr_lite.views.widgets.controls import Interact
from mmsr_lite.views.widgets.explorer import Explorer
from mmsr_lite.views.widgets.msgraph import MSGraphView
from mmsr_lite.views.widgets.side_by_side import SideBySide
from mmsr_lite.views.widgets.training_monitor import TrainingMonitor
from mmsr_lite.views.widgets.user_browser import UserBrowser

if TYPE_CHECKING:
    import pandas as pd

RENAMED = {"play": "interact", "cockpit": "training_monitor"}  # names until version 0.1 -> names now


def __getattr__(name: str) -> Any:
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"show.{name} is now called show.{RENAMED[name]}", DeprecationWarning, stacklevel=2)
    return globals()[RENAMED[name]]


@checked()
def msgraph(record: Mapping[str, Any], selection: Mapping[str, Any] | None = None, theme: str = "auto") -> MSGraphView:
    """The MSGraph of a trace: swim lanes, attention, update gate.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        selection: What is chosen at first, such as {"node": 4, "layer": 1, "path": "heho"}.
        theme: auto, light, dark or projector.

    Returns:
        The view: live in a notebook, else a still.

    Raises:
        MMSRError: `record` is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> msgraph(sample("trace"), {"position": 2}).selection["node"]
        1
    """
    return MSGraphView(record, selection, theme)


@checked()
def gates(record: Mapping[str, Any]) -> Chart:
    """The update gate of a trace, node by node and layer by layer.

    Beta weighs two paths; it is no share of early or late fusion, since a non-invasive heho never sums a code's value
    into an item. What early and late fusion bring is drawn by `flow`.

    Args:
        record: A trace, from `mmsr_lite.trace`.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no trace.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> gates(sample("trace")).data.title
        'On average the gate gives the path hohe 0.466 in layer 1'
    """
    return Chart(record, charts.gates)


@checked()
def flow(record: Mapping[str, Any], item: int | None = None) -> Chart:
    """What scores are the sum of: signed contributions by group of paths, and of one item by node.

    The flow says what early and late fusion bring. The gate's beta, which stands beside it, only weighs two paths.

    Args:
        record: A flow, from `mmsr_lite.flow`, or a trace that holds one.
        item: The item whose nodes are shown; None: the one of the best rank.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is neither, or does not hold the nodes of `item`.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> flow(sample("flow")).data.title[:63]
        'Rank 1, Sky shirt, gets +5.57 of its score 7.49 from own identi'
    """
    if not isinstance(record, Mapping) or kind_of(record) != "trace":
        return Chart(record, lambda whole: flow_figure(whole, item), "flow")
    trace = as_record(record, "trace")
    held = flow_of_trace(trace)  # type: ignore[arg-type]
    if held is None:
        why = "This trace holds no flow: it is older than flows, or its model is not of HAN-GNN layers."
        return Chart(trace, lambda _: empty_figure("Flow of the scores", why))
    return Chart(held, lambda whole: flow_figure(whole, item), "flow")


@checked()
def attention(record: Mapping[str, Any], layer: int = 0, path: str | None = None, phase: int = 0) -> Chart:
    """The attention weights of one layer, order and phase of a trace as a matrix.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        layer: The layer, from 0.
        path: The order, "hohe" or "heho"; None: the first of the trace.
        phase: The phase of the order, from 0.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no trace.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> attention(sample("trace"), path="hohe").data.title
        'The largest attention between two nodes is 0.949: Red shirt listens to Clay shirt'
    """
    return Chart(record, lambda trace: charts.attention(trace, layer, path, phase))


@checked()
def explorer(record: Mapping[str, Any], what_if: WhatIfRecord | None = None, theme: str = "auto") -> Explorer:
    """All panels of the explorer on a stored trace; for a live one see `mmsr_lite.explore`.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        what_if: A what-if record that the bench shows, from `mmsr_lite.what_if`.
        theme: auto, light, dark or projector.

    Returns:
        The view.

    Raises:
        MMSRError: `record` is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> explorer(sample("trace"), sample("what-if")).what_if["sentence"]
        'The rank goes from 2 to 7.'
    """
    return Explorer(record, theme=theme, what_if=what_if)


@checked()
def side_by_side(
    one: Mapping[str, Any],
    two: Mapping[str, Any],
    names: Sequence[str] | None = None,
    selection: Mapping[str, Any] | None = None,
    theme: str = "auto",
) -> SideBySide:
    """Two traces in two panes: one layout, one selection, what differs drawn and said in a sentence.

    Args:
        one: A trace, from `mmsr_lite.trace`.
        two: Another one: of another model (early, late, adaptive, shuffled codes, no modalities, another seed) on the
            same history, or of a changed history, such as the `changed` of a what-if.
        names: What the two are called; None: their models' labels.
        selection: What is chosen at first, such as {"position": 2}.
        theme: auto, light, dark or projector.

    Returns:
        The view: two panes where it is live or a page, both pictures below each other in a still.

    Raises:
        MMSRError: One of them is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> side_by_side(sample("trace"), sample("trace"), ("early", "late")).names
        ('early', 'late')
    """
    return SideBySide(one, two, names, selection, theme)


@checked()
def step(record: Mapping[str, Any], stage: int = 0) -> Explorer:
    """The explorer at one stage of the walk from a history to its answer.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        stage: An index of the trace's `stages`.

    Returns:
        The view.

    Raises:
        MMSRError: `record` is no trace.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> step(sample("trace"), stage=1).text[:30]
        'Stage 2 of 6, homogeneous, (7,'
    """
    return Explorer(record, {"stage": stage})


@checked()
def what_if(record: Mapping[str, Any]) -> Chart:
    """The effect of a change, held against random changes of the same kind.

    Args:
        record: A what-if record, from `mmsr_lite.what_if`.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> what_if(sample("what-if")).table[0]
        {'of': 'rank: 2 to 7', 'value': 2.0, 'low': -1.0, 'high': 1.0}
    """
    return Chart(record, explanations.what_if, "what-if")


@checked()
def inspector(
    record: Mapping[str, Any],
    by: str = "type",
    table: "pd.DataFrame | None" = None,
    open: Callable[[Any], Any] | None = None,
) -> UserBrowser:
    """The gates of a whole data set by type, position, popularity, length, code or kind of user.

    Args:
        record: A gates record, from `gates_summary`.
        by: How gates are grouped.
        table: The gates themselves, from `mmsr_lite.gates`: with them the chart can be brushed to users.
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
def compare(record: Mapping[str, Any], open: Callable[[Any], Any] | None = None) -> UserBrowser:
    """Models on the same users: paired differences with intervals.

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


@checked()
def fidelity(record: Mapping[str, Any]) -> Chart:
    """Deletion and insertion curves of an explanation, and what its tests say.

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
    """The systems of a study along a number, such as the rate of a corruption.

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
    """The tests of a study in one ranking with their intervals, and which pairs are apart.

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


@checked()
def codebook(record: Mapping[str, Any]) -> Chart:
    """The codes of a modality with example items.

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


def training_monitor(work: Callable[[Callable[[dict[str, Any]], bool]], Any]) -> TrainingMonitor:
    """Watch, pause and stop a training.

    Args:
        work: Trains: `work(on_epoch)` calls `on_epoch(history)` after each epoch and stops when that returns False,
            such as `lambda on_epoch: train(model, parts, config, on_epoch=on_epoch)`.

    Returns:
        The monitor; `.start()` begins the training.

    Example:
        >>> training_monitor(lambda on_epoch: on_epoch({"epochs": []})).start().wait()
        True
    """
    return TrainingMonitor(work)


@checked(most=(1, 10**6))
def ranking(record: Mapping[str, Any], most: int = 10) -> Chart:
    """The best items of a trace with pictures, and what each path of the last layer brings to their scores.

    Paths through earlier layers lie within these parts; `flow` follows them all.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        most: How many items are shown.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no trace.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> ranking(sample("trace"), most=3).data.title
        'The next item, Green skirt, has rank 3; first is Sky shirt with 7.495'
    """
    return Chart(record, lambda trace: charts.ranking(trace, most))


@checked()
def leaks(record: Mapping[str, Any], metric: str = "HR@5") -> Chart:
    """What the order of ties in a file is worth.

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
    """Early or late fusion for a data set: every system, and every comparison with its interval.

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


@checked()
def stability(record: Mapping[str, Any], measure: str | None = None) -> Chart:
    """What models that differ in their seed alone say of one history, with bands.

    Args:
        record: A stability record, from `mmsr_lite.stability`.
        measure: "beta", "attention", "flow" or "order": this one alone, with a mark for each model. None: attention,
            flow and orders side by side.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no stability record, or there is no such measure.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> stability(sample("stability")).data.title
        '3 of 3 models attend most to “Red shirt” (position 2)'
    """
    return Chart(record, lambda one: stability_figure(one, measure), "stability")


@checked()
def training(history: Mapping[str, Any]) -> Chart:
    """Loss, validation metrics and gate over the epochs of a run.

    Args:
        history: A history record, from `history.json` of a run or from `fit`.

    Returns:
        The chart, which plays as an animation.

    Raises:
        MMSRError: `history` is no history record.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> training(sample("history")).data.title
        'The loss fell from 6.400 to 4.816 nats in 3 epochs; epoch 2 is the best'
    """
    return Chart(history, training_figure, reads="history")


def slopes(
    rows: Mapping[str, Mapping[str, float]], title: str, unit: str = "percent", reference: float | None = None
) -> Drawing:
    """A line for each row from one column to the next, such as from early to late fusion.

    Args:
        rows: Name of each line -> column -> value, such as {"pick": {"early": 99.0, "late": 57.0}}.
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


def interact(make: Callable[..., Any], **choices: Sequence[Any]) -> Interact:
    """Call a function with a control for each of its arguments.

    Args:
        make: Makes what is shown, such as `lambda most: ranking(record, most)`.
        choices: What may be chosen for each argument, such as `most=[3, 10]`: a list to choose from, or a range, which
            is a slider. The first is shown where no kernel runs.

    Returns:
        The controls with what is shown below.

    Raises:
        MMSRError: There is no control, or one without a choice.

    Example:
        >>> interact(lambda most: f"the best {most}", most=[3, 10])
        the best 3
    """
    return Interact(make, **choices)


@checked()
def colour(meaning: str, dark: bool = False) -> str:
    """The colour that a meaning has in every picture, for charts of your own.

    Args:
        meaning: early, late, item, "modality 1" to "modality 8", in, out, both, match or self; hohe and heho are late
            and early.
        dark: Whether it is drawn on dark paper.

    Returns:
        A colour as #rrggbb.

    Raises:
        MMSRError: There is no such meaning.

    Example:
        >>> colour("late"), colour("hohe"), colour("early")
        ('#B35806', '#B35806', '#542788')
    """
    name = choose("meaning of a colour", PATHS.get(meaning, meaning), COLOURS)
    return COLOURS[name].dark if dark else COLOURS[name].light


@checked()
def glossary(term: str) -> None:
    """Print what a term means, and where in the paper.

    Args:
        term: The term, in any case.

    Raises:
        MMSRError: The glossary has no such term; the error names those that are near.

    Example:
        >>> glossary("heho")
        heho: The path heterogeneous first, homogeneous second: early fusion if invasive, else ...
    """
    print(define(term))
