"""From click to paint: `python -m benchmarks interaction`; writes results/interaction-cpu.json.

Voila serves the explorer of a history of 50 (the wardrobe, sizes of the demo, untrained) with a live kernel; headless
Chromium clicks. Time runs from the click to the frame after the panels changed: for an edit, what the kernel answered.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import sync_playwright

from benchmarks.timing import RESULTS
from mmsr_lite.data.storage import write_json
from mmsr_lite.live_explorer import _notebook

CELL = """from mmsr_lite import explore
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.graph.codes import fit_codebooks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
world = load("cycle", config=WardrobeConfig(users=20, length=(51, 51)))
books = fit_codebooks(world, num_codes=7, codes_per_item=1, dim=32)
explore(MMSR(MMSRConfig(dim=32, layers=2), world.num_items, books), world, user=3)"""
AT_ONCE = ["g.node .shape", "g.step", "[aria-label='Next stage']", ".panel button.link"]
EDITS = ["[aria-label^='Remove the chosen']", "[aria-label^='Move the chosen']", ".found [aria-label^='swap']"]
ACTS = [*AT_ONCE, *(mark for edit in EDITS for mark in (edit, "[aria-label='undo']"))]  # what is clicked
CLICK = """([one, changes]) => new Promise((done) => {
  const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
  const seen = new MutationObserver(() => { seen.disconnect(); painted(); });
  seen.observe(document.querySelector(`.explorer ${changes}`), {childList: true});
  const begun = performance.now();
  one.dispatchEvent(new MouseEvent("click", {bubbles: true}));
})"""


def measure(page, kernel, rounds: int) -> dict[str, list[list[float]]]:
    """What was clicked -> milliseconds to the paint, CPU of the page's main thread and of the kernel; each time."""
    tools, found = page.context.new_cdp_session(page), {}
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def busy() -> np.ndarray:
        said = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * np.array([said["TaskDuration"], sum(kernel.cpu_times()[:2])])

    for number in range(rounds):
        for mark in ACTS:
            if mark.startswith(".found"):
                label = page.locator("g.step").nth(number).get_attribute("aria-label")
                page.fill("input[type=search]", label.split("; ")[1])
            one = page.locator(mark).nth(5 * number if mark.startswith("g.") else 0)
            one.wait_for(timeout=60_000)
            page.wait_for_timeout(500)  # what came before is over
            handle, before = one.element_handle(), busy()
            taken = page.evaluate(CLICK, [handle, ".panel" if mark in AT_ONCE else ".scroll"])
            page.wait_for_timeout(100)
            found.setdefault(mark, []).append([taken, *(busy() - before)])
    return found


def main(argv: list[str]) -> None:
    """Serve, click, measure, write."""
    parser = argparse.ArgumentParser("python -m benchmarks interaction", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6, help=f"of {len(ACTS)} interactions (6)")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args, load = parser.parse_args(argv), os.getloadavg()[0]
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        extensions = "['@jupyter-widgets/jupyterlab-manager', '@voila-dashboards/widgets-manager8', 'anywidget']"
        options = ["--template=mmsr", "--no-browser", f"--VoilaConfiguration.extension_allowlist={extensions}"]
        command = [sys.executable, "-m", "voila", str(_notebook(Path(place), CELL)), f"--port={port}", *options]
        server = subprocess.Popen(command, env=os.environ | {"JUPYTER_PATH": place}, start_new_session=True)
        try:
            chromium = play.chromium.launch(executable_path=args.chromium, args=["--no-sandbox", "--disable-gpu"])
            page = chromium.new_page()
            while socket.socket().connect_ex(("localhost", port)):
                page.wait_for_timeout(200)
            page.goto(f"http://localhost:{port}/", timeout=120_000)
            page.wait_for_selector(".explorer g.node", timeout=120_000)
            kernel = next(one for one in psutil.Process(server.pid).children() if "ipykernel" in str(one.cmdline()))
            found = measure(page, kernel, args.rounds)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait()
    every, kinds = np.concatenate([*found.values()]), ("ms", "page_cpu_ms", "kernel_cpu_ms")
    result = {"history": 50, "interactions": len(every), "load": [load, os.getloadavg()[0]]}
    result |= {f"p{share}_ms": np.percentile(every[:, 0], share) for share in (50, 95)}
    result["cpu_p95_ms"] = np.percentile(every[:, 1:].sum(1), 95)  # of page and kernel, one after the other
    result["median"] = {mark: dict(zip(kinds, np.median(rows, 0), strict=True)) for mark, rows in found.items()}
    write_json(RESULTS / "interaction-cpu.json", result, indent=1)
    print(result)
