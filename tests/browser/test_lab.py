"""Notebooks in JupyterLab, as a learner opens them: run whole, their controls live, and nothing leaves the machine.

One notebook here; MMSR_NOTEBOOKS="04_the_update_gate 05_prediction_and_what_if" names others, MMSR_NOTEBOOKS=all all.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the extra 'lab'")
pytest.importorskip("jupyterlab", reason="needs the extra 'lab'")
pytestmark = [pytest.mark.browser, pytest.mark.slow]
ROOT = Path(__file__).parents[2]
GIVEN = os.environ.get("MMSR_NOTEBOOKS", "02_the_msgraph")
NAMES = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")) if GIVEN == "all" else GIVEN.split()
QUIET = (
    """async () => (await (await fetch('/api/sessions')).json()).every((s) => s.kernel.execution_state === 'idle')"""
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The folder that JupyterLab serves, copies of the notebooks beside what they read, and its address."""
    place = tmp_path_factory.mktemp("lab")
    (place / "notebooks").mkdir()
    for name in NAMES:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", place / "notebooks")
    for name in ("assets", "benchmarks"):
        (place / name).symlink_to(ROOT / name)
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(place / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {f"JUPYTERLAB_{kind}_DIR": str(place / kind) for kind in ("WORKSPACES", "SETTINGS")}
    options = ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--allow-root", f"--notebook-dir={place}"]
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        *options,
        "--LabApp.news_url=",
        "--LabApp.extension_manager=readonly",
    ]
    with (place / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | own, start_new_session=True)
    for _ in range(900):
        with socket.socket() as trial:
            if trial.connect_ex(("localhost", port)) == 0:
                break
        assert server.poll() is None, (place / "log").read_text()
        time.sleep(0.2)
    yield place, f"http://localhost:{port}"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(timeout=30)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_in_jupyterlab_and_its_controls_answer(chromium, lab, name):
    place, address = lab
    page, asked, said = chromium.new_context().new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"{address}/lab/tree/notebooks/{name}.ipynb?reset", timeout=120_000)
    page.wait_for_selector(".jp-MarkdownOutput h1", timeout=120_000)
    assert page.locator("abbr").first.get_attribute("title").endswith(".)")  # a term of the glossary, with its place
    page.wait_for_function(f"async () => (await (await fetch('/api/sessions')).json()).length > 0 && await ({QUIET})()")
    page.click("text=Run >> nth=0")
    page.click("text=Run All Cells >> nth=0")
    for _ in range(120):  # until what Lab saves has run whole
        page.wait_for_timeout(2000)
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        cells = [c for c in nbformat.read(place / "notebooks" / f"{name}.ipynb", 4).cells if c.cell_type == "code"]
        if page.evaluate(QUIET) and all(cell.execution_count for cell in cells):
            break
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]
    for index in range(page.locator(".jp-Cell").count()):  # Lab draws what is in sight
        page.evaluate("(i) => document.querySelectorAll('.jp-Cell')[i]?.scrollIntoView()", index)
        page.wait_for_timeout(100)
    choices = page.locator(".widget-dropdown select")
    for index in range(choices.count()):
        box = (
            choices.nth(index).locator("xpath=ancestor::*[contains(@class,'widget-vbox')][1]").locator(".jp-OutputArea")
        )
        choices.nth(index).scroll_into_view_if_needed()
        before = box.first.inner_html()
        choices.nth(index).select_option(index=choices.nth(index).locator("option").count() - 1)
        page.wait_for_timeout(100)
        for _ in range(300):
            if box.first.inner_html() != before:
                break
            page.wait_for_timeout(100)
        assert box.first.inner_html() != before
        assert "Error" not in box.first.inner_text()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert said == []
