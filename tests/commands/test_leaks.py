"""The command `leaks`: prints table and sentences, writes what was asked for, refuses what it cannot write."""

import json

import numpy as np
import pytest

from mmsr_lite.cli import main
from mmsr_lite.records import LeaksRecord


@pytest.fixture
def sorted_days(tmp_path):
    """A folder whose file lists every day in the order of ids."""
    place, rng = tmp_path / "days", np.random.default_rng(0)
    place.mkdir()
    rows = [
        f"u{user},B{item:03d},2014-07-{1 + user % 9:02d}"
        for user in range(200)
        for item in sorted(rng.permutation(40)[:10])
    ]
    (place / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    return place


def test_it_names_the_leak_and_writes_record_and_picture(sorted_days, tmp_path, capsys):
    assert main(["leaks", str(sorted_days), "--no-learn", "-o", str(tmp_path / "leaks.json")]) == 0
    out = capsys.readouterr().out
    assert "tie order [leak]: 100.0 % of neighbours have the same time" in out and "counting, ties at random" in out
    record = LeaksRecord.open(tmp_path / "leaks.json")
    assert record.leaks[0] == "tie order" and record == json.loads((tmp_path / "leaks.json").read_text())
    assert main(["leaks", str(sorted_days), "--no-learn", "-o", str(tmp_path / "leaks.html")]) == 0
    assert "leaks found: tie order" in (tmp_path / "leaks.html").read_text(encoding="utf-8")


def test_mistakes_are_explained_before_the_work(sorted_days, capsys):
    assert main(["leaks", str(sorted_days), "-o", "leaks.pdf"]) == 1
    assert "'leaks.pdf' ends with '.pdf'; expected .html" in capsys.readouterr().err
    assert main(["leaks", str(sorted_days), "--split", "weekly"]) == 1
    assert "unknown split 'weekly'; choose from: auto, own, time, user" in capsys.readouterr().err
