"""The site: complete, every link leads somewhere, and in a browser with the network cut it asks nobody for anything."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import mmsr_lite

pytest.importorskip("mkdocs", reason="needs the extra 'docs'")
ROOT = Path(__file__).parents[1]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.slow, pytest.mark.outside]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The built site: $MMSR_SITE, where `make docs` has just built it, else built now, strictly."""
    if os.environ.get("MMSR_SITE"):
        return Path(os.environ["MMSR_SITE"]).resolve()
    place = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(place)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return place


class Links(HTMLParser):
    """What a page links to, what it loads, and the places in it that can be linked to."""

    def __init__(self, page: Path):
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.places |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "script", "iframe", "source") and "src" in given:
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "preconnect", "modulepreload"):
            self.loads.append(given["href"])


def is_elsewhere(link: str) -> bool:
    return urlsplit(link).scheme in ("http", "https") or link.startswith("//")


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, Links]:
    return {page: Links(page) for page in site.rglob("*.html")}


def test_every_link_leads_to_a_file_and_a_place_in_it(pages):
    broken = []
    for page, found in pages.items():
        if page.name == "404.html":
            continue  # its links begin at the root of a server
        for link in found.links + found.loads:
            if is_elsewhere(link) or link.startswith(("data:", "mailto:", "javascript:")):
                continue
            parts = urlsplit(link)
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if target.is_dir():
                target = target / "index.html"
            if not target.exists() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].places
            ):
                broken.append(f"{page.name}: {link}")
    assert broken == []
    assert sum(len(found.links) for found in pages.values()) > 1_000


def test_no_page_loads_anything_from_elsewhere(site, pages):
    assert [(page.name, link) for page, found in pages.items() for link in found.loads if is_elsewhere(link)] == []
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//", sheet.read_text(encoding="utf-8")), sheet


def test_every_public_name_is_in_the_reference_of_its_group(pages, site):
    for group, names in mmsr_lite._GROUPS.items():
        text = (site / "reference" / f"{group}.html").read_text(encoding="utf-8")
        missing = [name for name in names if name != "show" and f"mmsr_lite.{name}" not in text]
        assert missing == [], group


def test_every_view_has_a_picture_and_a_live_page_in_the_gallery(site):
    from mmsr_lite.views import VIEWS

    for name in [*VIEWS, "study", "curves", "differences"]:
        assert (site / "gallery" / f"{name}.png").stat().st_size > 5_000, name
        assert (site / "gallery" / f"{name}.html").stat().st_size > 5_000, name


def test_every_command_has_its_help_and_every_kind_of_record_its_fields(site):
    text = (site / "reference/command-line.html").read_text(encoding="utf-8")
    assert all(f"usage: mmsr-lite {name}" in text for name in ("demo", "train", "prepare", "notebooks", "doctor"))
    if find_spec("mmsr_lite.records"):
        from mmsr_lite.records import RECORDS

        page = (site / "reference/records.html").read_text(encoding="utf-8")
        assert [kind for kind in RECORDS if f"mmsr-lite/{kind}/" not in page and f">{kind}<" not in page] == []


def test_every_notebook_is_a_page_with_its_pictures(site):
    for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"):
        text = (site / "notebooks" / f"{path.stem}.html").read_text(encoding="utf-8")
        assert "Before you run it" in text and "<img" in text, path.stem
        assert "arithmatex" not in text, "formulas become MathML"


def test_code_in_a_notebook_is_not_taken_for_a_link(site):
    assert "(`notebooks/" not in (site / "notebooks/04_dual_attention.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(site):
    """A file server on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    sync_api = pytest.importorskip("playwright.sync_api")
    if BROWSER is None:
        pytest.skip("needs Chromium")
    with sync_api.sync_playwright() as player:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        browser = player.chromium.launch(executable_path=BROWSER, args=flags)
        yield browser
        browser.close()


LOOKED_AT = (
    "index.html", "own-data.html", "notebooks/00_start_here.html", "notebooks/04_dual_attention.html",
    "gallery/index.html", "gallery/explorer.html", "gallery/gates.html", "gallery/study.html", "results/index.html",
    "results/tables.html", "reference/data.html", "reference/show.html", "reference/records.html",
)  # fmt: skip


@pytest.mark.browser
def test_pages_open_with_the_network_cut_and_fit_a_phone_and_a_desk(chromium, address):
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    asked: list[str] = []
    mistakes: list[str] = []

    def only_here(route):
        if route.request.url.startswith((address, "data:", "blob:")):
            return route.continue_()
        asked.append(route.request.url)
        return route.abort()

    context.route("**/*", only_here)
    page = context.new_page()
    page.on("console", lambda message: mistakes.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: mistakes.append(str(error)))
    for name in LOOKED_AT:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(f"{address}/{name}", wait_until="load")
        for width in (390, 1280):  # opened on a phone, then made as wide as a desk
            page.set_viewport_size({"width": width, "height": 844})
            page.wait_for_timeout(200)
            root = "document.documentElement"
            wider = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
            assert wider <= 1, f"{name} is wider than {width} pixels"
    context.close()
    assert asked == [] and mistakes == []


@pytest.mark.browser
def test_search_finds_a_function_with_the_network_cut(chromium, address):
    page = chromium.new_page()
    page.route("**/*", lambda r: r.continue_() if r.request.url.startswith((address, "blob:")) else r.abort())
    page.goto(f"{address}/index.html")
    page.fill("input[name=query]", "faithfulness")
    page.wait_for_selector(".md-search-result__item a", timeout=10_000)
    links = page.eval_on_selector_all(".md-search-result__item a", "all => all.map(a => a.getAttribute('href'))")
    assert any("reference/explain.html" in link for link in links)
    page.close()


@pytest.mark.browser
def test_a_live_figure_of_the_gallery_draws_itself(chromium, address):
    page = chromium.new_page()
    page.goto(f"{address}/gallery/gates.html")
    page.wait_for_selector(".js-plotly-plot .heatmaplayer image", timeout=10_000)
    cells = page.locator(".js-plotly-plot .heatmaplayer image").count()
    page.goto(f"{address}/gallery/msgraph.html")
    page.wait_for_selector("path.edge", timeout=10_000, state="attached")
    nodes, edges = page.locator("g.node").count(), page.locator("path.edge").count()
    page.close()
    assert cells == 1 and nodes > 3 and edges > nodes
