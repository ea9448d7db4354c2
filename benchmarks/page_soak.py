"""Does a live page keep its memory through thousands of random interactions? `python -m benchmarks soak --page` tries.

Interactions are drawn in the page from a seed: clicks on whatever can be pressed, keys on the history, choices of
selects and boxes, edits by the session, hovering. Nothing is awaited but the answers, so they follow each other as fast
as the page can. Afterwards the history is put back to one user's own, garbage is collected, and the heap is read: what
lies there then, lies there for good.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright
from tqdm.auto import tqdm

from benchmarks.page_latency import FLAGS, a_page, open_page

MEBIBYTES = 3.0  # that the heap may grow by
HISTORY, MODALITIES = 8, 2
SETTLE = 700  # milliseconds until animations are over
INTERACT = (Path(__file__).parent / "interact.js").read_text(encoding="utf-8")
SETTLED = """() => {
  const pause = document.querySelector(".live [aria-label='Pause']");
  if (pause) pause.click();
  for (const one of document.querySelectorAll(".live details")) one.open = false;
  const user = document.querySelector(".choose-bar select");
  user.selectedIndex = 0;
  user.dispatchEvent(new Event("change", { bubbles: true }));
}"""


def soak(count: int, seed: int = 0, progress: bool = False, chromium: str = "/usr/bin/chromium") -> tuple[Counter, Any]:
    """Interact so many times with a page of two models.

    Args:
        count: of interactions; the heap is read after each tenth of them.
        seed: of the draws.
        progress: whether to show a bar.
        chromium: the browser.

    Returns:
        How many interactions of each kind were done; MiB of the heap after each tenth.

    Raises:
        AssertionError: the page threw an error, or wrote one on its console.
    """
    done, heaps, said = Counter[str](), [], []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        path = Path(place, "page.html")
        path.write_text(a_page(HISTORY, MODALITIES), encoding="utf-8")
        browser = play.chromium.launch(executable_path=chromium, args=[*FLAGS, "--js-flags=--expose-gc"])
        page = open_page(browser, path)
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        tools = page.context.new_cdp_session(page)
        tools.send("HeapProfiler.enable")
        for tenth in tqdm(range(10), "tenths", disable=not progress):
            done.update(page.evaluate(INTERACT, [1000 * seed + tenth, count // 10]))
            page.evaluate(SETTLED)
            page.wait_for_timeout(SETTLE)
            for _ in range(3):
                tools.send("HeapProfiler.collectGarbage")
            heaps.append(tools.send("Runtime.getHeapUsage")["usedSize"] / 2**20)
        browser.close()
    assert not said, said[:5]
    return done, heaps


def growth(heaps: list[float]) -> float:
    """MiB by which the heap grew: the mean of the last three readings less that of the three after the first.

    Example:
        >>> growth([9, 5, 5, 5, 5, 5, 5, 6, 6, 6])
        1.0
    """
    early, late = heaps[1:4], heaps[-3:]
    return sum(late) / len(late) - sum(early) / len(early)
