"""The picture in a real browser: what is drawn is what the record says, and mouse and keys both reach it."""

import base64
import json
import random

import pytest
from fixtures import HOSTILE, sample_history, sample_metrics, sample_trace

from mmsr_lite.views import lanes, save_report, show, style
from mmsr_lite.views.msgraph import STATIC

WIDGET = """async ([code, begin]) => {
  window.state = begin; window.heard = new Map();
  const model = {get: (k) => state[k], set: (k, v) => { state[k] = v; }, save_changes() {},
                 on: (k, f) => heard.set(k, f), off: (k) => heard.delete(k)};
  window.tell = (k, v) => { state[k] = v; heard.get(`change:${k}`)(); };
  window.stop = (await import(code)).default.render({model, el: document.getElementById("a")});
}"""  # a stand-in for the model that anywidget hands to the module
pytestmark = pytest.mark.browser


@pytest.fixture
def report(tmp_path, visit):
    def opened(*traces):
        save_report(tmp_path / "report.html", traces, sample_history(), sample_metrics())
        return visit(tmp_path / "report.html")

    return opened


def numbers(page, marks: str, key: str) -> dict[int, str]:
    script = "(all, key) => all.map((one) => [one.dataset[key], one.dataset.value ?? null])"
    return {int(k): v for k, v in page.eval_on_selector_all(marks, script, key)}


@pytest.mark.parametrize(
    ("types", "length", "gate"), [(1, 1, True), (2, 5, True), (3, 8, True), (4, 12, False), (3, 50, True)]
)
def test_every_node_and_edge_carries_the_number_of_the_record(report, types, length, gate):
    trace = sample_trace(length, types, length, gate=gate)
    page = report(trace)
    for layer, (path, phase) in enumerate([("hohe", 0), ("heho", 1)]):
        for name, value in (("layer", layer), ("order", path), ("phase", phase)):
            page.check(f".{name} input[value='{value}']", force=True)
        weights = trace["layers"][layer]["attention"][path][phase]["weights"]
        drawn, nodes = numbers(page, "path.edge", "edge"), numbers(page, "g.node", "node")
        assert len(drawn) == len(trace["edges"]) and len(nodes) == len(trace["nodes"])
        assert {e: None if v is None else float(v) for e, v in drawn.items()} == dict(enumerate(weights))
        beta = trace["layers"][layer]["beta"]
        assert {n: v if v is None else float(v) for n, v in nodes.items()} == {
            n: beta[n][0] if gate else None for n in range(len(nodes))
        }
    assert page.locator("g.node .ring:visible").count() == (2 * len(trace["nodes"]) if gate else 0)


def test_nodes_do_not_overlap_and_stand_where_python_puts_them(visit, tmp_path):
    (tmp_path / "empty.html").write_text("<!doctype html><link rel=icon href='data:,'>")
    page = visit(tmp_path / "empty.html", "head")
    code = "data:text/javascript;base64," + base64.b64encode((STATIC / "msgraph.js").read_bytes()).decode()
    for seed, (types, length) in enumerate([(1, 1), (2, 7), (3, 8), (4, 20), (3, 50)]):
        trace = sample_trace(seed, types, length)
        ask = "async ([code, trace]) => (await import(code)).layout(trace, 1000)"
        place = page.evaluate(ask, [code, trace])
        mine = lanes.layout(trace, place["column"])["nodes"]
        for (x, y, radius), node in zip(mine, place["nodes"], strict=True):
            assert (node["x"] - place["gutter"], node["radius"]) == pytest.approx((x, radius))
            assert all(y == b[1] for a, b in zip(place["nodes"], mine, strict=True) if a["y"] == node["y"])


def test_the_words_on_screen_are_the_words_of_python(report):
    trace = sample_trace(3)
    page = report(trace)
    assert page.inner_text(".mmsr > .summary") == show.msgraph(trace).text


def test_a_click_shows_the_numbers_of_a_node(report):
    trace, rng = sample_trace(3), random.Random(0)
    page = report(trace)
    for n in rng.sample(range(len(trace["nodes"])), 6):
        page.click(f"g.node[data-node='{n}'] .shape", force=True)
        assert page.inner_text(".panel h3") == trace["nodes"][n]["label"]
        shown = [float(v) for v in page.eval_on_selector_all(".panel td", "all => all.map((a) => a.dataset.value)")]
        for phases in trace["layers"][0]["attention"].values():
            for phase in phases:
                given = [w for (_, centre, _), w in zip(trace["edges"], phase["weights"], strict=True) if centre == n]
                assert {w for w in given if w is not None} <= set(shown)
        assert page.locator("g.node.chosen").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("g.node.chosen").count() == 0 and "expects next" in page.inner_text(".panel h3")


