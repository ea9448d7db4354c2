"""Nothing jumps: what an edit, an undo, a what-if or a choice may need has its place from the beginning."""

import pytest
import torch

from mmsr_lite import explore
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

pytestmark = pytest.mark.browser
WIDTHS = [390, 968, 1280]
PARTS = [
    ".bar",
    ".builder",
    ".stage > .scroll",
    ".stage > .legend",
    ".rail",
    ".rail .now",
    ".answers",
    ".body > .panel",
]
WATCH = """() => {
  window.shifts = [];
  const tell = ({ node }) => node instanceof Element && !node.closest(".overview, .flow, .panel") && node.className;
  const seen = (list) => list.getEntries().forEach((entry) => shifts.push(...entry.sources.map(tell).filter(Boolean)));
  new PerformanceObserver(seen).observe({ type: "layout-shift" });
}"""  # the frame of the overview and the numbers of another node move, which is what they say
READ = """(parts) => [
  ...parts.map((part) => document.querySelector(`.explorer ${part}`)).filter(Boolean).map((one) => {
    const box = one.getBoundingClientRect();
    return [one.className, Math.round(box.y + scrollY), one.matches(".panel") ? 0 : Math.round(box.height)];
  }), window.shifts]"""
SETTLED = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  for (let i = 0; i < 3 || document.querySelector("[aria-busy]"); i++) await frame();
}"""  # what is put off until after the frame is done, and shifts of it are told
TWO = [*PARTS, ".lead", ".stage > .pane-name", ".other", ".differences"]
BESIDE = ".builder label:has-text('beside') select"
REMOVE, EARLIER = "[aria-label^='Remove the chosen item (']", "[aria-label^='Move the chosen item earlier']"
UNDO, REDO = "[aria-label^='undo']", "[aria-label^='redo']"


def opened(visit, view, folder, width):
    """The live page of a view in a window of this width, all bars open."""
    view.save_html(folder / "live.html", live=True)
    page = visit(folder / "live.html", size=(width, 844), motion="reduce")
    page.wait_for_selector("g.node")
    page.wait_for_timeout(200)
    page.evaluate(WATCH)
    return page


def press(page, mark):
    page.locator(mark).first.dispatch_event("click")  # as it is: the window is not scrolled to it
    page.evaluate(SETTLED)


def edits(page, parts):
    """Where all parts stand, and what shifted, after each of several edits and choices."""
    found = {"before": page.evaluate(READ, parts)}
    items = page.locator(".stage > .scroll >> nth=0 >> g.step").count()
    for at in (items // 2, 0):
        press(page, f"g.step >> nth={at}")
        press(page, REMOVE if at else "[aria-label^='Move the chosen item later']")
        found[f"edit {at}"] = page.evaluate(READ, parts)
    for name, mark in {"undo": UNDO, "undo again": UNDO, "redo": REDO}.items():
        press(page, mark)
        found[name] = page.evaluate(READ, parts)
    for name, mark in {"a node": "g.node .shape >> nth=4", "a code": "g.node[data-type='1'] .shape"}.items():
        press(page, mark)
        found[name] = page.evaluate(READ, parts)
    page.wait_for_timeout(200)  # for what a timer may still move
    return found | {"at last": page.evaluate(READ, parts)}


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps_at_edits_undo_and_choices(visit, explorer, tmp_path, width):
    page = opened(visit, explorer, tmp_path, width)
    found = edits(page, PARTS)
    assert all(found[name] == found["before"] for name in found), found
    assert "edited" in page.inner_text(".name") and "score" in page.inner_text(
        ".note"
    )  # there was something to jump for


@pytest.mark.parametrize("width", WIDTHS)
def test_a_what_if_and_its_changed_run_move_nothing_above_the_verdict(visit, explorer, tmp_path, width):
    page = opened(visit, explorer, tmp_path, width)
    page.fill("label:has-text('repeats') input", "2")
    top = "() => Math.round(document.querySelector('.bench .form').getBoundingClientRect().y)"  # in the window
    page.locator(".bench .form").scroll_into_view_if_needed()
    before, form = page.evaluate(READ, PARTS), page.evaluate(top)
    press(page, ".bench button.main")
    page.wait_for_selector(".result input[value='changed']", state="attached")
    for mark in (".result input[value='changed']", ".banner button"):
        press(page, mark)
        now = page.evaluate(READ, PARTS)
        assert (now[:-1], page.evaluate(top)) == (before[:-1], form)
        assert set(now[-1]) <= {"bench", "quiet"}  # the place of the result, and its invitation
        if "changed" in mark:  # the banner is in sight wherever the window is
            box = page.locator(".banner").bounding_box()
            assert box["y"] > 0 and box["y"] + box["height"] <= 844


@pytest.mark.parametrize("width", WIDTHS)
def test_another_model_beside_moves_what_opens_it_nowhere_and_two_panes_are_as_calm(visit, made, tmp_path, width):
    _, world = made
    torch.manual_seed(5)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    other = MMSR(MMSRConfig(dim=8, layers=2, fusion="heho-invasive"), world.num_items, books)
    page = opened(visit, explore(*made, user=3, beside={"early": other}), tmp_path, width)
    above = [".bar", ".builder"]
    before = page.evaluate(READ, above)
    page.locator(BESIDE).select_option("early", force=True)
    page.wait_for_selector(".pane g.node")
    page.wait_for_timeout(200)
    assert page.evaluate(READ, above)[: len(above)] == before[: len(above)]
    page.evaluate("() => { shifts.length = 0; }")
    found = edits(page, TWO)
    assert all(found[name] == found["before"] for name in found), found


def test_an_edit_writes_the_heading_of_the_answer_anew(visit, explorer, tmp_path):
    page = opened(visit, explorer, tmp_path, 1280)
    press(page, "g.step >> nth=2")
    for mark in (REMOVE, UNDO, REDO):
        press(page, mark)
        assert page.inner_text(".answers h3").count("the next item") == 1
        assert page.locator(".answers h3 small").count() == 1
