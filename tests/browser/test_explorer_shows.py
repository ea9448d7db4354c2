"""What the explorer shows is right and can be reached: numbers, sentences and edges that once misled."""

import json
import random
import re

import pytest
import torch
from fixtures import sample_trace

from mmsr_lite import explore, show, stored, trace
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.views.differences import say_differences, say_verdict
from mmsr_lite.views.page import static
from tests.random_weights import draw_weights

pytestmark = pytest.mark.browser
EARLY, LATE = "crossed, then time", "time, then crossed"


def items(explorer) -> list[int]:
    return [step["item"] for step in explorer.record["history"]]


@pytest.fixture
def other(made):
    """An early model of the same world and codes."""
    _, world = made
    torch.manual_seed(1)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model = MMSR(MMSRConfig(dim=8, layers=1, fusion="heho"), world.num_items, books)
    draw_weights(model, std=0.5)
    return model


def compare(page, kind: str, **fields: str) -> None:
    page.select_option(".form select >> nth=0", kind)
    for name, value in fields.items():
        page.select_option(f".form label:has-text('{name}') select", value)
    page.click("text=compare")
    page.wait_for_selector(".result:not([aria-busy])")


def test_a_forced_gate_says_what_the_gate_itself_said(live, explorer):
    page, record = live(explorer), explorer.record
    betas = record["layers"][0]["beta"]
    n = min(range(len(betas)), key=lambda n: abs(betas[n][0] - 0.5))  # a gate that is of two minds
    explorer.selection = {"node": n}
    page.sync()
    page.fill("label:has-text('repeats') input", "2")
    compare(page, "gate", to="hohe")
    page.check(".result input[value='changed']", force=True)
    said = ", ".join(f"{share:.3f}" for share in betas[n])
    logits = ", ".join(f"{value:.3f}" for value in explorer.what_if["changed"]["layers"][0]["gate_logits"][n])
    shown = page.inner_text(".forced").replace("\N{MINUS SIGN}", "-")
    assert shown == f"forced to (1, 0); the gate itself said ({said}) = softmax({logits})"
    assert "\n= softmax" not in page.inner_text(".formula")
    page.check(".result input[value='clean']", force=True)
    assert page.locator(".forced").count() == 0


def test_a_gate_of_one_half_is_white_and_a_larger_share_is_never_paler(live, explorer):
    page = live(explorer)
    page.fill("label:has-text('repeats') input", "2")
    compare(page, "gate", to="half")
    page.check(".result input[value='changed']", force=True)
    fills = page.eval_on_selector_all("rect.cell", "all => all.map((one) => getComputedStyle(one).fill)")
    assert len(fills) > 3 and all("1 1 1" in fill or fill == "rgb(255, 255, 255)" for fill in fills)


def test_a_comparison_that_fails_says_so_beside_its_button_and_greys_the_old_verdict(live, explorer):
    page = live(explorer)
    page.fill("label:has-text('repeats') input", "2")
    compare(page, "shuffle")
    verdict = page.inner_text(".verdict")
    page.select_option(".form select >> nth=0", "swap")
    assert page.locator(".result.stale").count() == 1  # a verdict of another choice
    page.fill(".form label:has-text('position') input", "99")
    page.click("text=compare")
    page.wait_for_selector(".problem:not([hidden])")
    assert "position is 99" in page.inner_text(".form .problem") and not page.is_visible(".note.error")
    assert page.inner_text(".result.stale .verdict") == verdict
    page.fill(".form label:has-text('position') input", "1")
    page.click("text=compare")
    page.wait_for_function("(old) => document.querySelector('.verdict').textContent !== old", arg=verdict)
    assert page.locator(".result.stale").count() == 0 and not page.is_visible(".problem")


