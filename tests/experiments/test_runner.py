"""Studies: resumed run by run, the same numbers alone and in company, nothing begun that would end too late."""

import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
import torch

from mmsr_lite import cli
from mmsr_lite.data.prepared import save_prepared
from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments import STUDIES, processes, run_studies
from mmsr_lite.experiments.kept_ranks import load_ranks, save_ranks
from mmsr_lite.experiments.run_names import run_id
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.space import SPACE, Values
from mmsr_lite.experiments.study import Job, Study
from mmsr_lite.experiments.table import MASKED, METRICS, rankings_in, read_rows
from mmsr_lite.experiments.worker import Worker
from mmsr_lite.training.fit import fit
from mmsr_lite.training.run_config import RunConfig
from tests.experiments.conftest import QUICK, TINY


def tables_are_alike(*files):
    """But for the seconds that runs took, and the study's name."""
    one, two = (pd.DataFrame(read_rows(file)).drop(columns=["seconds", "study"]) for file in files)
    return one.equals(two)


def test_a_finished_study_is_not_run_again(done, finished, monkeypatch):
    assert finished[1] == ["ring: 2 of 2 runs of tuning, 0 were there", "ring, tiny: 3 of 3 runs of tiny, 0 were there"]
    before = (done.place / "tiny.csv").read_bytes()
    monkeypatch.setattr(Worker, "run_job", lambda *_: pytest.fail("a run was repeated"))
    assert done("tiny") == [
        "ring: 0 of 0 runs of tuning, 2 were there",
        "ring, tiny: 0 of 0 runs of tiny, 3 were there",
    ]
    assert (done.place / "tiny.csv").read_bytes() == before


def test_the_versions_are_those_the_runs_were_made_with(done):
    made = read_json(sidecar := done.place / "tiny.json") | {"versions": {"torch": "1.0"}}
    write_json(sidecar, made)
    done("tiny")
    assert read_json(sidecar)["versions"] == {"torch": "1.0"}
    done("tiny", seeds=3)
    assert torch.__version__.startswith(read_json(sidecar)["versions"]["torch"])  # a build adds its own "+cu130"


@pytest.mark.slow
def test_an_interrupted_study_keeps_its_table_and_goes_on(carry_out, tiny, finished, monkeypatch):
    real, seen = Worker.run_job, []

    def stops(worker, job):
        seen.append(job)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return real(worker, job)

    monkeypatch.setattr(Worker, "run_job", stops)
    with pytest.raises(KeyboardInterrupt):
        carry_out(tiny)
    kept = read_rows(carry_out.place / "tiny.csv")
    assert [(row["model"], row["seed"]) for row in kept] == [("markov", 0), ("mmsr", 0)]
    assert "1 of 1 runs of tiny, 2 were there" in carry_out(tiny)[1] and len(seen) == 6
    assert tables_are_alike(carry_out.place / "tiny.csv", finished[0] / "tiny.csv")


@pytest.mark.slow
@pytest.mark.outside
def test_two_processes_give_what_one_gives(carry_out, tiny, finished):
    carry_out(tiny, jobs=2)
    assert tables_are_alike(carry_out.place / "tiny.csv", finished[0] / "tiny.csv")


def test_a_run_of_a_study_is_the_run_that_its_settings_make_alone(done, ring, tmp_path):
    row = read_rows(done.place / "tiny.csv")[-1]
    noted = read_json(done.place / "tiny.json")["runs"][row["run"]]
    assert (row["model"], noted["lr"], noted.get("epochs", 2)) == ("mmsr", row["lr"], row["epochs"])
    source = str(save_prepared(ring, tmp_path / "ring"))
    base = {name: value for name, value in QUICK.items() if name not in ("lr", "dropout", "decay", "neighbours")}
    noted.pop("model")
    config = RunConfig(source, ("a", "b")).with_settings(**base | {"layers": 1} | noted, device="cpu")
    found = fit(config, tmp_path / "run", progress=False).metrics
    assert {m: round(found["test"][m], 4) for m in METRICS} == {m: row[m] for m in METRICS}


def test_the_trial_that_is_best_on_validation_decides(done):
    trials, rows = (read_rows(done.place / f"{name}.csv") for name in ("tuning", "tiny"))
    best = max(trials, key=lambda row: row["masked MRR@5"])
    assert {row["at"] for row in trials} == {"validation"} and {row["lr"] for row in trials} == {0.01, 0.02}
    learned = [row for row in rows if row["model"] == "mmsr"]
    assert {(row["lr"], row["epochs"]) for row in learned} == {(best["lr"], best["best_epoch"])}
    assert [row["seed"] for row in learned] == [0, 1] and {row["trials"] for row in learned} == {2}
    assert [row["trials"] for row in rows if row["model"] == "markov"] == [0]  # nothing was to choose


