"""Slopes: a line for each row, its columns named, its numbers told."""

from itertools import pairwise

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views.figures.slopes import slopes
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.to_plotly import to_plotly

ROWS = {"pick": {"early": 99.0, "late": 57.0}, "clocks": {"early": 6.0, "late": 100.0}}


def test_each_row_is_a_line_through_its_columns():
    data = slopes(ROWS, "The better order depends on the world", "percent", reference=50 / 3)
    assert [(mark.label, mark.x, mark.y) for mark in data.marks] == [
        ("pick, early", 0.0, 99.0), ("pick, late", 1.0, 57.0), ("clocks, early", 0.0, 6.0), ("clocks, late", 1.0, 100.0)
    ]  # fmt: skip
    assert data.panels[0].x.names == ((0.0, "early"), (1.0, "late")) and data.panels[0].lines_at_y == (50 / 3,)
    assert "the dotted line is 16.7" in data.caption and "clocks, late 100.0" in data.words


def test_rows_need_the_same_columns():
    for rows in ({}, {"a": {"early": 1.0}, "b": {"late": 1.0}}):
        with pytest.raises(MMSRError, match="every row needs the same columns"):
            slopes(rows, "", "percent")


def test_a_drawing_without_a_record_has_picture_page_and_table():
    chart = show.slopes({"<b>": {"early": 1.0, "late": 2.0}}, "One line")
    assert chart.table == [{"of": "<b>, early", "value": 1.0}, {"of": "<b>, late", "value": 2.0}]
    assert chart._repr_mimebundle_().keys() == {"image/png", "text/plain"}
    assert "<b>, early" not in chart.html()


def test_seeds_are_a_mean_in_a_shaded_band_and_lines_are_named_at_their_ends():
    data = slopes(
        {"GRU4Rec": {"early": [96.0, 100.0], "late": [57.0, 59.0]}, "SASRec": {"early": 58.0, "late": 58.0}}, "", ""
    )
    assert data.table[0] == {"of": "GRU4Rec, early", "value": (96 + 100) / 2, "low": 96.0, "high": 100.0}
    assert "shaded" in data.caption and "shaded" not in slopes(ROWS, "", "").caption
    live = to_plotly(data)
    (shade,) = [trace for trace in live.data if trace.fill == "toself"]
    assert list(shade.y) == [100.0, 59.0, 57.0, 96.0] and live.layout.showlegend is False
    assert [note.text for note in live.layout.annotations] == ["GRU4Rec", "SASRec"]
    still = to_matplotlib(data).axes[0]
    assert still.get_legend() is None and {"GRU4Rec", "SASRec"} <= {text.get_text() for text in still.texts}
    assert len(still.collections) == 1


def test_names_of_lines_that_end_together_do_not_cover_each_other():
    data = slopes({name: {"early": 1.0, "late": 50.0} for name in "abc"}, "", "")
    places = [place for _, place in data.names_at_ends(100, 0)]
    gaps = [above - below for above, below in pairwise(places)]
    assert min(gaps) > 0.99 * 14 * 100 / data.height and abs(sum(places) / 3 - 50) < 1e-6


def test_a_cell_without_a_value_is_refused():
    with pytest.raises(MMSRError, match="'pick', 'early' has no value"):
        slopes({"pick": {"early": []}}, "", "")
