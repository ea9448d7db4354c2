"""Charts of a study: means and bands over seeds, the undisturbed in every panel, intervals as the tests give them."""

import pytest
from fixtures import HOSTILE, sample_study, study_row

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import show, theme
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib


def test_a_line_is_the_mean_over_seeds_and_starts_at_what_was_not_disturbed():
    view = show.curves(sample_study(), where={"at": "test", "corruption": "missing"})
    series: dict = {}
    for mark in view.data.marks:
        series.setdefault((mark.panel, mark.group), []).append((mark.x, mark.y))
    assert series[0, "a"] == [(0.0, (4 + 6) / 2), (0.5, 3.0)]
    assert series[1, "a"] == [(0.0, (4 + 6) / 2), (0.5, 1.0)]
    assert series[0, "b"] == series[1, "b"] == [(0.0, 9.0)]
    assert [panel.y.ends for panel in view.data.panels] == [(0, 1.06 * 9)] * 2
    assert [panel.x.title for panel in view.data.panels] == ["x: rate", "y: rate"]
    assert [panel.y.title for panel in view.data.panels] == ["HR@5, percent", ""]
    assert [line.name for line in view.figure.data if line.showlegend is not False] == ["a", "b"]  # once for all panels
    wide = [axis.domain[1] - axis.domain[0] for axis in (view.figure.layout.xaxis, view.figure.layout.xaxis2)]
    assert wide == pytest.approx([(1 - 0.06) / 2] * 2)
    assert view.data.title == "Between rate 0 and 0.5, HR@5 of a in y changes most, from 5.0 to 1.0"


def test_more_panels_than_have_room_for_a_legend_share_one():
    record = sample_study()
    record["rows"] += [study_row(1.0, "a", "", "missing", name, 0.5, "test") for name in ("z", "w")]
    picture = to_matplotlib(show.curves(record, where={"at": "test", "corruption": "missing"}).data)
    assert len(picture.axes) == 4 and not any(axes.get_legend() for axes in picture.axes)
    assert [[text.get_text() for text in legend.texts] for legend in picture.legends] == [["a", "b"]]


def test_a_system_is_its_mean_in_the_band_of_its_seeds_beside_those_that_differ_in_one_label():
    data = show.study(sample_study(), "corruption", {"modality": "", "rate": 0.0}, "MRR@5").data
    assert [(mark.low, mark.x, mark.high) for mark in data.marks] == [(2.0, 2.5, 3.0), (4.5, 4.5, 4.5)]
    assert [name for name, *_ in data.groups()] == [
        "undisturbed"
    ] and data.title == "b has the highest mean MRR@5, 4.5 %"
    reachable = show.study(sample_study() | {"reachable": {"HR@5": 50.0}}, "model").data
    assert [mark.label for mark in reachable.marks][:2] == ["a", "b"] and reachable.panels[0].lines_at_x == (50.0,)


def test_a_difference_is_drawn_with_its_interval_and_marked_when_its_test_says_apart():
    data = show.differences(sample_study()).data
    assert [(mark.low, mark.x, mark.high, mark.group) for mark in data.marks] == [
        (3.0, 4.0, 5.0, "apart"),
        (-1.0, 4.0, 5.0, "not apart"),
    ]
    assert data.panels[0].x.ends == pytest.approx((-1 - 0.03 * 6, 5 + 0.03 * 6))  # no interval ends at the edge
    assert data.title == "1 of 2 differences in HR@5 is apart (p below 0.05 after Holm)"
    assert "over users and seeds" in data.panels[0].x.title
    assert len(show.differences(sample_study(), "MRR@5").data.marks) == 1
    alike = {"system": "mmsr, ho, 0.1", "against": "mmsr, HAN-GNN"}  # what both are called is said once, in no row
    data = show.differences(sample_study() | {"tests": [sample_study()["tests"][0] | alike]}).data
    assert [mark.label for mark in data.marks] == ["ho, 0.1 − HAN-GNN"]


def test_a_difference_without_ranks_is_drawn_without_interval_and_called_not_tested():
    record = sample_study()
    del record["tests"][0]["holm"], record["tests"][0]["apart"]
    record["tests"][0]["p"] = 1e-9  # over users alone, as older versions had it: it decides nothing
    data = show.differences(record).data
    first = data.marks[0]
    assert (first.low, first.x, first.high, first.group) == (4.0, 4.0, 4.0, "not tested: ranks not kept")
    assert data.title == ("0 of 1 difference in HR@5 are apart (p below 0.05 after Holm); 1 not tested: ranks not kept")
    data = show.differences(record | {"tests": record["tests"][:1]}).data
    assert data.title == "1 difference in HR@5, not tested: ranks not kept"
    assert data.panels[0].x.title == "percentage points"  # no band is promised where there is none


