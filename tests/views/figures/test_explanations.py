"""A value and its band: drawn where the record says, marked when it is outside."""

import pytest
from fixtures import HOSTILE, sample_codebook, sample_compare, sample_faithfulness, sample_gates, sample_what_if

from mmsr_lite.views import show
from mmsr_lite.views.figures import explanations
from mmsr_lite.views.figures import trace as charts
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.to_plotly import to_plotly


def marks(data) -> dict[str, tuple[float, str]]:
    """Label -> where its mark is, and the group it is of."""
    return {mark.label: (mark.x, mark.group) for mark in data.marks}


def test_each_measure_of_a_what_if_stands_within_its_own_band():
    found = marks(explanations.what_if(sample_what_if()))
    assert found["rank: 2 to 7"] == ((5 - 1) / 2, "outside")  # the band is -1 to 3: middle 1, half 2
    assert found["score: 6.5 to 6"] == ((-0.5 - 1) / 2, "inside")
    (gate,) = [value for label, value in found.items() if label.startswith("β of")]
    assert gate == (pytest.approx(2), "outside") and len(found) == 4


def test_where_the_repeats_do_not_differ_no_band_is_drawn_and_the_row_says_so():
    record = sample_what_if()
    for name, delta in (("rank", 0.0), ("score", -1.0)):
        record["measures"][name] |= {"band": [0.0, 0.0], "delta": delta}
    data = explanations.what_if(record)
    found = marks(data)
    assert found["no band, rank: 2 to 7"] == (0, "as all repeats")
    assert found["no band, score: 6.5 to 6"] == (-2, "outside")
    widths = {mark.label: mark.high - mark.low for mark in data.marks}
    assert [widths[label] for label in found if "no band" in label] == [0, 0] and sorted(widths.values()) == [
        0,
        0,
        2,
        2,
    ]


def test_gates_of_a_data_set_are_grouped_and_comparisons_know_what_is_clear():
    by_type, by_place = (explanations.inspector(sample_gates(), by) for by in ("type", "position"))
    assert marks(by_type)["picture, layer 2"] == (0.5, "picture")
    assert (by_type.marks[0].low, by_type.marks[0].high) == (0.2, 0.9)
    assert "item, layer 2, position 1 to 2" in marks(by_place)
    record = sample_gates()
    flowing = {"kind": "pick", "flow_early": 0.123, "flow_late": 0.3}
    record["by"]["kind"] = [record["by"]["type"][0] | flowing]
    assert "item, layer 1, pick, flow 12 % early, 30 % late" in marks(explanations.inspector(record, "kind"))
    found = marks(explanations.compare(sample_compare()))
    assert found == {"late − early: HR@5": (2, "clear of zero"), "late − early: MRR@5": (0.5, "not clear")}


def test_curves_of_an_explanation_stand_beside_chance_and_its_tests_are_told():
    data = explanations.fidelity(sample_faithfulness())
    series = {(name, mark.panel): [] for name, _, all_marks in data.groups() for mark in all_marks}
    for mark in data.marks:
        series[mark.group, mark.panel].append(mark.y)
    assert series["ours", 0] == [0.5, 0.2, 0.1] and series["random", 0] == [0.5, 0.4, 0.1]
    shaded = [(mark.low, mark.high) for mark in data.marks if (mark.group, mark.panel) == ("random", 1)]
    assert shaded == [(0.5, 0.5), (0.3, 0.45), (0.1, 0.1)]
    assert "Ours falls faster." in show.fidelity(sample_faithfulness()).text


def test_a_codebook_shows_its_items_and_a_training_plays_without_a_kernel():
    data = charts.codebook(sample_codebook())
    assert [mark.value for mark in data.marks] == [4, 0] and len(data.pictures) == 2
    figure = to_plotly(data)
    figure.layout.meta = None
    assert HOSTILE not in figure.to_json()
    history = show.training({"epochs": [{"epoch": e, "loss": 1 / e} for e in (1, 2, 3)], "best_epoch": 3})
    assert [list(frame.data[0].y) for frame in history.figure.frames][1] == [1, 1 / 2, None]


def test_both_renderers_draw_bands_and_marks_where_the_table_says():
    data = explanations.compare(sample_compare())
    assert [(row["low"], row["value"], row["high"]) for row in data.table] == [(1, 2, 3), (-0.5, 0.5, 1.5)]
    axes = to_matplotlib(data).axes[0]
    assert [(patch.get_x(), patch.get_width()) for patch in axes.patches if patch.get_width()] == [(1, 2), (-0.5, 2)]
    assert sorted(list(line.get_xdata()) for line in axes.lines) == [[0, 0], [0.5], [2]]
    band, clear, unclear = to_plotly(data).data
    assert list(band.base) == [1, -0.5] and list(band.x) == [3 - 1, 1.5 + 0.5]
    assert (list(clear.x), list(unclear.x)) == ([2], [0.5])
