"""Slopes: a line for each row, its columns named, its numbers told."""

import pytest

from mmsr_lite import MMSRError, show
from mmsr_lite.views.figures.slopes import slopes

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
