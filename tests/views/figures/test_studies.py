"""Charts of a study: means and bands over seeds, the undisturbed in every panel, intervals as the tests give them."""

import pytest
from fixtures import HOSTILE, sample_study, study_row

from mmsr_lite.views import show
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib


def test_a_line_is_the_mean_over_seeds_and_starts_at_what_was_not_disturbed():
    figure = show.curves(sample_study(), where={"at": "test", "corruption": "missing"}).figure
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
    record = sample_study()
    record["rows"] += [study_row(1.0, "a", "", "missing", name, 0.5, "test") for name in ("z", "w")]
    picture = to_matplotlib(show.curves(record, where={"at": "test", "corruption": "missing"}).figure)
    assert len(picture.axes) == 4 and not any(axes.get_legend() for axes in picture.axes)
    assert [[text.get_text() for text in legend.texts] for legend in picture.legends] == [["a", "b"]]


def test_a_system_is_its_mean_in_the_band_of_its_seeds_beside_those_that_differ_in_one_label():
    figure = show.study(sample_study(), "corruption", {"modality": "", "rate": 0.0}, "MRR@5").figure
    assert list(figure.data[0].base) == [2.0, 4.5] and list(figure.data[0].x) == [3.0 - 2.0, 0.0]
    assert {trace.name: list(trace.x) for trace in figure.data[1:]} == {"undisturbed": [2.5, 4.5]}
    reachable = show.study(sample_study() | {"reachable": {"HR@5": 50.0}}, "model").figure
    assert list(reachable.layout.yaxis.ticktext)[:2] == ["a", "b"] and [s.x0 for s in reachable.layout.shapes] == [50.0]


def test_a_difference_is_drawn_with_its_interval_and_marked_when_it_is_clear():
    figure = show.differences(sample_study()).figure
    assert list(figure.data[0].base) == [3.0, -1.0] and list(figure.data[0].x) == [5 - 3, 5 + 1]
    assert figure.layout.xaxis.range == pytest.approx((-1 - 0.03 * 6, 5 + 0.03 * 6))  # no interval ends at the edge
    assert {trace.name: list(trace.x) for trace in figure.data[1:]} == {"clear": [4.0], "not clear": [4.0]}
    assert len(show.differences(sample_study(), "MRR@5").figure.data[0].base) == 1
    alike = {"system": "mmsr, ho, 0.1", "against": "mmsr, HAN-GNN"}  # what both are called is said once, in no row
    figure = show.differences(sample_study() | {"tests": [sample_study()["tests"][0] | alike]}).figure
    assert list(figure.layout.yaxis.ticktext) == ["ho, 0.1 − HAN-GNN"]


def test_names_are_escaped_and_every_chart_has_a_still_and_words():
    for make in (show.study, show.curves, show.differences):
        view = make(sample_study())
        assert HOSTILE not in view.figure.to_json() and view.text and view.table
        assert to_matplotlib(view.figure).axes
        assert "nothing to show" in make(sample_study() | {"rows": [], "tests": []}).figure.to_json()
