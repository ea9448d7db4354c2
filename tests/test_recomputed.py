"""What comes with the package is what its models and its kept ranks give now: every stored run, every table.

Traces are held in tests/explain/test_invariants.py, shares of a flow in tests/test_what_beta_weighs.py.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.stored_worlds import TABLE
from mmsr_lite.data.storage import read_json
from mmsr_lite.evaluation.decisive import decisive, decisive_hits
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.kept_ranks import ENDING, read_kept
from mmsr_lite.experiments.notes import read_sidecar
from mmsr_lite.experiments.statistics import holm
from mmsr_lite.experiments.table import label_of, read_rows, system_of
from mmsr_lite.experiments.verdicts import compare
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from mmsr_lite.training.fit import open_run

ROOT = Path(__file__).parents[1]
RUNS = sorted(file.parent for file in (ROOT / "mmsr_lite/stored/runs").glob("*/metrics.json"))
RANKS = sorted((ROOT / "assets/results").glob(f"*/*{ENDING}"))
COMPUTED = ("examples", "test", "rankings", "reachable", "counting")  # the rest says how the run was trained


def numbers(value: object, name: str = "") -> Iterator[tuple[str, float]]:
    """Every number in a record, under the names that lead to it.

    >>> dict(numbers({"test": {"HR@5": 7.5}, "run": "x", "same": True}))
    {'/test/HR@5': 7.5}
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from numbers(inner, f"{name}/{key}")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


@pytest.mark.slow
@pytest.mark.outside  # a minute of the processor for all
@pytest.mark.parametrize("folder", RUNS, ids=lambda folder: folder.name)
def test_the_metrics_of_a_stored_run_are_those_that_its_model_gets_now(folder):
    """Two targets may rank otherwise: another processor adds in another order, and near ties turn."""
    run = open_run(folder, "cpu")
    kept = dict(run.metrics)
    stored = dict(numbers({name: kept[name] for name in COMPUTED if name in kept}))
    now = dict(numbers(dict(run.evaluate())))
    targets = len(run.split.test)
    assert {name: now[name] for name in stored} == pytest.approx(stored, abs=2 * 100 / targets) and len(stored) > 5
    if "-small-" in folder.name:
        world, _, system = folder.name.partition("-small-")
        row = pd.read_csv(TABLE).set_index(["world", "system"]).loc[(world, system)]
        hits = decisive_hits(run.model, run.dataset, run.split.test)
        in_a_group = len(decisive(run.dataset, run.split.test)) / max(
            1, len(hits) - 1
        )  # kinds of users are of one size
        told = {users: row[f"HR@5, {users}"] for users in hits}
        assert hits == pytest.approx(told, abs=0.005 + 2 * 100 / in_a_group)  # the table has two digits


@cache
def rows_of(place: Path, name: str) -> dict[str, dict]:
    """The rows of a table by their run."""
    return {row["run"]: row for row in read_rows(place / f"{name}.csv")}


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize("file", RANKS, ids=lambda file: f"{file.parent.name}-{file.name.removesuffix(ENDING)}")
def test_every_metric_of_a_table_is_that_of_the_ranks_that_are_kept_of_its_run(file):
    """A rank above 20 is not kept apart; no metric at 20 or less asks how far above it is. Tables have four digits."""
    rows = rows_of(file.parent, file.name.removesuffix(ENDING))
    kept = read_kept(file.parent, [key_of(run, ranking) for run in rows for ranking in RANKINGS]).runs
    assert kept
    for name, ranks in kept.items():
        ranking = "masked" if name.startswith("masked ") else "all"
        found = {key_of(metric, ranking): value for metric, value in metrics(ranks).items()}
        row = rows[name.removeprefix("masked ")]
        assert {metric: row[metric] for metric in found} == pytest.approx(found, abs=0.51e-4), name


def tables() -> list:
    """Each stored table that has tests which decide."""
    found = []
    for file in sorted((ROOT / "assets/results").glob("*/*.json")):
        if file.stem in STUDIES and any("holm" in test for test in read_json(file).get("tests", [])):
            found.append(pytest.param(file.parent, file.stem, id=f"{file.parent.name}-{file.stem}"))
    return found


@pytest.mark.slow
@pytest.mark.outside
@pytest.mark.parametrize(("place", "name"), tables())
def test_a_test_of_a_table_that_decides_is_what_the_kept_ranks_give_now(place, name):
    """Of one system against its reference; all of them take minutes, by `mmsr-lite tables --recompute`."""
    stored = [test for test in read_sidecar(place, name)["tests"] if "holm" in test]
    first = stored[0]
    two = {first["system"], first["against"]}
    rows = [row for row in read_rows(place / f"{name}.csv") if label_of(system_of(row)) in two]
    now = {test["metric"]: test for test in compare(place, name, rows)}
    then = {test["metric"]: test for test in stored if test["system"] == first["system"]}
    assert now.keys() == then.keys() and len(now) >= 4
    for metric, test in now.items():
        found, kept = dict(numbers(dict(test))), dict(numbers(dict(then[metric])))
        del kept["/holm"]  # the correction is for all systems of the table
        assert len(kept) >= 10  # numbers that came later than the table are not in it
        assert {key: found[key] for key in kept} == pytest.approx(kept, rel=1e-6, abs=1e-9), metric


@pytest.mark.parametrize(("place", "name"), tables())
def test_the_corrected_p_values_of_a_table_follow_from_the_others(place, name):
    stored = [test for test in read_sidecar(place, name)["tests"] if "holm" in test]
    for ranking in RANKINGS:
        family = [test for test in stored if test["metric"].startswith("masked ") == (ranking == "masked")]
        corrected = holm(test["p"] for test in family)
        assert [test["holm"] for test in family] == pytest.approx(list(corrected), rel=1e-3, abs=1e-12)
