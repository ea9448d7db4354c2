"""Stored runs: they open, they still compute what they computed when they were stored, and they are small."""

import pytest

from mmsr_lite import MMSRError, stored, stored_study, trace
from mmsr_lite.course import stored as home
from mmsr_lite.data.storage import read_json

WORLDS = ("wardrobe-cycle", "wardrobe-match", "wardrobe-mixed")


@pytest.mark.parametrize("name", WORLDS)
def test_a_stored_run_gives_the_trace_that_was_stored_with_it(name):
    model, dataset = stored(name)
    kept = read_json(home.ASSETS / name / "trace.json")
    now = trace(model, dataset, kept["user"]["index"])
    assert now["target"]["rank"] == kept["target"]["rank"]
    assert now["target"]["score"] == pytest.approx(kept["target"]["score"], abs=1e-3)
    for layer, was in zip(now["layers"], kept["layers"], strict=True):
        assert [b for beta in layer["beta"] for b in beta] == pytest.approx(
            [b for beta in was["beta"] for b in beta], abs=1e-3
        )


def test_stored_runs_are_small_and_well_trained():
    for name in WORLDS:
        assert sum(path.stat().st_size for path in (home.ASSETS / name).iterdir()) < 500_000
        metrics = read_json(home.ASSETS / name / "metrics.json")
        assert metrics["counting"]["markov"]["HR@5"] < metrics["test"]["HR@5"] < metrics["reachable"]["HR@5"]


def test_an_unknown_run_names_the_known_ones(tmp_path, monkeypatch):
    with pytest.raises(MMSRError, match="no stored run 'x'; choose from: wardrobe-cycle"):
        stored("x")
    monkeypatch.setattr(home, "ASSETS", tmp_path / "none")
    with pytest.raises(MMSRError, match="clone it"):
        stored("wardrobe-cycle")


def test_a_stored_study_is_the_table_that_was_stored():
    record = stored_study("comparison", "amazon-beauty")
    assert {row["dataset"] for row in record["rows"]} == {record["dataset"]} == {"amazon-beauty"}
    with pytest.raises(MMSRError, match="no table of 'missing'"):
        stored_study("missing", "nowhere")
