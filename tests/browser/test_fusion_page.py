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
    tops = {round(box.bounding_box()["y"]) for box in page.locator(".drawn svg").all()}
    assert len(tops) == 3 - columns
    ink = page.evaluate("() => getComputedStyle(document.querySelector('.drawn text:not(.tick)')).fill")
    assert ink == {"light": "rgb(27, 36, 48)", "dark": "rgb(234, 238, 243)"}[theme]
    assert page.locator(".drawn g > title").count() == len(sample("fusion")["systems"]) + len(
        sample("fusion")["comparisons"]
    )


def test_axe_finds_nothing_against_the_page(visit, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    save_fusion_page(tmp_path / "fusion.html", sample("fusion"))
    page = visit(tmp_path / "fusion.html")
    found = axe.Axe().run(page).response
    assert [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]] == []
