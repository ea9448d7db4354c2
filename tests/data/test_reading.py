"""The account of what was read, skipped, repeated, tied and absent, which every reader gives."""

import json

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.reading import Account, ReadingNote, shown

DAY = 86_400


def account(rows, **options) -> Account:
    with pytest.warns(ReadingNote):
        dataset = Dataset.from_frames(rows, min_count=1, **options)
    return Account.from_fact(dataset.facts["reading"])


def test_five_lines_come_in_one_order_whatever_there_is_to_say():
    assert [line.split()[0] for line in Account().lines()] == ["read", "skipped", "repeated", "tied", "absent"]
    full = Account({"items": 1}, {"a": 1}, {"b": 1}, (1, 2), {"c": 1}, ["row 1: x"], ["So."], {"d": "numbers"})
    assert [line.split()[0] for line in full.lines()[:5]] == ["read", "skipped", "repeated", "tied", "absent"]
    assert full.lines()[3] == (
        "tied      1 of 2 neighbouring interactions (50.0 %) share one time; the order of the rows decides between them"
    )
    assert full.lines()[5:] == [
        "not taken, for example:", "  row 1: x", "note: So.", "columns that are no modality: d (numbers)"
    ]  # fmt: skip
    assert Account.from_fact(json.loads(json.dumps(full.as_fact()))) == full


def test_three_examples_are_enough_and_stay_on_one_line():
    reading = Account()
    for row in range(9):
        reading.skip("rows without an id", f"row {row}:\n\x1b[2J" + "x" * 500)
    assert reading.skipped == {"rows without an id": 9} and len(reading.examples) == 3
    assert all(len(one) <= 100 and one.isprintable() for one in reading.examples)
    assert shown("\u202e gnp.x") == "gnp.x"


FINE = {"user_id": ["u"] * 5, "item_id": ["a", "a", "b", "b", "a"], "timestamp": [5, 5, 5, 6, 5]}


def test_exact_repeats_are_left_out_where_times_are_finer_than_a_day_with_three_examples():
    rows = {name: values + values[:2] for name, values in FINE.items()}
    reading = account(rows)
    assert reading.repeated == {"rows with the user, item and time of an earlier one (left out)": 1 + 1 + 2}
    assert reading.examples == ["row 2: u, a, 5", "row 5: u, a, 5", "row 6: u, a, 5"]
    assert reading.tied == (1, 2)  # a at 5, b at 5, b at 6


@pytest.mark.parametrize(("times", "same"), [([0, 0, DAY], "user, item and day"), (None, "user and item")])
def test_repeats_stay_where_they_may_be_true_and_are_counted(times, same):
    rows = {"user_id": ["u"] * 3, "item_id": ["a", "a", "b"]} | ({"timestamp": times} if times else {})
    reading = account(rows)
    assert reading.repeated == {
        f"rows with the {same} of an earlier one (they stay: a user may come back to an item)": 1
    }
    with pytest.warns(ReadingNote):
        assert Dataset.from_frames(rows, min_count=1).item.tolist() == [1, 1, 2]
    assert (reading.tied == (1, 2)) if times else (reading.tied is None)


def test_a_note_is_given_once_and_only_where_there_is_something_to_say(recwarn):
    clean = {"user_id": ["u", "u"], "item_id": ["a", "b"], "timestamp": [1, 2]}
    Dataset.from_frames(clean, {"item_id": ["a", "b"], "title": ["x", "y"], "price": [1, 2]}, min_count=1)
    assert not recwarn.list
    with pytest.warns(ReadingNote) as told:
        Dataset.from_frames(FINE, {"item_id": ["a", "c"], "title": ["x", "y"]}, min_count=1)
    assert len(told) == 1 and "items without a row of their own, such as 'b': 1" in str(told[0].message)


def test_every_source_ends_with_the_account(tmp_path, tiny_folder, own_cache):
    movies = tmp_path / "ml"
    movies.mkdir()
    (movies / "ratings.csv").write_text(
        "userId,movieId,rating,timestamp\n" + "".join(f"{u},{m},3,{u + m}\n" for u in range(6) for m in range(6))
    )
    (movies / "movies.csv").write_text("movieId,title,genres\n" + "".join(f"{m},M{m},Drama\n" for m in range(5)))
    reviews = [
        f'{{"reviewerID": "u{u}", "asin": "B{i:09}", "unixReviewTime": {DAY * i}}}' for u in range(6) for i in range(6)
    ]
    (tmp_path / "reviews_Toys_5.json").write_text("\n".join([*reviews, reviews[0], "no review"]))
    with pytest.warns(ReadingNote):
        found = {name: load(name).facts["reading"] for name in (f"movielens:{movies}", f"amazon:{tmp_path}/Toys")}
    of_movies, of_reviews = found.values()
    assert of_movies["read"] == {"interactions": 36, "items": 5} and of_movies["tied"] == [0, 30]
    assert of_movies["absent"]["items without a row of their own, such as '5'"] == 1
    assert of_reviews["read"] == {"reviews": 37} and of_reviews["skipped"] == {"lines that are no record": 1}
    assert of_reviews["repeated"] == {"reviews with the user, item and time of another (left out)": 1}
    assert of_reviews["examples"] == [
        "line 38 of 'reviews_Toys_5.json': no review", "a review of B000000000 by u0 again"
    ]  # fmt: skip
    assert load(tiny_folder, min_count=4).facts["reading"]["read"] == {"interactions": 24, "items": 6}


def test_a_prepared_folder_keeps_the_account_and_drops_no_rows(tmp_path):
    from mmsr_lite.data.prepared import save_prepared

    with pytest.warns(ReadingNote):
        dataset = Dataset.from_frames(FINE, min_count=1)
    again = load(save_prepared(dataset, tmp_path / "out"))
    assert again.facts["reading"] == dataset.facts["reading"]
    repeated = Dataset("d", np.zeros(2, int), np.ones(2, int), np.full(2, 5), ("u",), ("", "a"), ("", "a"))
    assert len(load(save_prepared(repeated, tmp_path / "two")).item) == 2


def test_days_of_one_zone_are_days(tmp_path):
    rows = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["a", "a"], "timestamp": ["2020-07-01 00:00+02:00"] * 2})
    with pytest.warns(ReadingNote, match="they stay"):
        assert len(Dataset.from_frames(rows, min_count=1).item) == 2