def test_early_and_late_have_their_colours_in_a_study_too():
    record = sample_study()
    record["rows"] = [study_row(4.0, "a", order, "", "", 0.0, "") for order in ("none", "early", "late")]
    looks = show.study(record).data.looks
    assert (looks["early"].colour, looks["late"].colour) == (theme.EARLY, theme.LATE)
    assert looks["none"].colour in theme.SERIES


def test_names_are_escaped_and_every_chart_has_a_still_and_words():
    for make in (show.study, show.curves, show.differences):
        view = make(sample_study())
        figure = view.figure
        figure.layout.meta = None  # words for the page, which writes them as text
        assert HOSTILE not in figure.to_json() and view.text and view.table
        assert to_matplotlib(view.data).axes
        assert "nothing to show" in make(sample_study() | {"rows": [], "tests": []}).figure.to_json()


def with_both_rankings(**more) -> dict:
    """The sample with a masked number in every row, twice the other one; own items masked are the headline."""
    record = sample_study() | {"headline": "masked", "rankings": ["all", "masked"]} | more
    for row in record["rows"]:
        row |= {"masked HR@5": 2 * row["HR@5"]}
    record["tests"] += [record["tests"][0] | {"metric": "masked HR@5", "difference": 4.5}]
    return record


def test_the_headline_is_drawn_and_the_other_ranking_is_a_hollow_mark_beside_it():
    where = {"modality": "", "rate": 0.0}
    data = show.study(with_both_rankings(), "corruption", where).data
    assert data.title == "b has the highest mean HR@5, own items masked, 18.0 %"
    assert [(mark.label, mark.value) for mark in data.marks] == [
        ("a", 10.0), ("b", 18.0), ("a, all items", 5.0), ("b, all items", 9.0)
    ]  # fmt: skip
    assert data.looks["all items"].hollow and data.panels[0].x.ends == (0, pytest.approx(1.03 * 18))
    other = show.study(with_both_rankings(), "corruption", where, ranking="all").data
    assert [mark.value for mark in other.marks] == [5.0, 9.0, 10.0, 18.0] and "all items" in other.caption
    assert to_matplotlib(data).axes


def test_lines_and_differences_are_of_the_headline_and_name_the_other_ranking():
    where = {"at": "test", "corruption": "missing"}
    lines = show.curves(with_both_rankings(), where=where).data
    assert lines.marks[0].value == 10.0 and "With ranking='all' it shows all items." in lines.text
    tests = show.differences(with_both_rankings()).data
    assert [mark.value for mark in tests.marks] == [4.5] and "HR@5, own items masked" in tests.title
    assert len(show.differences(with_both_rankings(), ranking="all").data.marks) == 2


def test_a_table_of_all_items_alone_says_so_and_has_no_other_ranking():
    old = sample_study() | {"headline": "all", "rankings": ["all"]}
    for make in (show.study, show.curves, show.differences):
        assert "HR@5, all items alone" in make(old).data.caption
        assert make(old).data.text.endswith("made this table: it has the ranking of all items alone.")
        with pytest.raises(MMSRError, match="was made by an older version, which had the ranking of all items alone"):
            _ = make(old, ranking="masked").data


def test_a_seed_is_the_mean_over_its_orders_at_ties():
    record = sample_study()
    record["rows"] = [
        study_row(value, "a", "", "", "", 0.0, "") | {"seed": seed, "tie_seed": order}
        for seed, order, value in ((0, 0, 4.0), (0, 1, 6.0), (1, 0, 7.0), (1, 1, 9.0))
    ]
    (mark,) = show.study(record).data.marks
    assert (mark.low, mark.value, mark.high) == ((4 + 6) / 2, (5 + 8) / 2, (7 + 9) / 2)


@pytest.mark.parametrize("draw", [show.study, show.curves])
def test_a_metric_that_a_row_lacks_is_refused_with_those_that_it_has(draw):
    with pytest.raises(MMSRError, match="unknown metric 'HR@7'; choose from: HR@5, MRR@5"):
        draw(sample_study(), metric="HR@7")
    record = sample_study()
    del record["rows"][1]["HR@5"]
    with pytest.raises(MMSRError, match="unknown metric 'HR@5'; choose from: MRR@5"):
        draw(record)
