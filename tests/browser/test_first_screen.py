"""The first screen, untouched: one history on which early fusion is right and late fusion wrong, and the reason."""

import pytest

from mmsr_lite import cli
from mmsr_lite.commands.demo import early_beside_late
from mmsr_lite.course.stored import stored_pair
from mmsr_lite.views.report import save_report

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SAYS = (
    "Early fusion is right here and late fusion is wrong: what came next, Juna basic no. 14, has rank 2 in early "
    "fusion and rank 89 in late fusion. Why: It has the look of Paula no. 24 at position 5, the one formal garment of "
    "this session, and late fusion, which reads pictures and texts apart, cannot know which of the looks came with the "
    "formal text."
)
SCREENS = {"desk": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The page of one run of that world, and a report such as the demo writes."""
    folder = tmp_path_factory.mktemp("first")
    place = stored_pair("worlds:both-small")["late alone"].folder
    assert cli.main(["page", str(place), "-o", str(folder / "page.html")]) == 0
    opening = early_beside_late("worlds:both-small")
    numbers = {"Purchases": {"this run": {"all users": 1.0}}}
    save_report(folder / "report.html", [opening[1]], tables=numbers, opening=opening)
    return {name: folder / f"{name}.html" for name in ("page", "report")}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("name", ["page", "report"])
def test_both_orders_and_the_reason_stand_on_the_first_screen(visit, files, name, screen, theme):
    width, height = SCREENS[screen]
    page = visit(files[name], size=(width, height), theme=theme)
    page.wait_for_selector(".pane g.node")
    assert page.inner_text(".lead") == SAYS
    box = page.locator(".lead").bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] < height / 2  # no scrolling
    names = page.locator(".pane-name").all_inner_texts()
    assert names == ["early alone", {"page": "MMSR, hohe-invasive", "report": "late alone"}[name]]
    assert page.locator(".pill + text").all_text_contents() == ["rank 2", "rank 89"]
    if screen == "desk":  # both panes in sight
        assert all(pill.bounding_box()["y"] < height for pill in page.locator(".pill").all())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".mmsr[data-theme]").first.get_attribute("data-theme") == theme


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["page", "report"])
def test_axe_finds_nothing_against_the_first_screen(visit, files, name, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    page = visit(files[name])
    page.emulate_media(color_scheme=theme)
    page.wait_for_selector(".pane g.node")
    page.wait_for_timeout(500)  # opacities on their way
    found = axe.Axe().run(page).response
    assert [(rule["id"], node["html"]) for rule in found["violations"] for node in rule["nodes"]] == []


SMALL = """all => all.map((one) => [one.ariaLabel || one.textContent, one.getBoundingClientRect()])
  .filter(([_, box]) => box.width && (box.width < 24 || box.height < 24)).map(([name]) => name)"""


def test_on_a_phone_picture_and_answer_come_first_and_two_buttons_open_the_bars(visit, files):
    page = visit(files["page"])
    page.set_viewport_size({"width": 390, "height": 844})
    top = lambda mark: page.locator(mark).first.bounding_box()["y"]  # noqa: E731
    page.wait_for_selector(".folds", state="visible")
    assert top(".stage > .scroll") < 844 / 3 + 44 and top(".pill") < 844 / 2  # of the rank
    below = [".answers", ".differences", ".rail", ".explorer > .body > .panel", ".bench"]
    assert [top(mark) for mark in below] == sorted(top(mark) for mark in below)
    assert page.locator(".pane").bounding_box()["y"] < top(".answers")
    assert not page.is_visible(".bar .fields") and not page.is_visible(".builder")
    for name, opened in {"view": ".bar .fields", "edit": ".builder input[type=search]"}.items():
        button = page.locator(f".folds >> text={name}")
        button.focus(), page.keyboard.press("Enter")
        assert page.is_visible(opened) and button.get_attribute("aria-expanded") == "true"
    marks = "button, select, summary, fieldset label, .builder input, g.step, g.node"
    assert page.eval_on_selector_all(marks, SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    for name in ("view", "edit"):
        page.click(f".folds >> text={name}")
    assert not page.is_visible(".bar .fields") and not page.is_visible(".builder")
    page.focus("g.step >> nth=5"), page.keyboard.press("Delete")
    page.wait_for_selector(".builder .note", state="visible")  # what an edit does is told though its bar is folded
    assert "rank" in page.inner_text(".builder .note") and not page.is_visible(".builder input[type=search]")


def test_on_a_wide_screen_nothing_is_folded(visit, files):
    page = visit(files["page"])
    page.set_viewport_size({"width": 968, "height": 844})
    assert page.locator(".folds").is_hidden()
    assert page.is_visible(".bar .fields") and page.is_visible(".builder") and page.is_visible(".theme")


def test_another_user_of_a_report_stands_alone_and_the_first_choice_comes_back(visit, files):
    page = visit(files["report"])
    assert page.inner_text(".chooser option >> nth=0").startswith("early alone beside late alone · u00015")
    page.select_option(".chooser select", index=1)
    page.wait_for_function("() => !document.querySelector('.explorer.two')")
    assert page.locator(".lead").is_hidden() and page.locator("body > .told table").count() == 1
    page.select_option(".chooser select", index=0)
    page.wait_for_selector(".pane g.node")
    assert page.inner_text(".lead") == SAYS


def test_the_verdict_goes_with_an_edit_and_comes_back_with_undo(visit, files):
    page = visit(files["page"])
    page.focus("g.step >> nth=5"), page.keyboard.press("Delete")
    page.wait_for_function("(says) => document.querySelector('.lead').textContent !== says", arg=SAYS)
    assert SAYS not in page.inner_text("body")
    page.keyboard.press("Control+z")
    page.wait_for_function("(says) => document.querySelector('.lead').textContent === says", arg=SAYS)
    assert page.inner_text(".lead") == SAYS
