"""From click to painted in a live page on a slow machine: `python -m benchmarks page_latency`.

Writes results/page-latency.json. A page holds a model of random weights; headless Chromium, its CPU throttled four
times, clicks with its own mouse. Four measures of each click, the honest one first:

- `cpu_ms`: the CPU of the page's main thread, not throttled, from the press to the frame that shows the result, times
  four. For an edit that frame shows the graph and the rank of the next item, and the answer where it is in sight. In
  the window of these pages, 800 pixels high, the answer stands below; `--height 1600` has it in sight. On a shared
  machine only this measure is the page's.
- `after_cpu_ms`: the same of what is put off until after that frame: what is out of sight, other panels, the address.
- `ms`: the time from the release to the task after that frame, throttled. Timers of the page that wait for nothing are
  held back until then, because they would else run before it, and work that is put off would seem to gain nothing.
- `inp_ms`: what Chromium's Event Timing says of the click, throttled: until its next frame stands on the screen. It
  holds other threads and programs too, which draw the frame. It is honest only where the answer is in the next frame:
  while an edit was answered in a timer, it said 0 to 16 ms of edits that took 150.

`made` says how many elements a click makes. How fast the machine is: `loop_ms`, the least time of a loop of 20 million
square roots, and `speed_index`, made as Lighthouse makes its BenchmarkIndex: how many tens of times a second a text of
10,000 letters is put together, and an array of 100,000 numbers copied; the mean of both. `speed_index_throttled` is the
same index while the CPU is throttled. Times of two machines compare where their indices are alike. Lighthouse calls 125
to 800 a mid-tier phone, 1,500 to 2,000 a high-end desktop. A machine made four times slower is in the class that its
throttled index says, and nothing else is claimed of it.
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
WATCH = """() => {
  const named = ({ name }) => ["pointerdown", "pointerup", "click"].includes(name);
  const heard = (list) => inputs.push(...list.getEntries().filter(named).map(({ duration }) => duration));
  const later = window.setTimeout;
  window.inputs = [];
  window.isHeld = false;
  window.setTimeout = (act, ms = 0, ...more) => later(act, isHeld && ms < 1 ? 400 : ms, ...more);
  new PerformanceObserver(heard).observe({ type: "event", durationThreshold: 16 });
  window.expect = (changes) => {
    inputs.length = 0;
    isHeld = true;
    window.painted = new Promise((done, fail) => {
      later(() => fail(new Error("nothing changed")), 20000);
      let begun = 0;
      const told = () => done(performance.now() - begun);
      const seen = new MutationObserver(() => {
        seen.disconnect();
        requestAnimationFrame(() => scheduler.postTask(told, { priority: "user-blocking" }));
      });
      const how = { childList: true, subtree: true, attributeFilter: ["class", "aria-current", "aria-pressed"] };
      addEventListener("pointerup", ({ timeStamp }) => { begun = timeStamp; }, { capture: true, once: true });
      const watch = () => seen.observe(document.querySelector(changes), how);
      addEventListener("click", watch, { capture: true, once: true });
    });
  };
}"""
LOOP = """() => Math.min(...Array.from({ length: 9 }, () => {
  const begun = performance.now();
  let all = 0;
  for (let i = 1; i <= 2e7; i++) all += Math.sqrt(i) / (i + 1);
  return all && performance.now() - begun;
}))"""
SPEED = """() => {
  const timesASecond = (act) => {
    const begun = performance.now();
    let times = 0;
    while (performance.now() - begun < 500) {
      act(times);
      times += 1;
    }
    return (1000 * times) / (performance.now() - begun);
  };
  let length = 0;
  const write = () => {
    let text = "";
    for (let i = 0; i < 1e4; i++) text += "a";
    length += text.length;
  };
  const arrays = [0, 1].map(() => Array.from({ length: 1e5 }, (_, i) => i));
  const copy = (times) => {
    const [from, to] = [arrays[times % 2], arrays[1 - (times % 2)]];
    for (let i = 0; i < from.length; i++) to[i] = from[i];
  };
  return (timesASecond(write) + timesASecond(copy)) / 20;
}"""


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


def open_page(browser: Any, path: Path, height: int = 800) -> Page:
    """The page in a window of 1280 by 800 pixels, or of another height."""
    page: Page = browser.new_page(viewport={"width": 1280, "height": height})
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    return page


def speed_of(page: Page, throttle: int) -> float:
    """How fast the machine is, its CPU made so many times slower."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    index: float = page.evaluate(SPEED)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    tools.detach()
    return index


