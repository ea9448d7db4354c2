"""What stands beside a table: tests from kept ranks, corrected together; without ranks nobody is called better."""

import numpy as np
import pytest

from mmsr_lite import cli
from mmsr_lite.data.storage import read_json, write_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.kept_ranks import pack, save_ranks
from mmsr_lite.experiments.statistics import crossed, holm
from mmsr_lite.experiments.study import Study
from mmsr_lite.experiments.table import TESTED, read_rows, write_rows
from mmsr_lite.experiments.verdicts import apart, compare, decides, merged, recompute

USER = np.arange(40)


def row(model, seed, variant=""):
    return {"study": "toy", "model": model, "variant": variant, "seed": seed, "run": f"{model}{variant}{seed}"}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Ranks of mmsr (two seeds), sasrec (two seeds), bm3 (one seed) and markov, which counts."""
    monkeypatch.setitem(STUDIES, "toy", Study("-", "?", lambda setting: [], {"model": "mmsr", "variant": ""}))
    chance, rows = np.random.default_rng(0), []
    for model, seeds in {"mmsr": 2, "sasrec": 2, "bm3": 1, "markov": 1}.items():
        for seed in range(seeds):
            rows.append(row(model, seed))
            save_ranks(tmp_path / "ranks" / f"{model}{seed}.npz", chance.integers(1, 30, len(USER)))
    pack(tmp_path, "toy", [one["run"] for one in rows], USER)
    write_rows(tmp_path / "toy.csv", rows, [])
    return tmp_path


def test_every_pair_of_two_seeds_or_none_is_tested_and_one_seed_is_not(place):
    tests = compare(place, "toy", read_rows(place / "toy.csv"))
    assert {(test["system"], *test["seeds"]) for test in tests} == {("sasrec", 2, 2), ("markov", 1, 2)}
    assert [test["metric"] for test in tests if test["system"] == "markov"] == [*TESTED]
    assert {test["against"] for test in tests} == {"mmsr"} and all(map(decides, tests))


def test_the_p_values_are_those_of_the_crossed_test_and_holms_over_the_whole_table(place):
    tests = compare(place, "toy", read_rows(place / "toy.csv"))
    assert [test["holm"] for test in tests] == pytest.approx(holm(t["p"] for t in tests), rel=1e-3)
    assert len(tests) == 2 * 4
    kept = [[np.minimum(load(place, f"{m}{s}"), 99) for s in range(n)] for m, n in (("markov", 1), ("mmsr", 2))]
    found = next(t for t in tests if (t["system"], t["metric"]) == ("markov", "MRR@20"))
    assert found["p"] == pytest.approx(crossed(*kept, USER, "MRR@20", one_has_seeds=False).p, rel=1e-3)


def load(place, run):
    with np.load(place / "ranks" / f"{run}.npz") as stored:
        return stored["twice"] / 2


def test_without_the_ranks_of_one_run_its_system_has_no_test(place):
    (place / "ranks" / "sasrec1.npz").unlink()
    (place / "toy-ranks.parquet").unlink()
    assert compare(place, "toy", read_rows(place / "toy.csv")) == []  # whose targets they are is not known either
    tests = compare(place, "toy", read_rows(place / "toy.csv"), USER)
    assert {test["system"] for test in tests} == {"markov"}


def test_readings_of_one_model_are_tested_within_models(place, monkeypatch):
    study = Study("-", "?", lambda setting: [], {"variant": ""}, lambda row: row["variant"] == "forced")
    monkeypatch.setitem(STUDIES, "toy", study)
    rows = [row("mmsr", seed, variant) for variant in ("", "forced", "other") for seed in (0, 1)]
    for one in rows:
        ranks = np.random.default_rng(len(one["run"]) + one["seed"]).integers(1, 30, len(USER))
        save_ranks(place / "ranks" / f"{one['run']}.npz", ranks)
    tests = compare(place, "toy", rows, USER)
    assert {(test["system"], test["same_models"]) for test in tests} == {("mmsr, forced", True), ("mmsr, other", False)}


def test_a_test_of_older_kind_decides_nothing_and_a_new_one_takes_its_place():
    old = [{"system": n, "metric": "HR@5", "p": 1e-9, "holm": 1e-8} for n in ("mmsr", "sasrec", "gone")]
    new = [{"system": "mmsr", "metric": "HR@5", "p": 0.2, "holm": 0.4}]
    tests = merged(old, new, [row("mmsr", 0), row("sasrec", 0)])
    assert [(test["system"], decides(test), apart(test)) for test in tests] == [
        ("mmsr", True, False), ("sasrec", False, False)
    ]  # fmt: skip


def test_the_command_computes_all_tests_again_from_the_repository_alone(done, capsys):
    for file in (done.place / "ranks").glob("*"):
        file.unlink()
    sidecar = read_json(done.place / "tiny.json")
    assert {test["system"] for test in sidecar["tests"]} == {"markov"}
    write_json(done.place / "tiny.json", sidecar | {"tests": []})
    assert cli.main(["tables", "--recompute", "--out", str(done.place.parent)]) == 0
    differences = sum(test["holm"] < 0.05 for test in sidecar["tests"])  # how many there are hangs on the training
    told = f"ring, tiny: 8 tests, {differences} of them find a difference; the ranks of 0 of 3 runs are not kept"
    assert told in capsys.readouterr().out
    assert read_json(done.place / "tiny.json")["tests"] == sidecar["tests"]
    with pytest.raises(MMSRError, match="holds no tables"):
        list(recompute(done.place))
