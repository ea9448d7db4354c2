"""The two tables of a folder say the same in every form and under any names."""

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data import load
from mmsr_lite.errors import MMSRError


@pytest.mark.parametrize("form", ["parquet", "csv", "csv.gz", "jsonl.gz"])
def test_all_forms_of_the_tables_say_the_same(tiny_folder, form):
    first = load(tiny_folder, modalities=["title"], min_count=4)
    items = pd.read_json(tiny_folder / "items.jsonl", lines=True)
    table = pd.read_csv(tiny_folder / "interactions.csv")
    (tiny_folder / "items.jsonl").unlink()
    if form == "parquet":
        (tiny_folder / "interactions.csv").unlink()
        items.to_parquet(tiny_folder / "items.parquet")
        table["timestamp"] = pd.to_datetime(table.timestamp, unit="s")
        table.to_parquet(tiny_folder / "interactions.parquet")
    elif form == "jsonl.gz":
        items.to_json(tiny_folder / "items.jsonl.gz", orient="records", lines=True)
    else:
        items.drop(columns="tags").to_csv(tiny_folder / f"items.{form}", index=False)
    again = load(tiny_folder, modalities=["title"], min_count=4)
    assert (again.titles, again.item_ids, again.item.tolist()) == (first.titles, first.item_ids, first.item.tolist())
    assert np.array_equal(again.modalities[0].features, first.modalities[0].features)


def test_words_that_pandas_takes_for_nothing_stay_words_and_zeros_stay_in_front(tmp_path):
    (tmp_path / "interactions.csv").write_text("user_id,item_id\nNA,001\nNA,null\n")
    (tmp_path / "items.csv").write_text("item_id,title\n001,None\nnull,NaN\n")
    dataset = load(tmp_path, min_count=1)
    assert (dataset.user_ids, dataset.item_ids, dataset.titles) == (("NA",), ("", "001", "null"), ("", "None", "NaN"))


def test_columns_may_have_other_names(tiny_folder):
    first = load(tiny_folder, modalities=["title"], min_count=4)
    table, items = tiny_folder / "interactions.csv", tiny_folder / "items.jsonl"
    table.write_text(table.read_text().replace("user_id,item_id,timestamp", "who,asin,day"))
    items.write_text(items.read_text().replace('"item_id"', '"asin"').replace('"title"', '"name"'))
    names = {"user_id": "who", "item_id": "asin", "timestamp": "day", "title": "name"}
    again = load(tiny_folder, modalities=["title"], min_count=4, columns=names)
    assert (again.titles, again.item_ids, again.item.tolist()) == (first.titles, first.item_ids, first.item.tolist())
    for ours, theirs in (("timestamp", "when"), ("user_id", "whom"), ("title", "heading"), ("item_id", "sku")):
        with pytest.raises(MMSRError, match=f"has no column '({theirs}|item_id)'"):
            load(tiny_folder, min_count=4, columns=names | {ours: theirs})
