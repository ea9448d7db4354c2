"""The command `fusion`: prints the verdict, writes page, tables and record, explains mistakes."""

import json

import numpy as np
import pytest

from mmsr_lite.cli import main
from mmsr_lite.records import FusionRecord

QUICK = ["--users", "60", "--seeds", "3", "--trials", "1", "--device", "cpu"]
QUICK += ["--set", "dim=8", "codes=3", "epochs=1", "lr=0.01", "dropout=0.1", "decay=0.5"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A folder of 60 users; its items have titles."""
    place, rng = tmp_path_factory.mktemp("shop"), np.random.default_rng(0)
    rows = [f"u{user},i{item},{step}" for user in range(60) for step, item in enumerate(rng.permutation(20)[:8])]
    (place / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    words = ("red", "blue", "green", "black", "white")
    items = [f"i{item},{words[item % 5]} {('hat', 'scarf', 'coat', 'shoe')[item // 5]}" for item in range(20)]
    (place / "items.csv").write_text("item_id,title\n" + "\n".join(items))
    return place


@pytest.mark.slow
def test_it_says_the_verdict_writes_the_page_and_goes_on_from_the_folder(shop, tmp_path, capsys):
    command = ["fusion", str(shop), *QUICK, "-o", str(tmp_path / "out")]
    assert main(command) == 0
    said = capsys.readouterr().out
    record = FusionRecord.open(tmp_path / "out/fusion.json")
    assert record.sentence in said and len(record.systems) == 8 and record.modalities == ["title"]
    page = (tmp_path / "out/fusion.html").read_text(encoding="utf-8")
    assert record.sentence in page and "<script src" not in page
    runs = (tmp_path / "out/fusion.csv").read_text(encoding="utf-8").splitlines()
    assert len(runs) == 1 + 7 * 3 + 1
    before = json.loads((tmp_path / "out/fusion.json").read_text(encoding="utf-8"))
    assert main(command) == 0  # nothing is left to do
    assert json.loads((tmp_path / "out/fusion.json").read_text(encoding="utf-8")) == before
    assert main([*command, "--base", "sasrec"]) == 1
    assert "base was 'gru4rec' and is 'sasrec' now" in capsys.readouterr().err


def test_mistakes_are_explained(shop, tmp_path, capsys):
    assert main(["fusion", str(shop), "--base", "gru", "-o", str(tmp_path / "out")]) == 1
    assert "unknown base 'gru'; choose from: gru4rec, mmsr, sasrec" in capsys.readouterr().err
    assert main(["fusion", str(shop), "--modalities", "-o", str(tmp_path / "out")]) == 1
    assert "has no modalities to fuse" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
