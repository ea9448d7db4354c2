"""The picture of stability: bands over models, a mark for each model where one measure is asked for."""

import pytest
from fixtures import HOSTILE, sample_stability

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import show
from mmsr_lite.views.figures.stability import MEAN, SEED
from mmsr_lite.views.samples import sample


def test_attention_flow_and_orders_stand_side_by_side_with_their_bands():
    data = show.stability(sample("stability")).data
    assert [panel.x.title for panel in data.panels] == [
        "share of attention",
        "signed part of the score",
        "size of the flow",
    ]
    bands = {mark.label: (mark.low, mark.value, mark.high, mark.panel) for mark in data.marks}
    assert bands["share of attention: 2. Red shirt"] == (0.25, pytest.approx((0.3 + 0.25 + 0.35) / 3), 0.35, 0)
    assert bands["signed part of the score: 2. Red shirt"] == (1.2, pytest.approx((1.5 + 1.2 + 2.1) / 3), 2.1, 1)
    assert bands["size of the flow: time, then crossed"][3] == 2
    assert {mark.group for mark in data.marks} == {MEAN}
    places = [name for _, name in data.panels[0].y.names]
    assert places[:4] == ["1. Clay shirt", "2. Red shirt", "3. Sky coat", "1. Clay shirt, picture"]
    assert [name for _, name in data.panels[1].y.names][2:4] == ["3", "1, picture"]  # the same rows as beside it


def test_a_group_of_several_panels_is_in_the_legend_once():
    traces = [trace for trace in show.stability(sample("stability")).figure.data if trace.type == "scatter"]
    assert [(trace.name, trace.xaxis, trace.showlegend) for trace in traces] == [
        (MEAN, "x", True),
        (MEAN, "x2", False),
        (MEAN, "x3", False),
    ]


def test_one_measure_alone_has_a_mark_for_each_model():
    data = show.stability(sample("stability"), "beta").data
    shown = {mark.label: mark.value for mark in data.marks if mark.group == SEED}
    assert shown["beta of hohe: 3. Sky coat, layer 1, seed 1"] == 0.45 and len(shown) == 3 * 3
    with pytest.raises(MMSRError, match="unknown measure 'gate'"):
        show.stability(sample("stability"), "gate")


def test_words_say_how_many_models_agree_and_no_title_gets_out():
    chart = show.stability(sample_stability())
    assert "2 of 3 models have more flow by late fusion than by early fusion" in chart.text
    assert "rank 3, 2, 3" in chart.data.caption and HOSTILE not in chart.html()
