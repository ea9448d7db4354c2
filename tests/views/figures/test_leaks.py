"""The picture of leaks: a band for the random orders, a mark for the file's, rules below, hostile names escaped."""

import pytest
from fixtures import HOSTILE, sample_leaks

from mmsr_lite.views import show
from mmsr_lite.views.figures.leaks import FILE, RANDOM, RULE


def test_each_system_and_group_has_the_band_of_random_orders_and_the_mark_of_the_file():
    figure = show.leaks(sample_leaks()).figure
    names = list(figure.layout.yaxis.ticktext)
    assert names == [
        "counting",
        "counting: later targets",
        "counting: targets of the same time",
        "counting + rule of ids",
    ]
    band, file, rule, random = figure.data
    assert list(band.base)[:3] == pytest.approx([5.9, 2.9, 8.9]) and list(band.x)[:3] == pytest.approx([0.2] * 3)
    assert (file.name, list(file.x)) == (FILE, [8.0, 5.0, 11.0]) and (rule.name, list(rule.x)) == (RULE, [8.6])
    assert random.name == RANDOM and list(random.x) == pytest.approx([6.0, 3.0, 9.0])


def test_another_metric_can_be_shown_and_words_say_the_verdict():
    chart = show.leaks(sample_leaks(), "masked HR@5")
    assert list(chart.figure.data[1].x) == [9.0, 6.0, 12.0]
    assert "counting: 8.00 in the file, 5.90 to 6.10 at random" in show.leaks(sample_leaks()).text
    assert "One leak." in chart.text and HOSTILE not in chart.html()