def test_while_panels_show_the_changed_run_a_banner_says_so_and_leads_back(live, explorer):
    page = live(explorer)
    page.fill("label:has-text('repeats') input", "2")
    compare(page, "relation", named="match")
    assert not page.is_visible(".banner")
    page.check(".result input[value='changed']", force=True)
    assert "All panels show the changed run: edges of 'match' are cut." in page.inner_text(".banner")
    page.click("text=back to the clean run")
    assert not page.is_visible(".banner") and page.is_checked(".result input[value='clean']")
    assert page.locator("path.edge").count() == len(explorer.record["edges"])


def test_the_state_of_a_stage_is_named_as_the_last_items(live, explorer):
    page = live(explorer)
    stage = next(i for i, one in enumerate(explorer.record["stages"]) if one["row"])
    explorer.selection = {"node": 0, "stage": stage}
    page.sync()
    last = explorer.record["nodes"][explorer.record["history"][-1]["node"]]["label"]
    assert page.inner_text(".state small") == f"state of the last item, {last}"


def test_the_bar_of_early_and_late_is_the_exact_flow_of_all_layers(live, explorer):
    page, record, rng = live(explorer), explorer.record, random.Random(0)
    groups, target = record["flow"]["groups"], record["target"]["item"]
    flow = next(one for one in record["flow"]["items"] if one["item"] == target)
    for n in rng.sample(range(len(record["nodes"])), 5):
        explorer.selection = {"node": n}
        page.sync()
        for group, value, whole in zip(groups, flow["nodes"][n], flow["groups"], strict=True):
            for key, expected in (("node", value), ("score", whole)):
                shown = page.get_attribute(f".panel [data-flow='{key}/{group}']", "data-value")
                assert float(shown) == pytest.approx(expected, abs=1e-12)
    says = page.inner_text(".panel")
    assert "early \N{LEFT RIGHT ARROW} late" not in says and "is no share of early or late" in says
    assert page.inner_text(".scale").split() == ["β", "heho", "hohe"]


def test_the_softmax_is_written_with_its_numbers_on_demand(live, explorer):
    page, record = live(explorer), explorer.record
    last = record["history"][-1]["node"]
    for summary in page.locator(".panel .sums summary:has-text('softmax')").all():
        summary.click()
    for family in ("homogeneous", "heterogeneous"):
        for path, phases in record["layers"][0]["attention"].items():
            weights = next(phase["weights"] for phase in phases if phase["family"] == family)
            for edge, (_, centre, _) in enumerate(record["edges"]):
                if centre == last and weights[edge] is not None:
                    shown = page.get_attribute(f"[data-softmax='0/{path}/{edge}']", "data-value")
                    if record["relations"][record["edges"][edge][2]] != "self":  # which is in both families
                        assert float(shown) == pytest.approx(weights[edge], abs=1e-6)
    page.click("g.node[data-node='0'] .shape", force=True)
    assert page.locator(".panel .sums[open]").count() > 0  # what was opened stays so


def test_a_product_is_written_term_by_term_when_it_is_asked_for(live, explorer):
    page, record = live(explorer), explorer.record
    page.click(".panel .sums summary:has-text('softmax') >> nth=0")
    button = page.locator("[data-product] >> nth=0")
    key = button.get_attribute("data-product")
    button.click()
    page.wait_for_selector(f"[data-terms='{key}']")
    layer, path, phase, edge = key.split("/")
    logit = record["layers"][int(layer)]["attention"][path][int(phase)]["logits"][int(edge)]
    assert float(page.get_attribute(f"[data-terms='{key}']", "data-value")) == pytest.approx(logit)
    text = page.inner_text(f"[data-terms='{key}']").removeprefix("e = ")
    total = sum(float(number) for number in re.findall(r"([-+]?\d+\.\d{3}) \(", text))
    assert total == pytest.approx(float(re.search(r"= ([-+]?\d+\.\d{3})", text)[1]), abs=0.005)