def test_arrows_walk_in_a_lane_and_between_lanes(report):
    trace = sample_trace(3)
    page = report(trace)
    here = lambda: trace["nodes"][int(page.evaluate("document.activeElement.dataset.node"))]  # noqa: E731
    page.focus("g.node[tabindex='0']")
    assert page.locator("g.node[tabindex='0']").count() == 1 and here()["type"] == 0
    walked = [here()["id"]]
    for _ in range(sum(node["type"] == 0 for node in trace["nodes"]) - 1):
        page.keyboard.press("ArrowRight")
        walked.append(here()["id"])
    assert sorted(walked) == sorted(node["id"] for node in trace["nodes"] if node["type"] == 0)
    page.keyboard.press("ArrowUp")
    assert here()["type"] == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert here()["type"] == 2
    page.keyboard.press("Enter")
    assert page.inner_text(".panel h3") == here()["label"]
    assert page.evaluate("getComputedStyle(document.activeElement.querySelector('.halo')).strokeWidth") == "3.5px"


def test_relations_hide_and_the_charts_follow_the_user_and_the_phase(report):
    one, two = sample_trace(3), sample_trace(4, length=5)
    page = report(one, two)
    page.click(".legend button:has-text('match')")
    assert page.locator("path.edge.off[data-relation='match']").count() == sum(r == 4 for _, _, r in one["edges"])
    page.check(".phase input[value='1']", force=True)
    assert "phase 2 (heterogeneous)" in page.inner_text("[data-chart='attention'] .summary")
    page.select_option(".chooser select", "1")
    assert page.locator("g.node").count() == len(two["nodes"])
    cells = page.evaluate("document.querySelector(\"[data-chart='gates'] .figure\").data[0].z.flat().length")
    assert cells == 2 * len(two["nodes"])


def test_a_hostile_title_is_only_text(report):
    page = report(sample_trace(3))
    assert page.locator("img[src='x'], image[href='x']").count() == 0
    page.hover(".step >> nth=0")
    assert page.inner_text(".tip b") == HOSTILE
    assert page.eval_on_selector_all(
        "img, image",
        "all => all.every((one) => (one.getAttribute('src') ?? one.getAttribute('href')).startsWith('data:image/'))",
    )


def test_themes_and_reduced_motion(report):
    page = report(sample_trace(3))
    back = "getComputedStyle(document.querySelector('.card')).backgroundColor"
    assert page.evaluate(back) == "rgb(255, 255, 255)"
    page.select_option("select.theme", "dark")
    assert page.evaluate(back) == "rgb(18, 23, 30)"
    small = page.locator("g.node:last-child .shape").bounding_box()["width"]
    page.select_option("select.theme", "projector")
    assert page.locator("g.node:last-child .shape").bounding_box()["width"] == pytest.approx(1.25 * small, rel=0.05)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('path.edge')).transitionProperty") == "none"


def test_the_widget_sends_a_click_to_python_and_obeys_python(visit, tmp_path):
    (tmp_path / "empty.html").write_text("<!doctype html><link rel=icon href='data:,'><div id=a></div>")
    page, trace = visit(tmp_path / "empty.html", "head"), sample_trace(3)
    code = "data:text/javascript;base64," + base64.b64encode((STATIC / "msgraph.js").read_bytes()).decode()
    state = {"record": trace, "look": style.for_record(trace), "selection": {}, "theme": "light"}
    page.evaluate(WIDGET, [code, state])
    page.click("g.node[data-node='4'] .shape", force=True)
    assert page.evaluate("state.selection") == {"node": 4, "layer": 0, "path": "hohe", "phase": 0}
    page.evaluate("tell('selection', {node: 1, layer: 1, path: 'heho', phase: 1})")
    assert page.locator("g.node.chosen").get_attribute("data-node") == "1" and page.is_checked("input[value='heho']")
    page.evaluate("stop()")
    assert page.locator("svg").count() == 0 and page.evaluate("heard.size") == 0


def test_each_view_alone_opens_offline(visit, tmp_path):
    trace = sample_trace(3)
    show.msgraph(trace, {"node": 2, "path": "heho"}).save_html(tmp_path / "msgraph.html")
    page = visit(tmp_path / "msgraph.html")
    assert page.locator("g.node.chosen").get_attribute("data-node") == "2"
    assert page.is_checked(".order input[value='heho']")
    for name, view in {"gates": show.gates(trace), "training": show.training(sample_history())}.items():
        view.save_html(tmp_path / f"{name}.html")
        assert visit(tmp_path / f"{name}.html").locator(".main-svg").count() > 0
    assert json.loads(json.dumps(trace)) == trace
