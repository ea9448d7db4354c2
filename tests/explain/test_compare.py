"""Models are compared user by user."""

import json

import numpy as np
import pytest
import torch
from scipy import stats

from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain import compare as module
from mmsr_lite.explain.compare import bootstrap, compare
from mmsr_lite.models.base import Recommender


class Fixed(Recommender):
    """Puts the target of each history, told by its first item, at a rank of our choice; targets are item 12."""

    def __init__(self, ranks):
        super().__init__(None)
        self.ranks = ranks

    def scores(self, history):
        found = torch.zeros(len(history), 13)
        found[:, 0] = -torch.inf
        for row, first in enumerate(history[:, 0].tolist()):
            better = self.ranks[first] - 1
            found[row, 1 : 1 + better], found[row, 12] = 2, 1
        return found


@pytest.fixture(scope="module")
def examples():
    """Users 3, 3 and 5: three histories of one item, 1, 2 and 3, all with target 12."""
    return Examples(np.array([1, 12, 2, 12, 3, 12]), np.array([0, 2, 4]), np.array([1, 3, 5]), np.array([3, 3, 5]))


def test_a_user_counts_once(world, examples):
    models = {"one": Fixed({1: 1, 2: 4, 3: 10}), "two": Fixed({1: 2, 2: 4, 3: 2})}
    record = compare(models, world, examples, draws=200)
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["means"]["MRR"] == pytest.approx(
        [100 * ((1 + 1 / 4) / 2 + 1 / 10) / 2, 100 * ((1 / 2 + 1 / 4) / 2 + 1 / 2) / 2]
    )
    assert record["means"]["HR@5"] == [100 * (1 + 0) / 2, 100] and (record["users"], record["examples"]) == (2, 3)
    (pair,) = record["pairs"]
    assert pair["differences"]["MRR@5"]["mean"] == pytest.approx(100 * ((1 - 1 / 2) / 2 + (0 - 1 / 2)) / 2)
    assert [pair[name] for name in ("better", "worse", "equal")] == [1, 1, 0]
    assert [(one["user"], one["user_id"], one["ranks"]) for one in record["disagree"]] == [
        (5, "u5", [10, 2]),
        (3, "u3", [1, 2]),
        (3, "u3", [4, 4]),
    ]


def test_a_model_does_not_differ_from_itself_and_every_pair_is_compared(world, examples):
    models = {name: Fixed({1: 1, 2: 4, 3: 10}) for name in "abc"}
    record = compare(models, world, examples, draws=50)
    assert [pair["models"] for pair in record["pairs"]] == [[0, 1], [0, 2], [1, 2]]
    for pair in record["pairs"]:
        assert pair["differences"]["MRR"] == {"mean": 0, "interval": [0, 0], "clear": False} and pair["equal"] == 2
        assert "no difference" in pair["sentence"]
    with pytest.raises(MMSRError, match=r"compare got 'a'; expected two models or more"):
        compare({"a": models["a"]}, world, examples)


def test_the_interval_is_that_of_the_t_test_when_users_are_many():
    values = np.random.default_rng(0).normal(1, 2, 3000)
    mean, interval = bootstrap(values)
    assert mean == values.mean() and interval == pytest.approx(
        stats.ttest_1samp(values, 0).confidence_interval(), abs=0.01
    )


def test_samples_are_the_same_however_many_are_drawn_at_once(monkeypatch):
    values = np.random.default_rng(0).normal(size=(2, 7))
    rng = np.random.default_rng(3)
    by_hand = [values[:, rng.integers(7, size=7)].mean(1) for _ in range(100)]
    low_and_high = np.quantile(by_hand, [0.025, 0.975], axis=0).T
    for numbers in (1, 7 * 30, 10**6):
        monkeypatch.setattr(module, "AT_ONCE", numbers)
        assert np.array(bootstrap(values, 100, 3)[1]) == pytest.approx(low_and_high)


@pytest.mark.parametrize(
    ("low", "high", "clear"),
    [(0.1, 2.0, True), (-2.0, -0.1, True), (0.0, 2.0, False), (-2.0, 0.0, False), (-1, 1, False)],
)
def test_a_difference_is_clear_where_its_interval_leaves_out_zero(world, examples, monkeypatch, low, high, clear):
    monkeypatch.setattr(module, "bootstrap", lambda values, *_: (values.mean(-1).tolist(), [[low, high]] * len(values)))
    record = compare({"one": Fixed({1: 1, 2: 1, 3: 1}), "two": Fixed({1: 2, 2: 2, 3: 2})}, world, examples)
    (pair,) = record["pairs"]
    assert pair["differences"]["MRR"] == {"mean": 100 * (1 - 1 / 2), "interval": [low, high], "clear": clear}
    assert ("no difference that more users might not undo" in pair["sentence"]) != clear


@pytest.mark.parametrize(("first", "second", "better"), [(1, 9, "one"), (9, 1, "two")])
def test_the_sentence_names_the_better_model(world, examples, first, second, better):
    models = {"one": Fixed(dict.fromkeys((1, 2, 3), first)), "two": Fixed(dict.fromkeys((1, 2, 3), second))}
    record = compare(models, world, examples, draws=20)
    points = 100 / first - 100 / second
    ends = f"(95 % interval {points:+.2f} to {points:+.2f})"
    wanted = f"Over 2 users the MRR of one minus that of two is {points:+.2f} points {ends}: {better} ranks better."
    assert record["pairs"][0]["sentence"] == wanted and record["sentence"] == wanted


def test_only_so_many_disagreements_are_listed_and_those_of_the_largest_ratio_first(world, examples):
    models = {"one": Fixed({1: 1, 2: 3, 3: 8}), "two": Fixed({1: 2, 2: 9, 3: 10})}
    ratios = [one["ranks"] for one in compare(models, world, examples, draws=2, most=2)["disagree"]]
    assert ratios == [[3, 9], [1, 2]]
    row = compare(models, world, examples, draws=2, most=1)["disagree"][0]
    assert (row["user"], row["item"], row["title"], row["length"]) == (3, 12, world.titles[12], 1)
