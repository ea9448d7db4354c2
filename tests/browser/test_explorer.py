"""The explorer in a real browser, linked to a real model: each control does what Python says it does."""

import gc
import os
import random
import re
from pathlib import Path

import pytest
from fixtures import HOSTILE, sample_trace, sample_what_if

from mmsr_lite.views import show

pytestmark = pytest.mark.browser


def items(explorer) -> list[int]:
    return [step["item"] for step in explorer.record["history"]]


def strip(page) -> list[str]:
    words = page.eval_on_selector_all("g.step", "all => all.map((one) => one.getAttribute('aria-label'))")
    return [word.split("; ", 1)[1] for word in words]


def test_the_history_is_edited_searched_undone_and_followed_by_every_panel(live, explorer):
    page, past = live(explorer), items(explorer)
    same = lambda: strip(page) == [step["title"] for step in explorer.record["history"]]  # noqa: E731
    page.fill("input[type=search]", explorer.answers.dataset.titles[5])
    page.click(".found .hit >> nth=0 >> text=add")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(past) + 1)
    assert items(explorer) == [*past, 5] and same() and explorer.selection["position"] == len(past) + 1
    page.click("[aria-label^='Move the chosen item earlier']")
    assert items(explorer) == [*past[:-1], 5, past[-1]] and same()
    page.click(".found .hit >> nth=0 >> text=swap") if page.is_visible(".found") else page.focus("input[type=search]")
    page.keyboard.press("Escape")
    assert not page.is_visible(".found")
    page.focus("g.step >> nth=1"), page.keyboard.press("Delete")
    page.focus("g.step >> nth=1"), page.keyboard.press("Alt+ArrowLeft")
    first, third = (page.locator(f"g.step >> nth={i}").bounding_box() for i in (0, 2))
    held = items(explorer)
    page.mouse.move(first["x"] + 20, first["y"] + 40), page.mouse.down()
    page.mouse.move(third["x"] + 20, third["y"] + 40, steps=4), page.mouse.up()
    page.wait_for_timeout(100)
    assert items(explorer) == [held[1], held[2], held[0], *held[3:]] and same()
    for _ in range(explorer.record["draft"]["undo"]):
        page.click("text=undo")
    assert items(explorer) == past and same() and page.is_disabled("text=undo") and page.is_enabled("text=redo")
    page.uncheck("label:has-text('heterogeneous') input[type=checkbox]")
    assert page.locator("path.edge[data-relation='match']").count() == 0
    page.click("text=undo")
    page.fill(".builder input[type=number] >> nth=1", "2"), page.keyboard.press("Tab")
    assert "trained with k = 1" in page.inner_text(".note") and explorer.record["draft"]["codes_per_item"] == 2
    page.fill(".builder input[type=number] >> nth=0", "0"), page.keyboard.press("Tab")
    assert "codes is 0; expected a whole number" in page.inner_text(".note.error")
    assert explorer.record["draft"]["codes"] == 3
    page.fill(".builder input >> nth=0", "4"), page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('h2').textContent.includes('user u0004')")
    assert explorer.record["user"]["index"] == 4 and explorer.record["user"]["id"] in page.inner_text("h2") and same()


def test_the_numbers_on_screen_are_those_of_python(live, explorer):
    page, record, rng = live(explorer), explorer.record, random.Random(0)
    cells = page.eval_on_selector_all("rect.cell", "all => all.map((a) => [a.dataset.cell, Number(a.dataset.value)])")
    betas = {f"{n}/{i}": b[0] for i, layer in enumerate(record["layers"]) for n, b in enumerate(layer["beta"])}
    assert dict(cells) == pytest.approx(betas, abs=1e-12)
    high = page.eval_on_selector_all("rect.cell", "all => all.map((a) => [a.dataset.cell, a.height.baseVal.value])")
    thin = [cell for cell, height in high if height < max(height for _, height in high)]
    last = len(record["layers"]) - 1  # of its gates that of the last item alone reaches a score
    nodes = range(len(record["nodes"]))
    assert sorted(thin) == sorted(f"{n}/{last}" for n in nodes if n != record["history"][-1]["node"])
    for edge in rng.sample(range(len(record["edges"])), 12):
        explorer.selection = {"edge": edge, "layer": edge % 2}
        page.sync()
        source, centre, _ = record["edges"][edge]
        assert page.inner_text(".panel h3 >> nth=1") == record["nodes"][centre]["label"]
        assert ("itself" if source == centre else record["nodes"][source]["label"]) in page.inner_text(".why")
        layer, box = record["layers"][edge % 2], page.inner_text(".formula")
        numbers = [*layer["gate_logits"][centre], *layer["beta"][centre], *layer["beta"][centre]]
        assert re.findall(r"[-−]?\d+\.\d{3}", box.replace("−", "-")) == [f"{value:.3f}" for value in numbers]
    page.click(".answers .sums summary")
    page.wait_for_selector(".answers .sums td")
    cells = "all => all.map((a) => [...a.cells].slice(1).map((c) => Number(c.dataset.value)))"
    rows = page.eval_on_selector_all(".answers .sums tbody tr", cells)
    flows = {flow["item"]: [*flow["groups"], flow["rest"]] for flow in record["flow"]["items"]}
    for row, item in zip(rows, record["answer"]["top"], strict=False):
        assert row == pytest.approx([*flows[item["item"]], item["score"]])
        assert sum(row[:-1]) == pytest.approx(row[-1], abs=1e-4)
    shown = page.eval_on_selector_all(".answers > table tbody tr", cells)
    early, late = (record["flow"]["groups"].index(group) for group in ("crossed, then time", "time, then crossed"))
    for row, item in zip(shown, record["answer"]["top"], strict=False):
        assert row[1:] == pytest.approx([item["score"], flows[item["item"]][early], flows[item["item"]][late]])


