"""The picture in a real browser: what is drawn is what the record says, and mouse and keys both reach it."""

import base64
import json
import random
import re

import pytest
from fixtures import HOSTILE, sample_faithfulness, sample_history, sample_metrics, sample_trace, sample_what_if

from mmsr_lite.views import save_report, show, untrusted
from mmsr_lite.views.figures.msgraph import two_lines
from mmsr_lite.views.figures.msgraph_layout import curve, msgraph_layout
from mmsr_lite.views.page import static
from mmsr_lite.views.selection import describe, resolve_selection

pytestmark = pytest.mark.browser


@pytest.fixture
def picture(tmp_path, visit):
    def opened(trace):
        show.msgraph(trace).save_html(tmp_path / "msgraph.html")
        return visit(tmp_path / "msgraph.html")

    return opened


NODES = "all => all.map((one) => [Number(one.dataset.node), one.dataset.value ?? null])"
EDGES = "all => all.map((one) => [one.index, one.value])"


@pytest.mark.parametrize(
    ("types", "length", "gate"), [(1, 1, True), (2, 5, True), (3, 8, True), (4, 12, False), (3, 50, True)]
)
def test_every_node_and_edge_carries_the_number_of_the_record(picture, types, length, gate):
    trace = sample_trace(length, types, length, gate=gate)
    page = picture(trace)
    for layer, (path, phase) in enumerate([("hohe", 0), ("heho", 1)]):
        for name, value in (("layer", layer), ("order", path), ("phase", phase)):
            page.check(f".{name} input[value='{value}']", force=True)
        weights = trace["layers"][layer]["attention"][path][phase]["weights"]
        drawn, nodes = (dict(page.eval_on_selector_all(*of)) for of in (("path.edge", EDGES), ("g.node", NODES)))
        assert len(drawn) == len(trace["edges"]) and len(nodes) == len(trace["nodes"])
        assert drawn == dict(enumerate(weights))
        beta = trace["layers"][layer]["beta"]
        assert {n: v if v is None else float(v) for n, v in nodes.items()} == {
            n: beta[n][0] if gate else None for n in range(len(nodes))
        }
    assert page.locator("g.node .ring:visible").count() == (2 * len(trace["nodes"]) if gate else 0)


@pytest.fixture
def javascript(visit, tmp_path):
    """Call a function of msgraph.js with arguments for each of many cases."""
    (tmp_path / "empty.html").write_text("<!doctype html><link rel=icon href='data:,'>")
    page = visit(tmp_path / "empty.html", "head")
    code = "data:text/javascript;base64," + base64.b64encode(static("msgraph.js").encode()).decode()
    ask = """async ([code, name, asked]) => {
      const all = await import(code), [things, cases] = JSON.parse(asked);
      return JSON.stringify(cases.map((numbers) => all[name](...numbers.map((number) => things[number]))));
    }"""

    def told(name, cases):
        things = {id(thing): thing for case in cases for thing in case}  # a trace of many cases is sent once
        number = {key: n for n, key in enumerate(things)}
        asked = json.dumps([[*things.values()], [[number[id(thing)] for thing in case] for case in cases]])
        return json.loads(page.evaluate(ask, [code, name, asked]))

    return told


def random_traces() -> list[dict]:
    """Traces of all sizes; some without gate, layers, target, or with equal weights."""
    rng, traces = random.Random(0), []
    for seed in range(24):
        trace = sample_trace(seed, rng.randint(1, 4), rng.randint(1, 40), rng.randint(1, 3), gate=seed % 3 > 0)
        if seed % 8 == 0:
            trace["layers"], trace["target"] = [], None
        if seed % 8 == 1:
            for layer in trace["layers"]:
                layer["beta"] = [[1 / 16, 15 / 16]] * len(trace["nodes"]) if layer["beta"] else None
                for phases in layer["attention"].values():
                    for phase in phases:
                        phase["weights"] = [None if w is None else 1 / 16 for w in phase["weights"]]
        if trace["target"]:
            trace["target"]["rank"] = rng.choice([1.0, 4.5, 17.0])
        traces.append(trace)
    return traces