def test_ranks_are_kept_as_they_were(done):
    for row in read_rows(done.place / "tiny.csv"):
        kept = load_ranks(done.place / "ranks" / f"{row['run']}.npz")
        assert {name: round(value, 4) for name, value in metrics(kept).items()} == {m: row[m] for m in METRICS}


def test_what_another_study_has_is_taken_from_there(done, monkeypatch):
    monkeypatch.setattr(Worker, "run_job", lambda _, job: pytest.fail(f"{job.labels} again"))
    monkeypatch.setitem(STUDIES, "again", TINY)
    assert "0 of 0 runs of again, 3 were there" in done("again")[1]
    assert tables_are_alike(done.place / "tiny.csv", done.place / "again.csv")
    assert {row["study"] for row in read_rows(done.place / "again.csv")} == {"again"}


@pytest.mark.slow
def test_a_trial_that_two_studies_share_is_carried_out_once(carry_out, tiny, monkeypatch):
    monkeypatch.setitem(STUDIES, "again", TINY)
    trials, *runs = carry_out(tiny, "again")
    assert trials == "ring: 2 of 2 runs of tuning, 0 were there" and len(runs) == 2
    assert len(read_rows(carry_out.place / "tuning.csv")) == 2


@pytest.mark.slow
def test_the_first_study_comes_first_and_in_it_the_models_in_the_order_that_is_asked_for(carry_out, tiny, monkeypatch):
    def of_gru(setting):
        return [Job({"model": name}, setting.config(name)) for name in ("gru4rec", "mmsr")]

    monkeypatch.setitem(STUDIES, "later", Study("-", "?", of_gru, {"model": "mmsr"}))
    seen = in_order_of_work(monkeypatch)
    carry_out(tiny, "later", only=["mmsr", "markov", "gru4rec"])
    assert seen == [*trials_and_runs("mmsr"), ("markov", "none"), *trials_and_runs("gru4rec")]
    rows = read_rows(carry_out.place / "tiny.csv")
    assert [row["model"] for row in rows] == ["markov", "mmsr", "mmsr"]  # the order of a table is that of its study
    assert [row["model"] for row in read_rows(carry_out.place / "later.csv")] == ["gru4rec"] * 2 + ["mmsr"] * 2


@pytest.mark.slow
def test_while_the_last_trials_of_a_system_are_made_the_next_system_begins(carry_out, tiny, monkeypatch):
    monkeypatch.setattr(run_studies, "pool_of", lambda jobs, worker: nullcontext())  # one process that says it is three
    seen = in_order_of_work(monkeypatch)
    carry_out(tiny, jobs=3, only=["mmsr", "markov"])
    assert seen[:3] == [("mmsr", "validation"), ("mmsr", "validation"), ("markov", "none")]


def trials_and_runs(model):
    """Two trials, then two seeds."""
    return [(model, "validation")] * 2 + [(model, "none")] * 2


def in_order_of_work(monkeypatch) -> list:
    """Model and selection of every run, as it begins."""
    seen, real = [], Worker.run_job

    def noted(worker, job):
        seen.append((job.config.model, job.config.train.selection))
        return real(worker, job)

    monkeypatch.setattr(Worker, "run_job", noted)
    return seen


def test_a_process_that_is_killed_ends_the_study_with_a_sentence(carry_out, tiny, monkeypatch):
    def killed(*_):
        future = Future()
        future.set_exception(BrokenProcessPool("A process in the process pool was terminated abruptly"))
        return future

    monkeypatch.setattr("mmsr_lite.experiments.run_studies.at_once", killed)
    with pytest.raises(MMSRError, match=r"^a process of this study was ended from outside.*tiny\.csv', go on with"):
        carry_out("tiny")


