"""Where nodes stand: at their time, never on each other, the same at each drawing."""

from html.parser import HTMLParser
from itertools import pairwise

import pytest
from fixtures import HOSTILE, sample_trace
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.views import show, theme, untrusted
from mmsr_lite.views.figures.msgraph import draw
from mmsr_lite.views.figures.msgraph_layout import msgraph_layout, spread
from mmsr_lite.views.selection import resolve_selection

places = st.lists(st.floats(0, 100), min_size=1, max_size=20).map(sorted)


@given(places)
def test_spread_keeps_gaps_and_bounds_and_leaves_alone_what_fits(wanted):
    got = spread(wanted, 5, 0, 100)
    assert all(b - a >= 5 - 1e-9 for a, b in pairwise(got))
    assert min(got) >= -1e-9 and max(got) <= 100 + 1e-9
    if all(b - a > 5 for a, b in pairwise(wanted)):
        assert got == pytest.approx(wanted)


@given(st.integers(0, 50), st.integers(1, 4), st.integers(1, 50))
def test_no_two_nodes_overlap_and_lanes_hold_their_nodes(seed, types, length):
    trace = sample_trace(seed % 5, types, length)
    layout = msgraph_layout(trace)
    for i, (x, y, radius, lane) in enumerate(layout.nodes):
        assert layout.lanes[lane].type == trace["nodes"][i]["type"] and i in layout.lanes[lane].members
        assert layout.lanes[lane].y + radius < y < layout.lanes[lane].y + layout.lanes[lane].height - radius
        others = layout.nodes[i + 1 :]
        assert all(abs(x - x2) >= radius + r2 + 8 or abs(y - y2) >= radius + r2 for x2, y2, r2, _ in others)
        shape = theme.SHAPES[theme.kind(layout.lanes[lane].type)[2]]
        wide = 2 * (max(abs(a) for a, _ in shape) * (radius + 3) + 2)  # with its ring, 4 pixels thick
        assert all(abs(x - x2) >= wide for x2, y2, _, other in others if other == lane and y == y2)


def test_items_stand_in_the_middle_lane():
    orders = [[lane.type for lane in msgraph_layout(sample_trace(1, types)).lanes] for types in (1, 2, 3, 4)]
    assert orders == [[0], [1, 0], [1, 0, 2], [1, 2, 0, 3]]


@pytest.mark.parametrize("path", ["hohe", "heho"])
def test_a_still_shows_both_families_of_attention_and_the_gate(path):
    trace = sample_trace(3)
    view = show.msgraph(trace, {"path": path, "layer": 1})
    axes = draw(trace, view.selection).axes[0]
    curves = [patch for patch in axes.patches if patch.get_facecolor()[3] == 0 and patch.get_path().codes is not None]
    widths = [
        0.5 + 3.4 * weight
        for phase in trace["layers"][1]["attention"][path]
        for (source, centre, _), weight in zip(trace["edges"], phase["weights"], strict=True)
        if weight is not None and source != centre
    ]
    assert sorted(patch.get_linewidth() for patch in curves) == pytest.approx(sorted(widths))
    rings = [line for line in axes.lines if line.get_color() == theme.LATE and len(line.get_xdata()) > 20]
    assert len(rings) >= 0.9 * len(trace["nodes"])
    assert view.to_matplotlib().get_figwidth() == pytest.approx(8)  # 800 pixels


def test_a_selection_outside_the_record_comes_back_within_it():
    view = show.msgraph(
        sample_trace(3), {"node": 999, "edge": -1, "layer": 9, "path": "sideways", "phase": 5, "stage": 99}
    )
    nothing = {"user": 3, "position": None, "node": None, "edge": None, "stage": None}
    assert view.selection == nothing | {"layer": 1, "path": "hohe", "phase": 1}
    view.selection = {"node": 4, "layer": 0}
    assert view.selection == nothing | {"node": 4, "layer": 0, "path": "hohe", "phase": 1}
    assert view.widget.selection == view.selection
    assert "style" not in view.widget.class_own_traits(), "ipywidgets takes a trait of that name for a widget"
    view.widget.selection = {"node": 2, "layer": 1, "path": "heho", "phase": 0}
    assert view.selection["node"] == 2


def test_an_edge_brings_the_node_that_listens_a_position_its_item_and_a_stage_its_phase():
    trace = sample_trace(3)
    edge = next(e for e, (source, centre, _) in enumerate(trace["edges"]) if source != centre)
    chosen = resolve_selection(trace, {"edge": edge, "layer": 1})
    assert (chosen["node"], chosen["layer"]) == (trace["edges"][edge][1], 1)
    chosen = resolve_selection(trace, chosen, {"position": 3})
    assert (chosen["node"], chosen["edge"], chosen["position"]) == (trace["history"][2]["node"], None, 3)
    stage = next(i for i, one in enumerate(trace["stages"]) if one.get("path") == "heho" and one["layer"] == 1)
    chosen = resolve_selection(trace, chosen, {"stage": stage})
    assert [chosen[key] for key in ("layer", "path", "phase", "position")] == [1, "heho", 0, 3]
    assert resolve_selection(trace, chosen, {"layer": 0})["stage"] is None


def test_a_picture_that_is_not_one_is_not_drawn():
    for wrong in (
        None,
        7,
        "x.png",
        "data:image/svg+xml;base64,PHN2Zz4=",
        "data:image/png;base64,AAAA",
        'data:image/png;base64,A"',
    ):
        assert untrusted.picture(wrong) is None
    assert untrusted.picture(sample_trace(3)["history"][0]["picture"]).shape == (96, 96, 3)


class Tags(HTMLParser):
    """The elements of a page, as a browser reads it."""

    def __init__(self, page: str):
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_pyvis_needs_no_network_and_its_titles_are_text():
    from mmsr_lite.views import to_pyvis

    trace = sample_trace(3)
    hostile = trace | {"nodes": [node | {"label": HOSTILE} for node in trace["nodes"]], "relations": [HOSTILE] * 9}
    elements = []
    for record in (trace, hostile):
        [(tag, attributes)] = Tags(to_pyvis(record)).found
        assert tag == "iframe" and attributes["sandbox"] == "allow-scripts"
        inside = Tags(attributes["srcdoc"]).found
        assert not [one for _, one in inside if "src" in one or "href" in one]
        elements.append([tag for tag, _ in inside])
    assert HOSTILE not in attributes["srcdoc"] and "onerror=alert(1)" in attributes["srcdoc"]
    assert elements[0] == elements[1] and "img" not in elements[1]
