"""New histories: read as strictly as data for training, unknown items counted and told, ties broken as in training."""

import os
import warnings

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.histories import read_histories
from mmsr_lite.data.order import break_ties
from mmsr_lite.data.reading import ReadingNote
from mmsr_lite.errors import MMSRError


@pytest.fixture
def shop() -> Dataset:
    """One user of five items, a to e."""
    names = ("", *"abcde")
    return Dataset(
        "shop",
        np.zeros(5, int),
        np.arange(1, 6),
        np.arange(5),
        ("u",),
        names,
        names,
        facts={"part": np.zeros(5, np.int8)},
    )


def rows(**columns):
    return pd.DataFrame(columns)


def test_histories_are_ordered_by_time_and_users_stand_as_they_first_appear(shop):
    table = rows(user_id=["v", "w", "v"], item_id=["c", "a", "b"], timestamp=[20, 5, 10])
    new = read_histories(table, shop)
    assert new.user_ids == ("v", "w") and new.item_ids == shop.item_ids
    assert new.history(0).tolist() == [2, 3] and new.history(1).tolist() == [1]
    assert "part" not in new.facts  # a split of the training data says nothing about others


@pytest.mark.parametrize("ending", ["csv", "tsv", "jsonl", "parquet"])
def test_files_of_every_form_give_the_same_histories(shop, tmp_path, ending):
    table = rows(user_id=["v", "v"], item_id=["c", "b"], timestamp=[20, 10])
    file = tmp_path / f"new.{ending}"
    if ending == "parquet":
        table.to_parquet(file, index=False)
    elif ending == "jsonl":
        table.to_json(file, orient="records", lines=True)
    else:
        table.to_csv(file, index=False, sep={"csv": ",", "tsv": "\t"}[ending])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ReadingNote)
        assert read_histories(file, shop).history(0).tolist() == [2, 3]


def test_unknown_items_are_left_out_counted_and_told(shop):
    table = rows(user_id=["v", "v", "w"], item_id=["a", "zzz", "yyy"], timestamp=[1, 2, 3])
    with pytest.warns(ReadingNote, match=r"rows of items that the data set does not have: 2"):
        new = read_histories(table, shop)
    reading = new.facts["reading"]
    assert new.user_ids == ("v",) and new.item.tolist() == [1]
    assert reading["read"] == {"interactions": 3, "users": 2} and sum(reading["skipped"].values()) == 2
    assert reading["absent"] == {"users of whom no item is known, who get no answer": 1}
    assert reading["examples"] == ["row 2: v, zzz, 2", "row 3: w, yyy, 3"]


def test_a_table_without_any_known_item_is_an_error_that_quotes_both_kinds_of_ids(shop):
    with pytest.raises(MMSRError, match=r"none of the 2 items .* there is '7', but an item 'a'"):
        read_histories(rows(user_id=["v", "v"], item_id=[7, 8]), shop)


def test_ties_are_broken_as_in_the_data_of_the_training(shop):
    table = rows(user_id=["v"] * 5, item_id=list("abcde"), timestamp=[86_400] * 5)
    for ties, seed in (("file", 0), ("random", 0), ("random", 1)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ReadingNote)
            new = read_histories(table, break_ties(shop, ties, seed))
        day = Dataset("d", np.zeros(5, int), np.arange(1, 6), np.zeros(5), ("v",), shop.item_ids, shop.item_ids)
        assert new.item.tolist() == break_ties(day, ties, seed).item.tolist()
        assert new.facts["reading"]["tied"] == [4, 4]


def test_columns_of_other_names_are_named_once(shop):
    table = rows(customer=["v"], product=["b"], item_id=["a"])
    names = {"user_id": "customer", "item_id": "product"}
    with pytest.warns(ReadingNote, match="no column timestamp"):
        assert read_histories(table, shop, columns=names).item.tolist() == [2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user_id,item_id\nv,a,5\n", "row 1 has 3 fields"),
        ("user_id,item_id\nv,\n", "item_id is empty in row 1"),
        ("user_id,product\nv,a\n", "has no column 'item_id'"),
        ("user_id,item_id,timestamp\nv,a,soon\n", "timestamp is 'soon' in row 1"),
        ("user_id,item_id\n", "holds no rows"),
        ("", "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(shop, tmp_path, text, message):
    (tmp_path / "new.csv").write_text(text)
    with pytest.raises(MMSRError, match=message):
        read_histories(tmp_path / "new.csv", shop)


def test_what_is_no_file_is_one_sentence(shop, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for place in (tmp_path, tmp_path / "none.csv", tmp_path / "pipe.csv", "a\0b"):
        with pytest.raises(MMSRError, match="there is no file"):
            read_histories(place, shop)
    with pytest.raises(MMSRError, match="the histories are a int"):
        read_histories(5, shop)
    with pytest.raises(MMSRError, match="columns name 'title'"):
        read_histories(rows(user_id=["v"], item_id=["a"]), shop, columns={"title": "x"})
