"""A page that holds the model: every control works with the network cut, its address gives the same view again."""

import base64
import csv
import gzip
import io
import re
from dataclasses import replace

import pytest
import torch
from fixtures import HOSTILE

from mmsr_lite import explore
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.views import show
from mmsr_lite.views.page import page as page_of
from mmsr_lite.views.samples import sample
from tests.random_weights import draw_weights

pytestmark = pytest.mark.browser
USERS = [4, 1]  # beside user 3


@pytest.fixture(scope="module")
def world():
    return load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))


@pytest.fixture(scope="module")
def models(world):
    books, made = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8), []
    for seed, fusion in enumerate(("adaptive", "heho-invasive")):
        torch.manual_seed(seed)
        model = MMSR(MMSRConfig(dim=8, layers=2, fusion=fusion), world.num_items, books)
        draw_weights(model, std=0.4)
        made.append(rounded(model))
    return made


@pytest.fixture
def explorer(models, world):
    return explore(models[0], world, 3, beside={"early": models[1]})


@pytest.fixture
def opened(visit, explorer, models, tmp_path):
    """The live page of the explorer in Chromium, with the network cut."""
    explorer.save_html(tmp_path / "live.html", live=True, users=USERS)
    return visit(tmp_path / "live.html")


def held(path) -> str:
    """What is packed in a page."""
    packed = re.search('id="models">([^<]*)<', path.read_text())[1]
    return gzip.decompress(base64.b64decode(packed)).decode()


def titles(page) -> list[str]:
    words = page.eval_on_selector_all("g.step", "all => all.map((one) => one.getAttribute('aria-label'))")
    return [word.split("; ", 1)[1] for word in words]


def beta(page) -> dict[str, float]:
    cells = page.eval_on_selector_all("rect.cell", "all => all.map((a) => [a.dataset.cell, Number(a.dataset.value)])")
    return dict(cells)


def beta_of(session) -> dict[str, float]:
    layers = session.record["layers"]
    return {f"{n}/{i}": pair[0] for i, layer in enumerate(layers) for n, pair in enumerate(layer["beta"])}


def test_edits_what_ifs_users_and_models_are_those_of_python(opened, models, world):
    page, session = opened, Session(models[0], world, 3)

    def same():
        page.wait_for_function(
            "(n) => document.querySelectorAll('g.step').length === n", arg=len(session.record["history"])
        )
        assert titles(page) == [step["title"] for step in session.record["history"]]
        assert beta(page) == pytest.approx(beta_of(session), abs=1e-4)

    same()
    page.focus("g.step >> nth=1"), page.keyboard.press("Delete")
    session.do({"do": "remove", "position": 2})
    same()
    page.fill("input[type=search]", world.titles[5])
    page.click(".found .hit >> nth=0 >> text=add")
    session.do({"do": "add", "item": 5, "position": len(session.record["history"]) + 1})
    same()
    page.fill("label:has-text('repeats') input", "5")
    page.click("text=compare")
    verdict = page.inner_text(".verdict")
    assert verdict == session.do({"do": "what_if", "change": "shuffle", "repeats": 5})["what_if"]["sentence"]
    page.click("text=undo"), session.do({"do": "undo"})
    same()
    page.select_option("label:has-text('User') select", label=world.user_ids[4])
    session.do({"do": "user", "user": 4})
    same()
    page.select_option("label:has-text('Model') select", label="early")
    page.wait_for_function("() => document.querySelectorAll('rect.cell').length === 0")
    other = Session(models[1], world, 4).record["answer"]["top"]
    scores = page.eval_on_selector_all(".answers tbody tr", "all => all.map((a) => Number(a.cells[2].dataset.value))")
    assert scores[: len(other)] == pytest.approx([row["score"] for row in other], abs=1e-4)


