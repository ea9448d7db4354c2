"""A summary of gates counts every row of the table once, and tells data sets apart."""

import json

import pandas as pd
import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.gates import gates
from mmsr_lite.explain.gates_summary import gates_beside, gates_summary


@pytest.fixture(scope="module")
def table(random_model, world):
    return gates(random_model(), world, run="abc", seed=4)


def test_the_summary_counts_each_row_once(table):
    record = gates_summary(table, bins=3)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    counts = {(h["layer"], h["type"]): sum(h["counts"]) for h in record["histogram"]}
    assert counts == table.groupby(["layer", "type"], observed=True).size().to_dict()
    for name in ("type", "position", "popularity", "length"):
        assert sum(row["count"] for row in record["by"][name]) == len(table) == record["rows"]
    for name in ("position", "popularity"):
        for row in record["by"][name]:
            some = table[(table["layer"] == row["layer"]) & (table["type"] == row["type"])]
            late = some["late"][some[name].between(row["from"], row["to"])]
            found = [row[key] for key in ("count", "mean", "median", "low", "high")]
            wanted = [len(late), late.mean(), late.median(), late.quantile(0.05), late.quantile(0.95)]
            assert found == pytest.approx(wanted, abs=1e-6)
    of_codes = table[table["type"] != "item"]
    assert sum(row["count"] for row in record["by"]["code"]) == len(of_codes)
    assert {row["from"] for row in record["by"]["code"]} == set(of_codes["id"])
    assert f"{100 * (table['late'] > 0.5).mean():.0f} % of {len(table)} gates" in record["sentence"].replace(",", "")
    assert [record[key] for key in ("run", "seed", "users", "layers")] == ["abc", 4, 8, 2]


def test_two_data_sets_are_kept_apart_and_told_side_by_side(table):
    other = table.assign(late=1 - table["late"])
    other.attrs["run"] = "xyz"
    both = gates_beside({"one": table, "two": other})
    record = gates_summary(both, bins=3)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert (record["users"], record["rows"], record["run"]) == (16, 2 * len(table), None)
    wanted = {(row["layer"], row["type"]): row["median"] for row in gates_summary(table)["by"]["type"]}
    for row in record["by"]["type"]:
        median = wanted[row["layer"], row["type"]]
        assert row["median"] == pytest.approx(median if row["dataset"] == "one" else 1 - median, abs=1e-6)
    means = table.groupby("type", observed=True)["late"].mean()
    kind = (means - 0.5).abs().idxmax()
    assert f"differ most for {kind}: {means[kind]:.2f} in one, {1 - means[kind]:.2f} in two." in record["sentence"]


def test_what_is_no_table_of_gates_is_refused(table):
    with pytest.raises(MMSRError, match="tables is empty; give a table of gates for each data set"):
        gates_beside({})
    for wrong in (lambda: gates_summary(table[["late"]]), lambda: gates_beside({"one": pd.DataFrame({"late": [0.5]})})):
        with pytest.raises(MMSRError):
            wrong()