def test_the_stages_walk_by_button_and_by_key_and_name_their_probes(live, explorer):
    page, stages = live(explorer), explorer.record["stages"]
    for number, stage in enumerate(stages[:9]):
        page.click("[aria-label='Next stage']")
        assert explorer.selection["stage"] == number
        assert page.inner_text(".now code") == f"{stage['probe'] or ''} ({', '.join(map(str, stage['shape']))})".strip()
        assert page.locator(".vector rect").count() == len(stage["row"] or ())
    page.click(".stages button >> text=score")
    assert explorer.selection["stage"] == len(stages) - 1
    page.focus("[aria-label='Next stage']")
    page.keyboard.press("Shift+Tab"), page.keyboard.press("Shift+Tab"), page.keyboard.press("Enter")  # back
    assert explorer.selection["stage"] == len(stages) - 2
    page.select_option("[aria-label='Pace']", "fast")
    page.click("[aria-label='First stage']"), page.click("[aria-label='Play the stages']")
    page.wait_for_function("() => document.querySelector('.stages [aria-current]').dataset.rail > 1")
    page.click("[aria-label='Pause']")
    explorer.selection = {"stage": 3}
    page.sync()
    assert page.locator(".stages [aria-current]").get_attribute("data-rail") == "3"


def test_every_change_is_held_against_its_band_and_shown_beside_the_clean_run(live, explorer):
    page = live(explorer)
    page.fill("label:has-text('repeats') input", "3")
    page.click("g.node[data-node='1'] .shape", force=True)
    page.click(".panel button.link >> nth=0")
    for kind in page.eval_on_selector_all(".form select >> nth=0 >> option", "all => all.map((one) => one.value)"):
        page.select_option(".form select >> nth=0", kind)
        page.click("text=compare")
        page.wait_for_selector(".result:not([aria-busy])")
        found = explorer.what_if
        assert not page.is_visible(".note.error"), page.inner_text(".note")
        assert found["changes"][0]["do"] == kind and page.inner_text(".verdict") == found["sentence"]
        for name in ("rank", "score", "probability", "beta"):
            shown = float(page.get_attribute(f"[data-measure='{name}']", "data-value"))
            assert shown == pytest.approx(found["measures"][name]["delta"])
    page.check(".result input[value='changed']", force=True)
    assert page.locator("path.edge").count() == len(found["changed"]["edges"])
    page.check(".result input[value='clean']", force=True)
    assert page.locator("path.edge").count() == len(explorer.record["edges"])


def test_a_page_saved_from_a_notebook_holds_the_model_and_the_last_comparison(live, visit, explorer, tmp_path):
    page = live(explorer)
    explorer.ask(do="remove", position=1)
    explorer.ask(do="what_if", change=[{"do": "shuffle"}, {"do": "drop", "modality": "text"}], repeats=3)
    with page.expect_download() as saved:
        page.click("text=save page")
    saved.value.save_as(tmp_path / "saved.html")
    page = visit(tmp_path / "saved.html")
    assert page.inner_text(".verdict") == explorer.what_if["sentence"]
    count = len(explorer.record["history"])
    assert page.locator("g.step").count() == count
    page.focus("g.step >> nth=0"), page.keyboard.press("Delete")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count - 1)


def test_a_saved_page_is_small_and_all_but_editing_works_in_it(visit, explorer, tmp_path):
    explorer.ask(do="what_if", change={"do": "shuffle"}, repeats=3)
    explorer.save_html(tmp_path / "saved.html")
    assert (tmp_path / "saved.html").stat().st_size < 1.5e6
    page = visit(tmp_path / "saved.html")
    page.click("[aria-label='Next stage']")
    assert page.inner_text(".verdict") == explorer.what_if["sentence"]
    assert not page.is_visible(".builder") and not page.is_visible(".form")
    assert page.locator(".stages [aria-current]").count() == 1


