"""Pictures of the page's main states, compared with those in `screens`; `MMSR_SCREENS=renew` makes them anew.

A picture is compared as 16 by 16 pixels are to the eye: in blocks, by their mean colour, so that the smoothing of a
letter does not count and a moved, lost or recoloured part does. Fonts are DejaVu alone, animations are off.
"""

import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor

from mmsr_lite import cli
from mmsr_lite.course.stored import stored_pair
from mmsr_lite.views.theme import TYPES

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SCREENS = Path(__file__).parent / "screens"
BLOCK, STEP, SHARE = 16, 24, 0.01  # pixels of a block, difference of 255 that counts, share of blocks that may differ
SIZES = {"desk": (1280, 800), "phone": (390, 844), "README": (1400, 900)}
KEPT = {"README": SCREENS.parents[2] / "assets/explorer.png"}  # others are in SCREENS
LOOK = """*, *::before { font-family: "DejaVu Sans" !important; caret-color: transparent !important;
  transition: none !important; animation: none !important; }"""
MAIN = ".explorer > .body > .stage"


def chosen(page) -> None:
    page.click(f"{MAIN} g.node[data-type='1'] .shape >> nth=1", force=True)


def edited(page) -> None:
    page.focus(f"{MAIN} g.step >> nth=5"), page.keyboard.press("Delete")
    page.wait_for_function(f"() => document.querySelectorAll('{MAIN} g.step').length === 6")


def asked(page) -> None:
    page.click(".bench .first button")
    page.wait_for_selector(".bench .band")
    page.locator(".bench").scroll_into_view_if_needed()


def toured(page) -> None:
    page.click("text=tour")
    page.keyboard.press("ArrowRight"), page.keyboard.press("ArrowRight")


def stepped(page) -> None:
    page.click("[aria-label='Next stage']", click_count=4)
    page.locator(".rail").scroll_into_view_if_needed()


def alone(page) -> None:
    page.select_option("label:has-text('beside') select", index=0)
    page.wait_for_function("() => !document.querySelector('.explorer.two')")


def differences(page) -> None:
    page.locator(".differences").scroll_into_view_if_needed()


STATES = {  # name -> size, theme, what is done
    "first": ("desk", "light", None),
    "first-dark": ("desk", "dark", None),
    "first-phone": ("phone", "light", None),
    "first-phone-dark": ("phone", "dark", None),
    "node": ("desk", "light", chosen),
    "alone": ("desk", "light", alone),
    "edited": ("desk", "light", edited),
    "what-if": ("desk", "light", asked),
    "stage": ("desk", "dark", stepped),
    "tour": ("desk", "light", toured),
    "differences": ("desk", "light", differences),
    "README": ("README", "light", None),
}


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    """The page of the early and the late run."""
    listed = shutil.which("fc-list")
    fonts = subprocess.run([listed], capture_output=True, text=True, check=True).stdout if listed else ""
    if "DejaVuSans.ttf" not in fonts:
        pytest.skip("needs the fonts of the pictures: apt-get install fonts-dejavu-core")
    place = tmp_path_factory.mktemp("screens") / "page.html"
    folders = [str(run.folder) for run in stored_pair("worlds:both-small").values()]
    assert cli.main(["page", *folders, "-o", str(place)]) == 0
    return place


def taken(visit, file, state: str) -> Image.Image:
    """The picture of a state as it is now."""
    size, theme, act = STATES[state]
    page = visit(file, size=SIZES[size], theme=theme, motion="reduce")
    page.add_style_tag(content=LOOK)
    page.wait_for_selector(".pane g.node")
    if act:
        act(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def differing(one: Image.Image, two: Image.Image) -> float:
    """The share of blocks whose mean colours differ."""
    means = []
    for picture in (one, two):
        width, height = (length // BLOCK for length in picture.size)
        small = picture.crop((0, 0, width * BLOCK, height * BLOCK)).resize((width, height), Image.Resampling.BOX)
        means.append(np.asarray(small, dtype=int))
    return float((abs(means[0] - means[1]).max(2) > STEP).mean())


@pytest.mark.parametrize("state", STATES)
def test_the_page_looks_as_it_did(visit, file, tmp_path, state):
    now, kept = taken(visit, file, state), KEPT.get(state, SCREENS / f"{state}.png")
    if os.environ.get("MMSR_SCREENS") == "renew":
        SCREENS.mkdir(exist_ok=True)
        # without k-means, of 64 colours, that of items was another one in the picture of the README
        now.quantize(64, dither=Image.Dither.NONE, kmeans=3).save(kept, optimize=True)
    before = Image.open(kept).convert("RGB")
    assert now.size == before.size
    share = differing(now, before)
    if share > SHARE:
        now.save(tmp_path / f"{state}.png")
    assert share <= SHARE, f"{share:.1%} of {state} look otherwise; see {tmp_path}, or renew with MMSR_SCREENS=renew"


@pytest.mark.parametrize("state", ["README", "first", "first-phone"])
def test_kept_pictures_have_the_colours_of_the_theme(state):
    seen = np.asarray(Image.open(KEPT.get(state, SCREENS / f"{state}.png")).convert("RGB"), dtype=int).reshape(-1, 3)
    for fill in (TYPES[0][0], TYPES[1][0], TYPES[2][0]):  # the nodes of items, pictures and texts
        near = abs(seen - ImageColor.getrgb(fill)).max(1) <= 6
        assert near.sum() >= 200, fill


def test_all_pictures_together_are_small():
    assert {path.stem for path in SCREENS.glob("*.png")} == set(STATES) - set(KEPT)
    assert sum(path.stat().st_size for path in SCREENS.glob("*.png")) < 1e6


def test_a_moved_part_and_another_colour_are_seen_and_a_smoothed_edge_is_not():
    rng = np.random.default_rng(0)
    page = Image.fromarray(np.full((800, 1280, 3), 255, np.uint8))
    page.paste((20, 40, 60), (100, 100, 420, 180))
    moved = Image.fromarray(np.full((800, 1280, 3), 255, np.uint8))
    moved.paste((20, 40, 60), (100, 300, 420, 380))
    other = page.copy()
    other.paste((200, 40, 60), (100, 100, 420, 260))
    noise = rng.integers(-6, 7, (800, 1280, 3))
    smoothed = Image.fromarray(np.clip(np.asarray(page, int) + noise, 0, 255).astype(np.uint8))
    assert differing(page, moved) > SHARE and differing(page, other) > SHARE
    assert differing(page, smoothed) == 0
