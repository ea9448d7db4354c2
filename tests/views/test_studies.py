"""Charts of a study: means and bands over seeds, the undisturbed in every panel, intervals as the tests give them."""

import pytest
from fixtures import HOSTILE

from mmsr_lite.views import show
from mmsr_lite.views.still import still

LABELS = ("model", "variant", "corruption", "modality", "rate", "at")


def row(value: float, *labels) -> dict:
    return dict(zip(LABELS, labels, strict=True)) | {"HR@5": value, "MRR@5": value / 2}


def sample() -> dict:
    """Two systems; one has two seeds, and loses a modality at test."""
    rows = [row(4.0, "a", "", "", "", 0.0, ""), row(6.0, "a", "", "", "", 0.0, ""), row(9.0, "b", "", "", "", 0.0, "")]
    rows += [row(3.0, "a", "", "missing", "x", 0.5, "test"), row(1.0, "a", "", "missing", "y", 0.5, "test")]
    rows += [row(2.0, "a", "", "missing", "x", 0.5, "training")]
    tests = [
        {"system": HOSTILE, "against": "a", "metric": "HR@5", "difference": 4.0, "low": 3.0, "high": 5.0, "p": 0.01}
    ]
    tests += [tests[0] | {"metric": "MRR@5"}, tests[0] | {"system": "c", "low": -1.0, "p": 0.2}]
    record = {
        "schema": "mmsr-lite/study/1",
        "study": "missing",
        "dataset": HOSTILE,
        "labels": [*LABELS],
        "reachable": None,
    }
    return record | {"rows": rows, "tests": tests}


def test_a_line_is_the_mean_over_seeds_and_starts_at_what_was_not_disturbed():
    figure = show.curves(sample(), where={"at": "test", "corruption": "missing"}).figure
    lines = {(line.xaxis, line.name): (list(line.x), list(line.y)) for line in figure.data}
    assert lines["x", "a"] == ([0.0, 0.5], [(4 + 6) / 2, 3.0])
    assert lines["x2", "a"] == ([0.0, 0.5], [(4 + 6) / 2, 1.0])
    assert lines["x", "b"] == lines["x2", "b"] == ([0.0], [9.0])
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range == (0, 1.06 * 9)
    titles = [axis.title.text for axis in (*figure.select_xaxes(), *figure.select_yaxes())]
    assert titles == ["x: rate", "y: rate", "HR@5, percent", ""]
    assert [line.name for line in figure.data if line.showlegend is not False] == ["a", "b"]  # once, for all panels
    wide = [axis.domain[1] - axis.domain[0] for axis in (figure.layout.xaxis, figure.layout.xaxis2)]
    assert wide == pytest.approx([(1 - 0.06) / 2] * 2)


def test_more_panels_than_have_room_for_a_legend_share_one():
    record = sample()
    record["rows"] += [row(1.0, "a", "", "missing", name, 0.5, "test") for name in ("z", "w")]
    picture = still(show.curves(record, where={"at": "test", "corruption": "missing"}).figure)
    assert len(picture.axes) == 4 and not any(axes.get_legend() for axes in picture.axes)
    assert [[text.get_text() for text in legend.texts] for legend in picture.legends] == [["a", "b"]]


def test_a_system_is_its_mean_in_the_band_of_its_seeds_beside_those_that_differ_in_one_label():
    figure = show.study(sample(), "corruption", {"modality": "", "rate": 0.0}, "MRR@5").figure
    assert list(figure.data[0].base) == [2.0, 4.5] and list(figure.data[0].x) == [3.0 - 2.0, 0.0]
    assert {trace.name: list(trace.x) for trace in figure.data[1:]} == {"undisturbed": [2.5, 4.5]}
    reachable = show.study(sample() | {"reachable": {"HR@5": 50.0}}, "model").figure
    assert list(reachable.layout.yaxis.ticktext)[:2] == ["a", "b"] and [s.x0 for s in reachable.layout.shapes] == [50.0]


def test_a_difference_is_drawn_with_its_interval_and_marked_when_it_is_clear():
    figure = show.differences(sample()).figure
    assert list(figure.data[0].base) == [3.0, -1.0] and list(figure.data[0].x) == [5 - 3, 5 + 1]
    assert figure.layout.xaxis.range == pytest.approx((-1 - 0.03 * 6, 5 + 0.03 * 6))  # no interval ends at the edge
    assert {trace.name: list(trace.x) for trace in figure.data[1:]} == {"clear": [4.0], "not clear": [4.0]}
    assert len(show.differences(sample(), "MRR@5").figure.data[0].base) == 1
    alike = {"system": "mmsr, ho, 0.1", "against": "mmsr, HAN-GNN"}  # what both are called is said once, in no row
    figure = show.differences(sample() | {"tests": [sample()["tests"][0] | alike]}).figure
    assert list(figure.layout.yaxis.ticktext) == ["ho, 0.1 − HAN-GNN"]


def test_names_are_escaped_and_every_chart_has_a_still_and_words():
    for make in (show.study, show.curves, show.differences):
        view = make(sample())
        assert HOSTILE not in view.figure.to_json() and view.text and view.table
        assert still(view.figure).axes
        assert "nothing to show" in make(sample() | {"rows": [], "tests": []}).figure.to_json()
