"""The page "Early or late for my data?" says what its run of 600 users gave."""

import re
from pathlib import Path

import pytest

from mmsr_lite.records import FusionRecord

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/early-or-late.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def record():
    """What `mmsr-lite fusion worlds:pick-student --users 600` wrote."""
    return FusionRecord.open(ROOT / "benchmarks/results/fusion-pick-student-600.json")


def cell_of(name):
    """The cell of 600 users in the row of a system."""
    (row,) = re.findall(rf"^\| {re.escape(name)} \|.*\| ([^|]*) \|$", PAGE, re.M)
    return row.replace("*", "")


def test_the_column_of_600_users_is_that_of_the_record(record):
    for one in record["systems"]:
        told = f"{one['mean']:.1f}"
        if len(one["runs"]) > 1:
            told += f" ({one['low']:.1f} to {one['high']:.1f})"
        assert cell_of(one["name"]) == told
    assert [one["name"] for one in record["systems"]][2:4] == ["early", "late"]


def test_the_verdict_is_that_of_the_record(record):
    (order,) = [pair for pair in record["comparisons"] if (pair["one"], pair["other"]) == ("early", "late")]
    lead = "{difference:.1f} ({low:.1f} to {high:.1f})".format(**order)
    assert cell_of("the verdict") == f"early is ahead by {lead}" and record["verdict"] == "early"
    assert record["sampled"] == {"users": 600, "of": 3000}


def test_early_fusion_has_seven_tenths_of_what_can_be_had(record):
    (early,) = [one["mean"] for one in record["systems"] if one["name"] == "early"]
    best = float(cell_of("best reachable, all items"))
    assert round(early / best, 1) == 0.7 and "seven tenths of what can be had" in " ".join(PAGE.split())
