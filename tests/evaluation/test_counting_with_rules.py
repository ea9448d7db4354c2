"""Counting with rules: weights come from the training part alone, and one table counts as the chain does."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.split import Examples, split
from mmsr_lite.evaluation import counting_with_rules
from mmsr_lite.evaluation.counting_with_rules import Chain, choose_weights, ranks_with_rules
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.rules import rule_of_ids, rule_of_repetition, rules_for
from mmsr_lite.models.counting import Markov, MarkovConfig
from mmsr_lite.records.ranking_names import RANKINGS
from tests.evaluation.planted import days


def test_weights_come_from_the_training_part_alone():
    parts = split(days("by id"))
    chosen = choose_weights(days("by id"), parts, decay=0.5, dated=True, ranking="masked")
    assert set(chosen) == {"ids", "repetition", "popularity", "popularity now"} and chosen["ids"] > 1
    empty = parts.test.select(np.zeros(0, int))
    other = type(parts)(parts.train, parts.validation, empty)
    assert choose_weights(days("by id"), other, decay=0.5, dated=True, ranking="masked") == chosen


def test_without_validation_targets_each_rule_has_the_weight_that_changes_nothing():
    parts = split(days("by id"))
    none = type(parts)(parts.train, parts.validation.select(np.zeros(0, int)), parts.test)
    chosen = choose_weights(days("by id"), none, decay=0.5, dated=False, ranking="masked")
    assert chosen == {"ids": 1, "repetition": 0, "popularity": 0}  # scores times 1; plus 0


def test_a_chain_as_one_table_ranks_as_the_chain_does(cycle, monkeypatch):
    fast = Chain(cycle.train, 12, 0.5)
    slow = Markov(MarkovConfig(decay=0.5), 12)
    slow.count(cycle.train)
    monkeypatch.setattr(counting_with_rules, "DENSE_ITEMS", 3)
    plain = Chain(cycle.train, 12, 0.5)
    assert fast.table is not None and plain.table is None
    found = [ranks_with_rules(chain, cycle.test, [None])[0] for chain in (fast, plain)]
    assert metrics(found[0][0]) == pytest.approx(metrics(found[1][0]))
    assert metrics(found[0][1]) == pytest.approx(metrics(found[1][1]))


def test_a_chain_as_one_table_has_the_scores_of_the_chain_whatever_the_padding(cycle):
    fast, slow = Chain(cycle.train, 12, 0.5), Markov(MarkovConfig(decay=0.5), 12)
    slow.count(cycle.train)
    history = torch.tensor([[1, 2, 7], [4, 9, 0], [5, 0, 0]])
    assert torch.allclose(fast.scores(history)[:, 1:], slow.scores(history)[:, 1:], atol=1e-5)


def test_repetition_is_weighed_in_the_ranking_of_all_items_and_other_rules_in_the_one_asked_for(monkeypatch):
    good, bad = np.ones(9), np.full(9, 50.0)

    def ranked(chain, examples, settings):
        best = {rule.name: rule.weights[-1] for rule, _ in settings}
        for rule, weight in settings:
            wanted, other = (good, bad) if weight == best[rule.name] else (bad, good)
            decides = "all" if rule.name == "repetition" else "masked"
            yield [wanted if name == decides else other for name in RANKINGS]

    monkeypatch.setattr(
        "mmsr_lite.evaluation.counting_with_rules.ranks_with_rules", lambda *given: list(ranked(*given))
    )
    data = days("by id")
    parts = split(data)
    chosen = choose_weights(data, parts, decay=0.5, dated=True, ranking="masked")
    rules = rules_for(data, parts.train, parts.validation, dated=True)
    assert chosen == {rule.name: rule.weights[-1] for rule in rules}


def test_the_rule_of_repetition_with_minus_one_is_the_masked_ranking(cycle, circle):
    chain = Chain(cycle.train, 12, 0.5)
    plain, masked = ranks_with_rules(chain, cycle.test, [None, (rule_of_repetition(), -1.0)])
    assert np.array_equal(masked[0], plain[1])
    same = ranks_with_rules(chain, cycle.test, [None, (rule_of_ids(circle), 1.0)])
    assert np.array_equal(same[0], same[1])


@pytest.mark.parametrize("most", [4, 3])
def test_a_chain_has_the_scores_of_counting_of_every_item_and_of_padding(monkeypatch, most):
    monkeypatch.setattr(counting_with_rules, "DENSE_ITEMS", most)  # four items: one table, or none
    train = Examples(np.array([1, 2, 3, 1, 4, 2]), np.zeros(4, int), np.array([1, 2, 3, 5]), np.zeros(4, int), 50)
    chain, counting = Chain(train, 4, 0.5), Markov(MarkovConfig(decay=0.5), 4)
    counting.count(train)
    assert (chain.table is None) == (most == 3)
    history = torch.tensor([[1, 2, 4], [3, 1, 0], [2, 0, 0]])
    assert torch.allclose(chain.scores(history), counting.scores(history), atol=1e-6)


def test_ranks_with_rules_are_those_of_the_scores_whatever_the_size_of_a_batch(monkeypatch):
    rng = np.random.default_rng(0)
    items = rng.integers(1, 5, 40)
    end = np.arange(1, 40, 2)
    some = Examples(items, np.maximum(end - 3, 0), end, np.arange(20), 50)
    chain, lifted = Chain(some, 4, 0.5), rule_of_repetition()
    once = ranks_with_rules(chain, some, [None, (lifted, 3.0)])
    monkeypatch.setattr(counting_with_rules, "BATCH", 3)
    again = ranks_with_rules(chain, some, [None, (lifted, 3.0)])
    assert np.array_equal(once, again) and once.shape == (2, 2, 20) and not np.array_equal(once[0], once[1])
    for row in range(20):
        scores = chain.scores(torch.from_numpy(some.histories(np.array([row]))))[0, 1:].numpy()
        own = scores[some.targets[row] - 1]
        assert once[0, 0, row] == 1 + (scores > own).sum() + ((scores == own).sum() - 1) / 2
