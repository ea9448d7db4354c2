"""Tables for other programs: nothing in CSV is a formula, Parquet is exact, a file is whole or not there."""

import csv

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data.export import as_given, save_table, without_formulas
from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.table import read_rows, write_rows

DANGEROUS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)"]


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe_in_csv(tmp_path, text):
    table = pd.DataFrame({"title": [text, "hat"], text: ["a", "b"]})
    save_table(table, tmp_path / "a.csv")
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["title", f"'{text}"], [f"'{text}", "a"], ["hat", "b"]]
    assert table["title"].tolist() == [text, "hat"]  # the table that was given stays


def test_texts_that_are_numbers_and_numbers_stay_as_they_are():
    table = pd.DataFrame({"user_id": ["-5", "+1", "a-b"], "score": [-1.5, 2.0, np.nan]})
    assert without_formulas(table).equals(table)


def test_categories_and_columns_of_one_name_are_made_harmless_too():
    table = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    table = pd.concat([table, pd.DataFrame({"b": pd.Categorical(["@x"])})], axis=1)
    assert without_formulas(table).to_numpy().tolist() == [["'=1", "'=2", "'@x"]]


def test_parquet_holds_texts_exactly(tmp_path):
    table = pd.DataFrame({"title": DANGEROUS})
    save_table(table, tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").equals(table)


def test_another_ending_is_refused_and_an_older_file_stays_when_the_new_one_fails(tmp_path, monkeypatch):
    with pytest.raises(MMSRError, match=r"unknown format '.xlsx'; choose from: .csv, .parquet"):
        save_table(pd.DataFrame(), tmp_path / "a.xlsx")
    save_table(pd.DataFrame({"a": [1]}), tmp_path / "a.csv")

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", broken)
    with pytest.raises(MMSRError, match="No space left"):
        save_table(pd.DataFrame({"a": [2]}), tmp_path / "a.csv")
    assert (tmp_path / "a.csv").read_text() == '"a"\n1\n' and len(list(tmp_path.iterdir())) == 1


def test_what_was_made_harmless_comes_back_as_it_was():
    table = pd.DataFrame({"name": [*DANGEROUS, "-5", "'tis", "hat"], "score": np.arange(10.0)})
    assert as_given(without_formulas(table)).equals(table)


def test_a_study_of_a_data_set_with_a_hostile_name_has_no_formula_and_is_read_back(tmp_path):
    write_rows(tmp_path / "a.csv", [{"study": "missing", "dataset": "=1+1", "model": "mmsr", "run": "r"}], ["r"])
    assert ",'=1+1," in (tmp_path / "a.csv").read_text()
    assert read_rows(tmp_path / "a.csv")[0]["dataset"] == "=1+1"
