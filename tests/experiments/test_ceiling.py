"""How near a test target lies to what training shows: by hand, and in the table of the page."""

import numpy as np
import pandas as pd
import pytest

from mmsr_lite.data.split import Examples
from mmsr_lite.experiments import STUDIES
from mmsr_lite.experiments.ceiling import FILE, GROUPS, ceiling_lines, nearness, shares_a_code
from mmsr_lite.experiments.results_markdown import write_page
from mmsr_lite.experiments.stored_systems import StoredSystems

TRAIN = Examples(np.array([1, 2, 3, 4, 5]), np.array([0, 0, 3]), np.array([1, 2, 4]), np.array([0, 0, 1]))  # 1 2 3; 4 5


def targets_of(*histories):
    """Test examples: the last item of each history is its target."""
    end = np.cumsum([len(one) for one in histories])
    start = np.array([0, *end[:-1]])
    return Examples(np.concatenate(histories), start, end - 1, np.arange(len(histories)))


def test_each_target_belongs_to_the_nearest_group_that_fits():
    histories = [
        [1, 9],  # 9 is in no training history
        [1, 5],  # 5 is there, but not with 1
        [3, 1],  # 1 is there with 3, before it
        [1, 3],  # 3 is there after 1, at a distance of two
        [4, 2, 3],  # 3 is not there after 4, but after 2
        [9, 9, 1],  # 1 is there, and 9 is not
    ]
    assert nearness(TRAIN, targets_of(*histories), num_items=9).tolist() == [0, 1, 2, 3, 3, 1]


def test_neighbours_of_two_users_are_not_together():
    """In the flat array 3 stands directly before 4, which is another user's."""
    assert nearness(TRAIN, targets_of([3, 4]), num_items=9).tolist() == [1]


def test_the_whole_history_counts_and_not_only_what_a_model_reads():
    long = targets_of([1, *[9] * 60, 2])
    assert long.lengths[0] == 50 and nearness(TRAIN, long, num_items=9).tolist() == [3]


def test_a_code_is_shared_with_any_item_of_the_history_in_any_modality():
    first = np.array([[0, 0], [1, 2], [3, 0], [2, 4], [0, 0]])  # 1 and 3 share code 2; 4 has none, nor has 0
    second = np.array([[0], [7], [7], [0], [0]])  # 1 and 2 share code 7
    test = targets_of([1, 3], [2, 3], [2, 1], [4, 4], [4, 2, 1])
    assert shares_a_code(test, [first]).tolist() == [True, False, False, False, False]
    assert shares_a_code(test, [first, second]).tolist() == [True, False, True, False, True]


@pytest.mark.slow
def test_the_page_shows_the_groups_and_what_systems_hit_in_them(done):
    """Nobody on the ring takes what has not followed before: all targets are in the last group."""
    for name in ("csv", "json"):
        (done.place / f"tiny.{name}").rename(done.place / f"comparison.{name}")
    groups = pd.read_parquet(done.place / FILE)
    assert set(groups["group"]) == {len(GROUPS) - 1}
    lines = ceiling_lines(StoredSystems(done.place, STUDIES))
    assert lines[0].endswith("| HR@5 of markov | HR@5 of mmsr |") and len(lines) == 2 + 2
    assert lines[2].split("|")[2].strip() == lines[3].split("|")[2].strip() == "100.0 %"
    assert lines[2].split("|")[4:] == lines[3].split("|")[4:]
    assert lines[3] in write_page(done.place.parent).read_text()
