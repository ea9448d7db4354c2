"""Stored runs: they open, they still compute what they computed when they were stored, and they are small."""

import pytest

from mmsr_lite import MMSRError, check, open_run, paper_tables, read_json, stored, stored_file, stored_study, trace
from mmsr_lite.course import stored as home

WORLDS = ("wardrobe-cycle", "wardrobe-match")


@pytest.fixture
def nothing_stored(tmp_path, monkeypatch):
    """A package that lost what comes with it."""
    monkeypatch.setattr(home, "PLACES", (tmp_path,))
    monkeypatch.setattr(home, "RUNS", tmp_path / "runs")


@pytest.mark.parametrize("name", WORLDS)
def test_a_stored_run_gives_the_trace_that_was_stored_with_it(name):
    model, dataset = stored(name)
    kept = read_json(stored_file(f"runs/{name}/trace.json"))
    now = trace(model, dataset, kept["user"]["index"])
    assert now["target"]["rank"] == kept["target"]["rank"]
    assert now["target"]["score"] == pytest.approx(kept["target"]["score"], abs=1e-3)
    for layer, was in zip(now["layers"], kept["layers"], strict=True):
        assert [b for beta in layer["beta"] for b in beta] == pytest.approx(
            [b for beta in was["beta"] for b in beta], abs=1e-3
        )


def test_stored_runs_are_small_and_well_trained():
    for name in WORLDS:
        assert sum(path.stat().st_size for path in (home.RUNS / name).iterdir()) < 500_000
        metrics = read_json(home.RUNS / name / "metrics.json")
        assert metrics["counting"]["markov"]["HR@5"] < metrics["test"]["HR@5"] < metrics["reachable"]["HR@5"]


def test_an_unknown_run_names_the_known_ones():
    with pytest.raises(MMSRError, match=r"no stored run 'x'; choose from: .*wardrobe-cycle, wardrobe-match"):
        stored("x")


def test_the_runs_of_a_pair_share_one_data_set_and_another_one_is_refused(circle):
    early, late = home.stored_pair("worlds:both-small").values()
    assert early.dataset is late.dataset and early.model is not late.model
    with pytest.raises(MMSRError, match="was made from other data"):
        open_run(early.folder, "cpu", circle)


def test_a_missing_file_is_named_with_what_to_do(nothing_stored):
    for ask in (lambda: stored("wardrobe-cycle"), lambda: stored_file("benchmarks/results/planted_truth.csv")):
        with pytest.raises(MMSRError, match="install mmsr-lite anew"):
            ask()


@pytest.mark.slow
def test_a_training_goes_to_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = home.fit
    monkeypatch.setattr(
        home, "fit", lambda config, folder: short(config.with_settings(epochs=1, dim=8, layers=1, batch=1024), folder)
    )
    model, dataset = stored("wardrobe-match", train=True)
    assert (tmp_path / "runs/wardrobe-match/model.safetensors").is_file()
    assert next(model.parameters()).device.type == "cpu" and dataset.name == "wardrobe-match"


def test_a_stored_study_is_the_table_that_was_stored():
    record = stored_study("comparison", "amazon-beauty")
    assert {row["dataset"] for row in record["rows"]} == {record["dataset"]} == {"amazon-beauty"}
    with pytest.raises(MMSRError, match="no table of 'missing'"):
        stored_study("missing", "nowhere")


def test_the_papers_tables_have_its_headline():
    assert paper_tables()["comparison"]["Beauty"]["mmsr"] == pytest.approx(
        {"HR@5": 7.1563, "MRR@5": 4.4429, "HR@20": 14.147, "MRR@20": 5.0433}
    )


@pytest.mark.parametrize(("exercise", "answer"), [("10.2", 70.0), ("10.3", 25.0), ("13.3", 6.93), ("13.4", {"sasrec"})])
def test_an_answer_is_not_blamed_for_a_file_that_is_missing(exercise, answer, nothing_stored):
    from mmsr_lite.course.exercises import n10, n13

    for cached in (n10.kept, n10.hits, n13.beauty, n13.ahead):
        cached.cache_clear()
    verdict = check(exercise, answer)
    assert verdict.right is None
    assert "cannot be checked here" in verdict.message and "install mmsr-lite anew" in verdict.message
