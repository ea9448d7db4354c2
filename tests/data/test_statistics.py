"""Table 1 of the paper."""

import re

import numpy as np
import pytest

from mmsr_lite.data import load
from mmsr_lite.data.card import card
from mmsr_lite.data.statistics import statistics


def test_the_tiny_folder_counted_by_hand(tiny_folder):
    (tiny_folder / "photos" / "3.png").unlink()
    with pytest.warns(UserWarning, match="photo"):
        found = statistics(load(tiny_folder, min_count=1))
    assert (found["users"], found["items"], found["interactions"]) == (4, 6, 4 * 6)
    assert found["average length"] == 24 / 4 and found["sparsity"] == 100 * (1 - 24 / (4 * 6))
    assert found["present"] == pytest.approx({"title": 100, "tags": 100, "photo": 100 * 5 / 6})


def test_beauty_is_the_papers_beauty(shared_data):
    found = statistics(load(shared_data / "amazon-beauty", modalities=[]))
    assert (found["users"], found["items"], found["interactions"]) == (22_363, 12_101, 198_502)
    assert round(found["average length"], 2) == 8.88 and round(found["sparsity"], 2) == 99.93


def test_ml_100k_without_filter_is_whole(shared_data):
    found = statistics(load(shared_data / "ml-100k", modalities=[], min_count=0))
    assert (found["users"], found["items"], found["interactions"]) == (943, 1_682, 100_000)


def test_the_card_tells_what_a_person_would_count(tiny_folder):
    items = (tiny_folder / "items.jsonl").read_text().replace("green hat", "red  hat").replace("red hat", "red  hat")
    (tiny_folder / "items.jsonl").write_text(items)
    (tiny_folder / "photos/3.png").unlink()
    with (tiny_folder / "interactions.csv").open("a") as table:
        table.write("".join(f"u9,i0,{second}\n" for second in range(6)))
    with pytest.warns(UserWarning, match="photo"):
        dataset = load(tiny_folder, min_count=1)
    codes = {"title": np.array([[0], [1], [1], [1], [2], [2], [2]])}
    told = card(dataset, codes)
    pairs = 4 * 6 + 1  # 4 users of 6 items and one who had one item six times
    assert f"| 5 | 6 | 30 | 6.00 | {100 * (1 - pairs / 30):.2f} % |" in told
    assert f"| photo | {100 / 6:.2f} % | 242 |  |  |" in told
    assert re.search(r"\| title \| 0.00 % \| \d+ \| 2 of 2 \| 1.000 \|", told)
    assert f"| 1 % of the items | {100 * 10 / 30:.1f} % |" in told  # the most popular item: 4 + 6 of 30
    assert "Titles of more than one item: 1, such as 'red hat' (2)." in told
    assert "Histories, least, quartiles, most: 6, 6, 6, 6, 6; least of an item: 4." in told
