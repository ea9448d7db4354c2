"""The table of gates holds what each trace shows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from mmsr_lite import __version__
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.gates import gates, last_examples, save_gates
from mmsr_lite.explain.gates_summary import gates_beside, gates_summary
from mmsr_lite.explain.trace import trace


@pytest.fixture(scope="module")
def table(random_model, world):
    return gates(random_model(), world, run="abc", seed=4)


def test_each_row_is_a_gate_of_a_trace(random_model, world, table, books):
    counts, examples = np.bincount(world.item, minlength=13), last_examples(world)
    assert examples.user.tolist() == list(range(8)) and set(table["user"]) == set(range(8))  # four have one item
    touched = {"item": counts.tolist()}
    for book in books(2):
        touched[book.name] = [sum(counts[i] for i in range(13) if code in book.codes[i]) for code in range(7)]
    for user in range(8):
        record = trace(random_model(), world, user)
        wanted = {}
        for index, node in enumerate(record["nodes"]):
            kind = record["node_types"][node["type"]]
            at = [len(record["history"]) - node["positions"][-1] + 1, len(node["positions"])]
            for layer in range(2):
                late = record["layers"][layer]["beta"][index][0]
                wanted[layer, kind, node["id"]] = [*at, touched[kind][node["id"]], 8, pytest.approx(late, abs=1e-5)]
        rows = table[table["user"] == user]
        names = ["position", "places", "popularity", "length", "late"]
        found = zip(
            zip(rows["layer"], rows["type"], rows["id"], strict=True), rows[names].to_numpy().tolist(), strict=True
        )
        assert dict(found) == wanted and len(rows) == len(wanted)


def test_the_batch_makes_no_difference(random_model, world, table):
    again = gates(random_model(), world, batch=3, progress=True)
    keys = ["user", "layer", "type", "id"]
    pd.testing.assert_frame_equal(*(t.sort_values(keys, ignore_index=True) for t in (table, again)), rtol=1e-4)


@pytest.mark.parametrize("suffix, read", [(".csv", pd.read_csv), (".parquet", pd.read_parquet)])
def test_a_saved_table_reads_back_with_where_it_comes_from(table, tmp_path, suffix, read):
    save_gates(table, tmp_path / f"gates{suffix}")
    again = read(tmp_path / f"gates{suffix}")
    assert again[["run", "seed", "version"]].drop_duplicates().to_numpy().tolist() == [["abc", 4, __version__]]
    same = again[table.columns].astype({"type": str})
    pd.testing.assert_frame_equal(same, table.astype({"type": str}), check_dtype=False, rtol=1e-6)


def test_beside_each_gate_stands_what_flows_to_the_item_that_is_ranked_first(random_model, world):
    model = random_model()
    table = gates(model, world, flow=True)
    for user in range(8):
        record = flow(model, world, user, top=1)
        first = record["flow"]["items"][0]
        assert first["item"] == record["ranked"][0]["item"]
        sizes = np.abs(first["nodes"]).sum(0)  # (6,) by group of paths
        groups = record["flow"]["groups"]
        wanted = [sizes[groups.index(name)] / sizes.sum() for name in ("crossed, then time", "time, then crossed")]
        for found in table[table["user"] == user][["flow_early", "flow_late"]].to_numpy():
            assert found == pytest.approx(wanted, abs=1e-4)
    record = gates_summary(table, bins=3)
    by_length = {(row["layer"], row["type"]): row for row in record["by"]["type"]}
    some = table[(table["layer"] == 1) & (table["type"] == "item")]
    assert by_length[1, "item"]["flow_late"] == pytest.approx(some["flow_late"].mean())
    late = table.drop_duplicates("user")["flow_late"].mean()
    assert f"and {100 * late:.0f} % late fusion." in record["sentence"]


def test_where_kinds_of_users_are_planted_the_last_items_gates_stand_by_kind(random_model, world):
    kind = np.arange(world.num_users) % 2
    told = replace(world, facts=world.facts | {"user_kind": kind, "user_kinds": ("even", "odd")})
    table = gates(random_model(), told)
    assert (table["kind"] == np.where(table["user"] % 2, "odd", "even")).all()
    rows = gates_summary(table)["by"]["kind"]
    assert [(row["layer"], row["kind"], row["type"]) for row in rows] == [
        (layer, name, "item") for layer in (0, 1) for name in ("even", "odd")
    ]
    odd = table.query("type == 'item' and position == 1 and layer == 1 and kind == 'odd'")["late"]
    assert (rows[3]["count"], rows[3]["mean"]) == (4, pytest.approx(odd.mean()))  # a gate for each of the four users


def test_what_cannot_be_tabled_is_told(random_model, world, table, tmp_path):
    with pytest.raises(MMSRError, match="MMSR, heho has no update gates"):
        gates(random_model(fusion="heho"), world)
    with pytest.raises(MMSRError, match=r"unknown format '.xls'; choose from: .csv, .parquet"):
        save_gates(table, tmp_path / "gates.xls")
    assert gates_summary(gates(random_model(0), world))["by"]["code"] == []


def test_the_limit_of_a_history_may_be_longer_than_any_history(world):
    last = last_examples(world, 10**9)
    assert len(last) == (np.diff(world.offsets) > 1).sum() and last.lengths.max() == np.diff(world.offsets).max() - 1


def test_a_histogram_has_twenty_bins_from_zero_to_one(table):
    record = gates_summary(table)
    assert record["edges"] == pytest.approx([n / 20 for n in range(21)])
    some = table[(table["layer"] == 1) & (table["type"] == "item")]["late"]
    (counts,) = [one["counts"] for one in record["histogram"] if (one["layer"], one["type"]) == (1, "item")]
    assert counts == [int(((some >= n / 20) & (some < (n + 1) / 20)).sum()) for n in range(20)]


def by_hand(**columns) -> pd.DataFrame:
    """A table of gates of one layer with these columns; all else is alike in all rows."""
    rows = len(columns["late"])
    table = pd.DataFrame(
        {"layer": 0, "position": 1, "popularity": 1, "length": 1, "id": 1} | columns, index=range(rows)
    )
    table["type"] = pd.Categorical(columns.get("type", ["item"] * rows), ["item", "picture"])
    table.attrs = {"dataset": "d", "model": "m", "run": None, "seed": None, "version": "1"}
    return table


def test_a_gate_leans_where_it_is_above_one_half_and_users_count_once():
    types = ["item", "item", "picture", "picture"]
    record = gates_summary(by_hand(late=[0.5, 0.7, 0.1, 0.2], user=[0, 0, 1, 2], type=types))
    wanted = "25 % of 4 gates lean to the path hohe; its mean weight is 0.60 for item, 0.15 for picture."
    assert record["sentence"] == wanted and (record["users"], record["rows"], record["layers"]) == (3, 4, 1)
    flow = by_hand(late=[0.5, 0.7, 0.1, 0.2], user=[0, 0, 1, 2], flow_early=[0.1, 0.1, 0.3, 0.5], flow_late=0.25)
    wanted = (
        f"Of what flows to the first item's score {100 * (0.1 + 0.3 + 0.5) / 3:.0f} % are early and 25 % late fusion."
    )
    assert gates_summary(flow)["sentence"].endswith(wanted)  # a user has one flow, and counts once


def test_groups_are_of_about_equal_size_and_equal_values_are_in_one():
    positions = [1, 1, 1, 1, 2, 3, 4, 5]
    table = by_hand(late=[n / 10 for n in range(8)], user=range(8), position=positions)
    rows = gates_summary(table, bins=2)["by"]["position"]
    assert [(row["from"], row["to"], row["count"]) for row in rows] == [(1, 1, 4), (2, 5, 4)]
    assert [row["mean"] for row in rows] == pytest.approx([(0 + 0.1 + 0.2 + 0.3) / 4, (0.4 + 0.5 + 0.6 + 0.7) / 4])
    assert [row["median"] for row in rows] == pytest.approx([0.15, 0.55])
    assert [row["low"] for row in rows] == pytest.approx([0.05 * 0.3, 0.4 + 0.05 * 0.3])
    assert [row["high"] for row in rows] == pytest.approx([0.95 * 0.3, 0.4 + 0.95 * 0.3])


def test_data_sets_differ_most_where_their_means_are_furthest_apart():
    types = ["item", "picture"] * 2
    one = by_hand(late=[0.1, 0.5, 0.3, 0.5], user=[0, 0, 1, 1], type=types)
    two = by_hand(late=[0.3, 0.1, 0.3, 0.3], user=[0, 0, 1, 1], type=types)
    both = gates_beside({"one": one, "two": two})
    assert both.attrs == {"dataset": "one and two", "model": "m", "run": None, "seed": None, "version": "1"}
    record = gates_summary(both)
    assert record["users"] == 4 and record["sentence"].endswith(
        "They differ most for picture: 0.50 in one, 0.20 in two."
    )
    two.attrs["model"] = "n"
    assert gates_beside({"one": one, "two": two}).attrs["model"] is None
    with pytest.raises(MMSRError, match="tables is empty"):
        gates_beside({})
