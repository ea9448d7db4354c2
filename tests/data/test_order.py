"""Ties in time: counted as the file has them, broken by a hash that is the same for everybody."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data import load
from mmsr_lite.data.order import break_ties, fixed_order, id_places, in_file_order, order_facts, order_sentences
from mmsr_lite.data.prepare import assemble
from mmsr_lite.data.prepared import save_prepared
from mmsr_lite.errors import MMSRError

TABLES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=25)


def table(*rows: tuple[str, str, int]):
    """A data set of (user, item, time) rows in the order of a file."""
    return assemble("t", pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]), min_count=1)


def rows_of(dataset) -> list[tuple]:
    """(user id, item id, time) of each interaction."""
    users = (dataset.user_ids[user] for user in dataset.user)
    return list(zip(users, (dataset.item_ids[item] for item in dataset.item), dataset.time, strict=True))


def test_ties_rising_ids_and_repeats_are_counted_by_hand():
    facts = order_facts(
        table(("u", "b", 0), ("u", "c", 0), ("u", "a", 0), ("u", "d", 1), ("u", "d", 1), ("v", "b", 0), ("v", "c", 0))
    )
    # neighbours: bc (tied, rises), ca (tied, falls), ad (later, rises), dd (tied, one item), and bc of v (tied, rises)
    assert facts["neighbours"] == 5 and facts["tied"] == pytest.approx(100 * 4 / 5)
    assert facts["tied_rising"] == pytest.approx(100 * 2 / 3) and facts["untied_rising"] == 100
    assert facts["tied_agreement"] == 100  # u and v have b and c in one order
    assert facts["exact_repeats"] == 1 and facts["own_items"] == pytest.approx(100 / 7)


def test_agreement_is_the_share_of_pairs_of_users_with_one_order():
    facts = order_facts(table(*[(f"u{n}", item, 0) for n, pair in enumerate(["ab", "ab", "ba"]) for item in pair]))
    assert facts["tied_agreement"] == pytest.approx(100 * 1 / 3)  # of the three pairs of users one agrees
    assert order_facts(table(("u", "a", 0), ("u", "b", 0)))["tied_agreement"] is None


def test_ids_are_compared_as_numbers_where_all_are_numbers_and_as_text_elsewhere():
    numbers = order_facts(table(("u", "9", 0), ("u", "10", 0)))
    text = order_facts(table(("u", "b9", 0), ("u", "b10", 0)))
    assert numbers["tied_rising"] == 100 and text["tied_rising"] == 0
    assert id_places(table(("u", "9", 0), ("u", "10", 0))).tolist() == [0, 1, 2]


def test_times_that_are_places_in_a_history_are_known_as_such():
    assert order_facts(table(("u", "a", 0), ("u", "b", 1), ("v", "a", 0)))["times_are_steps"]
    assert order_facts(table(("u", "a", 1), ("u", "b", 2)))["times_are_steps"]
    assert not order_facts(table(("u", "a", 0), ("u", "b", 86400)))["times_are_steps"]


@given(TABLES, st.integers(0, 5))
def test_breaking_ties_moves_nothing_across_times_or_users_and_can_be_undone(rows, seed):
    dataset = table(*[(f"u{user}", f"i{item}", time) for user, item, time in rows])
    broken = break_ties(dataset, tie_seed=seed)
    assert sorted(rows_of(broken)) == sorted(rows_of(dataset))
    assert np.array_equal(broken.user, dataset.user) and np.array_equal(broken.time, dataset.time)
    assert rows_of(in_file_order(broken)) == rows_of(dataset) == rows_of(break_ties(broken, "file"))
    assert rows_of(break_ties(break_ties(dataset, tie_seed=seed + 1), tie_seed=seed)) == rows_of(broken)
    counted, again = order_facts(dataset), order_facts(broken)
    assert {name: counted[name] for name in counted if name != "ties"} == {
        name: again[name] for name in counted if name != "ties"
    }


@given(TABLES, st.integers(0, 5), st.randoms())
def test_the_random_order_hangs_on_seed_user_and_item_alone(rows, seed, random):
    rows = list({(f"u{user}", f"i{item}", time) for user, item, time in rows})
    wanted = {user: [] for user, _, _ in rows}
    for user, item, _ in rows_of(break_ties(table(*rows), tie_seed=seed)):
        wanted[user].append(item)
    random.shuffle(rows)  # another file, whose users and items have other numbers
    fewer = [row for row in rows if row[0] != "u0"] or rows
    for user, items in wanted.items():
        if user in {row[0] for row in fewer}:
            found = [item for owner, item, _ in rows_of(break_ties(table(*fewer), tie_seed=seed)) if owner == user]
            assert found == items


def test_seeds_give_other_orders_and_without_ties_nothing_moves():
    day = table(*[("u", f"i{n}", 0) for n in range(20)])
    orders = {tuple(break_ties(day, tie_seed=seed).item.tolist()) for seed in range(5)}
    assert len(orders) == 5 and tuple(day.item.tolist()) not in orders
    rising = [np.mean(np.diff(break_ties(day, tie_seed=seed).item) > 0) for seed in range(40)]
    assert 0.4 < np.mean(rising) < 0.6
    apart = table(("u", "b", 0), ("u", "a", 1))
    assert break_ties(apart).item is apart.item and "file_row" not in break_ties(apart).facts


def test_facts_of_each_interaction_move_with_it():
    day = table(*[("u", f"i{n}", 0) for n in range(20)])
    day.facts["cause"] = day.item * 10
    broken = break_ties(day)
    assert np.array_equal(broken.facts["cause"], broken.item * 10) and not np.array_equal(broken.item, day.item)


def test_wrong_settings_are_refused():
    with pytest.raises(MMSRError, match="unknown ties 'first'; choose from: file, random, together"):
        break_ties(table(("u", "a", 0)), "first")
    with pytest.raises(MMSRError, match="tie_seed is -1; expected a whole number from 0"):
        break_ties(table(("u", "a", 0)), tie_seed=-1)


def test_every_source_breaks_ties_at_random_unless_told_otherwise(tmp_path):
    place = tmp_path / "day"
    place.mkdir()
    rows = "\n".join(f"u{user},i{item},2014-07-0{1 + user % 3}" for user in range(6) for item in range(8))
    (place / "interactions.csv").write_text(f"user_id,item_id,timestamp\n{rows}")
    listed, drawn, other = load(place, ties="file"), load(place), load(place, tie_seed=1)
    assert listed.item.tolist() == list(range(1, 9)) * 6
    assert drawn.facts["order"] == {"ties": "random", "tie_seed": 0}
    assert len({tuple(one.item.tolist()) for one in (listed, drawn, other)}) == 3
    save_prepared(drawn, tmp_path / "prepared")  # keeps the order of the file, so that it can be broken anew
    assert load(tmp_path / "prepared", ties="file").item.tolist() == listed.item.tolist()
    assert load(tmp_path / "prepared").item.tolist() == drawn.item.tolist()
    assert order_facts(load(tmp_path / "prepared"))["tied_rising"] == 100
    with pytest.raises(MMSRError, match="unknown ties 'alphabet'"):
        load(place, ties="alphabet")


def test_the_card_says_how_ties_stand_and_names_an_order_by_ids():
    day = table(*[("u", f"i{n}", n // 4) for n in range(8)])
    said = " ".join(order_sentences(order_facts(break_ties(day, tie_seed=3))))
    assert "85.7 % of a user's neighbouring interactions have the same time" in said  # six of seven
    assert "100.0 % of these pairs have rising item ids" in said and "broken at random (tie seed 3)" in said
    assert "fixed by the ids" in said and fixed_order(order_facts(day))
    apart = " ".join(order_sentences(order_facts(table(("u", "a", 0), ("u", "b", 86400)))))
    assert "no two neighbouring interactions of a user have the same time" in apart
    assert (
        "places in each user's history, not dates"
        in order_sentences(order_facts(table(("u", "a", 0), ("u", "b", 1))))[0]
    )
    assert "Items of one time are one step" in " ".join(order_sentences(order_facts(break_ties(day, "together"))))


def test_dated_beauty_is_in_the_order_of_the_alphabet_and_movielens_is_not(shared_data):
    beauty = order_facts(load(shared_data / "amazon-beauty-dated", modalities=[]))
    assert (round(beauty["tied"], 1), beauty["tied_rising"]) == (43.9, 100.0) and fixed_order(beauty)
    movies = order_facts(load(shared_data / "ml-100k", modalities=[]))
    assert 50 < movies["tied"] < 52 and not fixed_order(movies)
