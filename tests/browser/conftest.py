"""A headless Chromium that may read files and nothing else, and the traces of the tests of views."""

import base64
import shutil
import sys
from pathlib import Path

import pytest
import torch

from mmsr_lite import explore
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from tests.random_weights import draw_weights

sys.path[:0] = [str(Path(__file__).parents[1] / "views"), str(Path(__file__).parent)]  # fixtures, parity
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]


@pytest.fixture(scope="module")
def chromium():
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, from the dev extra")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Open a file with the network cut; at the end nothing was asked of the network and the console is empty."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme="light")
    context.set_offline(True)
    asked, said = [], []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.on("request", lambda request: None if request.url[:5] in ("file:", "data:") else asked.append(request.url))

    def go(path, ready="body[data-ready]"):
        page.goto(Path(path).as_uri())
        page.wait_for_selector(ready, state="attached")
        return page

    yield go
    context.close()
    assert asked == [] and said == []


BRIDGE = """async ([code, look, state]) => {
  const heard = new Map(), dirty = new Set();
  document.head.append(Object.assign(document.createElement("style"), {textContent: look}));
  window.take = (now) => {
    const fresh = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(state[name]));
    Object.assign(state, now);
    for (const name of fresh) heard.get(`change:${name}`)?.();
  };
  const model = {get: (k) => state[k], set: (k, v) => { state[k] = v; dirty.add(k); },
    on: (k, f) => heard.set(k, f), off: (k) => heard.delete(k), save_changes: async () => {
      const now = Object.fromEntries([...dirty].map((k) => [k, state[k]]));
      dirty.clear();
      take(await python(now));
    }};
  window.stop = (await import(code)).default.render({model, el: document.getElementById("a")});
  window.heard = heard;
}"""  # stands for the front end of Jupyter: traits go to Python's widget and come back


@pytest.fixture
def live(visit, tmp_path):
    """Open the widget of a view in a page that is linked to it as a notebook's front end is."""

    def opened(view):
        (tmp_path / "empty.html").write_text(
            "<!doctype html><html lang=en><link rel=icon href='data:,'><div id=a></div>"
        )
        page, widget = visit(tmp_path / "empty.html", "head"), view.widget
        names = ("record", "look", "selection", "theme", "request", "message")
        names = [name for name in names if widget.has_trait(name)]

        def python(changes):
            for name, value in changes.items():
                setattr(widget, name, value)
            return {name: getattr(widget, name) for name in names}

        page.expose_function("python", python)
        page.sync = lambda: page.evaluate("(now) => take(now)", python({}))
        code = "data:text/javascript;base64," + base64.b64encode(widget._esm.encode()).decode()
        page.evaluate(BRIDGE, [code, widget._css, python({})])
        page.wait_for_selector("g.node")
        return page

    return opened


@pytest.fixture(scope="module")
def made():
    world = load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))
    torch.manual_seed(0)
    books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
    model = MMSR(MMSRConfig(dim=8, layers=2), world.num_items, books)
    draw_weights(model, std=0.5)
    return model, world


@pytest.fixture
def explorer(made):
    return explore(*made, user=3)
