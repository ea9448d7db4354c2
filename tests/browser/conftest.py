"""A headless Chromium that may read files and nothing else, and the traces of the tests of views."""

import base64
import json
import sys
from pathlib import Path

import pytest
import torch

from mmsr_lite import explore
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from tests.random_weights import draw_weights

sys.path[:0] = [str(Path(__file__).parents[1] / "views"), str(Path(__file__).parent)]  # fixtures, parity, windows
from windows import chromium_of_all, close_all, close_tab, window  # noqa: E402

DESK = {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def chromium():
    """The browser, which stays open until the last test of this folder."""
    return chromium_of_all()


@pytest.hookimpl(trylast=True)  # after the fixtures of the last test are gone
def pytest_runtest_teardown(item, nextitem):
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        close_all()


@pytest.fixture
def visit(chromium):
    """Open a file with the network cut; at the end nothing was asked of the network and the console is empty."""
    page, asked, said = window("offline", viewport=DESK, color_scheme="light", offline=True).new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: (said.append("dialog"), dialog.dismiss()))
    page.on("request", lambda request: None if request.url[:5] in ("file:", "data:") else asked.append(request.url))

    def go(path, ready="body[data-ready]", size=None, theme=None, motion=None):
        """In a window of this size, with this theme and this wish for motion; None: as it was."""
        if size:
            page.set_viewport_size(dict(zip(DESK, size, strict=True)))
        if theme or motion:
            page.emulate_media(color_scheme=theme, reduced_motion=motion)
        page.goto(Path(path).as_uri())
        page.wait_for_selector(ready, state="attached")
        return page

    yield go
    close_tab(page)
    assert asked == [] and said == []


BRIDGE = """async ([code, look]) => {
  const heard = new Map(), dirty = new Set(), state = {};
  document.head.append(Object.assign(document.createElement("style"), {textContent: look}));
  window.take = (fresh) => {
    const now = JSON.parse(fresh);
    for (const [name, text] of now) state[name] = JSON.parse(text);
    for (const [name] of now) heard.get(`change:${name}`)?.();
  };
  const model = {get: (k) => state[k], set: (k, v) => { state[k] = v; dirty.add(k); },
    on: (k, f) => heard.set(k, f), off: (k) => heard.delete(k), save_changes: async () => {
      const now = Object.fromEntries([...dirty].map((k) => [k, state[k]]));
      dirty.clear();
      take(await python(JSON.stringify(now)));
    }};
  take(await python("{}"));
  window.stop = (await import(code)).default.render({model, el: document.getElementById("a")});
  window.heard = heard;
}"""  # stands for the front end of Jupyter: traits go to Python's widget, and those that it changes come back


@pytest.fixture
def live(visit, tmp_path):
    """Open the widget of a view in a page that is linked to it as a notebook's front end is."""

    def opened(view):
        (tmp_path / "empty.html").write_text(
            "<!doctype html><html lang=en><link rel=icon href='data:,'><div id=a></div>"
        )
        page, widget = visit(tmp_path / "empty.html", "head"), view.widget
        names = ("record", "look", "selection", "theme", "request", "message")
        there: dict[str, str] = {}  # trait -> what the page has of it, as JSON, which is quicker than Playwright's form

        def python(changes):
            for name, value in json.loads(changes).items():
                setattr(widget, name, value)
                there[name] = json.dumps(value)
            now = {name: json.dumps(getattr(widget, name)) for name in names if widget.has_trait(name)}
            fresh = {name: text for name, text in now.items() if there.get(name) != text}
            there.update(fresh)
            return json.dumps(list(fresh.items()))

        page.expose_function("python", python)
        page.sync = lambda: page.evaluate("(fresh) => take(fresh)", python("{}"))
        code = "data:text/javascript;base64," + base64.b64encode(widget._esm.encode()).decode()
        page.evaluate(BRIDGE, [code, widget._css])
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
