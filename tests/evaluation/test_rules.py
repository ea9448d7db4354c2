"""Rules beside counting: what each lifts, and by how much, from hand-made examples."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.rules import (
    rule_of_ids,
    rule_of_popularity,
    rule_of_popularity_now,
    rule_of_repetition,
    rules_for,
)

NONE = torch.zeros(1, 5)


def example(*items: int, times=None) -> Examples:
    """One history, whose last item is the target."""
    end = np.array([len(items) - 1])
    return Examples(np.array(items), np.array([0]), end, np.array([0]), 50, times)


def shop(ids: tuple[str, ...]) -> Dataset:
    rows = np.zeros(len(ids) - 1, int)
    return Dataset("d", rows, np.arange(1, len(ids)), rows, ("u",), ids, ids)


def test_now_are_the_three_parts_before_that_of_the_last_item_of_a_hundred_parts_of_the_training_targets():
    many = 10_000
    times, items = np.arange(many), np.arange(many) // 100 + 1  # item p is in fashion in part p of 100
    fashion = Examples(items, np.arange(many), np.arange(many), np.zeros(many, int), 50, times)
    asked = np.array([50, 150, 5050, 9950])  # times in the parts 1, 2, 51 and 100
    some = Examples(items, asked, asked + 1, np.zeros(4, int), 50, times)
    share = rule_of_popularity_now(fashion, some, 100).apply(torch.zeros(4, 101), SimpleNamespace(rows=np.arange(4)), 1)
    wanted = torch.zeros(4, 101)
    wanted[1, 1] = 1
    for row, part in ((2, 51), (3, 100)):
        wanted[row, [part - 3, part - 2, part - 1]] = 1 / 3
    assert torch.allclose(share, wanted, atol=0.01)  # nothing came before part 1


def test_the_rule_of_popularity_now_lifts_what_is_taken_at_the_time_of_the_target():
    times, items = np.arange(4000), np.repeat([1, 2, 3, 4], 1000)  # each item is in fashion for a quarter of the time
    fashion = Examples(items, np.arange(4000), np.arange(4000), np.zeros(4000, int), 50, times)
    late = Examples(items, np.array([0, 0]), np.array([2000, 3990]), np.zeros(2, int), 50, times)
    rule = rule_of_popularity_now(fashion, late, 4)
    lifted = rule.apply(torch.zeros(2, 5), SimpleNamespace(rows=np.arange(2)), 1.0)
    assert lifted.argmax(1).tolist() == [2, 4] and (lifted >= 0).all()


def test_a_large_catalogue_has_fewer_parts_and_three_at_least(monkeypatch):
    times, items = np.arange(60), np.arange(60) // 10 + 1
    fashion = Examples(items, np.arange(60), np.arange(60), np.zeros(60, int), 50, times)
    last = Examples(items, np.array([58]), np.array([59]), np.zeros(1, int), 50, times)
    asked = SimpleNamespace(rows=np.arange(1))
    monkeypatch.setattr("mmsr_lite.evaluation.rules.CELLS", 6 * 7)  # six parts of seven numbers
    share = rule_of_popularity_now(fashion, last, 6).apply(torch.zeros(1, 7), asked, 1.0)[0]
    assert share.numpy() == pytest.approx([0, 0, 0, 1 / 3, 1 / 3, 1 / 3, 0], abs=0.04)
    monkeypatch.setattr("mmsr_lite.evaluation.rules.CELLS", 0)
    share = rule_of_popularity_now(fashion, last, 6).apply(torch.zeros(1, 7), asked, 1.0)[0]
    assert share.numpy() == pytest.approx([0, 0.25, 0.25, 0.25, 0.25, 0, 0], abs=0.04)  # the first two of three parts


def test_popularity_now_needs_times():
    with pytest.raises(MMSRError, match="popularity now needs examples whose times are known"):
        rule_of_popularity_now(example(1, 2), example(1, 2, times=np.arange(2)), 4)
    with pytest.raises(MMSRError, match="popularity now needs examples whose times are known"):
        rule_of_popularity_now(example(1, 2, times=np.arange(2)), example(1, 2), 4)


def test_popularity_is_the_share_of_the_training_targets():
    train = Examples(np.array([1, 2, 2, 3, 2]), np.zeros(4, int), np.array([1, 2, 3, 4]), np.zeros(4, int))
    rule = rule_of_popularity(train, 4)
    assert (rule.apply(NONE, None, 2.0) - torch.tensor([[0, 0, 2 * 3 / 4, 2 * 1 / 4, 0]])).abs().max() < 1e-6
    assert not rule_of_popularity(train.select(np.zeros(0, int)), 4).apply(NONE, None, 2.0).any()  # no target at all


def test_ids_multiply_what_is_higher_than_the_last_id_and_leave_the_last_itself():
    rule = rule_of_ids(shop(("", "9", "7", "8", "6")))
    batch = SimpleNamespace(history=torch.tensor([[4, 3, 0], [1, 0, 0]]))  # the last ids are 8 and 9
    found = rule.apply(torch.ones(2, 5), batch, 3.0)
    assert found[:, 1:].tolist() == [[3, 1, 1, 1], [1, 1, 1, 1]]


@pytest.mark.parametrize(
    ("weight", "wanted"), [(-1.0, [0.5, -1.0, 0.5, -1.0, 0.5]), (0.0, [0.5] * 5), (2.0, [0.5, 2.5, 0.5, 2.5, 0.5])]
)
def test_repetition_lifts_own_items_or_puts_them_behind_all_others_and_leaves_padding(weight, wanted):
    found = rule_of_repetition().apply(torch.full((1, 5), 0.5), SimpleNamespace(own=torch.tensor([[3, 1, 0]])), weight)
    assert found.tolist() == [wanted]


def test_the_first_weight_of_every_rule_changes_nothing_and_no_rule_changes_the_scores_that_it_is_given():
    data = shop(("", "9", "7", "8", "6"))
    some = example(1, 2, 3, times=np.arange(3))
    rules = rules_for(data, some, some, dated=True)
    assert [rule.name for rule in rules] == ["ids", "repetition", "popularity", "popularity now"]
    batch = SimpleNamespace(history=torch.tensor([[1, 2]]), own=torch.tensor([[1, 2]]), rows=np.arange(1))
    scores = torch.rand(1, 5, generator=torch.Generator().manual_seed(0))
    for rule in rules:
        kept = scores.clone()
        assert torch.equal(rule.apply(scores, batch, rule.weights[0]), kept), rule.name
        for weight in rule.weights[1:]:
            rule.apply(scores, batch, weight)
            assert torch.equal(scores, kept), rule.name
