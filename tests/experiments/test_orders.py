"""Studies where times tie: a run in each order at ties, both rankings of each, orders a third sample of the tests."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from mmsr_lite.data.order import break_ties
from mmsr_lite.data.split import split
from mmsr_lite.data.storage import read_json
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.kept_ranks import read_kept
from mmsr_lite.experiments.results_markdown import write_page
from mmsr_lite.experiments.run_studies import run_studies
from mmsr_lite.experiments.stored_study import open_study, retrain_study
from mmsr_lite.experiments.table import METRICS, read_rows
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from tests.experiments.conftest import QUICK, TINY


@pytest.mark.slow
def test_every_seed_has_a_run_in_each_order_and_the_trials_are_of_the_first(finished_tied):
    place, told = finished_tied
    assert told == ["tied: 2 of 2 runs of tuning, 0 were there", "tied, tiny: 6 of 6 runs of tiny, 0 were there"]
    rows = read_rows(place / "tiny.csv")
    runs = [(row["model"], row["seed"], row["tie_seed"]) for row in rows]
    assert runs == [
        ("markov", 0, 0), ("markov", 0, 1), ("mmsr", 0, 0), ("mmsr", 0, 1), ("mmsr", 1, 0), ("mmsr", 1, 1)
    ]  # fmt: skip
    assert len({row["run"] for row in rows}) == 6
    assert {row["tie_seed"] for row in read_rows(place / "tuning.csv")} == {0}
    note = read_json(place / "dataset.json")
    assert (note["ties"], note["tie_seeds"], note["headline"], note["own_targets"]) == ("random", [0, 1], "masked", 0)


def test_both_rankings_of_every_run_follow_from_the_file_of_ranks(finished_tied):
    place, _ = finished_tied
    rows = read_rows(place / "tiny.csv")
    names = {key_of(row["run"], ranking) for row in rows for ranking in RANKINGS}
    assert set(pq.read_schema(place / "tiny-ranks.parquet").names) == {"user", *names} and len(names) == 12
    kept = read_kept(place, names).runs
    for row in rows:
        for ranking in RANKINGS:
            found = metrics(kept[key_of(row["run"], ranking)])
            assert {m: round(found[m], 4) for m in METRICS} == {m: row[key_of(m, ranking)] for m in METRICS}
        assert row["masked HR@5"] >= row["HR@5"]  # nobody's own item stands before the target
        assert row["chosen_by"] == ("masked MRR@5" if row["model"] == "mmsr" else "")


def test_counting_in_an_order_is_counting_on_the_data_in_that_order(finished_tied, tied):
    from mmsr_lite.evaluation.ranks import evaluate
    from mmsr_lite.models.counting import Markov, MarkovConfig

    rows = [row for row in read_rows(finished_tied[0] / "tiny.csv") if row["model"] == "markov"]
    for row in rows:
        parts = split(break_ties(tied, "random", row["tie_seed"]), validation=False)
        counter = Markov(MarkovConfig(decay=0.7), 12)
        counter.count(parts.train)
        assert round(evaluate(counter, parts.test)["masked MRR@5"], 4) == row["masked MRR@5"]
    assert len({row["masked MRR@5"] for row in rows}) == 2


def test_the_test_users_are_the_same_in_every_order_and_so_is_who_is_later(tied):
    one, other = (split(break_ties(tied, "random", seed)).test for seed in (0, 1))
    assert one.user.tolist() == other.user.tolist() and one.same_time.tolist() == other.same_time.tolist()
    assert one.targets.tolist() != other.targets.tolist()


def test_the_tests_of_a_table_take_orders_as_a_third_sample_and_correct_each_ranking_for_itself(finished_tied):
    tests = read_json(finished_tied[0] / "tiny.json")["tests"]
    assert [test["metric"] for test in tests] == [
        *("HR@5", "MRR@5", "HR@20", "MRR@20"), *("masked HR@5", "masked MRR@5", "masked HR@20", "masked MRR@20")
    ]  # fmt: skip
    assert all((test["orders"], test["seeds"]) == (2, [1, 2]) for test in tests)
    for family in (tests[:4], tests[4:]):
        least = min(family, key=lambda test: test["p"])
        assert least["holm"] == pytest.approx(min(1, 4 * least["p"]), rel=1e-3)


def test_a_system_that_lacks_an_order_of_a_seed_is_not_tested_yet(finished_tied, monkeypatch):
    from mmsr_lite.experiments.verdicts import compare

    monkeypatch.setitem(STUDIES, "tiny", TINY)
    rows = read_rows(finished_tied[0] / "tiny.csv")
    assert len(compare(finished_tied[0], "tiny", rows)) == 8
    assert compare(finished_tied[0], "tiny", rows[:-1]) == []  # seed 1 of mmsr has the first order alone


def test_the_page_and_the_record_show_the_headline_first_and_the_other_beside_it(finished_tied, monkeypatch, tied):
    monkeypatch.setitem(STUDIES, "tiny", TINY)
    place, _ = finished_tied
    page = write_page(place.parent).read_text()
    assert "| targets in their own history | headline | orders at ties |" in page
    assert "| 0.00 % | own items masked | 2 |" in page
    assert "Ranking: own items masked; beside it: all items. Trials were chosen by MRR@5, own items masked." in page
    head, cells = ([c.strip() for c in line.split("|")] for line in page.splitlines() if line[:4] in ("| sy", "| mm"))
    assert head.index("HR@5, own items masked") == 2 < head.index("HR@5, all items")
    rows = [row for row in read_rows(place / "tiny.csv") if row["model"] == "mmsr"]
    for name, key in (("HR@5, own items masked", "masked HR@5"), ("HR@5, all items", "HR@5")):
        seeds = [np.mean([row[key] for row in rows if row["seed"] == seed]) for seed in (0, 1)]
        assert cells[head.index(name)] == f"{np.mean(seeds):.2f} ± {np.std(seeds, ddof=1):.2f}"
    assert cells[head.index("seeds")] == "2"
    record = open_study(place, "tiny").validate()
    assert (record["headline"], record["rankings"], record["chosen_by"]) == (
        "masked", ["all", "masked"], ["masked MRR@5"]
    )  # fmt: skip
    anew = retrain_study(record, tied)["rows"]  # seed 0 in the first order
    assert [(row["model"], row["tie_seed"]) for row in anew] == [("markov", 0), ("mmsr", 0)]
    assert anew[0]["masked HR@5"] == pytest.approx(record["rows"][0]["masked HR@5"], abs=1e-3)


def test_a_dry_run_counts_every_order(tied, tmp_path, monkeypatch):
    monkeypatch.setitem(STUDIES, "tiny", TINY)
    trials, runs = run_studies(["tiny"], tied, tmp_path, seeds=5, device="cpu", changes=QUICK, dry_run=True)
    assert "2 runs of tuning" in trials and f"{3 * (1 + 5)} runs of tiny" in runs