def test_an_address_gives_the_same_view_and_a_hostile_one_does_nothing(opened, visit, world, tmp_path):
    page = opened
    page.focus("g.step >> nth=0"), page.keyboard.press("Delete")
    page.wait_for_function("() => location.hash.includes('history=')")
    page.click("g.node[data-node='1'] .shape", force=True)
    page.check("input[name$='-layer'][value='1']", force=True)
    state = "() => [...document.querySelectorAll('g.step, g.node')].map((one) => one.getAttribute('class')).join()"
    page.wait_for_function("() => /node=/.test(location.hash) && /layer=1/.test(location.hash)")
    was, address, names = page.evaluate(state), page.evaluate("location.hash"), titles(page)
    page.goto("about:blank")
    page.goto((tmp_path / "live.html").as_uri() + address)
    page.wait_for_selector("body[data-ready]")
    assert (page.evaluate(state), titles(page)) == (was, names)
    assert page.is_disabled("text=undo")
    page.goto("about:blank")
    page.goto((tmp_path / "live.html").as_uri())
    plain = titles(page), page.evaluate(state)
    for hostile in (
        f"user={HOSTILE}&node={HOSTILE}&path={HOSTILE}",
        "history=1,2,-3&model=9e9&families=odd&layer=99999999999&change={]",
        "history=999999,1&target=0&change=%7B%22do%22%3A%22__proto__%22%7D",
        f"history={'1,' * 9000}",
        "user=constructor&model=constructor&gate=constructor&%E0%A4%A",
    ):
        page.goto("about:blank")
        page.goto(f"{(tmp_path / 'live.html').as_uri()}#{hostile}")
        page.wait_for_selector("body[data-ready]")
        assert (titles(page), page.evaluate(state)) == plain, hostile
        assert page.locator("img[src='x']").count() == 0
    page.goto("about:blank")
    page.goto(f"{(tmp_path / 'live.html').as_uri()}#gate=hohe")
    assert "All gates are forced to hohe" in page.inner_text(".verdict")


