"""The runs of the worlds that come with the package: how they are named, made and kept.

That each still gets what its table says is held in tests/test_recomputed.py.
"""

from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import load_file

from benchmarks import stored_worlds
from mmsr_lite.evaluation.decisive import decisive_hits
from mmsr_lite.training.fit import open_run


def test_each_world_has_the_six_systems_under_a_name_that_says_so():
    assert len(stored_worlds.NAMES) == 3 * 6 and stored_worlds.NAMES[0] == "pick-small-early"
    configs = {name: stored_worlds.config_of(name) for name in stored_worlds.NAMES}
    assert len({config.id for config in configs.values()}) == 18
    assert configs["both-small-late"].settings["fusion"] == "hohe-invasive"
    assert configs["both-small-early"].settings["fusion"] == "heho-invasive"
    assert configs["clocks-small-none"].modalities == ()
    assert configs["clocks-small-shuffled"].corruption == "mismatched"


def test_every_run_is_there_and_the_worlds_page_says_what_it_gets():
    table = pd.read_csv(stored_worlds.TABLE)
    assert [f"{row.world}-small-{row.system}" for row in table.itertuples()] == stored_worlds.NAMES
    assert all((stored_worlds.STORED / name / "model.safetensors").is_file() for name in stored_worlds.NAMES)
    page = (Path(__file__).parents[1] / "docs/worlds.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in stored_worlds.page_rows(table) if row not in page] == []


@pytest.mark.slow
def test_what_is_measured_is_measured_with_the_weights_that_are_kept(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stored_worlds, "EPOCHS", 1)
    stored_worlds.store("clocks-small-adaptive-invasive", tmp_path, "cpu")
    folder = tmp_path / "clocks-small-adaptive-invasive"
    assert sorted(place.name for place in folder.iterdir()) == [
        "config.json",
        "history.json",
        "metrics.json",
        "model.safetensors",
        "run.json",
    ]
    kept = load_file(folder / "model.safetensors")
    assert {value.dtype for value in kept.values()} == {torch.float16, torch.int16}
    again = open_run(folder, "cpu")
    assert again.evaluate()["test"] == again.metrics["test"]
    hits = decisive_hits(again.model, again.dataset, again.split.test)
    assert f"'HR@5, all users': {round(hits['all users'], 2)}" in capsys.readouterr().out
