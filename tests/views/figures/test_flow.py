"""The figure of a flow says what the record says, and calls nothing early that mixes no modality."""

import copy

import pytest
from fixtures import HOSTILE

from mmsr_lite.errors import MMSRError
from mmsr_lite.records import FlowRecord
from mmsr_lite.views import show
from mmsr_lite.views.figures.flow import flow
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.to_plotly import to_plotly
from mmsr_lite.views.samples import sample
from mmsr_lite.views.theme import EARLY, ITEM, LATE

RECORD = sample("flow")


def test_the_bars_of_an_item_sum_to_its_score_and_those_of_nodes_to_the_score_of_the_first():
    data = flow(RECORD)
    for row, item in enumerate(RECORD["ranked"]):
        values = [mark.value for mark in data.marks if mark.panel == 0 and mark.y == row]
        assert sum(values) == pytest.approx(item["score"], abs=1e-4)
    nodes = [mark.value for mark in data.marks if mark.panel == 1]
    assert sum(nodes) == pytest.approx(RECORD["ranked"][0]["score"], abs=1e-4)


def test_early_late_and_item_have_the_colours_that_they_have_everywhere():
    looks = {name: look.colour for name, look in flow(RECORD).looks.items()}
    assert looks["early fusion"] == EARLY and looks["late fusion"] == LATE and looks["own identity"] == ITEM
    assert len(set(looks.values())) == len(looks) == 6


def test_the_title_names_the_largest_group_and_the_shares_of_early_and_late_fusion():
    own = RECORD["flow"]["items"][0]
    sizes = [sum(abs(parts[group]) for parts in own["nodes"]) for group in range(6)]
    early, late = (f"{100 * sizes[group] / sum(sizes):.0f} %" for group in (3, 4))
    assert flow(RECORD).title == (
        f"Rank 1, Sky shirt, gets {own['groups'][0]:+.2f} of its score 7.49 from own identity; "
        f"of all its contributions {early} are early fusion, {late} late"
    )


def test_a_group_in_which_nothing_flows_is_0_percent_and_in_no_legend():
    record = copy.deepcopy(RECORD)
    for own in record["flow"]["items"]:
        for parts in own["nodes"]:
            parts[0], parts[3] = parts[0] + parts[3], 0.0
        own["groups"][0], own["groups"][3] = own["groups"][0] + own["groups"][3], 0.0
    data = flow(FlowRecord(record).validate())
    assert "0 % are early fusion" in data.title and "early fusion" not in data.looks


def test_beta_stands_beside_it_as_the_gates_own_number():
    assert "gives hohe β = 0.37 in layer 1, its own number and no share of late fusion" in flow(RECORD).caption
    assert "no update gate" in flow(RECORD | {"beta": [None]}).caption


def test_nodes_beyond_ten_share_a_row_and_nothing_is_lost():
    record = copy.deepcopy(RECORD)
    record["nodes"] += [dict(record["nodes"][0]) for _ in range(9)]
    for own in record["flow"]["items"]:
        own["nodes"] += [[0.0] * 6 for _ in range(9)]
    data = flow(FlowRecord(record).validate())
    names = [name for _, name in data.panels[1].y.names]
    assert len(names) == 11 and names[-1] == "6 other nodes"
    values = [mark.value for mark in data.marks if mark.panel == 1]
    assert sum(values) == pytest.approx(RECORD["ranked"][0]["score"], abs=1e-4)


def test_another_items_nodes_are_shown_and_one_that_is_not_there_is_refused():
    item = RECORD["ranked"][1]
    assert flow(RECORD, item["item"]).title.startswith("Rank 2, ")
    with pytest.raises(MMSRError, match="item is 999; the record holds the nodes of"):
        show.flow(RECORD, item=999)


def test_both_renderers_draw_each_bar_in_its_panel():
    data = flow(RECORD)
    left, right = to_matplotlib(data).axes
    widths = [sum(bool(patch.get_width()) for patch in axes.patches) for axes in (left, right)]
    assert widths == [sum(bool(mark.value) for mark in data.marks if mark.panel == panel) for panel in (0, 1)]
    figure = to_plotly(data)
    assert {trace.xaxis for trace in figure.data} == {"x", "x2"}
    assert sum(trace.showlegend for trace in figure.data) == len(data.looks)
    assert figure.layout.xaxis2.domain[0] - figure.layout.xaxis.domain[1] == pytest.approx(0.2)


def test_no_name_reaches_plotly_unescaped():
    record = copy.deepcopy(RECORD)
    record["ranked"][0]["title"] = record["nodes"][0]["label"] = HOSTILE
    figure = to_plotly(flow(record))
    figure.layout.meta = None  # words for the page, which writes them as text
    assert "<img" not in figure.to_json() and "\\u003cimg" not in figure.to_json()


def test_a_trace_without_a_flow_says_so():
    assert "holds no flow" in show.flow(sample("trace")).text
    with pytest.raises(MMSRError, match="expected a flow record"):
        show.flow(sample("gates"))
