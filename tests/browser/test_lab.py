"""Notebooks as a learner opens them: run whole, every control moved, in JupyterLab and as a page of Voila's, offline.
Keys reach what has the focus and every state of the explorer, in JupyterLab and in Notebook 7.

Few here, for time; MMSR_NOTEBOOKS="05_the_update_gate 06_prediction_and_what_if" names others, MMSR_NOTEBOOKS=all all,
and MMSR_VOILA likewise. MMSR_SHOTS=FOLDER keeps a screenshot of every control that was moved, to be looked at.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from pathlib import Path

import pytest
from keys import drive

from mmsr_lite import explorer

nbformat = pytest.importorskip("nbformat", reason="needs the extra 'lab'")
if find_spec("jupyterlab") is None or find_spec("voila") is None:  # not imported: that takes seconds
    pytest.skip("needs the extra 'lab'", allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.outside]
ROOT = Path(__file__).parents[2]
ALL = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
NAMES, PAGES = (
    ALL if (given := os.environ.get(variable, few)) == "all" else given.split()
    for variable, few in {
        "MMSR_NOTEBOOKS": "02_the_msgraph 09_figure_1",
        "MMSR_VOILA": "00_start_here",
    }.items()
)
APPS = {"jupyterlab": "lab/tree/desk.ipynb?reset", "notebook": "notebooks/desk.ipynb"}  # module -> page
DESK = """from mmsr_lite import explore, gates, show
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.explain.gates_summary import gates_summary
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
world = load("cycle", config=WardrobeConfig(looks=3, themes=3, items_per_cell=2, users=6))
books = fit_codebooks(world, num_codes=3, codes_per_item=1, dim=8)
model, early = (MMSR(MMSRConfig(dim=8, fusion=one), world.num_items, books) for one in ("adaptive", "heho"))
table = gates(model, world)
display(explore(model, world, user=3, beside={"early": early}), show.inspector(gates_summary(table), table=table))
show.interact(lambda n: f"number {n}", n=range(9))"""
THEIRS = {  # what others write on the console
    "Cannot read properties of undefined (reading 'schema')",  # Notebook 7.6 at its own settings, with any notebook
    "[anywidget] Failed to initialize model.",  # its two seconds, on a busy machine; the widget comes all the same
}
QUIET = (
    """async () => (await (await fetch('/api/sessions')).json()).every((s) => s.kernel.execution_state === 'idle')"""
)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with copies of the notebooks; what they read comes with the package."""
    place = tmp_path_factory.mktemp("lab")
    (place / "notebooks").mkdir()
    for name in {*NAMES, *PAGES}:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", place / "notebooks")
    desk = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(DESK)])
    desk.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(desk, place / "desk.ipynb")
    return place


@contextmanager
def served(place, *command, **own):
    """The address of `python -m *command --port=...`, started in the folder and stopped at the end."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *command, f"--port={port}", "--no-browser"]
    with (place / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=place, stdout=log, stderr=log, env=os.environ | own, start_new_session=True
        )
    try:
        for _ in range(900):
            with socket.socket() as trial:
                if trial.connect_ex(("localhost", port)) == 0:
                    break
            assert server.poll() is None, (place / "log").read_text()
            time.sleep(0.2)
        yield f"http://localhost:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


@contextmanager
def jupyter(place, app):
    """The address of JupyterLab or Notebook 7, with folders of their own."""
    own = {f"JUPYTER_{kind}_DIR": str(place / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(place / kind) for kind in ("WORKSPACES", "SETTINGS")}
    options = ["--IdentityProvider.token=", "--allow-root", "--LabApp.news_url=", "--LabApp.extension_manager=readonly"]
    with served(place, app, *options, **own) as address:
        yield address


@pytest.fixture(scope="module")
def lab(place):
    with jupyter(place, "jupyterlab") as address:
        yield address


@contextmanager
def opened(chromium, address):
    """A page, and at its end: nothing was asked of another machine, and the console has no error."""
    context = chromium.new_context(viewport={"width": 1400, "height": 1000})
    page, asked, said = context.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(re.sub("^ws", "http", socket.url)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    said = [one for one in said if one not in THEIRS]
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == [] == said


def keep_screenshots(page, name):
    """A screenshot of each control with what is below it, where somebody asked for them."""
    if "MMSR_SHOTS" not in os.environ:
        return
    folder = Path(os.environ["MMSR_SHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    for number, control in enumerate(page.locator(".widget-vbox, .explorer").all()):
        control.scroll_into_view_if_needed()
        page.wait_for_timeout(400)
        page.screenshot(path=folder / f"{name}-{number:02d}.png")


def drawn_in(box):
    """What a control's box shows: outputs of cells, and charts such as that of the gate inspector."""
    return "".join(one.inner_html() for one in box.locator(".jp-OutputArea, .js-plotly-plot").all())


