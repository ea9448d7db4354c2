"""One Chromium for all tests that a process runs one after the other, and windows that many tests share."""

import shutil

import pytest

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
OPEN: dict = {}  # what is open in this process: "play", "chromium", and windows by name


def chromium_of_all():
    """The browser, started by the first test that asks; the test skips where there is none."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright, from the dev extra")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    if OPEN and not OPEN["chromium"].is_connected():
        close_all()
    if not OPEN:
        play = api.sync_playwright().start()
        OPEN.update(play=play, chromium=play.chromium.launch(executable_path=path, args=FLAGS))
    return OPEN["chromium"]


def close_all() -> None:
    """Close the browser, if there is one; with it ends an event loop beside which no other test could have its own."""
    if OPEN:
        OPEN["chromium"].close()
        OPEN["play"].stop()
        OPEN.clear()


def window(name: str, **terms):
    """A window in which each test opens a tab: to open a window costs more than to open most pages."""
    if name not in OPEN:
        OPEN[name] = OPEN["chromium"].new_context(**terms)
        OPEN[name].new_page()  # stays empty and open, since a window closes with its last tab
    return OPEN[name]


def close_tab(page) -> None:
    """Close a page, and let nothing that it stored stay for the next one."""
    context = page.context
    page.close()
    context.clear_cookies()
    tools = context.new_cdp_session(context.pages[0])
    tools.send("Storage.clearDataForOrigin", {"origin": "file://", "storageTypes": "all"})
    tools.detach()
