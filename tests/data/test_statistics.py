"""Table 1 of the paper."""

from __future__ import annotations

import pytest

from mmsr_lite.data import load
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