def test_the_bar_of_an_answer_reaches_as_far_to_both_sides_of_zero_as_its_parts_say(live, explorer):
    page = live(explorer)
    bars = """all => all.map((one) => [one.style.backgroundImage, one.firstChild.style.left, one.title])"""
    lengths = []
    for drawn, zero, title in page.eval_on_selector_all(".answers .signed", bars):
        values = [float(line.split()[-1]) for line in title.split("\n")]
        ends = [tuple(map(float, pair)) for pair in re.findall(r"\) ([\d.]+)% ([\d.]+)%", drawn)]
        assert len(ends) == len(values) == 6 and ends == sorted(ends)
        zero = float(zero[:-1])
        for sign, reach in ((1, max(ends)[1] - zero), (-1, zero - min(ends)[0])):
            lengths.append((reach, sum(sign * value for value in values if sign * value > 0)))
    scale = max(reach for reach, _ in lengths) / max(whole for _, whole in lengths)
    assert len(lengths) >= 2 * 10
    for reach, whole in lengths:
        assert reach == pytest.approx(scale * whole, abs=0.03 * scale + 0.02)  # six numbers of two digits
    assert max(reach for reach, _ in lengths) > 30


def test_a_printed_page_shows_the_attention_of_both_families(visit, tmp_path):
    record = sample_trace(3)
    show.explorer(record).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    page.emulate_media(media="print", reduced_motion="reduce")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")  # what a browser does before it prints
    phases = record["layers"][0]["attention"]["hohe"]
    match = record["relations"].index("match")
    weights = [w or 0 for w in phases[1]["weights"]]
    heavy = [e for e, (_, _, relation) in enumerate(record["edges"]) if relation == match and weights[e] > 0.3]
    for edge in heavy[:5]:
        look = f"getComputedStyle([...document.querySelectorAll('path.edge')].find(({{ index }}) => index === {edge}))"
        assert float(page.evaluate(f"{look}.opacity")) == pytest.approx(
            0.14 + 0.86 * phases[1]["weights"][edge] ** 0.5, abs=1e-3
        )
        assert page.evaluate(f"{look}.strokeWidth") != "0.8px"
    assert heavy


def test_keys_undo_and_redo_and_the_focus_stays_where_the_edit_was(live, explorer):
    page, past = live(explorer), items(explorer)
    page.focus("g.step >> nth=1")
    page.keyboard.press("Delete")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(past) - 1)
    held = "[...document.querySelectorAll('g.step')].indexOf(document.activeElement)"
    assert page.evaluate(held) == 1 and items(explorer) == [past[0], *past[2:]]
    page.keyboard.press("Alt+ArrowRight")
    page.wait_for_function(f"{held} === 2")
    assert items(explorer) == [past[0], past[3], past[2], *past[4:]]
    page.keyboard.press("Control+z"), page.keyboard.press("Control+z")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(past))
    assert items(explorer) == past and page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("Control+y")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(past) - 1)
    page.keyboard.press("Control+Shift+z")
    page.wait_for_timeout(100)
    assert items(explorer) == [past[0], past[3], past[2], *past[4:]]


def test_an_edit_shows_what_it_does(live, explorer):
    page, before = live(explorer), explorer.record
    page.click("[aria-label^='Remove the chosen item (']")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(before["history"]) - 1)
    after, ranks = explorer.record, {item["item"]: i for i, item in enumerate(before["answer"]["top"], 1)}
    if before["target"]["rank"] != after["target"]["rank"]:
        assert f"before the edit {before['target']['rank']:g}" in page.inner_text(".answers h3")
    score = after["target"]["score"] - before["target"]["score"]
    assert f"score {score:+.3f}" in page.inner_text(".note")
    for place, item in enumerate(after["answer"]["top"], 1):
        moved = page.locator(f".answers tr[data-item='{item['item']}'] .moved")
        was = ranks.get(item["item"])
        if was == place:
            assert moved.count() == 0
        else:
            arrow = "new" if was is None else f"▲{was - place}" if was > place else f"▼{place - was}"
            assert moved.inner_text() == arrow


