"""The charts say what the record says."""

import copy

import pytest
from fixtures import HOSTILE, sample_history, sample_trace

from mmsr_lite.views import show
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.training import training

TRACE = sample_trace(3)


def by_label(labels) -> dict[str, int]:
    return {label: place for place, label in enumerate(labels)}


def test_gates_are_the_first_weight_of_beta_in_the_order_of_type_and_time():
    figure = charts.gates(TRACE)
    shown = [[cell[0] for cell in row] for row in figure.data[0].customdata]
    assert sorted(row[0] for row in shown) == list(range(len(TRACE["nodes"])))
    for row, nodes in zip(figure.data[0].z, shown, strict=True):
        assert list(row) == [layer["beta"][nodes[0]][0] for layer in TRACE["layers"]]
    assert [TRACE["nodes"][row[0]]["type"] for row in shown] == sorted(node["type"] for node in TRACE["nodes"])


@pytest.mark.parametrize(("path", "phase", "family"), [("hohe", 0, "homogeneous"), ("heho", 0, "heterogeneous")])
def test_a_row_of_attention_sums_to_one_and_the_axes_are_named(path, phase, family):
    figure = charts.attention(TRACE, 1, path, phase)
    for row in figure.data[0].z:
        assert sum(w for w in row if w is not None) == pytest.approx(1)
    drawn = sum(w is not None for row in figure.data[0].z for w in row)
    assert drawn == sum(w is not None for w in TRACE["layers"][1]["attention"][path][phase]["weights"])
    assert family in figure.layout.title.text and figure.layout.xaxis.title.text == "listens to"


def test_training_has_loss_metrics_and_a_line_a_node_type():
    history = sample_history(types=4)
    names = [trace.name for trace in training(history).data]
    assert names == ["loss", "HR@5", "MRR@5", "β item", "β picture", "β text", "β sound"]
    for row in history["epochs"]:
        row["validation"] = row["beta"] = None
    assert [trace.name for trace in training(history).data] == ["loss"]


def test_the_parts_of_a_score_sum_to_it_and_only_pictures_are_drawn():
    trace = copy.deepcopy(TRACE)
    trace["answer"]["top"][0]["picture"] = "https://example.org/spy.png"
    figure = charts.ranking(trace)
    for place, item in enumerate(trace["answer"]["top"]):
        assert sum(bar.x[place] for bar in figure.data) == pytest.approx(item["score"])
    assert len(figure.layout.images) == 9 and sum("✓" in name for name in figure.layout.yaxis.ticktext) == 1
    for item in trace["answer"]["top"]:
        item["parts"] = None
    assert [bar.name for bar in charts.ranking(trace).data] == ["score"]


def test_no_name_reaches_plotly_unescaped():
    trace = copy.deepcopy(TRACE)
    trace["answer"]["top"][0]["title"] = trace["nodes"][8]["label"] = HOSTILE
    for figure in (charts.gates(trace), charts.attention(trace), charts.ranking(trace)):
        assert "<img" not in figure.to_json() and "\\u003cimg" not in figure.to_json()
        assert "&lt;img" in figure.to_json()
    assert HOSTILE[:20] in show.gates(trace).table[0]["of"]


def test_a_model_without_a_gate_and_a_trace_without_an_answer_say_so():
    trace = sample_trace(1, gate=False)
    trace["answer"]["top"], trace["target"] = [], None
    assert "no update gate" in show.gates(trace).text and "no ranking" in show.ranking(trace).text
    assert "rank" not in show.msgraph(trace).text and show.gates(trace).table == []


def test_the_still_twin_draws_every_mark():
    heat = to_matplotlib(charts.gates(TRACE)).axes[0]
    assert heat.images[0].get_array().shape == (len(TRACE["nodes"]), 2)
    bars = to_matplotlib(charts.ranking(TRACE)).axes[0]
    assert len([patch for patch in bars.patches if patch.get_width()]) == 30 and len(bars.images) == 10
    panels = to_matplotlib(training(sample_history())).axes
    assert [len(axes.lines) for axes in panels] == [2, 3, 4]  # and the best epoch