def move_controls(page):
    """Each choice to its last entry, each slider a step, an explorer one item less: what is below is drawn anew."""
    for kind in (".widget-dropdown select", ".widget-slider .noUi-handle"):
        for control in page.locator(kind).all():
            box = control.locator("xpath=ancestor::*[contains(@class,'widget-vbox')][1]")
            control.scroll_into_view_if_needed()
            before = drawn_in(box)
            if "select" in kind:
                control.select_option(index=control.locator("option").count() - 1)
            else:
                control.focus()
                is_at_its_end = control.get_attribute("aria-valuenow") == control.get_attribute("aria-valuemax")
                page.keyboard.press("ArrowLeft" if is_at_its_end else "ArrowRight")
            for _ in range(300):
                if drawn_in(box) != before:
                    break
                page.wait_for_timeout(100)
            assert drawn_in(box) != before
            assert "Error" not in box.inner_text()
    for less in page.locator(".explorer [aria-label^='Remove the chosen item (']").all():
        count = page.locator("g.step").count()
        less.click()
        page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count - 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_in_jupyterlab_and_its_controls_answer(chromium, place, lab, name):
    with opened(chromium, lab) as page:
        page.goto(f"{lab}/lab/tree/notebooks/{name}.ipynb?reset", timeout=120_000)
        page.wait_for_selector(".jp-MarkdownOutput h1", timeout=120_000)
        assert ": " in page.locator("abbr").first.get_attribute("title")  # a term of the glossary
        page.wait_for_function(
            f"async () => (await (await fetch('/api/sessions')).json()).length > 0 && await ({QUIET})()"
        )
        page.click("text=Run >> nth=0")
        page.click("text=Run All Cells >> nth=0")
        for _ in range(120):  # until what Lab saves has run whole, or stopped at an error
            page.wait_for_timeout(2000)
            page.keyboard.press("Control+s")
            page.wait_for_timeout(500)
            cells = [c for c in nbformat.read(place / "notebooks" / f"{name}.ipynb", 4).cells if c.cell_type == "code"]
            errors = [out for cell in cells for out in cell.outputs if out.output_type == "error"]
            if errors or (page.evaluate(QUIET) and all(cell.execution_count for cell in cells)):
                break
        assert errors == []
        assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
        for index in range(page.locator(".jp-Cell").count()):  # Lab draws what is in sight
            page.evaluate("(i) => document.querySelectorAll('.jp-Cell')[i]?.scrollIntoView()", index)
            page.wait_for_timeout(100)
        move_controls(page)
        keep_screenshots(page, f"lab-{name}")


@pytest.mark.parametrize("app", APPS)
def test_keys_reach_the_explorer_and_every_slider(request, chromium, place, app):
    running = nullcontext(request.getfixturevalue("lab")) if app == "jupyterlab" else jupyter(place, app)
    with running as address, opened(chromium, address) as page:
        page.goto(f"{address}/{APPS[app]}", timeout=120_000)
        page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status='idle']", timeout=120_000)
        page.wait_for_timeout(1000)  # idle is also said of a kernel that is not yet there
        page.click("text=Run >> nth=0")
        page.click("text=Run All Cells >> nth=0")
        page.wait_for_selector(".noUi-handle >> nth=2", timeout=120_000)
        count = page.locator("g.step").count()
        page.focus(".explorer g.node[data-type='0'] >> nth=0")
        for key, lane in {"ArrowRight": "0", "ArrowUp": "1", "ArrowDown": "0"}.items():
            before = page.evaluate("document.activeElement.dataset.node")
            page.keyboard.press(key)
            now = page.evaluate("[document.activeElement.dataset.node, document.activeElement.dataset.type]")
            assert now[0] != before and now[1] == lane
        page.keyboard.press("Enter")
        assert page.locator(".explorer g.node.chosen").get_attribute("data-type") == "0"
        page.focus("g.step >> nth=0")
        page.keyboard.press("Delete")
        page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count - 1)
        drive(page)
        for handle, key, says in ((0, "ArrowRight", "Inside (β 0.01 to 1)"), (2, "ArrowUp", "number 1")):
            page.focus(f".noUi-handle >> nth={handle}")
            page.keyboard.press(key)
            page.wait_for_selector(f"text={says}")


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_is_a_page_of_voilas_and_its_controls_answer(chromium, place, tmp_path, name):
    explorer._notebook(tmp_path, "")  # for its template, without the links to other machines
    allowed = "['@jupyter-widgets/jupyterlab-manager', '@voila-dashboards/widgets-manager8', 'anywidget']"
    options = ["--template=mmsr", f"--VoilaConfiguration.extension_allowlist={allowed}"]
    own = {"JUPYTER_PATH": str(tmp_path)}
    with (
        served(place, "voila", f"notebooks/{name}.ipynb", *options, **own) as address,
        opened(chromium, address) as page,
    ):
        page.goto(address, timeout=300_000)
        page.wait_for_selector(".widget-vbox .jp-OutputArea-output", timeout=120_000)
        page.wait_for_timeout(2000)  # the other controls
        for wrong in ("Traceback", "There was an error", "Error displaying"):
            assert page.locator(f"text={wrong}").count() == 0
        move_controls(page)
        keep_screenshots(page, f"voila-{name}")
