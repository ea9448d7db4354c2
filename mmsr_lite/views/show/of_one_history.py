"""Pictures of one history and of what a model does with it: graph, attention, gates, scores, what-ifs."""

from collections.abc import Mapping, Sequence
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.records import WhatIfRecord, as_record, kind_of
from mmsr_lite.records.flow import flow_of_trace
from mmsr_lite.views.chart import Chart
from mmsr_lite.views.figures import explanations
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.flow import flow as flow_figure
from mmsr_lite.views.figures.kit import empty_figure
from mmsr_lite.views.figures.over_seeds import with_seeds
from mmsr_lite.views.figures.stability import stability as stability_figure
from mmsr_lite.views.widgets.explorer import Explorer
from mmsr_lite.views.widgets.msgraph import MSGraphView
from mmsr_lite.views.widgets.side_by_side import SideBySide


@checked()
def msgraph(record: Mapping[str, Any], selection: Mapping[str, Any] | None = None, theme: str = "auto") -> MSGraphView:
    """Show the MSGraph of a trace: nodes in lanes, attention, update gate.

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
def gates(record: Mapping[str, Any], seeds: Mapping[str, Any] | None = None) -> Chart:
    """Show the update gate of a trace, node by node and layer by layer.

    Beta weighs two paths; it is no share of early or late fusion, since a non-invasive heho never sums a code's value
    into an item. `flow` draws what early and late fusion contribute.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        seeds: A stability record of the same history, from `mmsr_lite.stability`: the caption then says how many models
            give the same path the larger beta. None: nothing is said of other seeds.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no trace, or `seeds` is of another history.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> gates(sample("trace")).data.title
        'On average the gate gives the path hohe 0.466 in layer 1'
    """
    return Chart(record, with_seeds(charts.gates, ["larger beta"], seeds))


@checked()
def attention(
    record: Mapping[str, Any],
    layer: int = 0,
    path: str | None = None,
    phase: int = 0,
    seeds: Mapping[str, Any] | None = None,
) -> Chart:
    """Show the attention weights of one layer, order and phase of a trace as a matrix.

    Args:
        record: A trace, from `mmsr_lite.trace`.
        layer: The layer, from 0.
        path: The order, "hohe" or "heho"; None: the first of the trace.
        phase: The phase of the order, from 0.
        seeds: A stability record of the same history, from `mmsr_lite.stability`: the caption then says how many models
            attend most to the same place. None: nothing is said of other seeds.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is no trace, or `seeds` is of another history.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> attention(sample("trace"), path="hohe").data.title
        'The largest attention between two nodes is 0.949: Red shirt attends to Clay shirt'
    """
    made = with_seeds(lambda trace: charts.attention(trace, layer, path, phase), ["first by attention"], seeds)
    return Chart(record, made)


@checked()
def flow(record: Mapping[str, Any], item: int | None = None, seeds: Mapping[str, Any] | None = None) -> Chart:
    """Show the signed contributions that add up to each score: by group of paths, and for one item by node.

    The flow says what early and late fusion contribute. The gate's beta, shown beside it, only weighs two paths.

    Args:
        record: A flow, from `mmsr_lite.flow`, or a trace that holds one.
        item: The item whose nodes are shown; None: the one of the best rank.
        seeds: A stability record of the same history, from `mmsr_lite.stability`: the caption then says how many models
            get most from the same place, and the larger flow from the same order. None: nothing is said of other seeds.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is neither, or does not hold the nodes of `item`; or `seeds` is of another history.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> flow(sample("flow")).data.title[:63]
        'Rank 1, Sky shirt, gets +5.57 of its score 7.49 from own identi'
    """
    made = with_seeds(lambda whole: flow_figure(whole, item), ["first by flow", "larger order"], seeds)
    if not isinstance(record, Mapping) or kind_of(record) != "trace":
        return Chart(record, made, "flow")
    trace = as_record(record, "trace")
    own_flow = flow_of_trace(trace)  # type: ignore[arg-type]
    if own_flow is None:
        why = "This trace holds no flow: it is older than flows, or its model is not of HAN-GNN layers."
        return Chart(trace, lambda _: empty_figure("Flow of the scores", why))
    return Chart(own_flow, made, "flow")


@checked(most=(1, 10**6))
def ranking(record: Mapping[str, Any], most: int = 10) -> Chart:
    """Show the best items of a trace with pictures, and what each path of the last layer adds to their scores.

    Each part includes what came through earlier layers; `flow` takes that apart.

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
def step(record: Mapping[str, Any], stage: int = 0) -> Explorer:
    """Show the explorer at one stage of the walk from a history to the model's answer.

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
def explorer(record: Mapping[str, Any], what_if: WhatIfRecord | None = None, theme: str = "auto") -> Explorer:
    """Show all panels of the explorer for a stored trace; `mmsr_lite.explore` makes a live one.

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
def what_if(record: Mapping[str, Any], seeds: Mapping[str, Any] | None = None) -> Chart:
    """Show the effect of a change beside random changes of the same kind.

    Args:
        record: A what-if record, from `mmsr_lite.what_if`.
        seeds: A stability record of the same change, from `mmsr_lite.stability`: the caption then says in how many
            models it raises the probability, or lowers it. None: nothing is said of other seeds.

    Returns:
        The chart.

    Raises:
        MMSRError: `record` is of another kind, or `seeds` is of another change.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> what_if(sample("what-if")).table[0]
        {'of': 'rank: 2 to 7', 'value': 2.0, 'low': -1.0, 'high': 1.0}
    """
    return Chart(record, with_seeds(explanations.what_if, ["what if"], seeds), "what-if")


@checked()
def side_by_side(
    one: Mapping[str, Any],
    two: Mapping[str, Any],
    names: Sequence[str] | None = None,
    selection: Mapping[str, Any] | None = None,
    theme: str = "auto",
) -> SideBySide:
    """Show two traces side by side, with one layout and one selection; a sentence says what differs.

    Args:
        one: A trace, from `mmsr_lite.trace`.
        two: Another one: of another model (early, late, adaptive, shuffled codes, no modalities, another seed) on the
            same history, or of a changed history, such as the `changed` of a what-if.
        names: What the two are called; None: their models' labels.
        selection: What is chosen at first, such as {"position": 2}.
        theme: auto, light, dark or projector.

    Returns:
        The view: two panes where it is live or a page; in a still, one picture below the other.

    Raises:
        MMSRError: One of them is no trace, or there is no such theme.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> side_by_side(sample("trace"), sample("trace"), ("early", "late")).names
        ('early', 'late')
    """
    return SideBySide(one, two, names, selection, theme)


@checked()
def stability(record: Mapping[str, Any], measure: str | None = None) -> Chart:
    """Show what models that differ in their seed alone say of one history, with bands.

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
