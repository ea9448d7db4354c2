"""Both rankings on data written by hand, and against a slow ranking that sorts every list of items."""

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples, split
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.rankings import OwnItems, key_of, rank_in_both, ranking_of, results
from mmsr_lite.evaluation.ranks import both_ranks, evaluate, ranks, sampled_ranks
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.item_knn import ItemKNN, ItemKNNConfig
from tests.properties import examples

INF = torch.inf


class Table(Recommender):
    """Item i scores `table[i]` after any history."""

    def __init__(self, *table: float):
        super().__init__(None)
        self.register_buffer("table", torch.tensor([-INF, *table]))

    def scores(self, history):
        return self.table.expand(len(history), -1)


def one_user(*items: int, times=None, max_history: int = 50) -> Examples:
    """One example: the last item is the target of all others."""
    end, times = np.array([len(items) - 1]), None if times is None else np.array(times)
    return Examples(np.array(items), np.array([0]), end, np.array([0]), max_history, times)


def slow_ranks(scores: list[float], target: int, own: set[int]) -> tuple[float, float]:
    """The mean place of `target` over all ways to sort equal scores, among all items and with own items at the end."""

    def place(keys: list[float]) -> float:
        better = sum(key > keys[target - 1] for key in keys)
        level = sum(key == keys[target - 1] for key in keys)
        return sum(range(better + 1, better + level + 1)) / level

    return place(scores), place([-INF if item in own else score for item, score in enumerate(scores, 1)])


def test_own_items_above_the_target_cost_places_in_the_ranking_of_all_items_alone():
    found = both_ranks(Table(9, 8, 7, 6, 5), one_user(1, 2, 4))  # 1, 2 and 3 are better than 4, and 1, 2 are own
    assert found["all"].tolist() == [1 + 3] and found["masked"].tolist() == [1 + 1]


def test_items_with_the_score_of_the_target_share_their_places_and_own_ones_leave_them():
    found = both_ranks(Table(5, 5, 5, 5, 1), one_user(1, 4))  # places 1 to 4; without item 1 places 1 to 3
    assert found["all"].tolist() == [(1 + 4) / 2] and found["masked"].tolist() == [(1 + 3) / 2]


def test_an_own_item_counts_once_however_often_it_was_taken():
    found = both_ranks(Table(9, 8, 7, 6, 5), one_user(1, 1, 1, 3))
    assert found["all"].tolist() == [3] and found["masked"].tolist() == [2]


def test_a_target_that_the_user_has_already_taken_is_masked_and_stands_at_the_end():
    found = both_ranks(Table(9, 8, 7, 6, 5), one_user(1, 2, 1))  # masked: 3, 4, 5 and then 1 and 2 in places 4 and 5
    assert found["all"].tolist() == [1] and found["masked"].tolist() == [(4 + 5) / 2]


def test_all_items_of_a_user_are_masked_not_only_those_a_model_reads():
    examples = one_user(1, 2, 3, 4, max_history=1)
    assert examples.histories().tolist() == [[3]]
    assert both_ranks(Table(9, 8, 7, 6, 5), examples)["masked"].tolist() == [1]


def test_a_broken_score_never_helps_in_either_ranking():
    found = both_ranks(Table(torch.nan, torch.nan, 1.0, 2.0), one_user(1, 3))
    assert found["all"].tolist() == [1 + 3] and found["masked"].tolist() == [1 + 2]
    broken = both_ranks(Table(*[torch.nan] * 4), one_user(1, 3))
    assert min(broken["all"].min(), broken["masked"].min()) > 3


def test_own_items_are_those_of_each_user_alone():
    items = np.array([1, 2, 5, 1, 3])  # user 0 has 1 and is asked for 2; user 1 has 5, 1 and is asked for 3
    both = Examples(items, np.array([0, 2]), np.array([1, 4]), np.array([0, 1]))
    own = OwnItems(both, torch.device("cpu"))
    assert own(torch.tensor([0, 1]), 2).tolist() == [[1, 0], [5, 1]]
    assert both_ranks(Table(9, 8, 7, 6, 5), both)["masked"].tolist() == [1, 2]


@settings(max_examples=examples(200), deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 7), min_size=2, max_size=9), min_size=1, max_size=6),
    st.lists(st.integers(0, 3), min_size=7, max_size=7),
    st.integers(1, 4),
)
def test_both_rankings_are_those_of_a_slow_sort(histories, scores, batch):
    lengths = np.array([len(history) for history in histories])
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    user = np.repeat(np.arange(len(histories)), lengths)
    names = tuple(map(str, range(8)))
    data = Dataset("h", user, np.concatenate(histories), np.arange(offsets[-1]), tuple("abcdef"), names, names)
    examples = split(data, test_share=0, validation=False).train
    found = both_ranks(Table(*map(float, scores)), examples, batch=batch)
    wanted = [
        slow_ranks(scores, data.item[end], set(data.item[start:end].tolist()))
        for start, end in zip(examples.start, examples.end, strict=True)
    ]
    assert np.allclose(found["all"], [one for one, _ in wanted]) and np.allclose(
        found["masked"], [two for _, two in wanted]
    )
    assert (found["masked"] <= found["all"])[~examples.own_target].all()  # masking others never costs a place


