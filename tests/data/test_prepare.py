"""From tables to a data set: k-core, order, numbers."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data.prepare import assemble, k_core
from mmsr_lite.errors import MMSRError


def table(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"][: len(rows[0])])


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=80), st.integers(1, 4))
def test_the_k_core_is_what_remains_when_rare_ones_are_struck_out_one_by_one(pairs, k):
    user, item = (np.array([pair[side] for pair in pairs], int) for side in (0, 1))
    rows = list(range(len(pairs)))
    while rare := [r for r in rows for index in (user, item) if sum(index[rows] == index[r]) < k]:
        rows.remove(rare[0])
    assert np.flatnonzero(k_core(user, item, k)).tolist() == rows


def test_time_orders_a_user_and_ties_keep_the_order_of_rows():
    dataset = assemble("d", table(("v", "c", 5), ("u", "a", 2), ("v", "a", 1), ("v", "b", 5)), min_count=1)
    assert dataset.user_ids == ("v", "u") and dataset.item_ids == ("", "c", "a", "b")
    assert dataset.user.tolist() == [0, 0, 0, 1] and dataset.item.tolist() == [2, 1, 3, 2]
    assert dataset.time.tolist() == [1, 5, 5, 2]


def test_without_timestamps_the_order_of_rows_is_the_order_of_time():
    assert assemble("d", table(("u", "b"), ("u", "a"), ("u", "b")), min_count=1).item.tolist() == [1, 2, 1]


def test_items_are_numbered_as_listed_and_one_without_interactions_stays_only_at_min_count_0():
    items = pd.DataFrame({"item_id": ["a", "b", "c"], "title": ["A", "", "C"]})
    rows = table(("u", "c", 1), ("u", "b", 2))
    assert assemble("d", rows, items, min_count=1).item_ids == ("", "b", "c")
    whole = assemble("d", rows, items, min_count=0, texts=["title"])
    assert whole.item_ids == ("", "a", "b", "c") and whole.item.tolist() == [3, 2]
    assert whole.titles == ("", "A", "b", "C") and whole.texts == {"title": ("", "A", "", "C")}


def test_unknown_items_are_counted_and_three_of_them_quoted():
    rows = table(*[("u", f"x{i}", i) for i in range(5)], ("u", "x0", 9))
    with pytest.raises(MMSRError, match=r"5 item ids are in the interactions .* 'x0', 'x1', 'x2', \.\.\.; add them"):
        assemble("d", rows, pd.DataFrame({"item_id": ["a"]}))


def test_nothing_left_says_what_there_was():
    with pytest.raises(MMSRError, match="nothing is left of 2 interactions of 1 users with 2 items at min_count=5"):
        assemble("d", table(("u", "a", 1), ("u", "b", 2)))
