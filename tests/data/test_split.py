"""The paper's split: who is predicted from what."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data import load
from mmsr_lite.data.prepare import assemble
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError


def users_with(*lengths: int):
    """A data set whose users have this many interactions, all with different items 1, 2, 3, ..."""
    rows = [(f"u{user}", f"{user}-{step}") for user, length in enumerate(lengths) for step in range(length)]
    return assemble("some", pd.DataFrame(rows, columns=["user_id", "item_id"]), min_count=1)


def test_ten_items_give_two_test_targets_one_for_validation_and_six_to_train():
    parts = split(users_with(10))
    assert parts.test.targets.tolist() == [9, 10]
    assert parts.validation.targets.tolist() == [8]
    assert parts.train.targets.tolist() == [2, 3, 4, 5, 6, 7]


def test_a_test_target_is_predicted_from_everything_before_it_earlier_test_items_included():
    assert split(users_with(10)).test.histories().tolist() == [[*range(1, 9), 0], [*range(1, 10)]]


def test_without_validation_its_targets_go_back_to_training():
    parts = split(users_with(10), validation=False)
    assert len(parts.validation) == 0 and parts.train.targets.tolist() == [2, 3, 4, 5, 6, 7, 8]
    assert parts.validation.histories().shape == (0, 0)


def test_a_user_of_one_item_gives_no_example_and_a_user_of_two_only_validation():
    parts = split(users_with(1, 2))
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (0, 1, 0)
    assert parts.validation.user.tolist() == [1] and parts.validation.histories().tolist() == [[2]]


def test_a_history_keeps_its_last_items_when_it_is_cut():
    parts = split(users_with(10), max_history=3)
    assert parts.test.histories().tolist() == [[6, 7, 8], [7, 8, 9]] and parts.test.lengths.tolist() == [3, 3]
    assert parts.train.histories(np.array([0, 3])).tolist() == [[1, 0, 0], [2, 3, 4]]


def test_select_takes_rows_by_number_or_mask():
    train = split(users_with(10)).train
    assert train.select(np.array([2, 0])).targets.tolist() == [4, 2]
    assert train.select(train.lengths > 4).targets.tolist() == [6, 7]


@pytest.mark.parametrize("wrong", [{"test_share": 1}, {"test_share": -0.1}, {"max_history": 0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(MMSRError, match=str(next(iter(wrong.values())))):
        split(users_with(5), **wrong)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=8), st.integers(1, 12), st.booleans())
def test_every_item_but_the_first_is_a_target_once_and_its_history_is_what_came_before(lengths, longest, validation):
    dataset = users_with(*lengths)
    parts = split(dataset, validation=validation, max_history=longest)
    seen = []
    for examples in (parts.train, parts.validation, parts.test):
        rows = examples.histories()
        for row, target, user in zip(rows, examples.targets, examples.user, strict=True):
            whole = dataset.history(user).tolist()
            assert row[row > 0].tolist() == whole[: whole.index(target)][-longest:]
            seen.append(target)
    assert sorted(seen) == sorted(set(dataset.item) - set(dataset.item[dataset.offsets[:-1]]))
    assert len(parts.test) == sum(int(0.2 * n) for n in lengths)


def test_beauty_has_the_papers_numbers_of_examples(shared_data):
    dataset = load(shared_data / "amazon-beauty", modalities=[])
    assert len(split(dataset, validation=False).train) == 142_197
    parts = split(dataset)
    assert (len(parts.train), len(parts.validation), len(parts.test)) == (142_197 - 22_363, 22_363, 33_942)