def test_a_hostile_record_is_text_and_every_control_has_a_name(visit, tmp_path):
    record = sample_what_if()
    record["sentence"] = record["top"][0]["title"] = record["clean"]["node_types"][1] = HOSTILE
    show.explorer(sample_trace(3), record).save_html(tmp_path / "hostile.html")
    page = visit(tmp_path / "hostile.html")
    assert page.inner_text(".verdict") == HOSTILE and page.locator("img[src='x']").count() == 0
    nameless = "all => all.filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.[0]?.textContent))"
    assert page.eval_on_selector_all("button, select, input, [role=button]", nameless) == []


@pytest.mark.parametrize("theme", ["light", "dark", "projector"])
def test_axe_finds_nothing_against_a_saved_page(visit, tmp_path, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    view = show.explorer(sample_trace(3), sample_what_if(), theme)
    view.selection = {"edge": 5, "stage": 2}
    view.save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for_timeout(500)  # opacities on their way
    found = axe.Axe().run(page).response
    assert [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]] == []
    assert len(found["passes"]) > 40


def test_axe_finds_nothing_serious_against_the_controls_of_an_edit(live, explorer):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    page = live(explorer)
    page.fill("input[type=search]", explorer.answers.dataset.titles[5])
    page.wait_for_selector(".found .hit")
    page.wait_for_timeout(500)
    found = axe.Axe().run(page, ".mmsr").response["violations"]
    assert [(rule["id"], rule["nodes"]) for rule in found if rule["impact"] in ("serious", "critical")] == []


def test_a_thousand_steps_leave_no_more_elements_than_one(visit, tmp_path):
    show.explorer(sample_trace(3)).save_html(tmp_path / "page.html")
    page = visit(tmp_path / "page.html")
    count = "document.querySelectorAll('*').length"
    many = """(n) => { for (let i = 0; i < n; i++)
      document.querySelector("[aria-label='" + (i % 20 ? "Next" : "First") + " stage']").click(); }"""
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(many, 1)
    before = page.evaluate(count)
    page.evaluate(many, 101)
    assert page.evaluate(count) == before


MANY = """async ([from, to]) => {
  const hit = (mark, i = 0) => {
    const all = document.querySelectorAll(mark);
    all[i % all.length].dispatchEvent(new MouseEvent("click", {bubbles: true}));
  };
  const button = (name) => () => hit(`button[aria-label^='${name}']:not([disabled])`);
  const node = (i) => hit("g.node .shape", i), compare = button("compare");
  const acts = [node, button("Next stage"), (i) => hit("rect.cell", i), () => hit("g.step", 2),
    button("Move the chosen item earlier"), button("undo"), (i) => hit("path.edge", i), button("First stage"),
    button("Remove the chosen item"), button("undo"), (i) => (i % 110 === 10 ? compare : node)(i)];
  const ask = window.python, painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  let waiting = 0;
  window.python = (now) => { waiting++; return ask(now).finally(() => { waiting--; }); };
  for (let i = from; i < to; i++) {
    const begun = performance.now();
    acts[i % acts.length](i);
    do await painted(); while (waiting);
    (window.taken ??= []).push([i % acts.length, performance.now() - begun]);
  }
  window.python = ask;
}"""  # each kind of interaction in turn; it is over when the answer of Python is painted


def test_many_interactions_leave_the_memory_of_browser_and_kernel_flat(live, explorer):
    """MMSR_INTERACTIONS=1100 for the count that the project promises."""
    last = int(os.environ.get("MMSR_INTERACTIONS", "220"))  # of 110, so that it ends as it began
    page = live(explorer)
    page.fill("label:has-text('repeats') input", "2")
    page.emulate_media(reduced_motion="reduce")
    tools = page.context.new_cdp_session(page)

    def used() -> dict[str, float]:
        tools.send("HeapProfiler.collectGarbage"), gc.collect()
        found = {"kernel": 4096 * int(Path("/proc/self/statm").read_text().split()[1])}
        return found | tools.send("Memory.getDOMCounters") | {"heap": tools.send("Runtime.getHeapUsage")["usedSize"]}

    page.evaluate(MANY, [0, 110])  # ten of each
    before = used()
    page.evaluate(MANY, [110, last])
    after = used()
    assert not page.is_visible(".note.error") and explorer.what_if is None
    assert after["nodes"] <= 1.1 * before["nodes"] and after["jsEventListeners"] <= 1.1 * before["jsEventListeners"]
    assert after["heap"] <= 1.1 * before["heap"] + 3e5 and after["kernel"] <= before["kernel"] + 2e7
