"""Full ranking: ties, constant and broken scores, chunks, seen items."""

from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import both_ranks, evaluate, rank_of, ranks
from mmsr_lite.models.base import Recommender


class Table(Recommender):
    """Item i scores `table[i]` after any history, and nothing else counts."""

    def __init__(self, *table: float):
        super().__init__(None)
        self.register_buffer("table", torch.tensor([-torch.inf, *table]))

    def scores(self, history):
        assert not self.training
        return self.table.expand(len(history), -1)


@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.data())
def test_a_rank_is_the_mean_over_all_ways_to_order_ties(scores, data):
    target = data.draw(st.integers(0, len(scores) - 1))
    orders = [o for o in permutations(range(len(scores))) if [scores[i] for i in o] == sorted(scores, reverse=True)]
    wanted = np.mean([order.index(target) + 1 for order in orders])
    found = rank_of(torch.tensor([[-torch.inf, *map(float, scores)]]), torch.tensor([target + 1]))
    assert found.item() == pytest.approx(wanted)


def test_constant_scores_are_in_the_middle_and_broken_ones_at_the_end(cycle):
    assert set(ranks(Table(*[3.0] * 12), cycle.test)) == {(1 + 12) / 2}
    assert ranks(Table(*[torch.nan] * 12), cycle.test).min() > 12
    assert rank_of(torch.tensor([[-torch.inf, 1.0, torch.nan]]), torch.tensor([1])).item() == 2


def test_seen_items_compete_and_chunks_do_not_matter(cycle):
    model = Table(*torch.arange(12.0, 0, -1).tolist()).train()  # item i has rank i
    found = ranks(model, cycle.test)
    assert found.tolist() == cycle.test.targets.tolist() and model.training
    assert any(1 in history and target > 1 for history, target in zip(cycle.test.histories(), found, strict=True))
    assert all(np.array_equal(ranks(model, cycle.test, batch=size), found) for size in (1, 7))
    plain = {name: value for name, value in evaluate(model, cycle.test).items() if not name.startswith("masked")}
    assert plain == metrics(found)


def test_nothing_to_rank_is_told(cycle):
    with pytest.raises(MMSRError, match="there are no examples to rank"):
        ranks(Table(1.0), cycle.test.select(np.zeros(0, int)))


class Watched(Table):
    """Notes how many histories are scored at once."""

    def scores(self, history):
        self.sizes.append(len(history))
        return super().scores(history)


@pytest.mark.parametrize(
    ("scores", "asked", "largest"),
    [
        (12 * 20, None, 20),  # as many as keep so many scores in memory
        (12, None, 16),  # but sixteen at least
        (10**9, None, 256),  # and 256 at most on a CPU
        (10**9, 7, 7),
    ],
)
def test_as_many_histories_are_scored_at_once_as_keep_the_scores_small(cycle, monkeypatch, scores, asked, largest):
    monkeypatch.setattr("mmsr_lite.evaluation.ranks.SCORES", scores)
    model = Watched(*[1.0] * 12)
    model.sizes = []
    many = cycle.test.select(np.arange(300) % len(cycle.test))
    both_ranks(model, many, batch=asked)
    assert max(model.sizes) == model.sizes[0] == largest and sum(model.sizes) == 300
