"""A brush over the gates of a data set gives the gates and users inside it, by hand and from Python alike."""

import pandas as pd
import pytest
from fixtures import sample_compare, sample_gates

from mmsr_lite.errors import MMSRError
from mmsr_lite.views import show

RISING = [i / 11 for i in range(12)]


@pytest.fixture
def table():
    """Users 0 to 5, two gates each of one position and layer, β rising from 0 to 1; odd users have pictures."""
    user = [i // 2 for i in range(12)]
    kinds = ["picture" if u % 2 else "item" for u in user]
    about = {"position": [1 + u % 3 for u in user], "layer": [u // 3 for u in user]}
    return pd.DataFrame({"user": user, "type": kinds, "late": RISING} | about)


@pytest.fixture
def opened():
    return []


@pytest.fixture
def inspector(table, opened):
    return show.inspector(sample_gates(), "type", table, lambda user: opened.append(user) or f"this is {user}")


def boxes(chart) -> list:
    """The chosen parts that a chart shows; a line marks one half."""
    return [shape for shape in chart.layout.shapes if shape.type == "rect"]


def test_all_are_inside_until_something_is_chosen(inspector, table):
    assert inspector.brush == {"by": "type", "rows": [], "late": [0, 1]}
    assert inspector.rows.equals(table) and inspector.users == [0, 1, 2, 3, 4, 5]
    inspector.brush = {"late": [0.5, 1]}
    assert inspector.rows["late"].tolist() == RISING[6:] and inspector.users == [3, 4, 5]
    assert "Inside (β 0.5 to 1): 6 of 12 gates, of 3 users, first user 3: 2 gates" in inspector.text


def test_rows_of_the_chart_are_the_gates_that_they_stand_for(inspector):
    inspector.brush = {"rows": [1]}  # item in layer 1, picture in layer 1, item in layer 2, picture in layer 2
    assert inspector.users == [1]
    inspector.brush = {"rows": [2, 1], "late": [0.2, 0.8]}
    assert inspector.brush["rows"] == [1, 2] and inspector.users == [1, 4]
    assert inspector.rows["late"].tolist() == [RISING[3], RISING[8]]  # 3/11 and 8/11; 2/11 is below 0.2
    inspector.brush = {"by": "position"}  # of other rows; β stays
    assert inspector.brush == {"by": "position", "rows": [], "late": [0.2, 0.8]}
    inspector.brush = {"rows": [2], "late": [0, 1]}  # item, layer 2, position 1 to 2
    assert inspector.users == [4]


def test_a_control_a_box_in_the_chart_and_python_set_the_same_brush(inspector):
    (by, rows, late), chart = inspector.widget.children[0].children, inspector.widget.children[1]
    late.value = (0.5, 1)
    assert inspector.brush["late"] == [0.5, 1] and [shape.x0 for shape in boxes(chart)] == [0.5]
    rows.value = (0, 3)
    assert inspector.users == [3, 5] and [shape.y0 for shape in boxes(chart)] == [-0.5, 2.5]
    box = {"type": "rect", "x0": 1.05, "x1": 0.249, "y0": 0.8, "y1": 2.2}  # as it comes from the front end
    chart._js2py_relayout = {"relayout_data": {"shapes": [box]}, "source_view_id": "a"}
    assert inspector.brush == {"by": "type", "rows": [1, 2], "late": [0.25, 1]}
    assert rows.value == (1, 2) and late.value == (0.25, 1) and inspector.users == [4, 1]
    inspector.brush = {"by": "position"}
    assert by.value == "position" and rows.options[2][0] == "item, layer 2, position 1 to 2"
    assert list(chart.layout.yaxis.ticktext)[2] == rows.options[2][0] and len(boxes(chart)) == 1


def test_a_click_on_a_user_shows_the_user_below(inspector, opened):
    inspector.brush = {"late": [0.9, 1]}
    *_, people, output, _ = inspector.widget.children
    assert [button.description for button in people.children] == ["user 5: 2 gates"]
    people.children[0].click()
    assert opened == [5] and output.outputs[0]["data"] == {"text/plain": "this is 5"}


def test_of_several_data_sets_a_user_is_named_with_the_data_set(table):
    both = pd.concat([table.assign(dataset="a"), table.assign(dataset="b", late=0.5)])
    record = sample_gates()
    record["by"]["type"] = [row | {"dataset": name} for row in record["by"]["type"] for name in "ab"]
    view = show.inspector(record, table=both)
    assert list(view.figure.layout.yaxis.ticktext[:2]) == ["item, layer 1, a", "item, layer 1, b"]
    view.brush = {"rows": [1]}
    assert view.users == [("b", 0), ("b", 2)] and "user 0 of b: 2 gates" in view.text


def test_users_on_whom_models_disagree_open_with_a_click(opened):
    record = sample_compare()
    ranks = ((4, 9.0), (2, 7.5), (4, 3.0))
    about = {"item": 1, "title": "one", "length": 3}
    record["disagree"] = [about | {"user": u, "user_id": f"u{u}", "ranks": [1.0, r]} for u, r in ranks]
    view = show.compare(record, opened.append)
    assert view.users == [4, 2] and view.text.endswith("The models disagree most on u4: ranks 1, 9, u2: ranks 1, 7.5.")
    view.widget.children[3].children[1].click()
    assert opened == [2]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"late": [0.5, 2]}, "late from 0.5 to 2 and no row"),
        ({"rows": [4]}, "rows 4; expected .* rows from 0 to 3"),
        ({"by": "mood"}, "unknown group 'mood'"),
        ({"beta": 1}, "unknown part of a brush 'beta'"),
    ],
)
def test_what_cannot_be_brushed_is_told_and_changes_nothing(inspector, asked, says):
    with pytest.raises(MMSRError, match=says):
        inspector.brush = asked
    assert inspector.users == [0, 1, 2, 3, 4, 5]


def test_without_the_gates_or_somebody_who_opens_there_is_a_chart_only():
    view = show.inspector(sample_gates())
    assert set(view.live()) == {"application/vnd.plotly.v1+json"} == set(show.compare(sample_compare()).live())
    with pytest.raises(MMSRError, match=r"show.inspector\(summary, table=table\)"):
        view.brush = {"late": [0, 0.5]}
    with pytest.raises(MMSRError, match="give open="):
        view.open(3)
