"""The benchmark of the worlds: its runs, its table, and how it goes on where it stopped."""

import argparse
import multiprocessing

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks import fusion_worlds, gate_marks, side_by_side
from mmsr_lite.data.split import split
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.models.mmsr import MMSR, MMSRConfig


@pytest.fixture
def job():
    terms = {"dim": 8, "lr": 0.01, "dropout": 0.1, "epochs": 2}
    terms |= {"batch": 64, "seed": 0}
    return fusion_worlds.Job(
        world="both", size="tiny", model="sasrec", order="early", twin="same width", codes="planted", **terms
    )


def options(**changes):
    args = fusion_worlds.arguments(["--size", "tiny", "--seeds", "2", "--dim", "8", "--twins", "same width", "all"])
    chosen = {"worlds": ["pick", "both"], "models": ["sasrec", "mmsr"], "epochs": 2, "batch": 64}
    return argparse.Namespace(**vars(args) | chosen | changes)


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


def test_later_seeds_take_the_settings_that_are_best_on_the_seeds_that_all_settings_have_run():
    row = {"world": "pick", "size": "tiny", "model": "sasrec", "order": "early", "twin": "same width"}
    row |= {"codes": "planted", "dim": fusion_worlds.STANDARD_DIM, "epochs": 2, "batch": 64, "dropout": 0.1}
    runs = [(0, 0.01, 50.0), (0, 0.003, 60.0), (1, 0.01, 99.0)]  # seed 1 has not run at 0.003
    rows = [row | {"seed": seed, "lr": lr, "validation HR@5": hits} for seed, lr, hits in runs]
    chosen = options(worlds=["pick"], models=["sasrec"], orders=["early", "late"], chosen=True)
    jobs = fusion_worlds.all_jobs(chosen, rows)
    assert {(job.order, job.twin, job.lr) for job in jobs} == {
        ("early", "same width", 0.003),
        ("early", "all", 0.003),  # twins take the rate of the plain system
        ("late", "same width", 0.01),  # was never searched for
        ("late", "all", 0.01),
    }


def test_shuffled_codes_have_settings_of_their_own_once_they_were_searched_for():
    row = {"world": "pick", "size": "tiny", "model": "sasrec", "order": "early", "twin": "same width", "seed": 0}
    row |= {"dim": fusion_worlds.STANDARD_DIM, "epochs": 2, "batch": 64, "dropout": 0.1, "validation HR@5": 50.0}
    planted, shuffled = row | {"codes": "planted", "lr": 0.003}, row | {"codes": "shuffled", "lr": 0.01}
    chosen = options(worlds=["pick"], models=["sasrec"], orders=["early"], codes=["shuffled"], chosen=True, dim=[32])
    assert {job.lr for job in fusion_worlds.all_jobs(chosen, [planted, shuffled])} == {0.01}
    assert {job.lr for job in fusion_worlds.all_jobs(chosen, [planted])} == {0.003}


def test_processes_take_turns_on_the_gpus(monkeypatch):
    taken = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    begun = multiprocessing.get_context("spawn").Value("i", 0)
    for _ in range(3):
        side_by_side._begin(begun)
    assert taken == [0, 1, 0]


def test_shuffled_codes_are_run_for_the_orders_that_win_and_keep_each_code_as_frequent():
    jobs = fusion_worlds.all_jobs(options(codes=["shuffled"]))
    assert {(job.world, job.order) for job in jobs} == {
        ("pick", "early"),
        ("pick", "heho-invasive"),
        ("pick", "adaptive-invasive"),
        ("both", "early"),
        ("both", "late"),
        ("both", "adaptive-invasive"),
    }
    data, _ = fusion_worlds.prepared("both", "tiny")
    for planted, shuffled in zip(fusion_worlds.books(data, 8), fusion_worlds.books(data, 8, "shuffled"), strict=True):
        assert (np.bincount(planted.codes[:, 0]) == np.bincount(shuffled.codes[:, 0])).all()
        assert (planted.codes != shuffled.codes).mean() > 0.5
        assert shuffled.codes[0] == 0


@pytest.fixture(scope="module")
def gated():
    data, parts = fusion_worlds.prepared("both", "tiny")
    torch.manual_seed(0)
    config = MMSRConfig(dim=8, layers=2, fusion="adaptive-invasive")
    return data, parts, MMSR(config, data.num_items, fusion_worlds.books(data, 8))


def test_a_gate_that_is_not_forced_hits_as_the_model_does_and_forcing_every_gate_gives_a_fixed_order(gated):
    data, parts, model = gated
    found = gate_marks.marks(model, data)
    fixed = MMSR(MMSRConfig(dim=8, layers=2, fusion="hohe-invasive"), data.num_items, fusion_worlds.books(data, 8))
    fixed.load_state_dict(model.state_dict(), strict=False)  # but for the gate
    for kind in data.facts["user_kinds"]:
        free = fusion_worlds.gains(data, parts.test, ranks(model.eval(), parts.test))
        forced = fusion_worlds.gains(data, parts.test, ranks(fixed.eval(), parts.test))
        assert found[f"free, HR@5 of {kind}"] == free[f"HR@5 of {kind}"]
        assert found[f"forced hohe everywhere, HR@5 of {kind}"] == forced[f"HR@5 of {kind}"]
    areas = [value for name, value in found.items() if name.startswith("ROC")]
    assert len(areas) == 2 * (2 + 1 + 1 + 2 + 2 + 2) and all(0 <= area <= 1 for area in areas)
    assert min(value for name, value in found.items() if name.startswith("ROC random gate")) >= 0.5


def test_a_gate_that_knows_the_kind_is_marked_right_and_one_that_leans_the_other_way_wrong(gated, monkeypatch):
    data, _, model = gated
    read = gate_marks._read

    def knowing(towards):
        def reads(model, examples):
            is_late = gate_marks._is_late(data, examples)
            return read(model, examples) | {"beta 2": np.where(is_late, towards, 1 - towards)}

        return reads

    monkeypatch.setattr(gate_marks, "_read", knowing(0.9))
    assert gate_marks.marks(model, data)["ROC beta 2"] == 1
    monkeypatch.setattr(gate_marks, "_read", knowing(0.1))
    found = gate_marks.marks(model, data)
    assert (found["ROC beta 2"], found["right beta 2, all"]) == (0, 0)


def test_the_last_item_alone_tells_a_user_of_pick_by_a_formal_garment_and_no_user_of_clocks(gated):
    data, _, _ = gated
    parts = split(data)
    shares = gate_marks._counted(data, parts)["codes"]
    last = parts.test.items[parts.test.end - 1]
    is_formal = data.facts["theme"][last] == 0
    assert shares[is_formal].max() < shares[~is_formal].mean()


def test_in_both_the_gate_is_ahead_of_every_fixed_order_and_does_not_know_the_kind_of_its_user():
    table = fusion_worlds.with_chosen_settings(fusion_worlds.table_of(fusion_worlds.PLACE))
    both = table[(table["world"] == "both") & (table["size"] == "full") & (table["twin"] == "same width")]
    both = both[(both["codes"] == "planted") & (both["dim"] == fusion_worlds.STANDARD_DIM)]
    means = both.groupby(["model", "order"])["HR@5"].mean()
    assert means.idxmax() == ("mmsr", "adaptive-invasive")
    gate = both[both["order"] == "adaptive-invasive"]
    assert gate["ROC probe 2"].min() > 0.95
    assert (
        max(gate[name].mean() for name in ("ROC beta 1", "ROC beta 2", "ROC flow")) < gate["ROC random gate 2"].mean()
    )
