"""Tests share a window of the browser and nothing else."""

import pytest
from windows import chromium_of_all, close_tab, window

pytestmark = pytest.mark.browser
KEEP = "() => { localStorage.kept = 'yes'; return localStorage.length; }"


def test_a_page_finds_nothing_that_the_page_before_it_stored(visit, tmp_path):
    (tmp_path / "page.html").write_text("<!doctype html><link rel=icon href='data:,'><body data-ready=1>")
    before = window("offline").new_page()
    before.goto((tmp_path / "page.html").as_uri())
    assert before.evaluate(KEEP) == 1
    close_tab(before)
    assert visit(tmp_path / "page.html").evaluate("() => localStorage.length") == 0


def test_the_browser_is_started_once(chromium):
    assert chromium_of_all() is chromium and chromium.is_connected()
