"""A study as a record: what its table says, and the same numbers when it is carried out anew."""

import json
from pathlib import Path

import pytest

from mmsr_lite.data import load
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.stored_study import open_study, retrain_study


@pytest.mark.slow
def test_a_run_carried_out_anew_gives_the_numbers_of_the_table(carry_out, ring, tiny):
    carry_out(tiny)
    record = open_study(carry_out.place, tiny)
    anew = retrain_study(record, ring)
    kept = {row["run"]: row["HR@5"] for row in record["rows"] if row["seed"] == 0}
    assert {row["run"]: pytest.approx(row["HR@5"], abs=1e-3) for row in anew["rows"]} == kept and len(kept) == 2
    assert [test["seeds"] for test in record["tests"]] == [[1, 2]] * 2 * 4  # markov has one seed; two rankings
    assert anew["tests"] == []  # one seed is never compared
    assert [row["model"] for row in retrain_study(record, ring, ["markov"])["rows"]] == ["markov"]


@pytest.mark.slow
def test_a_study_that_reads_several_things_off_one_model_can_be_carried_out_anew(carry_out, ring):
    carry_out("gates", seeds=1)
    record = open_study(carry_out.place, "gates")
    anew = retrain_study(record, ring)
    assert record["rows"][0]["variant"] == "own gates" and len(record["rows"]) == 4
    assert [(row["variant"], row["run"]) for row in anew["rows"]] == [(r["variant"], r["run"]) for r in record["rows"]]
    assert all(row.keys() >= set(record["labels"]) for row in anew["rows"])


@pytest.mark.slow
def test_a_record_knows_its_data_and_a_table_that_is_not_there_is_told(carry_out, tiny):
    carry_out(tiny)
    record = open_study(carry_out.place, tiny)
    assert (record["study"], record["dataset"], record["reachable"]) == (tiny, "ring", None)
    assert record["terms"]["dim"] == 8 and {test["against"] for test in record["tests"]} == {"mmsr"}
    with pytest.raises(MMSRError, match=f"no table of 'ablation' .* tables there: {tiny}"):
        open_study(carry_out.place, "ablation")


RESULTS = Path(__file__).parents[2] / "assets" / "results"


@pytest.mark.slow
def test_a_stored_table_of_an_older_version_says_that_it_has_all_items_alone_and_can_be_made_anew():
    record = open_study(RESULTS / "wardrobe-match", "comparison").validate()
    assert (record["headline"], record["rankings"], record["chosen_by"]) == ("all", ["all"], ["MRR@5"])
    assert not any(name.startswith("masked") for row in record["rows"] for name in row)
    anew = retrain_study(record, load("wardrobe:match"), ["markov"])
    old = next(row for row in record["rows"] if row["model"] == "markov")
    assert [row["run"] for row in anew["rows"]] == [old["run"]]  # settings that came later rename nothing
    assert anew["rows"][0]["HR@5"] == pytest.approx(old["HR@5"], abs=1e-3)
    assert anew["rankings"] == ["all", "masked"] and anew["rows"][0]["masked HR@5"] > 0


@pytest.mark.slow
def test_every_stored_table_opens_as_a_whole_record_that_json_can_hold():
    mistakes, found = {}, 0
    for file in sorted(RESULTS.glob("*/*.json")):
        if file.with_suffix(".csv").is_file():
            found += 1
            record = open_study(file.parent, file.stem)
            mistakes[f"{file.parent.name}/{file.stem}"] = record.mistake()
            json.dumps(record, allow_nan=False)
    assert found > 30 and {table: mistake for table, mistake in mistakes.items() if mistake} == {}
