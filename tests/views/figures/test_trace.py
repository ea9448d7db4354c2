"""The charts of a trace say what the record says."""

import copy

import pytest
from fixtures import HOSTILE, sample_history, sample_trace

from mmsr_lite.views import show
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.to_plotly import to_plotly
from mmsr_lite.views.figures.training import training

TRACE = sample_trace(3)


def row_names(data) -> list[str]:
    return [name for _, name in data.panels[0].y.names]


def test_gates_are_the_first_weight_of_beta_in_the_order_of_type_and_time():
    data = charts.gates(TRACE)
    labels = [TRACE["nodes"][n]["label"] for n in range(len(TRACE["nodes"]))]
    order = [labels.index(name) for name in row_names(data) if name in labels]  # the hostile label is cut
    types = [TRACE["nodes"][n]["type"] for n in order]
    assert types == sorted(types) and len(order) == len(labels) - 1
    for mark in data.marks:
        name, number = row_names(data)[int(mark.y)], int(mark.x) - 1
        if name in labels:
            assert mark.value == TRACE["layers"][number]["beta"][labels.index(name)][0]
    assert len(data.marks) == len(labels) * len(TRACE["layers"])
    assert [colour for _, colour in data.colours][1] == "#ffffff" and [at for at, _ in data.colours][1] == 0.5


@pytest.mark.parametrize(("path", "phase", "family"), [("hohe", 0, "homogeneous"), ("heho", 0, "heterogeneous")])
def test_a_row_of_attention_sums_to_one_and_the_axes_are_named(path, phase, family):
    data = charts.attention(TRACE, 1, path, phase)
    sums = {row: 0.0 for row in range(len(TRACE["nodes"]))}
    for mark in data.marks:
        sums[mark.y] += mark.value
    assert list(sums.values()) == pytest.approx([1] * len(sums))
    weights = TRACE["layers"][1]["attention"][path][phase]["weights"]
    assert sorted(mark.value for mark in data.marks) == sorted(w for w in weights if w is not None)
    assert family in data.caption and data.panels[0].x.title == "attends to"


def test_training_has_loss_metrics_and_a_line_a_node_type():
    history = sample_history(types=4)
    names = [name for name, *_ in training(history).groups()]
    assert names == ["loss", "HR@5", "MRR@5", "β item", "β picture", "β text", "β sound"]
    for row in history["epochs"]:
        row["validation"] = row["beta"] = None
    assert [name for name, *_ in training(history).groups()] == ["loss"]


def test_the_parts_of_a_score_sum_to_it_and_only_pictures_are_drawn():
    trace = copy.deepcopy(TRACE)
    trace["answer"]["top"][0]["picture"] = "https://example.org/spy.png"
    data = charts.ranking(trace)
    for row, item in enumerate(trace["answer"]["top"]):
        assert sum(mark.value for mark in data.marks if mark.y == row) == pytest.approx(item["score"])
    assert len(data.pictures) == 9 and sum("✓" in name for name in row_names(data)) == 1
    for item in trace["answer"]["top"]:
        item["parts"] = None
    assert [name for name, *_ in charts.ranking(trace).groups()] == ["score"]


def test_no_name_reaches_plotly_unescaped():
    trace = copy.deepcopy(TRACE)
    trace["answer"]["top"][0]["title"] = trace["nodes"][8]["label"] = HOSTILE
    trace["target"]["title"] = HOSTILE
    for data in (charts.gates(trace), charts.attention(trace), charts.ranking(trace)):
        figure = to_plotly(data)
        figure.layout.meta = None  # words for the page, which writes them as text
        assert "<img" not in figure.to_json() and "\\u003cimg" not in figure.to_json()
        assert "&lt;img" in figure.to_json()
    assert HOSTILE[:20] in show.gates(trace).table[0]["of"]


def test_a_model_without_a_gate_and_a_trace_without_an_answer_say_so():
    trace = sample_trace(1, gate=False)
    trace["answer"]["top"], trace["target"] = [], None
    assert "no update gate" in show.gates(trace).text and "no ranking" in show.ranking(trace).text
    assert "rank" not in show.msgraph(trace).text and show.gates(trace).table == []


def test_the_title_of_a_chart_is_what_was_found():
    rank = f"{TRACE['target']['rank']:.0f}"
    assert f"has rank {rank}; first is" in charts.ranking(TRACE).title
    assert training(sample_history()).title == "The loss fell from 6.400 to 2.923 nats in 8 epochs; epoch 7 is the best"
    means = [sum(late for late, _ in layer["beta"]) / len(TRACE["nodes"]) for layer in TRACE["layers"]]
    assert charts.gates(TRACE).title.endswith(f"{means[0]:.3f} in layer 1, {means[1]:.3f} in layer 2")


def test_the_still_draws_every_mark():
    heat = to_matplotlib(charts.gates(TRACE)).axes[0]
    assert heat.collections[0].get_array().shape == (len(TRACE["nodes"]), 2)
    bars = to_matplotlib(charts.ranking(TRACE)).axes[0]
    assert len([patch for patch in bars.patches if patch.get_width()]) == 30 and len(bars.images) == 10
    panels = to_matplotlib(training(sample_history())).axes
    assert [len(axes.lines) for axes in panels] == [2, 3, 4]  # and the best epoch