def test_nodes_stand_and_curves_run_where_python_puts_them(javascript):
    rng = random.Random(1)
    cases = [[trace, rng.choice([390.0, 800.0, 1000.5, 2300.0]), rng.choice([1.0, 1.25])] for trace in random_traces()]
    edges = []
    for (trace, width, unit), theirs in zip(cases, javascript("layout", cases), strict=True):
        ours = msgraph_layout(trace, width, unit)
        names = ("unit", "gutter", "ahead", "column", "end", "box", "titles", "width", "height")
        assert [theirs[name] for name in names] == pytest.approx([getattr(ours, name) for name in names], abs=1e-6)
        for mine, node in zip(ours.nodes, theirs["nodes"], strict=True):
            assert [node[key] for key in ("x", "y", "radius", "lane")] == pytest.approx(list(mine), abs=1e-6)
        for mine, lane in zip(ours.lanes, theirs["lanes"], strict=True):
            assert (lane["type"], lane["members"]) == (mine.type, mine.members)
            assert (lane["y"], lane["height"]) == pytest.approx((mine.y, mine.height), abs=1e-6)
        edges += [(ours, theirs, *rng.choice(trace["edges"])[:2]) for _ in range(20)]
    for (ours, _, source, centre), points in zip(edges, javascript("curve", [[*e[1:]] for e in edges]), strict=True):
        mine = curve(ours, source, centre)
        assert [(point["x"], point["y"]) for point in points] == [pytest.approx(point, abs=1e-6) for point in mine]


def random_selection(rng: random.Random) -> dict:
    """Some keys of a selection with values within and outside a record."""
    number = [None, -1, 0, 1, 2, 3, 7, 30, 999]
    values = {"user": number, "position": number, "node": number, "edge": number, "layer": number, "phase": number}
    values |= {"stage": number, "path": [None, "hohe", "heho", "sideways"]}
    return {key: rng.choice(values[key]) for key in rng.sample(list(values), rng.randint(0, len(values)))}


def test_both_languages_resolve_a_selection_and_tell_the_picture_alike(javascript):
    rng, traces = random.Random(2), random_traces()
    chosen = [[rng.choice(traces), random_selection(rng), random_selection(rng)] for _ in range(300)]
    ours = [resolve_selection(*case) for case in chosen]
    assert javascript("resolveSelection", chosen) == ours
    alone = [[trace, before] for trace, before, _ in chosen[:100]]
    assert javascript("resolveSelection", alone) == [resolve_selection(*case) for case in alone]
    told = [[trace, at] for (trace, *_), at in zip(chosen, ours, strict=True)]
    assert javascript("describe", told) == [describe(*case) for case in told]


def test_both_languages_clean_a_text_alike(javascript):
    rng = random.Random(3)
    letters = [
        *"ab <&\"'$",
        "é",
        "字",
        "😀",
        "\u202e",
        "\u200d",
        "\u00a0",
        "\t",
        "\n",
        "\x00",
        "\u0301",
        "\ufeff",
        "\u2028",
    ]
    texts = [None, "", 7, *("".join(rng.choices(letters, k=rng.randint(0, 90))) for _ in range(300))]
    cases = [[text, rng.choice([1, 2, 6, 40])] for text in texts] + [["😀" * 700, 60], ["a" * 700, 60]]
    assert javascript("clean", cases) == [untrusted.clean(*case) for case in cases]
    titles = [
        [" ".join(rng.choices(["a", "red", "no. 18", "overcoat", "𝕏𝕏𝕏"], k=rng.randint(1, 7))), rng.choice([9, 17])]
        for _ in range(200)
    ]
    assert javascript("twoLines", titles) == [two_lines(*case) for case in titles]


def test_the_words_on_screen_are_the_words_of_python(picture):
    trace = sample_trace(3)
    page = picture(trace)
    assert page.inner_text(".mmsr > .summary") == show.msgraph(trace).text


def test_a_click_shows_the_numbers_of_a_node(picture):
    trace, rng = sample_trace(3), random.Random(0)
    page = picture(trace)
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
    last = trace["nodes"][trace["history"][-1]["node"]]["label"]
    assert page.locator("g.node.chosen").count() == 0 and page.inner_text(".panel h3") == last


def test_arrows_walk_in_a_lane_and_between_lanes(picture):
    trace = sample_trace(3)
    page = picture(trace)
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


def test_relations_hide_and_come_back(picture):
    trace = sample_trace(3)
    page, match = picture(trace), "path.edge.off[data-relation='match']"
    page.click(".legend button:has-text('match')")
    assert page.locator(match).count() == sum(r == 4 for _, _, r in trace["edges"])
    page.click(".legend button:has-text('match')")
    page.check(".phase input[value='1']", force=True)
    assert page.locator(match).count() == 0