def test_the_search_reads_texts_and_closes_when_an_item_is_taken(live, explorer):
    page, world = live(explorer), explorer.answers.dataset
    word = max(world.texts["text"][5].split(), key=len).strip(".,").lower()
    page.fill("input[type=search]", word)
    page.wait_for_selector(".found .hit")
    page.click(".found .hit >> nth=0 >> text=add")
    page.wait_for_timeout(200)
    assert not page.is_visible(".found")
    assert page.evaluate("document.activeElement.type") == "search"
    page.fill("input[type=search]", "")
    page.wait_for_selector(".found .hit")
    page.click(".answers h3")
    assert not page.is_visible(".found")


def test_texts_code_names_and_terms_show_on_hover_and_focus(live, explorer):
    page, record = live(explorer), explorer.record
    page.hover("g.step >> nth=0")
    assert record["history"][0]["texts"]["text"][:40] in page.inner_text(".tip")
    code = next(n for n, node in enumerate(record["nodes"]) if node["type"] and "like " not in node["name"])
    page.click(f"g.node[data-node='{code}'] .shape", force=True)
    assert page.inner_text(".panel div.meaning") == record["nodes"][code]["name"]
    page.hover(".fieldset .term, fieldset.layer .term")
    assert "One round in which every node attends" in page.inner_text(".tip")
    for word in ("heho", "hohe", "codebook", "code"):
        assert page.locator(f"[data-term='{word}']").count() > 0


def test_a_missing_modality_is_marked_where_it_is_missing(visit, tmp_path):
    record = sample_trace(3)
    lacking = {
        (entry["position"], name) for entry in record["history"] for name, codes in entry["codes"].items() if not codes
    }
    show.explorer(record).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    script = "all => all.map((one) => [Number(one.parentNode.dataset.position), one.dataset.missing])"
    assert lacking and {tuple(one) for one in page.eval_on_selector_all(".missing", script)} == lacking
    position, name = next(iter(lacking))
    assert f"missing: {name}" in page.get_attribute(f"g.step[data-position='{position}']", "aria-label")


def test_a_long_history_can_be_zoomed_fitted_and_overlooked(visit, tmp_path):
    show.explorer(sample_trace(5, length=50)).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    inner = "document.querySelector('.scroll')"
    assert page.evaluate(f"{inner}.scrollWidth > {inner}.clientWidth") and page.is_visible(".overview")
    assert page.locator(".overview i").count() == 50
    box = page.locator(".overview").bounding_box()
    page.mouse.click(box["x"] + 5, box["y"] + 10)
    assert page.evaluate(f"{inner}.scrollLeft") == 0
    page.click("[aria-label^='Fit the whole']")
    assert page.evaluate(f"{inner}.scrollWidth <= {inner}.clientWidth + 1") and not page.is_visible(".overview")
    small = page.locator("g.node >> nth=0").bounding_box()["width"]
    page.click("[aria-label='Zoom in']")
    assert page.locator("g.node >> nth=0").bounding_box()["width"] == pytest.approx(1.25 * small, rel=0.02)


@pytest.mark.parametrize("width", [390, 968, 1400])
def test_the_explorer_fits_a_phone_a_cell_and_a_screen(visit, tmp_path, width):
    show.explorer(sample_trace(3)).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html", "body[data-ready] g.node", (width, 844))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    if width == 968:
        assert page.locator(".explorer").bounding_box()["height"] < 2321 * 2 / 3
    if width == 390:
        page.click(".folds button")  # what is folded counts, too
        small = """all => all.map((one) => [one.ariaLabel || one.textContent, one.getBoundingClientRect()])
          .filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([name]) => name)"""
        assert page.eval_on_selector_all("button, select, summary, fieldset label, g.step, g.node", small) == []
        touch = "getComputedStyle(document.querySelector('g.step')).touchAction"
        assert page.evaluate(touch) != "none"  # a finger swipes the strip


