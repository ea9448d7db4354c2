"""The live page by keys alone: each state of the explorer, the address, a pasted history, what is saved."""

import pytest
import torch
from keys import MAIN, drive, press, reach

from mmsr_lite import explore
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def opened(visit, made, tmp_path):
    """The live page of an adaptive model, with an early one to stand beside it."""
    model, world = made
    torch.manual_seed(1)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    early = MMSR(MMSRConfig(dim=8, fusion="heho"), world.num_items, books)
    view = explore(rounded(model), world, 3, beside={"early": rounded(early)})
    view.save_html(tmp_path / "live.html", live=True, users=[4])
    return visit(tmp_path / "live.html")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (1280, "dark"), (390, "light")])
def test_every_state_of_a_live_page_is_reached_by_keys(opened, width, theme):
    opened.set_viewport_size({"width": width, "height": 844})
    opened.emulate_media(color_scheme=theme)
    opened.wait_for_selector(f".explorer[data-theme={theme}]")
    opened.wait_for_selector(".folds", state="visible" if width == 390 else "hidden")
    drive(opened)  # it asserts each state on the way
    # the last button, "back to the clean run", hides: the focus goes on to the choice between the runs
    opened.wait_for_function("() => document.activeElement?.matches('.bench .result input')")
    assert opened.locator(".banner").is_hidden()


def test_address_user_and_a_pasted_history_are_reached_by_keys(opened, made):
    page, (_, world) = opened, made
    titles = "all => all.map((one) => one.getAttribute('aria-label').split('; ')[1])"
    press(page, f"{MAIN} g.step", "Delete")
    page.wait_for_function("() => location.hash.includes('history=')")
    address, shown = page.evaluate("location.hash"), page.eval_on_selector_all("g.step", titles)
    press(page, ".choose-bar label:first-of-type select", "ArrowDown")
    page.wait_for_function("(old) => location.hash !== old", arg=address)
    assert page.eval_on_selector_all("g.step", titles) != shown
    page.evaluate("(address) => { location.hash = address; }", address)  # as if the link were opened
    again = f"(old) => String(({titles})([...document.querySelectorAll('g.step')])) === old"
    page.wait_for_function(again, arg=",".join(shown))
    reach(page, ".share-bar input")
    page.keyboard.type(f"{world.titles[7]}, 5")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('g.step').length === 2")
    assert page.eval_on_selector_all("g.step", titles) == [world.titles[item] for item in (7, 5)]


@pytest.mark.parametrize(("kind", "begins"), [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b'"what",')])
def test_picture_and_numbers_are_saved_by_keys(opened, tmp_path, kind, begins):
    with opened.expect_download() as download:
        press(opened, f".share-bar [title$='as {kind}']")
    download.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes().startswith(begins)
