"""The picture of leaks: a band for the random orders, a mark for the file's, rules below, hostile names escaped."""

import pytest
from fixtures import HOSTILE, sample_leaks

from mmsr_lite.views import show
from mmsr_lite.views.figures.leaks import FILE, RANDOM, RULE


def test_each_system_and_group_has_the_band_of_random_orders_and_the_mark_of_the_file():
    marks = show.leaks(sample_leaks()).data.marks
    rows = {mark.label: (mark.value, mark.low, mark.high, mark.group) for mark in marks if mark.group != RANDOM}
    assert rows == {
        "counting": (8.0, 5.9, 6.1, FILE),
        "counting: later targets": (5.0, pytest.approx(2.9), pytest.approx(3.1), FILE),
        "counting: targets of the same time": (11.0, pytest.approx(8.9), pytest.approx(9.1), FILE),
        "counting + rule of ids": (8.6, 8.6, 8.6, RULE),
    }
    means = [mark.value for mark in marks if mark.group == RANDOM]
    assert means == pytest.approx([(5.9 + 6.1) / 2, (2.9 + 3.1) / 2, (8.9 + 9.1) / 2])


def test_another_metric_can_be_shown_and_words_say_the_verdict():
    chart = show.leaks(sample_leaks(), "masked HR@5")
    assert [mark.value for mark in chart.data.marks if mark.group == FILE] == [9.0, 6.0, 12.0]
    assert "leaks found: tie order" in chart.text and "One leak." in chart.text and HOSTILE not in chart.html()
