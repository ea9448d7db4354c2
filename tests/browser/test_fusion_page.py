"""The page that `mmsr-lite fusion` saves, in a browser: letters that a phone shows, colours of the theme."""

import pytest

from mmsr_lite.views.fusion_page import save_fusion_page
from mmsr_lite.views.samples import sample

pytestmark = pytest.mark.browser
LETTERS = """all => all.map((one) => {
  const box = one.getBoundingClientRect();
  return [one.getBBox().height * one.ownerSVGElement.getScreenCTM().a, box.left >= 0 && box.right <= innerWidth];
})"""


@pytest.mark.parametrize(("width", "columns"), [(390, 1), (1280, 2)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_is_readable_on_a_phone_and_on_a_desk(visit, tmp_path, width, columns, theme):
    save_fusion_page(tmp_path / "fusion.html", sample("fusion"))
    page = visit(tmp_path / "fusion.html", size=(width, 844), theme=theme)
    letters = page.locator(".drawn text").evaluate_all(LETTERS)
    assert letters and all(height >= 11 and isInside for height, isInside in letters)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    lefts = {round(box.bounding_box()["x"]) for box in page.locator(".drawn svg").all()}
    assert len(lefts) == columns
    ink = page.evaluate("() => getComputedStyle(document.querySelector('.drawn text:not(.tick)')).fill")
    assert ink == {"light": "rgb(27, 36, 48)", "dark": "rgb(234, 238, 243)"}[theme]
    assert page.locator(".drawn g > title").count() == len(sample("fusion")["systems"]) + len(
        sample("fusion")["comparisons"]
    )


CELLS = """all => all.map((one) => {
  const { left, right } = one.getBoundingClientRect();
  const isWhole = one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight;
  return [one.textContent, left >= 0 && right <= innerWidth, isWhole, parseFloat(getComputedStyle(one).fontSize)];
})"""


@pytest.mark.parametrize("width", [390, 1280])
def test_the_tables_are_whole_on_a_phone_and_on_a_desk(visit, tmp_path, width):
    save_fusion_page(tmp_path / "fusion.html", sample("fusion"))
    page = visit(tmp_path / "fusion.html")
    page.set_viewport_size({"width": width, "height": 844})
    cells = page.locator("th, td, td small, th small").evaluate_all(CELLS)
    rows = len(sample("fusion")["systems"]) + len(sample("fusion")["comparisons"]) + 2
    assert page.locator("tr").count() == rows and len(cells) > 2 * 2 * rows
    assert [cell for cell in cells if not (cell[1] and cell[2] and cell[3] >= 11)] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_the_verdict_stands_first_and_once(visit, tmp_path, width):
    record = sample("fusion")
    save_fusion_page(tmp_path / "fusion.html", record)
    page = visit(tmp_path / "fusion.html")
    page.set_viewport_size({"width": width, "height": 844})
    assert page.locator("h1, h2").all_inner_texts()[0] == record["sentence"]
    box = page.locator("h1").bounding_box()
    assert box["y"] + box["height"] < 844 / 3
    letters = page.locator("body *").evaluate_all("all => all.map((one) => parseFloat(getComputedStyle(one).fontSize))")
    assert max(letters) == page.locator("h1").evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
    assert page.inner_text("body").count("Early fusion is ahead") == 1


def test_axe_finds_nothing_against_the_page(visit, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    save_fusion_page(tmp_path / "fusion.html", sample("fusion"))
    page = visit(tmp_path / "fusion.html")
    found = axe.Axe().run(page).response
    assert [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]] == []