def test_evaluate_gives_the_old_names_for_all_items_and_masked_ones_beside():
    examples, model = one_user(1, 2, 4), Table(9, 8, 7, 6, 5)
    found = evaluate(model, examples)
    assert {name: found[name] for name in metrics(np.ones(1))} == metrics(np.array([4]))
    assert {name: found[key_of(name, "masked")] for name in metrics(np.ones(1))} == metrics(np.array([2]))
    assert ranks(model, examples).tolist() == [4] and ranks(model, examples, ranking="masked").tolist() == [2]
    with pytest.raises(MMSRError, match="unknown ranking 'seen'; choose from: all, masked"):
        ranks(model, examples, ranking="seen")


def test_the_headline_masks_where_fewer_than_one_target_in_a_hundred_was_taken_before():
    def parts_with(repeats: int):
        """1000 users of 5 items, of whom some take their first one again at last."""
        item = np.tile(np.arange(1, 6), (1000, 1))
        item[:repeats, 4] = 1
        names, users = tuple(map(str, range(6))), tuple(map(str, range(1000)))
        return split(Dataset("r", np.repeat(np.arange(1000), 5), item.ravel(), np.arange(5000), users, names, names))

    assert [ranking_of("headline", parts_with(n)) for n in (0, 9, 10, 500)] == ["masked", "masked", "all", "all"]
    assert ranking_of("all", parts_with(0)) == "all" and ranking_of("masked", parts_with(500)) == "masked"
    own = parts_with(9).test
    assert results({"all": np.ones(len(own))}, own)["own_targets"] == pytest.approx(100 * 9 / 1000)


def test_later_targets_and_those_of_the_same_time_are_reported_apart():
    items, times = np.array([1, 2, 3, 4]), np.array([0, 0, 5, 5])
    examples = Examples(items, np.zeros(3, int), np.array([1, 2, 3]), np.zeros(3, int), times=times)
    record = results({"all": np.array([1.0, 9, 30]), "masked": np.array([1.0, 2, 30])}, examples)
    assert record["targets"] == {"every": 3, "later": 1, "same time": 2} and record["headline"] == "masked"
    assert record["all"]["later"]["HR@5"] == 0 and record["masked"]["later"]["HR@5"] == 100
    assert record["all"]["same time"] == metrics(np.array([1.0, 30]))
    never = results({"all": np.array([1.0])}, one_user(1, 2, times=[0, 1]))
    assert set(never["all"]) == {"every", "later"} and never["targets"] == {"every": 1, "later": 1}


def test_item_knn_is_ranked_like_everybody(cycle):
    model = ItemKNN(ItemKNNConfig(), 12)
    model.count(cycle.train)
    found = both_ranks(model, cycle.test)
    assert (found["masked"] < found["all"]).any()  # its own items compete, and masking takes them away


def test_sampled_candidates_come_with_a_warning_that_says_why_not(cycle):
    model = Table(*torch.arange(12.0, 0, -1).tolist())
    with pytest.warns(UserWarning, match="do not tell which system is better.*Krichene and Rendle"):
        few = sampled_ranks(model, cycle.test, 2)
    with pytest.warns(UserWarning):
        assert np.array_equal(few, sampled_ranks(model, cycle.test, 2))  # the draw depends on the seed alone
    with pytest.warns(UserWarning):
        assert "sampled HR@5" in evaluate(model, cycle.test, candidates=2)
    assert few.min() >= 1 and few.max() <= 1 + 2
    with pytest.raises(MMSRError, match="candidates is 5; expected 1 to 2"):  # 12 items, one target, histories of 9
        sampled_ranks(model, cycle.test, 5)


def test_among_all_candidates_that_are_left_the_rank_is_the_masked_one():
    examples, model = one_user(1, 2, 4), Table(9, 8, 7, 6, 6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert sampled_ranks(model, examples, 2).tolist() == both_ranks(model, examples)["masked"].tolist() == [2.5]


def test_the_one_item_that_is_left_is_the_candidate():
    with pytest.warns(UserWarning):
        assert sampled_ranks(Table(1, 2, 3, 4, 9), one_user(1, 2, 3, 4), 1).tolist() == [2]


def test_both_ranks_come_from_one_pass():
    calls = []

    class Counting(Table):
        def scores(self, history):
            calls.append(len(history))
            return super().scores(history)

    both_ranks(Counting(9, 8, 7, 6, 5), one_user(1, 2, 4))
    assert calls == [1]


def test_ranks_of_whole_batches_need_no_own_items():
    found = rank_in_both(torch.tensor([[-INF, 1.0, 2.0]]), torch.tensor([1]), torch.zeros(1, 0, dtype=torch.long))
    assert found.tolist() == [[2.0], [2.0]]