def test_a_history_is_pasted_and_picture_and_numbers_are_saved(opened, world, tmp_path):
    page = opened

    def saved(button):
        with page.expect_download() as download:
            page.click(f".share-bar >> text={button}")
        download.value.save_as(tmp_path / button)
        return (tmp_path / button).read_bytes()

    pasted = "[aria-label^='Paste a history']"
    page.fill(pasted, f"{world.item_ids[2]}, {world.titles[7]}, 5")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelectorAll('g.step').length === 3")
    assert titles(page) == [world.titles[item] for item in (2, 7, 5)]
    page.fill(pasted, "no such thing"), page.keyboard.press("Enter")
    assert "“no such thing” is no item of this page" in page.inner_text(".said") and len(titles(page)) == 3
    assert saved("SVG").startswith(b"<svg") and saved("PNG")[:8] == b"\x89PNG\r\n\x1a\n"
    rows = list(csv.DictReader(io.StringIO(saved("CSV").decode())))
    assert {row["what"] for row in rows} == {"attention", "gate", "score", "rank", "flow"}
    late = [float(row["value"]) for row in rows if row["what"] == "gate" and row["order"] == "hohe"]
    assert sorted(late) == pytest.approx(sorted(beta(page).values()))
    with page.expect_download() as download:
        page.click("text=save page")
    download.value.save_as(tmp_path / "again.html")
    page.goto((tmp_path / "again.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    assert page.locator("g.step").count() > 3  # the page itself, not what was made of it


def test_pseudonyms_hide_ids_and_the_page_says_what_is_inside(visit, models, world, tmp_path):
    secret = replace(world, user_ids=tuple(f"secret-{user}@mail" for user in world.user_ids), facts={})
    secret = replace(secret, item_ids=("", *(f"SKU-{item}" for item in secret.item_ids[1:])))
    explore(models[0], secret, 3).save_html(tmp_path / "page.html", live=True, users=USERS)
    assert not re.search("secret-|SKU-", held(tmp_path / "page.html") + (tmp_path / "page.html").read_text())
    page = visit(tmp_path / "page.html")
    inside = f"Inside: 3 users with history, {world.num_items} items, 1 model; ids are pseudonyms."
    assert page.inner_text(".inside") == inside
    page.select_option("label:has-text('User') select", label="no. 2")
    page.wait_for_function("() => document.querySelector('h2').textContent.includes('user no. 2')")
    explore(models[0], secret, 3).save_html(tmp_path / "open.html", live=True, pseudonyms=False)
    assert "secret-u0003@mail" in held(tmp_path / "open.html")


def test_titles_are_text_and_scripts_run_by_their_hash_alone(visit, models, world, tmp_path):
    names = ("", *(HOSTILE for _ in world.titles[1:]))
    hostile = replace(world, titles=names, texts={HOSTILE: names}, name=HOSTILE)
    explore(models[0], hostile, 3).save_html(tmp_path / "page.html", live=True)
    policy = re.search('Policy" content="([^"]*)"', (tmp_path / "page.html").read_text())[1]
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert re.fullmatch(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", scripts) and "default-src 'none'" in policy
    page = visit(tmp_path / "page.html")
    page.fill("input[type=search]", "onerror")
    page.wait_for_selector(".found .hit")
    assert page.locator("img[src='x']").count() == 0


def test_a_finger_swipes_the_strip_and_one_that_rests_on_an_item_drags_it(opened):
    page, tools = opened, opened.context.new_cdp_session(opened)
    tools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(300)

    def touch(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        tools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def draw(number, columns, rest):
        """A finger on an item, `rest` milliseconds there, then `columns` to the right; whether it stood to land."""
        boxes = [frame.bounding_box() for frame in page.locator("g.step .frame").all()]
        x, y = (boxes[number][at] + boxes[number][size] / 2 for at, size in (("x", "width"), ("y", "height")))
        far = columns * (boxes[1]["x"] - boxes[0]["x"])
        touch("touchStart", x, y)
        page.wait_for_timeout(rest)
        for part in range(1, 9):
            touch("touchMove", x + far * part / 8, y)
            page.wait_for_timeout(16)
        landing = page.locator(".landing").count()
        touch("touchEnd")
        page.wait_for_timeout(300)
        return landing

    page.locator("g.step").last.scroll_into_view_if_needed()
    before = titles(page)
    last = len(before) - 1
    assert draw(last, 1.5, 0) == 0 and titles(page) == before
    page.evaluate("document.querySelector('.scroll').scrollLeft = 1e4")
    page.wait_for_timeout(100)
    assert draw(last, -2, 500) == 1
    assert titles(page) == [*before[: last - 2], before[last], *before[last - 2 : last]]


def test_a_chart_with_plotly_still_runs(visit, tmp_path):
    show.gates(sample("trace")).save_html(tmp_path / "chart.html")
    page = visit(tmp_path / "chart.html")
    assert page.locator(".js-plotly-plot").count() == 1


def test_the_frame_of_a_notebook_is_sandboxed_and_alive(visit, explorer, tmp_path):
    frame = explorer.embed(height=700)._repr_html_()
    assert 'sandbox="allow-scripts allow-downloads"' in frame and "height:700px" in frame
    (tmp_path / "cell.html").write_text(f"<!doctype html><link rel=icon href='data:,'><body data-ready=1>{frame}")
    inner = visit(tmp_path / "cell.html").frame_locator("iframe")
    count = inner.locator("g.step").count
    inner.locator("g.step").first.wait_for()
    before = count()
    inner.locator("g.step").first.focus()
    inner.locator("g.step").first.press("Delete")
    inner.locator("text=undo").wait_for()
    for _ in range(50):
        if count() == before - 1:
            break
        inner.locator("body").page.wait_for_timeout(50)
    assert count() == before - 1 and inner.locator("text=copy link").count() == 0


def test_pages_are_small(explorer, models, tmp_path, world):
    others = {f"another {number}": models[1] for number in range(5)}
    explore(models[0], world, 3, beside=others).save_html(tmp_path / "six.html", live=True, users=[*range(6)])
    assert (
        tmp_path / "six.html"
    ).stat().st_size < 0.7e6  # 54 items; a world of 4,530 has its limit in test_page_data.py
    bare = page_of("nothing", models=explorer.answers.page_data())
    assert len(bare) < 0.5e6


def test_what_cannot_be_a_live_page_is_told(models):
    with pytest.raises(MMSRError, match="replays a stored record"):
        show.explorer(sample("trace")).save_html("nowhere.html", live=True)
