"""The students' worlds: the page says what was measured, and each training took at most a minute of the process."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import student_worlds
from benchmarks.student_worlds import COLUMNS, EPOCHS, MINUTE, SYSTEMS, TABLE, jobs, name_of, row_of, write
from benchmarks.world_tables import student_rows
from mmsr_lite.data.sources.worlds import WORLDS

PAGE = (Path(__file__).parents[1] / "docs" / "worlds.md").read_text(encoding="utf-8")
FLAT = " ".join(PAGE.split())


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(TABLE)


def one(table, world, model, order):
    """The run of a system."""
    found = table[(table["world"] == world) & (table["model"] == model) & (table["order"] == order)]
    assert len(found) == 1
    return found.iloc[0]


def by_epoch(row):
    return [float(value) for value in row["HR@5 by epoch"].split()]


def test_every_order_of_every_base_was_trained_in_every_world_with_the_epochs_of_the_script(table):
    wanted = {name_of(vars(job)) for job in jobs(1)}
    assert {name_of(row) for row in table.to_dict("records")} == wanted
    assert {(row.world, row.model, row.order) for row in table.itertuples()} == {
        (world, model, order) for world in WORLDS for model, orders in SYSTEMS.items() for order in orders
    }
    assert all(len(by_epoch(row)) == row["epochs"] for _, row in table.iterrows())


def test_each_training_took_at_most_a_minute_of_the_process(table):
    assert table["cpu_seconds"].max() <= MINUTE == 60
    assert (table["cpu_seconds"] > 5).all()  # it is not the time of something else
    assert (table["seconds"] > 0.95 * table["cpu_seconds"]).all()  # the clock sees all that one thread does


def test_the_page_has_every_row_the_epochs_and_the_command():
    assert [row for row in student_rows() if row not in PAGE.splitlines()] == []
    alike = [(EPOCHS[model]["pick"], EPOCHS[model]["clocks"]) for model in EPOCHS]
    assert all(pick == clocks for pick, clocks in alike)
    (sasrec, _), (gru, _), (mmsr, _) = alike
    both = [EPOCHS[model]["both"] for model in EPOCHS]
    says = f"in `pick` and `clocks` {sasrec} with SASRec, {gru} with GRU4Rec and {mmsr} with MMSR, in `both` "
    assert says + "{}, {} and {}.".format(*both) in FLAT
    assert f"python benchmarks/{Path(student_worlds.__file__).name}\n" in PAGE and f"results/{TABLE.name}`" in PAGE


def test_the_clock_ran_as_many_times_longer_as_the_page_says(table):
    assert f"up to {(table['seconds'] / table['cpu_seconds']).max():.0f} times as many" in FLAT


def test_in_pick_early_fusion_is_ahead_in_every_base_and_in_clocks_late_fusion_in_two(table):
    for model in SYSTEMS:
        early, late = (one(table, "pick", model, order)["HR@5"] for order in SYSTEMS[model][:2])
        assert early > 1.25 * late
    for model in ("sasrec", "gru4rec"):
        early, late = (one(table, "clocks", model, order)["HR@5"] for order in SYSTEMS[model][:2])
        assert late > 1.2 * early
    early, late = (one(table, "clocks", "mmsr", order)["HR@5"] for order in SYSTEMS["mmsr"][:2])
    assert early > late
    assert table["HR@5 of clocks"].max() < 50  # "of the users of `clocks` no system serves half"


def test_what_the_page_says_of_single_systems_is_what_was_measured(table):
    sasrec = one(table, "clocks", "sasrec", "early")
    assert abs(sasrec["HR@5"] - 100 / 8) < 1
    moves = by_epoch(sasrec)[3:]
    assert f"on validation moves between {min(moves)} and {max(moves)}." in FLAT
    heho = by_epoch(one(table, "clocks", "mmsr", "heho-invasive"))
    hohe = by_epoch(one(table, "clocks", "mmsr", "hohe-invasive"))
    assert f"`heho-invasive` has {heho[2]} after three epochs and {heho[5]} after six" in FLAT
    assert f"`hohe-invasive` is at {hohe[-1]} after ten" in FLAT and max(hohe) == hohe[-1]
    assert abs(one(table, "clocks", "mmsr", "hohe")["HR@5"] - 100 / 64) < 1
    assert one(table, "pick", "sasrec", "late")["HR@5"] < 72.2  # the additive read-out, in the table above
    assert re.search(r"additive late read-out \| 72\.2 %", PAGE)


def test_a_row_has_the_time_of_the_training_alone_and_is_known_again_by_its_name(tmp_path):
    job = replace(jobs(1)[0], size="tiny", dim=8, batch=64, epochs=2)
    row = row_of(job)
    assert list(row) == COLUMNS and row["cpu_seconds"] > 0 and row["epochs"] == 2
    write(tmp_path / "table.csv", [row])
    (again,) = pd.read_csv(tmp_path / "table.csv").to_dict("records")
    assert name_of(again) == name_of(vars(job))