def test_the_tour_has_six_steps_about_this_history_and_is_remembered(visit, tmp_path):
    record = sample_trace(3)
    show.explorer(record).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    assert page.locator(".tools .fresh").count() == 1 and page.locator(".tour").count() == 0
    page.click(".tools .fresh")
    said = []
    for number in range(1, 7):
        said.append(page.inner_text(".tour"))
        assert said[-1].startswith(f"{number} of 6") and page.locator(".toured").count() == 1
        page.keyboard.press("ArrowRight")
    assert page.locator(".tour").count() == 0 and page.locator(".toured").count() == 0
    assert record["history"][-1]["title"] in said[0] and record["target"]["title"] in said[4]
    page.reload()
    page.wait_for_selector("body[data-ready]", state="attached")
    assert page.locator(".tools .fresh").count() == 0
    page.click(".tools button:has-text('tour')")
    page.keyboard.press("Escape")
    assert page.locator(".tour").count() == 0


@pytest.mark.parametrize("name", ["both-small-early", "both-small-adaptive-invasive"])
def test_the_tour_speaks_of_a_gate_where_there_is_one_and_of_other_paths_where_there_is_none(visit, tmp_path, name):
    model, world = stored(name)
    show.explorer(trace(model, world, user=15)).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    page.click(".tools .fresh")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    said, has_gate = page.inner_text(".tour"), "adaptive" in name
    assert ("The gate weighs two paths for each node." in said) is has_gate
    assert ("so there is no gate to weigh two." in said) is not has_gate
    assert ("a model of one order has some paths of the other, too." in said) is not has_gate


def test_the_first_experiment_is_tried_with_one_press(live, explorer):
    page, experiment = live(explorer), explorer.record["draft"]["experiment"]
    page.fill("label:has-text('repeats') input", "2")
    assert experiment["question"] in page.inner_text(".bench .first")
    page.click(".bench .first button")
    page.wait_for_selector(".verdict")
    assert explorer.what_if["changes"][0]["do"] == experiment["change"]["do"]
    assert page.inner_text(".verdict") == explorer.what_if["sentence"]


def test_another_model_stands_beside_with_the_same_layout_and_selection(live, made, other):
    view = explore(*made, user=3, beside={"early": other})
    page = live(view)
    page.select_option(".builder label:has-text('beside') select", "early")
    page.wait_for_selector(".pane g.node")
    two = view.beside["record"]
    assert page.inner_text("[data-sentence='beside']") == say_differences(
        view.record, two, (view.record["model"]["label"], "early")
    )
    n = next(n for n, node in enumerate(view.record["nodes"]) if node["type"])
    page.click(f".stage > .scroll g.node[data-node='{n}'] .shape >> nth=0", force=True)
    chosen = view.record["nodes"][n]
    twin = two["nodes"][int(page.get_attribute(".pane g.node.chosen", "data-node"))]
    assert (twin["type"], twin["id"]) == (chosen["type"], chosen["id"])
    places = "(mark) => [...document.querySelectorAll(mark)].map((one) => one.getAttribute('d')).sort()"
    assert page.evaluate(places, ".explorer > .body > .stage g.node .shape") == page.evaluate(
        places, ".pane g.node .shape"
    )
    for side, record in enumerate((view.record, two)):
        flow = next(one for one in record["flow"]["items"] if one["item"] == view.record["target"]["item"])
        for group, value in zip(record["flow"]["groups"], flow["groups"], strict=True):
            shown = page.get_attribute(f"[data-flow='beside {side}/{group}']", "data-value")
            assert float(shown) == pytest.approx(value, abs=1e-12)
    page.click("[aria-label^='Remove the chosen item (']")
    page.wait_for_function(
        "(n) => document.querySelectorAll('.pane g.step').length === n", arg=len(view.record["history"])
    )
    page.select_option(".builder label:has-text('beside') select", "before the edits")
    page.wait_for_function(
        "(n) => document.querySelectorAll('.pane g.step').length === n", arg=len(view.record["history"]) + 1
    )
    page.select_option(".builder label:has-text('beside') select", "")
    page.wait_for_function("() => document.querySelectorAll('.pane g.node').length === 0")


