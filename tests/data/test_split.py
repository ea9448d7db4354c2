"""The paper's split: who is predicted from what."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data import load
from mmsr_lite.data.order import break_ties
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


def timed(*users: list[int]):
    """Users with these times, all with different items 1, 2, 3, ..."""
    rows = [(f"u{user}", f"{user}-{step}", time) for user, times in enumerate(users) for step, time in enumerate(times)]
    return assemble("timed", pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]), min_count=1)


def test_by_time_one_moment_for_all_users_begins_the_test():
    data = timed([1, 2, 9, 10], [3, 4, 5, 6], [7, 8])  # ten interactions: from time 9 on is the last fifth
    parts = split(data, by="time", validation=False)
    assert parts.test.targets.tolist() == [3, 4] and parts.test.histories().tolist() == [[1, 2, 0], [1, 2, 3]]
    assert parts.train.targets.tolist() == [2, 6, 7, 8, 10]
    held = split(data, by="time", test_share=0.5)  # 1 to 5 are before it; a tenth of five is none
    assert held.test.targets.tolist() == [3, 4, 8, 10] and len(held.validation) == 0
    assert data.time[held.train.end].max() < data.time[held.test.end].min()


def test_by_time_a_moment_is_never_divided_and_the_first_one_always_trains():
    data = timed([1, 2, 2, 2, 2], [1, 1])
    parts = split(data, by="time", validation=False)
    assert parts.test.targets.tolist() == [2, 3, 4, 5] and parts.train.targets.tolist() == [7]
    with pytest.raises(MMSRError, match="has no two interactions at different times"):
        split(timed([3, 3], [3]), by="time")


@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=9), min_size=1, max_size=9), st.floats(0, 0.9))
def test_by_time_training_ends_before_validation_and_validation_before_the_test(users, share):
    data = timed(*map(sorted, users))
    if len(set(data.time.tolist())) < 2:
        return
    parts = split(data, by="time", test_share=share)
    times = [data.time[part.end] for part in (parts.train, parts.validation, parts.test)]
    ends = [(some.min(), some.max()) for some in times if len(some)]
    assert all(before[1] < after[0] for before, after in pairwise(ends))
    targets = np.concatenate([part.end for part in (parts.train, parts.validation, parts.test)])
    firsts = data.offsets[:-1]
    assert sorted([*targets, *firsts]) == list(range(len(data.item)))


def own(*rows: tuple[str, str, str]):
    """A data set with a split of its own: (user, item, part) in order of time."""
    return assemble("own", pd.DataFrame(rows, columns=["user_id", "item_id", "split"]), min_count=1)


def test_a_split_of_the_datas_own_is_used_as_it_is_and_by_default():
    words = ["train", "train", "VALID", "test", "test"]
    data = own(*[("u", f"i{step}", word) for step, word in enumerate(words)])
    parts = split(data)
    assert parts.train.targets.tolist() == [2] and parts.validation.targets.tolist() == [3]
    assert parts.test.targets.tolist() == [4, 5]
    assert split(data, validation=False).train.targets.tolist() == [2, 3]
    assert split(data, by="user").test.targets.tolist() == [5]  # on request the paper's


def test_without_validation_rows_the_last_training_item_of_each_user_validates():
    data = own(*[("u", f"i{step}", "train" if step < 3 else "test") for step in range(4)], ("v", "i0", "train"))
    parts = split(data)
    assert parts.train.targets.tolist() == [2] and parts.validation.targets.tolist() == [3]


def test_a_split_of_its_own_that_goes_back_in_time_or_has_unknown_words_is_refused():
    backwards = own(("u", "a", "train"), ("u", "b", "test"), ("u", "c", "train"))
    with pytest.raises(MMSRError, match="user 'u' has a test row before a training row in time"):
        split(backwards)
    with pytest.raises(MMSRError, match=r"'holdout' in row 2 \(1 such rows\); expected one of: train"):
        own(("u", "a", "train"), ("u", "b", "holdout"))
    with pytest.raises(MMSRError, match="brings no split of its own; add a column `split`"):
        split(users_with(5), by="own")
    with pytest.raises(MMSRError, match="unknown split 'random'; choose from: auto, own, time, user"):
        split(users_with(5), by="random")


def test_at_one_time_training_rows_come_before_test_rows():
    rows = [("u", "a", 0, "train"), ("u", "b", 1, "test"), ("u", "c", 1, "train")]
    data = assemble("own", pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp", "split"]), min_count=1)
    for seed in range(8):
        parts = split(break_ties(data, tie_seed=seed), validation=False)
        assert [data.item_ids[item] for item in (*parts.train.targets, *parts.test.targets)] == ["c", "b"]


@pytest.mark.parametrize(
    "names", [("train.csv", "valid.csv", "test.csv"), ("x.train.inter", "x.valid.inter", "x.test.inter")]
)
def test_three_files_are_a_split_and_so_is_a_column(tmp_path, names):
    comma = "," if names[0].endswith("csv") else "\t"
    steps = {"train": range(3), "valid": [3], "test": [4]}
    for name, part in zip(names, steps, strict=True):
        rows = [f"u{user}{comma}i{step}{comma}{step}" for user in range(5) for step in steps[part]]
        (tmp_path / name).write_text("\n".join([comma.join(("user_id", "item_id", "timestamp")), *rows]))
    parts = split(load(tmp_path))
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [2 * 5, 5, 5]
    (tmp_path / names[0]).unlink()
    with pytest.raises(MMSRError, match="expected a file of train and a file of test rows"):
        load(tmp_path)


def test_a_file_of_everything_beside_files_of_parts_is_refused(tmp_path):
    for name in ("interactions.csv", "train.csv", "test.csv"):
        (tmp_path / name).write_text("user_id,item_id\nu,i")
    with pytest.raises(MMSRError, match=r"both 'interactions.csv' and 'train.csv'; keep all interactions in one file"):
        load(tmp_path)


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
