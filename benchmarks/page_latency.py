"""From click to painted in a live page on a slow machine: `python -m benchmarks page_latency`.

Writes results/page-latency.json. A page holds a model of random weights; headless Chromium, its CPU throttled four
times, clicks. Time runs from the click to the task after the frame in which the page has changed; for an edit that is
the frame after the engine answered. Beside it stands the CPU time of the page's main thread without throttling, times
four: on a shared machine the first measures the neighbours too, the second the page alone. `after` is the CPU of the
tenth of a second that follows, so that work which is put off is seen, and `made` how many elements a click makes.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from benchmarks.timing import RESULTS
from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
from mmsr_lite.data.storage import write_json
from mmsr_lite.explain.page_data import page_data
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig
from mmsr_lite.views.page import page as page_of

CODES, DIM = 7, 32
MODALITIES = ("picture", "text", "sound", "brand")
CASES = {15: (2, 100), 50: (4, 200)}  # history -> modalities, the budget of p95 in ms
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CHOICES = {  # what is clicked -> its name; each changes the explorer at once
    "g.node .shape": "a node",
    "g.step": "an item",
    "[aria-label='Next stage']": "the next stage",
    ".panel button.link": "an edge, in the table",
    ".layer input:not(:checked)": "the layer",
    ".phase input:not(:checked)": "the phase",
}
EDITS = {  # each brings a new record
    "[aria-label^='Move the chosen item earlier']": "move an item",
    "[aria-label^='Remove the chosen item']": "remove an item",
    "[aria-label^='undo']": "undo",
}
CLICK = """([one, changes]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error("nothing changed")), 20000);
  const painted = () => requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun)));
  const seen = new MutationObserver(() => { seen.disconnect(); painted(); });
  const all = {childList: true, subtree: true, attributes: true, characterData: true};
  seen.observe(document.querySelector(changes), all);
  const begun = performance.now();
  one.dispatchEvent(new MouseEvent("click", {bubbles: true}));
})"""


def a_page(history: int, modalities: int, users: int = 4) -> str:
    """A live page of the wardrobe whose users have `history` items before the next one."""
    world = load("match", config=WardrobeConfig(users=users, length=(history + 1, history + 1)), modalities=())
    rng, books = np.random.default_rng(0), []
    for name in MODALITIES[:modalities]:
        codes = rng.integers(1, CODES + 1, (world.num_items + 1, 1))
        codes[0] = 0
        centres = rng.normal(size=(CODES + 1, DIM)).astype(np.float32)
        books.append(Codebook(name, codes, centres, centres[codes].sum(1)))
    torch.manual_seed(0)
    models = [MMSR(MMSRConfig(dim=DIM, layers=2, fusion=one), world.num_items, books) for one in ("adaptive", "heho")]
    return page_of("latency", models=page_data(models, world, [*range(users)], pseudonyms=False) | {"start": None})


def open_page(browser: Any, path: Path) -> Page:
    """The page in a window of 1280 by 800 pixels."""
    page: Page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    return page


REMEMBER = "() => { window.before = new Set(document.querySelectorAll('.explorer *')); }"
FRESH = "() => [...document.querySelectorAll('.explorer *')].filter((one) => !window.before.has(one)).length"
Times = tuple[float, float, float, int]  # to the paint, CPU to it, CPU after it (ms); elements made


def clicks(page: Page, rounds: int, throttle: int) -> dict[str, list[Times]]:
    """What was clicked -> milliseconds to the paint, of the main thread's CPU to it and after it, elements made."""
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": throttle})

    def busy() -> float:
        said = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * said["TaskDuration"]

    found: dict[str, list[Times]] = {}
    for number in range(rounds):
        for mark, name in {**CHOICES, **EDITS}.items():
            some = page.locator(mark)
            place = (3 * number + 1) % some.count() if mark in CHOICES else 0
            handle = some.nth(place).element_handle()
            page.wait_for_timeout(250)  # what came before is over
            page.evaluate(REMEMBER)
            before = busy()
            taken = page.evaluate(CLICK, [handle, ".explorer" if mark in CHOICES else ".explorer .scroll"])
            painted = busy()
            page.wait_for_timeout(100)
            after = busy() - painted
            found.setdefault(name, []).append((taken, painted - before, after, page.evaluate(FRESH)))
    return found


def summary(throttled: dict[str, Any], free: dict[str, Any], throttle: int) -> dict[str, Any]:
    """Median and p95 of all clicks, and the median of each kind."""
    every = np.concatenate([*throttled.values()])[:, 0]
    cpu = throttle * np.concatenate([*free.values()])[:, 1]
    result: dict[str, Any] = {"clicks": len(every)}
    result |= {f"p{share}_ms": float(np.percentile(every, share)) for share in (50, 95)}
    result |= {f"p{share}_cpu_ms": float(np.percentile(cpu, share)) for share in (50, 95)}
    kinds = {}
    for name in throttled:
        own = np.median(np.array(free[name]), axis=0)
        kinds[name] = {"ms": float(np.median(np.array(throttled[name])[:, 0]))}
        kinds[name] |= {"cpu_ms": throttle * float(own[1]), "after_cpu_ms": throttle * float(own[2])}
        kinds[name]["made"] = float(own[3])
    return result | {"median": kinds}


def main(argv: list[str]) -> None:
    """Make the pages, click, write, print."""
    parser = argparse.ArgumentParser("python -m benchmarks page_latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8, help=f"of {len(CHOICES) + len(EDITS)} clicks (8)")
    parser.add_argument("--throttle", type=int, default=4, help="how much slower the CPU is made (4)")
    parser.add_argument("--two", action="store_true", help="with a second model beside the first")
    parser.add_argument("--history", type=int, nargs="+", default=[*CASES], choices=[*CASES])
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--no-write", action="store_true", help="print alone")
    args, result = parser.parse_args(argv), {}
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=args.chromium, args=FLAGS)
        for history in args.history:
            modalities, budget = CASES[history]
            path = Path(place, f"{history}.html")
            path.write_text(a_page(history, modalities), encoding="utf-8")
            found = []
            for throttle in (args.throttle, 1):
                page = open_page(browser, path)
                if args.two:
                    page.select_option("label:has-text('beside') select", index=1)
                    page.wait_for_selector(".pane g.node")
                clicks(page, 1, 1)  # code is compiled
                found.append(clicks(page, args.rounds, throttle))
                page.close()
            terms = {"history": history, "modalities": modalities, "panes": 1 + args.two, "budget_ms": budget}
            one = terms | summary(*found, args.throttle) | {"load": os.getloadavg()[0]}
            result[f"{history} items, {one['panes']} panes"] = one
            print({key: round(value) if isinstance(value, float) else value for key, value in one.items()}, flush=True)
    if not args.no_write:
        path = RESULTS / "page-latency.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        write_json(path, known | result, indent=1)  # of other histories what was measured before stays