def test_processes_take_turns_on_the_gpus(monkeypatch):
    chosen, begun = [], get_context("spawn").Value("i", 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
    monkeypatch.setattr(processes, "_worker", None)
    for device in ("cuda", "cuda", "cuda", "cpu"):
        processes._begin_process(Worker(None, device, None), begun)
    assert chosen == [0, 1, 0] and begun.value == 4


def test_nothing_begins_that_would_end_too_late(carry_out, tiny):
    told = carry_out(tiny, deadline=time.monotonic())
    waits = "ring, tiny: 0 of 1 runs of tiny, 0 were there; 1 systems wait for trials"
    assert told == ["ring: 0 of 2 runs of tuning, 0 were there", waits]
    assert not (carry_out.place / "tiny.csv").exists()
    carry_out(tiny, only=["markov"], changes=QUICK | {"lr": [0.1]})  # nothing was made, so no trials bind


def test_a_dry_run_counts_and_writes_nothing(carry_out, tiny):
    trials, runs = carry_out(tiny, dry_run=True)
    assert "2 runs of tuning, about" in trials and "3 runs of tiny, about" in runs and not carry_out.place.exists()


def test_a_portion_keeps_what_is_there_of_other_models(carry_out, tiny):
    carry_out(tiny, only=["markov"])
    assert [row["model"] for row in read_rows(carry_out.place / "tiny.csv")] == ["markov"]
    carry_out(tiny, only=["mmsr"], seeds=1)
    assert {row["model"] for row in read_rows(carry_out.place / "tiny.csv")} == {"markov", "mmsr"}
    with pytest.raises(MMSRError, match="unknown model 'bert'"):
        carry_out(tiny, only=["bert"])


def test_a_portion_can_be_a_variant(carry_out, monkeypatch):
    def of_gates(setting):
        return [Job({"model": "mmsr", "variant": one}, setting.config(fusion=one)) for one in ("hohe", "heho")]

    monkeypatch.setitem(STUDIES, "tiny", Study("-", "?", of_gates, {"variant": "hohe"}))
    carry_out("tiny", variants=["heho"])
    assert {row["variant"] for row in read_rows(carry_out.place / "tiny.csv")} == {"heho"}


def test_tables_of_other_data_or_terms_are_left_alone(done):
    with pytest.raises(MMSRError, match="epochs is 2 there and 3 now; name another --out"):
        done("tiny", changes=QUICK | {"epochs": 3})
    with pytest.raises(MMSRError, match=r"lr is 0.01, 0.02 there and 0.1 now"):
        done("tiny", "ablation", changes=QUICK | {"lr": [0.1]})  # one without a table hides nothing
    with pytest.raises(MMSRError, match="unknown setting 'depth'"):
        done("tiny", changes={"depth": 3})


def test_a_system_that_cannot_be_trained_is_told_and_does_not_stop_the_others(carry_out, tiny):
    trials, runs = carry_out(tiny, changes=QUICK | {"codes": 1, "codes_per_item": 2})
    assert "k of 'a' (codes_per_item" in trials and "1 systems wait for trials" in runs
    assert [row["model"] for row in read_rows(carry_out.place / "tiny.csv")] == ["markov"]


@pytest.mark.slow
def test_a_trial_that_diverges_is_not_chosen(carry_out, tiny):
    carry_out(tiny, changes=QUICK | {"lr": [1e30, 0.01], "clip": 1e30})
    assert [np.isnan(row["MRR@5"]) for row in read_rows(carry_out.place / "tuning.csv")] == [False, True]
    assert read_rows(carry_out.place / "tiny.csv")[-1]["lr"] == 0.01


def test_a_run_has_the_same_name_on_every_device(ring):
    config = Setting.of(ring, QUICK).config()
    assert run_id(config) == run_id(config.with_settings(device="cpu")) != run_id(config.with_settings(seed=1))


@pytest.mark.slow
def test_the_command_carries_out_studies_and_writes_the_page(ring, tiny, tmp_path, capsys, monkeypatch):
    source, out = str(save_prepared(ring, tmp_path / "ring")), str(tmp_path / "out")
    settings = [f"{name}={value}" for name, value in QUICK.items()]
    with pytest.raises(SystemExit, match="0"):
        cli.main(["tables", "--help"])
    assert "examples:\n  mmsr-lite tables" in capsys.readouterr().out
    argv = ["tables", tiny, source, "--seeds", "1", "--out", out, "--device", "cpu", "--page", "--set", *settings]
    assert cli.main(argv) == 0
    assert f"Saved {tmp_path / 'out' / 'README.md'}" in capsys.readouterr().out
    monkeypatch.setitem(STUDIES, "again", TINY)
    assert cli.main([argv[0], f"{tiny},again", *argv[2:]]) == 0
    assert "ring, again: 0 of 0 runs of again, 2 were there" in capsys.readouterr().out
    assert cli.main(["tables", f"{tiny},figures", "--out", out]) == 1
    assert "unknown study 'figures'; choose from: ablation" in capsys.readouterr().err
    assert cli.main(["tables", "--dry-run", "--out", out]) == 1  # before, it said nothing and was content
    assert "there is no study to carry out; name one" in capsys.readouterr().err
    assert cli.main(["tables", "--page", "--out", str(tmp_path / "nothing")]) == 1
    assert "holds no tables" in capsys.readouterr().err


@pytest.mark.slow
def test_counting_is_tuned_by_trials_like_everybody(carry_out, tiny):
    free = {name: value for name, value in QUICK.items() if name not in ("decay", "max_history")}
    carry_out(tiny, only=["markov"], changes=free | {"decay": [0.3, 0.5, 0.9], "max_history": [1, 2]})
    trials, (row,) = (read_rows(carry_out.place / f"{name}.csv") for name in ("tuning", "tiny"))
    assert len(trials) == 3 * 2 == row["trials"] and {trial["at"] for trial in trials} == {"validation"}
    noted = read_json(carry_out.place / "tiny.json")
    assert noted["grid"]["decay"] == [0.3, 0.5, 0.9] and noted["grid"]["trials"] == [16]


def test_where_the_best_trial_stands_at_an_edge_the_space_is_extended(carry_out, tiny, monkeypatch):
    space = {"lr": Values((0.01, 0.02), step=2)}
    monkeypatch.setattr("mmsr_lite.experiments.setting.SPACE", SPACE | space)
    monkeypatch.setattr(Worker, "run_job", judged_by_rate)
    fixed = {name: value for name, value in QUICK.items() if name != "lr"}
    told = carry_out(tiny, only=["mmsr"], changes=fixed)
    rates = [row["lr"] for row in read_rows(carry_out.place / "tuning.csv")]
    assert rates == [0.01, 0.02, 0.04, 0.08]  # 0.08 is not better than 0.04: there it ends
    assert told[0] == "ring: 4 of 4 runs of tuning, 0 were there"
    rows = read_rows(carry_out.place / "tiny.csv")
    assert {(row["lr"], row["trials"]) for row in rows} == {(0.04, 4)}
    assert "ring: 0 of 0 runs of tuning, 4 were there" in carry_out(tiny, only=["mmsr"], changes=fixed)


def judged_by_rate(worker, job):
    """Rows as if the rate alone decided, and 0.04 were the best one."""
    plan = job.config.train
    row = dict.fromkeys((*METRICS, *MASKED), 1 - abs(plan.lr - 0.04)) | {
        "run": run_id(job.config),
        "lr": plan.lr,
        "dropout": 0.1,
    }
    row |= {"seed": plan.seed, "epochs": 2, "best_epoch": 1, "seconds": 0.1, "device": "cpu"}
    if plan.selection == "none":
        save_ranks(worker.ranks / f"{row['run']}.npz", np.full(48, 3))
    return [job.labels | row], []


def test_trials_are_chosen_by_the_headline_ranking_or_by_the_one_that_is_asked_for(carry_out, tiny, monkeypatch):
    real = judged_by_rate

    def disagree(worker, job):
        (row,), gates = real(worker, job)
        row |= dict.fromkeys(METRICS, 1 - job.config.train.lr) | dict.fromkeys(MASKED, job.config.train.lr)
        return [row], gates

    monkeypatch.setattr(Worker, "run_job", disagree)
    carry_out(tiny, only=["mmsr"])  # nobody on the ring takes an item twice, so own items are masked
    rows = read_rows(carry_out.place / "tiny.csv")
    assert {(row["lr"], row["chosen_by"]) for row in rows} == {(0.02, "masked MRR@5")}
    for file in carry_out.place.glob("*.*"):
        file.unlink()
    carry_out(tiny, only=["mmsr"], changes=QUICK | {"ranking": "all"})
    rows = read_rows(carry_out.place / "tiny.csv")
    assert {(row["lr"], row["chosen_by"]) for row in rows} == {(0.01, "MRR@5")}


def test_a_table_of_an_older_version_opens_and_its_runs_get_both_rankings_when_they_are_wanted(done):
    file = done.place / "tiny.csv"
    old = pd.read_csv(file).drop(columns=[*MASKED, "tie_seed", "chosen_by"])
    old.to_csv(file, index=False)
    rows = read_rows(file)
    assert all(np.isnan(row["masked HR@5"]) and row["HR@5"] >= 0 for row in rows)
    assert {(row["tie_seed"], row["chosen_by"]) for row in rows} == {(0, "MRR@5")}
    assert "3 of 3 runs of tiny, 0 were there" in done("tiny")[1]
    assert rankings_in(read_rows(file)) == ["all", "masked"]


@pytest.mark.slow
def test_tests_can_wait_until_they_are_asked_for(carry_out, tiny, finished):
    carry_out(tiny, tests=False)
    sidecar = carry_out.place / "tiny.json"
    assert read_json(sidecar)["tests"] == []
    *_, said = run_studies.run_sources(None, [], recompute=True, out=carry_out.place.parent)
    assert "8 tests" in said and read_json(sidecar)["tests"] == read_json(finished[0] / "tiny.json")["tests"]
