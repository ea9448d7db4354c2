"""A live page through random interactions: no error, and no memory that stays behind."""

import shutil

import pytest
from windows import close_all

pytestmark = [pytest.mark.browser, pytest.mark.slow]
COUNT = 150  # in half a minute; `python -m benchmarks soak --page` does 10,000


def test_many_random_interactions_leave_no_error_and_no_memory_behind():
    pytest.importorskip("playwright.sync_api", reason="needs playwright, from the dev extra")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    from benchmarks.page_soak import MEBIBYTES, growth, soak

    close_all()  # the soak starts Playwright itself, and a process can have it but once
    done, heaps = soak(COUNT, chromium=chromium)
    assert sum(done.values()) == COUNT and {"node", "step", "key", "select", "button"} <= set(done)
    assert growth(heaps) < MEBIBYTES / 2, heaps


def test_growth_is_seen_in_the_readings():
    from benchmarks.page_soak import growth

    assert growth([20, 5, 5, 5, 5, 5, 5, 9, 9, 9]) == 4  # the first reading, in which all is made once, does not count
