"""Corruption: the right share, nothing else, and never the old data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.data.corruption import CORRUPTIONS, displaced, mismatched, missing, noise, shuffled
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.split import split
from mmsr_lite.errors import MMSRError

rates, seeds = st.floats(0, 1), st.integers(0, 99)


def catalogue(items: int = 40, absent: int = 6) -> Dataset:
    """Two modalities whose features name the item, so that a trade can be seen."""
    ids = tuple(map(str, range(items + 1)))
    rows = np.arange(items + 1, dtype=np.float32)[:, None]
    late, early = rows > absent, (rows > 0) & (rows <= items - absent)
    both = Modality("a", rows * late, late[:, 0]), Modality("b", np.hstack([rows, -rows]) * early, early[:, 0])
    item = np.tile(np.arange(1, items + 1), 2)
    return Dataset("c", np.repeat([0, 1], items), item, np.arange(2 * items), ("u", "v"), ids, ids, modalities=both)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_rate_0_changes_nothing_the_seed_decides_and_the_old_data_stay(name):
    def features(rate: float, seed: int) -> np.ndarray:
        return np.hstack([one.features for one in CORRUPTIONS[name](dataset, rate=rate, seed=seed).modalities])

    dataset = catalogue()
    was = np.hstack([one.features for one in dataset.modalities])  # a copy
    some = features(0.5, 1)
    assert np.array_equal(features(0, 1), was) and some.dtype == np.float32
    assert np.array_equal(some, features(0.5, 1)) and not np.array_equal(some, features(0.5, 2))
    assert not np.array_equal(some, was)
    assert np.array_equal(np.hstack([one.features for one in dataset.modalities]), was)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_only_the_named_modality_changes_and_a_wrong_name_or_rate_is_refused(name):
    dataset = catalogue()
    changed = CORRUPTIONS[name](dataset, modality="b", rate=1)
    assert changed.modality("a") is dataset.modality("a") and changed.modality("b") is not dataset.modality("b")
    assert CORRUPTIONS[name](dataset.with_modalities(), rate=1).modalities == ()
    for wrong, message in (({"modality": "z", "rate": 0.5}, "'z' is not in 'c'"), ({"rate": 1.5}, r"rate is 1\.5")):
        with pytest.raises(MMSRError, match=message):
            CORRUPTIONS[name](dataset, **wrong)


@given(rates, seeds)
def test_missing_takes_the_rate_of_those_that_are_there(rate, seed):
    dataset = catalogue()
    found = missing(dataset, modality="a", rate=rate, seed=seed).modality("a")
    assert found.present.sum() == 34 - np.rint(34 * rate) and not (found.present & ~dataset.modality("a").present).any()
    assert not found.features[~found.present].any()


@given(rates, seeds)
def test_missing_in_all_takes_whole_items(rate, seed):
    dataset = catalogue()
    mixed = missing(dataset, rate=rate, seed=seed)
    lost = [old.present & ~new.present for old, new in zip(dataset.modalities, mixed.modalities, strict=True)]
    both = dataset.modality("a").present & dataset.modality("b").present
    assert (lost[0] | lost[1]).sum() == np.rint(40 * rate) and np.array_equal(lost[0] & both, lost[1] & both)


@given(rates, rates, seeds)
def test_a_larger_rate_hits_the_same_items_and_more(one, two, seed):
    few, many = (missing(catalogue(), rate=rate, seed=seed).modality("a").present for rate in sorted((one, two)))
    assert (few | ~many).all()


@given(rates, seeds)
def test_mismatched_items_never_keep_their_own_and_nothing_is_lost(rate, seed):
    dataset = catalogue()
    old, new = dataset.modality("a"), mismatched(dataset, modality="a", rate=rate, seed=seed).modality("a")
    moved = (old.features != new.features)[:, 0]
    count = np.rint(34 * rate)
    assert moved.sum() == (count if count > 1 else 0) and not moved[~old.present].any()
    assert np.array_equal(np.sort(old.features, 0), np.sort(new.features, 0))
    assert np.array_equal(old.present, new.present)


def test_in_all_modalities_each_trades_by_itself():
    both = mismatched(catalogue(absent=0), rate=1)
    assert (both.modality("a").features[:, 0] != both.modality("b").features[:, 0]).sum() > 20


def test_noise_has_the_deviation_of_the_feature_times_the_scale():
    rng = np.random.default_rng(0)
    features = (rng.standard_normal((20_001, 2)) * [1, 10]).astype(np.float32)
    ids = tuple(map(str, range(20_001)))
    one = Modality("a", features, np.arange(20_001) > 0)
    dataset = Dataset("n", np.zeros(1, int), np.ones(1, int), np.zeros(1), ("u",), ids, ids, modalities=(one,))
    added = noise(dataset, rate=0.5, scale=3).modality("a").features - features
    hit = added.any(axis=1)
    assert hit.sum() == 10_000 and not hit[0]
    assert np.allclose(added[hit].std(axis=0), [3, 30], rtol=0.05)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=6), rates, seeds)
def test_only_real_positions_trade_places_within_their_history(lengths, rate, seed):
    rows = np.array([[*range(1, n + 1), *[0] * (12 - n)] for n in lengths])
    source = displaced(rows, rate=rate, seed=seed)
    for row, n in zip(source, lengths, strict=True):
        count = np.rint(rate * n)
        assert sorted(row) == list(range(12)) and row[n:].tolist() == list(range(n, 12))
        assert (row != np.arange(12)).sum() == (count if count > 1 else 0)
    assert np.array_equal(shuffled(rows, rate=rate, seed=seed), np.take_along_axis(rows, source, 1))


@given(st.integers(1, 50), rates, seeds)
def test_shuffled_examples_keep_targets_users_and_what_was_in_the_history(longest, rate, seed):
    parts = split(catalogue(), max_history=longest)
    for examples in (parts.train, parts.validation, parts.test):
        mixed = shuffled(examples, rate=rate, seed=seed)
        assert np.array_equal(mixed.targets, examples.targets) and np.array_equal(mixed.user, examples.user)
        assert np.array_equal(np.sort(mixed.histories()), np.sort(examples.histories()))
        assert np.array_equal(mixed.histories() == 0, examples.histories() == 0)
    if longest > 1:
        assert not np.array_equal(shuffled(examples, rate=1).histories(), examples.histories())


def test_no_examples_can_be_shuffled_too():
    nothing = split(catalogue(), validation=False).validation
    assert len(shuffled(nothing, rate=1)) == 0
