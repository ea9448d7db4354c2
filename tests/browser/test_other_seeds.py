"""What the explorer says of other seeds on the screen is what Python counts; a model alone says nothing."""

import re

import pytest
import torch
from fixtures import HOSTILE

from mmsr_lite import explore, stability
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.what_if import what_if
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from tests.random_weights import draw_weights

pytestmark = pytest.mark.browser
ABOUTS = ["first by flow", "larger order", "larger beta"]
NAMES = ["seed 1", "seed 2", "seed 3", "seed 4"]
LINES = """() => Object.fromEntries([...document.querySelectorAll(".seeds")]
  .filter((one) => one.checkVisibility()).map((one) => [one.dataset.seeds, one.innerText]))"""
IDLE = "() => !document.querySelector('.seeds[aria-busy]')"


@pytest.fixture(scope="module")
def world():
    return load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))


@pytest.fixture(scope="module")
def models(world):
    """Five models of one kind, each with weights and codes of its own."""
    made = []
    for seed in range(5):
        torch.manual_seed(seed)
        books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8, seed=seed)
        model = MMSR(MMSRConfig(dim=8, layers=2), world.num_items, books)
        draw_weights(model, std=0.4)
        made.append(rounded(model))
    return made


@pytest.fixture
def explorer(models, world):
    return explore(models[0], world, 3, other_seeds=dict(zip(NAMES, models[1:], strict=True)))


def counted(models, world, history, target, shown=0) -> dict[str, str]:
    """About -> how the sentence begins, and the answer that it names, as `stability` has them."""
    record = stability([(model, world) for model in models], history=history, target=target, repeats=1)
    found = {}
    for one in record.agreements:
        if one["about"] in ABOUTS:
            says = one["answers"][shown]
            count = one["answers"].count(says)
            found[one["about"]] = (f"{count} of 5 models {'says' if count == 1 else 'say'} so: ", says)
    return found


def agrees(lines, expected) -> bool:
    """Whether the lines say what was counted, and nothing else."""
    told = {about: text for about, text in lines.items() if about in ABOUTS}
    named = {"first by flow": "{} brings most", "larger order": "flow comes by {} fusion than", "larger beta": "{} has"}
    return told.keys() == expected.keys() and all(
        told[about].startswith(begins) and named[about].format(says) in told[about].partition(" say that ")[0]
        for about, (begins, says) in expected.items()
    )


def shown_lines(page) -> dict[str, str]:
    page.wait_for_timeout(100)  # a frame, and the task after it
    page.wait_for_function(IDLE)
    return page.evaluate(LINES)


def test_a_live_page_says_what_python_counts_after_edits_and_for_every_model(visit, explorer, models, world, tmp_path):
    explorer.save_html(tmp_path / "live.html", live=True, users=[4, 1])
    page = visit(tmp_path / "live.html")
    *past, target = world.history(3).tolist()
    assert agrees(shown_lines(page), counted(models, world, past, target))
    page.focus("g.step >> nth=1"), page.keyboard.press("Delete")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=len(past) - 1)
    del past[1]
    assert agrees(shown_lines(page), counted(models, world, past, target))
    page.select_option("label:has-text('Model') select", label="seed 2")
    page.wait_for_function("() => document.querySelector('h2').textContent.includes('MMSR')")
    assert agrees(shown_lines(page), counted(models, world, past, target, shown=2))
    page.select_option("label:has-text('User') select", label=world.user_ids[4])
    page.wait_for_function("() => document.querySelector('h2').textContent.includes('u0004')")
    *past, target = world.history(4).tolist()
    assert agrees(shown_lines(page), counted(models, world, past, target, shown=2))


def test_a_what_if_says_how_many_models_move_the_probability_alike(visit, explorer, models, world, tmp_path):
    explorer.save_html(tmp_path / "live.html", live=True)
    page = visit(tmp_path / "live.html")
    assert "what if" not in shown_lines(page)
    page.click(".bench >> text=compare")
    page.wait_for_selector(".bench .seeds")
    deltas = [
        what_if(model, world, 3, "shuffle", repeats=2, shared_random=True).measures["probability"]["delta"]
        for model in models
    ]
    signs = ["raises" if delta > 0 else "lowers" for delta in deltas]
    count = signs.count(signs[0])
    begins = f"{count} of 5 models {'says' if count == 1 else 'say'} so: the change {signs[0]} the probability of "
    assert shown_lines(page)["what if"].startswith(begins)
    page.check("input[value=changed]", force=True)  # of the changed run nothing was counted
    page.wait_for_selector(".banner:visible")
    assert shown_lines(page).keys() == {"what if"}
    page.click(".banner button")
    assert shown_lines(page).keys() == {*ABOUTS, "what if"}


def test_the_widget_says_the_same_as_the_page_and_follows_python(live, explorer, models, world):
    page = live(explorer)
    *past, target = world.history(3).tolist()
    assert agrees(shown_lines(page), counted(models, world, past, target))
    explorer.ask(do="remove", position=1)
    page.sync()
    lines = shown_lines(page)
    assert agrees(lines, counted(models, world, past[1:], target))
    assert [one["sentence"] for one in explorer.record["draft"]["seeds"]] == [lines[about] for about in ABOUTS]


def test_one_model_alone_says_nothing_of_seeds(visit, models, world, tmp_path):
    explore(models[0], world, 3, beside={"other": models[1]}).save_html(tmp_path / "live.html", live=True)
    page = visit(tmp_path / "live.html")
    page.click(".bench >> text=compare")
    page.wait_for_selector(".bench .verdict")
    assert shown_lines(page) == {}


def test_a_stored_page_keeps_the_sentences_and_hostile_titles_are_text(visit, explorer, tmp_path):
    for one in explorer.record["draft"]["seeds"]:
        one["sentence"] = f"{one['count']} of {one['of']} models say so: {HOSTILE}"
    explorer.save_html(tmp_path / "still.html")
    page = visit(tmp_path / "still.html")
    lines = shown_lines(page)
    assert lines.keys() == {*ABOUTS} and all(HOSTILE in text for text in lines.values())
    assert page.locator("img[src='x']").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_lines_fit_and_axe_finds_nothing_against_them(visit, explorer, tmp_path, width, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs the extra 'dev': axe-core")
    explorer.save_html(tmp_path / "live.html", live=True)
    page = visit(tmp_path / "live.html")
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    page.click(".bench >> text=compare")
    page.wait_for_selector(".bench .seeds")
    page.wait_for_timeout(500)  # opacities on their way
    assert len(shown_lines(page)) == 4 and page.evaluate("document.documentElement.scrollWidth") <= width
    clipped = "all => all.filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"
    assert page.eval_on_selector_all(".seeds", clipped) == []
    page.hover(".answers .seeds .term")
    assert re.search("^seed.*random choices", page.inner_text(".tip"), re.DOTALL)
    found = axe.Axe().run(page).response["violations"]
    assert [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]] == []
