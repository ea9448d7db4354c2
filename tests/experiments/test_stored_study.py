"""A study as a record: what its table says, and the same numbers when it is carried out anew."""

import pytest

from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.stored_study import open_study, retrain_study


@pytest.mark.slow
def test_a_run_carried_out_anew_gives_the_numbers_of_the_table(carry_out, ring, tiny):
    carry_out(tiny)
    record = open_study(carry_out.place, tiny)
    anew = retrain_study(record, ring)
    kept = {row["run"]: row["HR@5"] for row in record["rows"] if row["seed"] == 0}
    assert {row["run"]: pytest.approx(row["HR@5"], abs=1e-3) for row in anew["rows"]} == kept and len(kept) == 2
    assert [test["seeds"] for test in record["tests"]] == [[1, 2]] * 4  # markov has one seed
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
