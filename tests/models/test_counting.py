"""Counting by hand, and its known value on Amazon Beauty."""

import numpy as np
import pytest
import torch

from mmsr_lite.data import load
from mmsr_lite.data.split import Examples, split
from mmsr_lite.evaluation.ranks import evaluate
from mmsr_lite.models.counting import Markov, MarkovConfig, Popularity, PopularityConfig


def walk(*items: int, max_history: int = 50) -> Examples:
    """One user's items, every proper prefix an example."""
    end = np.arange(1, len(items))
    return Examples(np.array(items), np.zeros_like(end), end, np.zeros_like(end), max_history)


def test_popularity_is_how_often_an_item_is_a_target():
    model = Popularity(PopularityConfig(), 4)
    model.count(walk(4, 1, 2, 1))
    assert model.scores(torch.tensor([[2], [3]])).tolist() == [[-torch.inf, 2, 1, 0, 0]] * 2


def test_markov_weighs_pairs_by_gap_and_history_by_age():
    model = Markov(MarkovConfig(decay=0.7), 4)
    model.count(walk(1, 2, 1, 3))
    one = {1: 1 / 2, 2: 1, 3: 1 + 1 / 3}  # after 1, from places 1 and 3
    two = {1: 1, 3: 1 / 2}
    one, two = ({item: w / sum(row.values()) for item, w in row.items()} for row in (one, two))
    wanted = [-torch.inf, *(0.7 * two.get(item, 0) + one.get(item, 0) for item in (1, 2, 3, 4))]
    found = model.scores(torch.tensor([[2, 1, 0], [3, 0, 0]]))  # nothing ever followed 3
    assert found[0].tolist() == pytest.approx(wanted) and found[1].tolist() == [-torch.inf, 0, 0, 0, 0]


def test_markov_counts_no_pair_further_apart_than_the_history_is_long():
    model = Markov(MarkovConfig(), 4)
    model.count(walk(1, 2, 3, 4, max_history=2))
    assert model.scores(torch.tensor([[1]]))[0].tolist() == pytest.approx([-torch.inf, 0, 1 / 1.5, 0.5 / 1.5, 0])


@pytest.mark.shared_data
def test_markov_on_3000_targets_of_beauty(shared_data):
    parts = split(load(shared_data / "amazon-beauty", modalities=[]), validation=False)
    model = Markov(MarkovConfig(), 12_101)
    model.count(parts.train)
    some = parts.test.select(np.random.default_rng(0).choice(33_942, 3_000, replace=False))
    found = evaluate(model, some)  # on all targets 7.386 and 4.711
    assert found["HR@5"] == pytest.approx(100 * 241 / 3_000) and found["MRR@5"] == pytest.approx(5.350, abs=0.001)