def test_a_report_shows_the_user_who_is_chosen_and_how_the_model_was_trained(tmp_path, visit):
    one, two = sample_trace(3), sample_trace(4, length=5)
    save_report(tmp_path / "report.html", [one, two], sample_history(), sample_metrics())
    page = visit(tmp_path / "report.html")
    assert page.locator("g.node").count() == len(one["nodes"]) and page.locator(".answers tbody tr").count() >= 10
    page.select_option(".chooser select", "1")
    assert page.locator("g.node").count() == len(two["nodes"])
    chart = "[data-chart='training'] .still img"
    assert page.eval_on_selector(chart, "async (one) => { await one.decode(); return one.naturalWidth; }") > 300
    assert "The loss fell" in page.get_attribute(chart, "alt")
    assert (tmp_path / "report.html").stat().st_size < 1.5e6
    page.select_option("select.theme", "dark")
    assert page.evaluate("document.body.dataset.theme") == "dark"


def test_a_hostile_title_is_only_text(picture):
    page = picture(sample_trace(3))
    assert page.locator("img[src='x'], image[href='x']").count() == 0
    page.hover(".step >> nth=0")
    assert page.inner_text(".tip b") == HOSTILE
    assert page.eval_on_selector_all(
        "img, image",
        "all => all.every((one) => (one.getAttribute('src') ?? one.getAttribute('href')).startsWith('data:image/'))",
    )


def test_what_is_written_on_a_button_is_in_its_name_and_what_is_hidden_is_hidden(picture):
    page = picture(sample_trace(3))
    wrong = """all => all.map((one) => [one.getAttribute("aria-label"), one.textContent])
      .filter(([name, seen]) => !name.includes(seen.trim().split(/\\s+/).join(" ")))"""
    assert page.locator("g.step text, g.node text").count() > 9
    assert page.eval_on_selector_all("g.step, g.node", wrong) == []
    assert set(page.eval_on_selector_all("[aria-hidden]", "all => all.map((one) => one.ariaHidden)")) == {"true"}


def test_themes_and_reduced_motion(picture):
    page = picture(sample_trace(3))
    back = "getComputedStyle(document.querySelector('.card .mmsr')).backgroundColor"
    assert page.evaluate(back) == "rgb(255, 255, 255)"
    page.select_option("select.theme", "dark")
    assert page.evaluate(back) == "rgb(18, 23, 30)"
    small = page.locator("g.node:last-child .shape").bounding_box()["width"]
    page.select_option("select.theme", "projector")
    assert page.locator("g.node:last-child .shape").bounding_box()["width"] == pytest.approx(1.25 * small, rel=0.05)
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('path.edge')).transitionProperty") == "none"


def test_the_widget_sends_a_click_to_python_and_obeys_python(live):
    trace = sample_trace(3)
    view = show.msgraph(trace)
    page = live(view)
    page.click("g.node[data-node='4'] .shape", force=True)
    assert view.selection == resolve_selection(trace, {"node": 4})
    view.selection = {"node": 1, "layer": 1, "path": "heho", "phase": 1}
    page.sync()
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


def test_a_chart_fits_a_phone_and_its_title_wraps(visit, tmp_path):
    trace, history = sample_trace(3), sample_history()
    views = {"gates": show.gates(trace), "attention": show.attention(trace), "training": show.training(history)}
    views |= {"what_if": show.what_if(sample_what_if()), "fidelity": show.fidelity(sample_faithfulness())}
    for name, view in views.items():
        view.save_html(tmp_path / f"{name}.html")
        page = visit(tmp_path / f"{name}.html", "body[data-ready] .main-svg", (390, 844))
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert page.inner_text(".chart h2") == view.data.title
        assert page.locator(".cartesianlayer > .subplot").count() == len(view.data.panels)
        outside = """all => all.map((one) => [one.textContent, one.getBoundingClientRect()])
          .filter(([_, box]) => box.right > 391 || box.left < -1).map(([text]) => text)"""
        assert page.eval_on_selector_all(".main-svg text", outside) == []


def test_marks_of_a_chart_can_be_seen_on_dark_paper(visit, tmp_path):
    show.training(sample_history()).save_html(tmp_path / "training.html")
    page = visit(tmp_path / "training.html", "body[data-ready][data-theme='dark'] .main-svg", theme="dark")
    strokes = page.eval_on_selector_all(
        ".scatterlayer .js-line", "all => all.map((one) => getComputedStyle(one).stroke)"
    )
    levels = [max(int(level) for level in re.findall(r"\d+", stroke)[:3]) for stroke in strokes]
    assert len(levels) == 6 and min(levels) > 120  # of 255: one loss, two metrics, three types
