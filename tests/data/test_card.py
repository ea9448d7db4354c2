"""The data card: every number by hand, names of codes, and text out of the data that stays text."""

import numpy as np
import pytest

from mmsr_lite.data.card import as_markdown, as_text, card_record
from mmsr_lite.data.code_names import name_codes
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.statistics import own_history_share

HOSTILE = "</script><img src=x onerror=alert(1)>|`[x](javascript:alert(1))\x1b[2J"
DAY = 86_400


def data(**changes) -> Dataset:
    """Two users of ten interactions with four items; the last two of each are test targets."""
    one, two = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2], [1, 1, 1, 1, 1, 1, 1, 1, 3, 2]
    title = ("", "red hat", "red coat", "blue jeans", HOSTILE)
    features = np.eye(5, dtype=np.float32)
    parts = {
        "name": "d",
        "user": np.repeat([0, 1], 10),
        "item": np.array(one + two),
        "time": 1_600_000_000 + DAY * np.array([*range(10), 0, 0, 0, *range(1, 8)]),
        "user_ids": ("u", "v"),
        "item_ids": ("", "a", "b", "c", "d"),
        "titles": title,
        "texts": {"title": title},
        "modalities": (Modality("title", features, np.arange(5) > 0), Modality("photo", features, np.arange(5) == 1)),
    }
    return Dataset(**parts | changes)


def test_the_record_counts_what_a_person_would():
    record = card_record(data())
    assert record["counts"]["sparsity"] == pytest.approx(100 * (1 - (4 + 3) / (2 * 4)))  # v never had the fourth item
    assert record["ties"] == [2, 18]
    assert record["own history"] == 100 * 2 / 4  # u had both targets before, v neither
    assert record["popular"][-1] == [0.5, 100 * ((3 + 8) + (3 + 1)) / 20]  # two of four items
    assert record["period"] == ["2020-09-13", "2020-09-22"]
    assert [one["missing"] for one in record["modalities"]] == [0, 75] and record["without any"] == 0
    assert record["curve"][-1] == [100, 100] and record["curve"][0] == [25, 100 * 11 / 20]


def test_who_has_no_test_targets_has_no_share_and_positions_are_no_dates():
    few = data(user=np.array([0, 1]), item=np.array([1, 2]), time=np.array([0, 1]))
    assert own_history_share(few) is None
    record = card_record(few)
    assert record["own history"] is None and record["period"] is None and "own" not in as_markdown(record).lower()


def test_a_code_is_named_by_the_words_that_tell_it_from_the_others_or_by_titles():
    codes = np.array([[0, 0], [1, 3], [1, 0], [2, 0], [2, 3]])
    first, second, third = name_codes(data(), "title", codes)
    assert (first["code"], first["items"], first["name"].split(", ")[0]) == (1, 2, "red")
    assert first["examples"] == ["red hat", "red coat"]
    assert (third["code"], third["name"]) == (3, "like red hat / " + HOSTILE.replace("\x1b", "\x1b")[:60])
    assert second["code"] == 2
    assert name_codes(data(), "photo", codes)[0]["name"] == "like red hat / red coat"  # no words of pictures
    assert name_codes(data(), "title", np.zeros((5, 1), int)) == []


@pytest.mark.parametrize("form", [as_markdown, as_text])
def test_a_card_holds_the_five_lines_and_no_live_text_of_the_data(form):
    codes = {"title": np.array([[0], [1], [1], [2], [3]])}
    told = form(card_record(data(), codes))
    for name in ("read", "skipped", "repeated", "tied", "absent"):
        assert f"{name:<8}  " in told
    assert "\x1b" not in told and "Test targets that their user had before: 50.00 %." in told
    assert "Neighbouring interactions that share one time: 11.11 % (2 of 18)." in told
    if form is as_markdown:
        assert "<img" not in told and "&lt;img src=x" in told and "\\[x](java" in told and "\\|" in told


def test_popularity_is_drawn_as_bars_in_a_terminal():
    told = as_text(card_record(data()))
    width = len("hold of the interactions")
    assert f"50 % of the items  {'75.0 %':<{width}}  {'#' * round(24 * 0.75)}" in told


def test_the_card_says_how_many_targets_are_ones_own_and_which_ranking_is_the_headline():
    told = as_text(card_record(data()))
    rule = "own items masked where fewer than 1 % of the test targets lie in their own history, all items elsewhere"
    assert f"Headline ranking: all items (the rule: {rule})." in told  # half of the targets were had before
    once = data(item=np.array([*range(1, 11), *range(11, 21)]), item_ids=tuple(map(str, range(21))),
                titles=("",) * 21, texts={}, modalities=())  # fmt: skip
    assert f"Headline ranking: own items masked (the rule: {rule})." in as_text(card_record(once))
    assert "Order: 11.1 % of a user's neighbouring interactions have the same time" in told
    assert "Ties stand in the order of the file." in told