REMEMBER = "() => { window.before = new Set(document.querySelectorAll('.explorer *')); }"
FRESH = "() => [...document.querySelectorAll('.explorer *')].filter((one) => !window.before.has(one)).length"
TIMES = ("ms", "cpu_ms", "after_cpu_ms", "inp_ms", "made")


def clicks(page: Page, rounds: int, throttle: int) -> dict[str, list[dict[str, float]]]:
    """What was clicked -> what was measured of each click, the CPU as it was."""
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable", {"timeDomain": "threadTicks"})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    page.evaluate(WATCH)

    def busy() -> float:
        said = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
        return 1000 * said["TaskDuration"]

    found: dict[str, list[dict[str, float]]] = {}
    for number in range(rounds):
        for mark, name in {**CHOICES, **EDITS}.items():
            some = page.locator(mark)
            one = some.nth((3 * number + 1) % some.count() if mark in CHOICES else 0)
            one.hover(force=True)
            page.wait_for_timeout(250)  # what came before is over
            page.evaluate(REMEMBER)
            page.evaluate("(changes) => expect(changes)", ".explorer" if mark in CHOICES else ".explorer .strip")
            before = busy()
            page.mouse.down()
            page.mouse.up()
            taken = page.evaluate("() => painted")
            painted = busy()
            page.evaluate("() => { isHeld = false; }")
            page.wait_for_timeout(700)
            own = (
                taken,
                painted - before,
                busy() - painted,
                page.evaluate("Math.max(0, ...inputs)"),
                page.evaluate(FRESH),
            )
            found.setdefault(name, []).append(dict(zip(TIMES, own, strict=True)))
    return found


def summary(throttled: dict[str, Any], free: dict[str, Any], throttle: int) -> dict[str, Any]:
    """Median and p95 of all clicks and of the edits, and the median of each kind."""
    result: dict[str, Any] = {"clicks": sum(map(len, throttled.values()))}
    for names, of in ((list(throttled), ""), (list(EDITS.values()), "_of_edits")):
        for measure, source, factor in (("ms", throttled, 1), ("inp_ms", throttled, 1), ("cpu_ms", free, throttle)):
            every = [factor * one[measure] for name in names for one in source[name]]
            result |= {f"p{share}_{measure}{of}": float(np.percentile(every, share)) for share in (50, 95)}
    kinds = {}
    for name in throttled:
        middle = lambda found, measure: float(np.median([one[measure] for one in found]))  # noqa: E731
        kinds[name] = {measure: middle(throttled[name], measure) for measure in ("ms", "inp_ms")}
        kinds[name] |= {measure: throttle * middle(free[name], measure) for measure in ("cpu_ms", "after_cpu_ms")}
        kinds[name]["made"] = middle(free[name], "made")
    return result | {"median": kinds}


def main(argv: list[str]) -> None:
    """Make the pages, click, write, print."""
    parser = argparse.ArgumentParser("python -m benchmarks page_latency", description=__doc__)
    parser.add_argument("--rounds", type=int, default=8, help=f"of {len(CHOICES) + len(EDITS)} clicks (8)")
    parser.add_argument("--throttle", type=int, default=4, help="how much slower the CPU is made (4)")
    parser.add_argument("--height", type=int, default=800, help="pixels of the window (800)")
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
            found, loop, speed = [], 0.0, []
            for throttle in (args.throttle, 1):
                page = open_page(browser, path, args.height)
                loop = page.evaluate(LOOP)
                speed.append(speed_of(page, throttle))
                if args.two:
                    page.select_option("label:has-text('beside') select", index=1)
                    page.wait_for_selector(".pane g.node")
                clicks(page, 1, 1)  # code is compiled
                found.append(clicks(page, args.rounds, throttle))
                page.close()
            terms = {"history": history, "modalities": modalities, "panes": 1 + args.two, "budget_ms": budget}
            machine = {"load": os.getloadavg()[0], "loop_ms": loop}
            machine |= {"speed_index": speed[1], "speed_index_throttled": speed[0]}
            one = terms | {"height": args.height} | summary(found[0], found[1], args.throttle) | machine
            tall = "" if args.height == 800 else f", {args.height} pixels high"
            result[f"{history} items, {one['panes']} panes{tall}"] = one
            print({key: round(value) if isinstance(value, float) else value for key, value in one.items()}, flush=True)
    if not args.no_write:
        path = RESULTS / "page-latency.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        write_json(path, known | result, indent=1)  # of other histories what was measured before stays
