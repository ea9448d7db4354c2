"""A figure is one table of marks: the twin in text reads it, and both renderers draw it."""

import io

import pytest
from fixtures import record_for, sample_study
from matplotlib.text import Text

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import VIEWS, show
from mmsr_lite.views.figures.data import Axis, FigureData, Look, Mark, Panel
from mmsr_lite.views.figures.kit import empty_figure, lines, named_rows
from mmsr_lite.views.figures.to_matplotlib import to_matplotlib
from mmsr_lite.views.figures.to_plotly import to_plotly

BLACK = {"a": Look("#000000")}


def chart_data() -> dict[str, FigureData]:
    views = {name: make(record_for(name)) for name, make in VIEWS.items()}
    views |= {name: getattr(show, name)(sample_study()) for name in ("study", "curves", "differences")}
    return {name: view.data for name, view in views.items() if hasattr(view, "data")}


@pytest.mark.parametrize("data", chart_data().values(), ids=chart_data())
def test_plotly_and_the_still_show_the_numbers_of_the_table(data):
    numbers = sorted(row["value"] for row in data.table if row["value"] is not None)
    drawn: list[float] = []
    for trace in to_plotly(data).data:
        if trace.type == "heatmap":
            drawn += [value for row in trace.z for value in row if value is not None]
        elif trace.name != "band":
            along = trace.y if data.kind == "lines" else trace.x
            drawn += [value for value in along if value is not None]
    assert sorted(drawn) == pytest.approx(numbers)
    still: list[float] = []
    axes = to_matplotlib(data).axes
    if data.kind == "heat map":
        still = axes[0].collections[0].get_array().compressed().tolist()
    elif data.kind == "bars":
        numbers = [value for value in numbers if value]  # a bar of no width is drawn for the legend
        still = [patch.get_width() for one in axes for patch in one.patches if patch.get_width()]
    else:
        for one in axes:
            for line in one.lines:
                if line.get_linestyle() == ":" and line.get_label() not in data.looks:
                    continue  # a reference line
                still += list(line.get_ydata() if data.kind == "lines" else line.get_xdata())
    assert sorted(still) == pytest.approx(numbers)


def test_a_dollar_sign_in_a_name_begins_no_formula():
    looks = {"$g_{$": Look("#000000"), "b": Look("#111111")}
    marks = (Mark("$a_{$", 1.0, 0.0, 1.0, "$g_{$"), Mark("$a_{$", 1.0, 0.0, 1.0, "b"))
    panels = (Panel(y=named_rows(["$a_{$"])),)
    figure = to_matplotlib(FigureData("bars", "$x", "$y", panels=panels, marks=marks, looks=looks))
    figure.savefig(io.BytesIO(), format="png")  # a formula that is none would be an error here
    assert {"$x", "$y", "$a_{$", "$g_{$"} <= {text.get_text() for text in figure.findobj(Text)}


def test_a_mark_outside_the_figure_is_an_error():
    with pytest.raises(MMSRError, match="'x' is in panel 2; the figure has 1"):
        FigureData("lines", "t", marks=(Mark("x", 1, 1.0, 1.0, "a", panel=2),), looks=BLACK)
    with pytest.raises(MMSRError, match="'x' is of group 'b', which has no look"):
        FigureData("lines", "t", marks=(Mark("x", 1, 1.0, 1.0, "b"),), looks=BLACK)


def test_what_was_not_measured_is_a_gap_in_both():
    data = FigureData(title="t", **lines([("epoch", "nats", [("a", BLACK["a"], [1, 2, 3], [1.0, None, 3.0])])]))
    assert [row["value"] for row in data.table] == [1.0, None, 3.0]
    assert list(to_plotly(data).data[0].y) == [1.0, None, 3.0]
    still = to_matplotlib(data).axes[0].lines[0].get_ydata()
    assert still[0] == 1 and still[1] != still[1] and still[2] == 3  # not a number is not itself


def test_words_are_sentences():
    assert FigureData("empty", "Is it?", "It is", "Yes.").words == "Is it? It is. Yes."
    assert empty_figure("Gate", "None.").panels == (Panel(Axis(), Axis()),)
