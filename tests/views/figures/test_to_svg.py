"""Figures of intervals as SVG: marks stand where the scale says, names are escaped, other figures are words."""

import re

import pytest
from fixtures import HOSTILE

from mmsr_lite.views.figures.data import Axis
from mmsr_lite.views.figures.kit import CLEAR, UNCLEAR, empty_figure, interval_rows
from mmsr_lite.views.figures.to_svg import SIDE, WIDE, ticks, to_svg


def drawn(rows, ends):
    axis = Axis("points", ends=ends)
    return to_svg(interval_rows("title", "", "", rows, {"apart": CLEAR, "not apart": UNCLEAR}, axis))


def test_a_band_begins_and_ends_where_the_scale_has_its_ends():
    text = drawn([("one", 0.0, 50.0, 25.0, "apart"), ("two", 75.0, 100.0, 80.0, "not apart")], ends=(0.0, 100.0))
    bands = re.findall(r'<rect class="band" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', text)
    scale = (WIDE - 2 * SIDE) / 100
    expected = [(SIDE, 50 * scale), (SIDE + 75 * scale, 25 * scale)]
    assert [(float(x), float(width)) for x, width in bands] == [pytest.approx(pair, abs=0.1) for pair in expected]


def test_names_of_rows_are_text_and_never_html():
    text = drawn([(HOSTILE, 0.0, 1.0, 0.5, "apart")], ends=(0.0, 1.0))
    assert HOSTILE not in text and "&lt;img" in text


def test_a_figure_without_rows_is_its_words():
    assert to_svg(empty_figure("Title", "No system could be trained.")) == (
        '<p class="summary">No system could be trained.</p>'
    )


@pytest.mark.parametrize(
    ("least", "most", "numbers"),
    [(0.0, 43.0, [0, 10, 20, 30, 40]), (-3.6, 21.0, [0, 5, 10, 15, 20]), (-0.02, 0.02, [-0.02, -0.01, 0, 0.01, 0.02])],
)
def test_a_scale_has_round_numbers_within_its_ends(least, most, numbers):
    assert ticks(least, most) == pytest.approx(numbers)


def test_a_scale_of_one_value_has_that_value():
    assert ticks(2.0, 2.0) == [2.0]
