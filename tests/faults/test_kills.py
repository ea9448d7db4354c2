"""Commands that are killed go on to the bytes of a run that was never disturbed; see kills.py for the long run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import children
from tests.faults.kills import SHORT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.outside,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forks"),
]
EVERY = 17  # file operations; `make kills` kills at each


@pytest.fixture(scope="module")
def reports():
    """What the short run says of each command; it is a process of its own, for forks want one without threads."""
    words = [sys.executable, "-m", "tests.faults.kills", "--every", f"{EVERY}", "--together", "40"]
    root = Path(__file__).parents[2]
    done = subprocess.run(words, cwd=root, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.stdout, done.stderr[-3000:]
    return {report["command"]: report for report in json.loads(done.stdout.splitlines()[-1])}


def test_on_a_busy_machine_a_command_may_take_twenty_times_what_it_took_undisturbed(monkeypatch):
    monkeypatch.setattr(children, "LONGEST", 120.0)
    children.allow(1)
    assert children.LONGEST == 120
    children.allow(10)
    assert children.LONGEST == 20 * 10


@pytest.mark.parametrize("command", SHORT)
def test_a_command_that_is_killed_goes_on_to_the_same_bytes(reports, command):
    report = reports[command]
    assert report["failures"] == []
    kills, second = (len(range(1, report["file operations"] + 1, every)) for every in (EVERY, 40))
    assert report["disturbances survived"] == kills + second and report["processes stopped"] >= kills - 1
