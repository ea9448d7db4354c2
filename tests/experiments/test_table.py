"""A study's table is read once for each version of its file."""

from mmsr_lite.experiments import table
from mmsr_lite.experiments.table import read_rows, write_rows


def test_a_table_is_parsed_once_and_again_when_it_was_written_anew(tmp_path, monkeypatch):
    file, parsed = tmp_path / "comparison.csv", []
    read_csv = table.pd.read_csv
    monkeypatch.setattr(table.pd, "read_csv", lambda *args, **how: parsed.append(args) or read_csv(*args, **how))
    write_rows(file, [{"run": "a", "HR@5": 1.0}], ["a"])
    assert [row["run"] for row in read_rows(file)] == [row["run"] for row in read_rows(file)] == ["a"]
    assert len(parsed) == 1
    write_rows(file, [{"run": "b", "HR@5": 2.0}], ["b"])
    assert [row["run"] for row in read_rows(file)] == ["b"] and len(parsed) == 2


def test_what_a_caller_changes_in_a_row_is_not_in_the_next_reading(tmp_path):
    file = tmp_path / "comparison.csv"
    write_rows(file, [{"run": "a", "HR@5": 1.0}], ["a"])
    read_rows(file)[0]["run"] = "changed"
    assert read_rows(file)[0]["run"] == "a"
