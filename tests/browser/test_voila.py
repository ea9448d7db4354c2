"""`mmsr-lite explore`: Voila shows a run's explorer, live and by keys alone, and nothing leaves the machine."""

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from keys import drive

from mmsr_lite import cli

if find_spec("voila") is None:  # not imported: that takes seconds, and only the server needs it
    pytest.skip("needs the extra 'lab'", allow_module_level=True)
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.outside]


@pytest.fixture
def address(tmp_path, free_port):
    """The address that is printed when a small run, trained here, is served."""
    rows = [f"u{user},i{(user + step) % 4},{step}" for user in range(12) for step in range(8)]
    items = [{"item_id": f"i{i}", "title": f"<b>{i}", "words": word} for i, word in enumerate(("ab", "cd", "ef", "gh"))]
    (tmp_path / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    (tmp_path / "items.jsonl").write_text("\n".join(map(json.dumps, items)))
    small = ["--modalities", "words", "--dim", "8", "--codes", "3", "--codes-per-item", "1", "--epochs", "1"]
    assert cli.main(["train", str(tmp_path), *small, "--out", str(tmp_path / "run")]) == 0
    command = [sys.executable, "-m", "mmsr_lite", "explore", str(tmp_path / "run"), "--no-browser"]
    command += ["--port", str(free_port)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = iter(server.stdout.readline, "")
    line = next((line for line in said if "http://" in line), None)
    assert line is not None, "the server ended without an address"
    yield line.split()[-1]
    server.terminate()
    server.communicate(timeout=30)


def test_voila_shows_a_live_explorer_without_the_network(chromium, address):
    page, asked, said = chromium.new_context().new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address, timeout=120_000)
    page.wait_for_selector(".explorer g.node", timeout=120_000)
    count = page.locator("g.step").count()
    page.click("[aria-label^='Remove the chosen item (']")
    page.wait_for_function("(n) => document.querySelectorAll('g.step').length === n", arg=count - 1)
    assert "edited" in page.inner_text("h2") and page.locator("b:has-text('<b>')").count() == 0
    drive(page)
    assert "token" not in page.url
    here = address.partition("?")[0]
    assert [url for url in asked if not url.startswith((here, "data:", "blob:"))] == []
    assert [text for text in said if "Content Security Policy" in text] == []