def test_two_saved_traces_side_by_side_mark_what_one_has_alone(visit, made, other, tmp_path):
    model, world = made
    one, two = trace(model, world, user=3), trace(other, world, user=4)
    two["user"] = one["user"]
    view = show.side_by_side(one, two, ("ours", "theirs"))
    view.save_html(tmp_path / "pair.html")
    page = visit(tmp_path / "pair.html")
    page.wait_for_selector(".pane g.node")
    assert page.inner_text("[data-sentence='beside']") == view.text == say_differences(one, two, ("ours", "theirs"))
    key = lambda record, n: (record["node_types"][record["nodes"][n]["type"]], record["nodes"][n]["id"])  # noqa: E731
    theirs = {key(two, n) for n in range(len(two["nodes"]))}
    alone = {n for n in range(len(one["nodes"])) if key(one, n) not in theirs}
    marked = page.eval_on_selector_all(
        ".explorer > .body > .stage g.node[data-alone]", "all => all.map((one) => Number(one.dataset.node))"
    )
    assert alone and set(marked) == alone
    edges = {(key(two, a), key(two, b)) for a, b, _ in two["edges"]}
    own = {e for e, (a, b, _) in enumerate(one["edges"]) if (key(one, a), key(one, b)) not in edges}
    marked = page.eval_on_selector_all(
        ".explorer > .body > .stage path.edge[data-alone]", "all => all.map((one) => one.index)"
    )
    assert set(marked) == own


def test_both_languages_say_what_differs_alike(visit, tmp_path):
    (tmp_path / "empty.html").write_text("<!doctype html><link rel=icon href='data:,'>")
    page, rng = visit(tmp_path / "empty.html", "head"), random.Random(0)
    cases = []
    for seed in range(20):
        one, two = sample_trace(seed, types=rng.randint(1, 3)), sample_trace(seed + rng.randint(0, 1))
        for record in (one, two):
            record["target"] = None if seed % 5 == 0 else record["target"]
            items_ = [item["item"] for item in record["answer"]["top"]]
            if one["target"]:
                items_ = list(dict.fromkeys([*items_, one["target"]["item"]]))
            flows = [{"item": item, "groups": [rng.uniform(-2, 2) for _ in range(6)], "rest": 0.0} for item in items_]
            groups = ["own identity", "own codes", "shared codes", EARLY, LATE, "time alone"]
            record["flow"] = {"groups": groups, "items": flows} if seed % 3 else None
        cases.append([one, two, ["a model", "<b>"]])
    for seed, (one, two, _) in enumerate(cases):
        for record, fusion in ((one, "heho-invasive"), (two, "hohe")):
            record["model"] = record["model"] | {"fusion": fusion if seed % 2 else "adaptive"}
            if record["target"]:
                record["target"] = one["target"] | {"rank": float(rng.choice([1, 5, 5.5, 30]))}
        one["truth"] = rng.choice(
            [None, {"cause": "x"}, {"loser": rng.choice(["early", "late"]), "reason": "<i> it is"}]
        )
    code = static("msgraph.js", "explorer.js") + "\nexport { sayDifferences, sayVerdict };"
    ask = """async ([code, cases]) => {
      const all = await import("data:text/javascript;charset=utf-8," + encodeURIComponent(code));
      return JSON.parse(cases).map((one) => [all.sayDifferences(...one), all.sayVerdict(...one)]);
    }"""
    told = [[say_differences(*case), say_verdict(*case)] for case in cases]
    assert page.evaluate(ask, [code, json.dumps(cases)]) == told
    assert {bool(verdict) for _, verdict in told} == {True, False} and any("Why:" in verdict for _, verdict in told)
