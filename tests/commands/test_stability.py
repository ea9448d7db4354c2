"""The command `stability`: runs of several seeds on one user, sentences on how many agree, files to keep."""

import pandas as pd
import pytest

from mmsr_lite.cli import main
from mmsr_lite.records import StabilityRecord
from mmsr_lite.training.fit import fit
from mmsr_lite.training.run_config import RunConfig


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three runs of one epoch on a small folder."""
    place = tmp_path_factory.mktemp("seeds")
    shop = place / "shop"
    shop.mkdir()
    rows = [f"u{user},i{(user + step) % 12},{step}" for user in range(20) for step in range(7)]
    (shop / "interactions.csv").write_text("user_id,item_id,timestamp\n" + "\n".join(rows))
    words = [f"i{item},{'red' if item % 2 else 'blue'} {'hat' if item < 6 else 'coat'}" for item in range(12)]
    (shop / "items.csv").write_text("item_id,title\n" + "\n".join(words))
    config = RunConfig(str(shop)).with_settings(dim=8, codes=3, codes_per_item=1, epochs=1, device="cpu", refit=False)
    folders = []
    for seed in range(3):
        folders.append(str(place / f"run-{seed}"))
        fit(config.with_settings(seed=seed), folders[-1], progress=False)
    return folders


@pytest.mark.slow
def test_it_prints_how_many_agree_and_writes_picture_record_and_table(runs, tmp_path, capsys):
    assert main(["stability", *runs, "--user", "u3", "-o", str(tmp_path / "s.json")]) == 0
    said = capsys.readouterr().out
    record = StabilityRecord.open(tmp_path / "s.json")
    assert record.seeds == [0, 1, 2] and all(one["sentence"] in said for one in record.agreements)
    assert main(["stability", *runs, "--user", "u3", "-o", str(tmp_path / "s.csv")]) == 0
    table = pd.read_csv(tmp_path / "s.csv")
    assert len(table) == len(record.rows) and {"model 1", "model 2", "model 3", "low", "high"} <= set(table)
    for name in ("s.html", "s.png"):
        assert main(["stability", *runs, "--user", "u3", "--measure", "flow", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "s.png").read_bytes().startswith(b"\x89PNG")
    assert "of 3 models attend most to" in (tmp_path / "s.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_mistakes_are_explained(runs, capsys):
    assert main(["stability", runs[0], "--user", "u3"]) == 1
    assert "two models or more that differ in their seed" in capsys.readouterr().err
    assert main(["stability", runs[0], runs[0], "--user", "u3"]) == 1
    assert "two runs have the seed 0" in capsys.readouterr().err
    assert main(["stability", *runs, "--user", "u3", "-o", "s.pdf"]) == 1
    assert "'s.pdf' ends with '.pdf'; expected one of .html" in capsys.readouterr().err
