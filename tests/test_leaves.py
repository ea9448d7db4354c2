"""Each leaf of the package can be deleted with its index line, and everything else goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = [
    pytest.mark.slow,
    pytest.mark.outside,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="hides each leaf in a process that parts from one"),
]


@pytest.fixture(scope="module")
def breaks() -> dict[str, str]:
    """Each leaf and what breaks without it."""
    paths = os.pathsep.join([str(HERE.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, str(HERE / "leaves.py")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths})
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_nothing_breaks_when_a_leaf_is_deleted_with_its_index_line(breaks):
    assert {leaf: message for leaf, message in breaks.items() if message} == {}


@pytest.mark.parametrize(
    ("package", "least"),
    [
        ("mmsr_lite.models.", 10),
        ("mmsr_lite.nn.aggregators.", 3),
        ("mmsr_lite.experiments.", 9),
        ("mmsr_lite.data.encoders.", 6),
        ("mmsr_lite.data.sources.", 2),
        ("mmsr_lite.views.figures.", 3),
        ("mmsr_lite.commands.", 8),
        ("mmsr_lite.kernels", 1),
    ],
)
def test_every_kind_of_leaf_is_tried(package, least, breaks):
    assert sum(leaf.startswith(package) for leaf in breaks) >= least
