"""The benchmark of the worlds: its runs, its table, and how it goes on where it stopped."""

import argparse

import numpy as np
import pandas as pd
import pytest

from benchmarks import fusion_worlds


@pytest.fixture
def job():
    terms = {"dim": 8, "lr": 0.01, "epochs": 2, "batch": 64, "seed": 0}
    return fusion_worlds.Job(world="both", size="tiny", model="sasrec", order="early", twin="same width", **terms)


def options(**changes):
    chosen = {
        "worlds": ["pick", "both"],
        "models": ["sasrec", "mmsr"],
        "orders": None,
        "twins": ["same width", "all"],
        "seeds": 2,
        "lr": [0.01],
        "size": "tiny",
        "dim": 8,
        "epochs": 2,
        "batch": 64,
    }
    return argparse.Namespace(**chosen | changes)


def test_every_order_is_run_at_its_width_and_early_and_late_alone_have_twins():
    jobs = fusion_worlds.all_jobs(options())
    assert len(jobs) == 2 * 2 * (3 + 7) + 2 * 2 * 2  # seeds x worlds x orders, seeds x worlds x twins of sasrec
    assert {job.order for job in jobs if job.twin == "all"} == {"early", "late"}
    assert [job.seed for job in jobs] == sorted(job.seed for job in jobs)  # a table cut short has all systems
    assert {job.order for job in fusion_worlds.all_jobs(options(orders=["late"]))} == {"late"}


def test_only_purchases_are_judged():
    data, parts = fusion_worlds.prepared("both", "tiny")
    groups = data.facts["truth"].world.groups()
    for part in (parts.validation, parts.test):
        kinds = {groups[number].kind for number in data.facts["group"][part.targets]}
        assert kinds == {"basic", "accessory"}
    assert (data.facts["cause"][parts.train.end] == data.facts["causes"].index("browse")).any()


def test_hits_are_told_apart_by_the_kind_of_user_and_the_age_of_the_formal_garment():
    data, parts = fusion_worlds.prepared("both", "tiny")
    examples = parts.test
    kinds = data.facts["user_kind"][examples.user]
    rank = np.where(kinds == data.facts["user_kinds"].index("pick"), 1.0, 9.0)  # a model that serves one kind
    found = fusion_worlds.gains(data, examples, rank)
    assert (found["HR@5 of pick"], found["HR@5 of clocks"]) == (100, 0)
    assert found["HR@5"] == pytest.approx(100 * (rank == 1).mean())
    ages = {name for name in found if "at age" in name}
    assert ages <= {"HR@5 at age 1", "HR@5 at age 2", "HR@5 at age 3"}
    assert all(found[name] == 100 for name in ages)


def test_a_row_read_from_the_table_has_the_key_of_its_job(job, tmp_path):
    row = fusion_worlds.run(job, "cpu")
    assert row["width"] == 8 and len(row["losses"].split()) == 2
    assert row["loss"] < row["loss_before"]
    place = tmp_path / "table.csv"
    fusion_worlds.write(place, [row])
    (read,) = fusion_worlds.table_of(place)
    assert fusion_worlds.key(read) == fusion_worlds.key(row)
    assert fusion_worlds.table_of(tmp_path / "none.csv") == []
    assert "sasrec early same width" in " ".join(fusion_worlds.summary([read]).split())


def test_the_summary_takes_the_learning_rate_that_validation_prefers(job):
    row = fusion_worlds.run(job, "cpu")
    better = row | {"lr": 0.02, "validation HR@5": 100.0, "HR@5": 1.0}
    worse = row | {"lr": 0.03, "validation HR@5": 0.0, "HR@5": 99.0}
    assert pd.DataFrame([better, worse])["lr"].nunique() == 2
    shown = fusion_worlds.summary([better, worse])
    assert "0.02" in shown and "0.03" not in shown
