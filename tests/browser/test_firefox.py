"""The live page in Firefox, offline: it opens, shows what Python computes, is edited, undone, asked what if."""

import json
import socket

import pytest
from marionette import Firefox, program

from mmsr_lite import cli
from mmsr_lite.course.stored import stored_pair
from mmsr_lite.explain.page_model import rounded
from mmsr_lite.explain.session import Session

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MAIN = ".explorer > .body > .stage"  # the first pane
USER, RIGHT_ARROW, DELETE, CONTROL, ENTER = 15, "\ue014", "\ue017", "\ue009", "\ue007"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    path = program()
    if path is None:
        pytest.skip("needs Firefox: apt-get install firefox-esr")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with Firefox(path, tmp_path_factory.mktemp("profile"), port) as browser:
        browser.send("WebDriver:SetWindowRect", {"width": 1280, "height": 900})
        yield browser


@pytest.fixture(scope="module")
def pair():
    return stored_pair("worlds:both-small")


@pytest.fixture(scope="module")
def page(firefox, pair, tmp_path_factory):
    """The page of the early and the late run; what goes wrong in it is kept."""
    file = tmp_path_factory.mktemp("page") / "page.html"
    folders = [str(run.folder) for run in pair.values()]
    assert cli.main(["page", *folders, "-o", str(file)]) == 0
    firefox.go(file)
    firefox.run("window.wrong = []; addEventListener('error', (event) => wrong.push(event.message))")
    firefox.until("return document.body.dataset.ready === 'yes'")
    yield firefox
    postponed = "ResizeObserver loop completed with undelivered notifications."  # it asks again: no fault, when busy
    assert [message for message in firefox.run("return window.wrong") if message != postponed] == []


def told(page, mark: str) -> list[float]:
    """The numbers behind the elements of a selector."""
    value = "one.dataset.value ?? (one.wrappedJSObject ?? one).value"  # of an edge it is a property of the path
    every = f"return JSON.stringify([...document.querySelectorAll({json.dumps(mark)})].map((one) => {value}))"
    return [float(value) for value in json.loads(page.run(every)) if value is not None]


def count(page) -> int:
    return page.run(f"return document.querySelectorAll('{MAIN} g.step').length")


def test_the_first_screen_says_who_is_right_and_why(page):
    says = page.run("return document.querySelector('.lead').textContent")
    assert says.startswith("Early fusion is right here and late fusion is wrong") and "Paula no. 24" in says


def test_attention_and_scores_are_those_of_python(page, pair):
    early = pair["early alone"]
    record = Session(rounded(early.model), early.dataset, USER).record
    shown = record["layers"][0]["attention"]["heho"][0]["weights"]
    edges = [weight for weight in shown if weight is not None]
    assert told(page, f"{MAIN} path.edge:not(.unused)") == pytest.approx(edges, abs=1e-4)
    scores = [item["score"] for item in record["answer"]["top"]]
    assert told(page, ".answers tbody td:nth-child(3)")[: len(scores)] == pytest.approx(scores, abs=1e-3)


def test_an_item_goes_by_a_key_and_comes_back_with_undo(page):
    before = count(page)
    page.press(f"{MAIN} g.step", DELETE)
    page.until(f"return document.querySelectorAll('{MAIN} g.step').length === arguments[0]", before - 1)
    assert count(page) == before - 1
    page.press(f"{MAIN} g.step", CONTROL, "z")
    page.until(f"return document.querySelectorAll('{MAIN} g.step').length === arguments[0]", before)
    assert count(page) == before


def test_nodes_are_walked_by_arrows_and_the_panel_follows(page, pair):
    record = Session(rounded(pair["early alone"].model), pair["early alone"].dataset, USER).record
    items = [n for n, node in enumerate(record["nodes"]) if node["type"] == 0]
    page.press(f"{MAIN} g.node[data-node='{items[0]}']", RIGHT_ARROW)
    page.press("", ENTER)
    page.until(f"return document.querySelector('{MAIN} g.node.chosen') !== null")
    assert page.run(f"return document.querySelector('{MAIN} g.node.chosen').dataset.node") == str(items[1])
    heading = page.run("return [...document.querySelectorAll('.explorer > .body > .panel h3')].at(-1).textContent")
    assert heading == record["nodes"][items[1]]["label"]


def test_a_what_if_gives_the_sentence_of_python(page, pair):
    page.click(".bench button.main")
    page.until("return document.querySelector('.bench .verdict') !== null")
    early = pair["early alone"]
    session = Session(rounded(early.model), early.dataset, USER)
    change = {"do": "shuffle", "rate": 1}
    asked = session.do({"do": "what_if", "change": change, "repeats": 20})["what_if"]
    assert page.run("return document.querySelector('.bench .verdict').textContent") == asked["sentence"]
