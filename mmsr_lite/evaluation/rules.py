"""Rules: what item ids, popularity and repetition alone could add to the scores of a counting model.

A rule changes scores. It has one number, its weight. `counting_with_rules` chooses the weight on the validation targets
without the test targets. The difference that a rule makes at test shows what a model can learn from this source alone,
be it a fact about users or about how the file was written.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.order import id_places
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError

BUCKETS = 100  # the training targets are cut along time into so many parts of equal size
NOW = 3  # how many parts before the part of an example count as now
CELLS = 2e7  # the largest size of a table of popularity, in numbers


@dataclass(frozen=True)
class Batch:
    """What a rule can use of a batch of examples.

    Attributes:
        history: (B, L) items, padded on the right with 0.
        own: (B, T) the different items that each user has taken before; 0 where there are fewer.
        rows: (B,) the indexes of the examples.

    Example:
        >>> Batch(torch.tensor([[3, 1, 3]]), torch.tensor([[1, 3]]), np.array([0])).own.tolist()
        [[1, 3]]
    """

    history: Tensor
    own: Tensor
    rows: np.ndarray


@dataclass(frozen=True)
class Rule:
    """A way to change scores, which shows how much one fact about the data brings.

    Args:
        name: the name of the rule in tables.
        weights: the weights that are tried on the validation targets; the first one changes nothing.
        apply: a function of scores (B, V+1), the batch and a weight; it returns new scores and does not change the old
            ones.

    Example:
        >>> first = Rule("first item", (0.0, 1.0), lambda scores, batch, weight: scores + weight * torch.eye(3)[1])
        >>> first.apply(torch.zeros(1, 3), None, 1.0).tolist()
        [[0.0, 1.0, 0.0]]
    """

    name: str
    weights: tuple[float, ...]
    apply: Callable[[Tensor, Batch, float], Tensor]


def rule_of_ids(dataset: Dataset) -> Rule:
    """The rule "ids": multiply the scores of items whose id is higher than that of the last item by the weight.

    A weight above 1 means that ids rise along a history, a weight below 1 that they fall.

    Args:
        dataset: the data set, which has the ids.

    Returns:
        The rule.

    Example:
        >>> ids = ("", "7", "8", "9")
        >>> rule = rule_of_ids(Dataset("d", np.zeros(3, int), np.array([1, 2, 3]), np.arange(3), ("u",), ids, ids))
        >>> batch = Batch(torch.tensor([[1, 2, 0]]), torch.tensor([[1, 2]]), np.array([0]))
        >>> rule.apply(torch.ones(1, 4), batch, 2.0).tolist()  # only "9" is higher than "8", the last id
        [[1.0, 1.0, 1.0, 2.0]]
    """
    places = torch.from_numpy(id_places(dataset))

    def apply(scores: Tensor, batch: Batch, weight: float) -> Tensor:
        end = (batch.history > 0).sum(1, keepdim=True) - 1
        last = places[batch.history.gather(1, end)]  # (B, 1)
        return torch.where(places[None] > last, scores * weight, scores)

    return Rule("ids", (1.0, 1.2, 1.5, 2.0, 3.0, 5.0, 0.8, 0.67, 0.5, 0.33, 0.2), apply)


def rule_of_popularity(train: Examples, num_items: int) -> Rule:
    """The rule "popularity": add the weight times the share of each item in all training targets.

    Args:
        train: the training examples.
        num_items: V.

    Returns:
        The rule.

    Example:
        >>> train = Examples(np.array([1, 2]), start=np.array([0]), end=np.array([1]), user=np.array([0]))
        >>> batch = Batch(torch.tensor([[1]]), own=torch.tensor([[1]]), rows=np.array([0]))
        >>> rule_of_popularity(train, num_items=2).apply(torch.zeros(1, 3), batch, 0.3).tolist()  # item 2 has all
        [[0.0, 0.0, 0.30000001192092896]]
    """
    share = torch.from_numpy(np.bincount(train.targets, minlength=num_items + 1) / max(len(train), 1)).float()

    def apply(scores: Tensor, batch: Batch, weight: float) -> Tensor:
        return scores + weight * share

    return Rule("popularity", (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), apply)


def rule_of_popularity_now(train: Examples, examples: Examples, num_items: int) -> Rule:
    """The rule "popularity now": as "popularity", with the training targets shortly before the last item of a history.

    Time is cut into parts with equally many training targets. The `NOW` parts before the part of the last item count,
    so the rule reads nothing that happens later.

    Args:
        train: the training examples, whose `times` are known.
        examples: the examples that will be ranked, whose `times` are known.
        num_items: V.

    Returns:
        The rule.

    Raises:
        MMSRError: times are not known.

    Example:
        >>> items, ends, times = np.repeat([1, 2], [61, 40]), np.arange(1, 101), np.arange(101)
        >>> train = Examples(items, ends - 1, ends, np.zeros(100, int), times=times)  # item 1 until time 60, then 2
        >>> last = np.array([50, 90])  # the places of the last items of two histories, and their times
        >>> examples = Examples(items, last, last + 1, np.zeros(2, int), times=times)
        >>> batch = Batch(torch.tensor([[1], [2]]), own=torch.tensor([[1], [2]]), rows=np.array([0, 1]))
        >>> rule_of_popularity_now(train, examples, num_items=2).apply(torch.zeros(2, 3), batch, 1.0).tolist()
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    pieces = int(max(NOW, min(BUCKETS, CELLS // (num_items + 1))))
    if train.times is None or examples.times is None:
        raise MMSRError("popularity now needs examples whose times are known; split a data set that has times")
    times = train.times[train.end]
    edges = np.unique(np.quantile(times, np.linspace(0, 1, pieces + 1)[1:-1]))  # (P-1,)
    piece = np.searchsorted(edges, times, side="right")
    counts = np.zeros((len(edges) + 1, num_items + 1), np.float32)
    np.add.at(counts, (piece, train.targets), 1)
    before = np.zeros((len(counts) + 1, num_items + 1), np.float32)
    before[1:] = counts.cumsum(0)  # before[p] counts all pieces before p
    recent = before[:-1] - before[np.maximum(np.arange(len(counts)) - NOW, 0)]  # (P, V+1)
    share = torch.from_numpy(recent / np.maximum(recent.sum(1, keepdims=True), 1))
    now = np.searchsorted(edges, examples.times[examples.end - 1], side="right")  # (E,)

    def apply(scores: Tensor, batch: Batch, weight: float) -> Tensor:
        return scores + weight * share[now[batch.rows]]

    return Rule("popularity now", (0.0, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0), apply)


def rule_of_repetition() -> Rule:
    """The rule "repetition": add the weight to the scores of the user's own items; -1 puts them behind all others.

    Returns:
        The rule.

    Example:
        >>> batch = Batch(torch.tensor([[1]]), own=torch.tensor([[1]]), rows=np.array([0]))
        >>> rule_of_repetition().apply(torch.zeros(1, 3), batch, 1.0).tolist()
        [[0.0, 1.0, 0.0]]
    """

    def apply(scores: Tensor, batch: Batch, weight: float) -> Tensor:
        own = torch.zeros_like(scores, dtype=torch.bool).scatter_(1, batch.own, True)
        own[:, 0] = False
        if weight < 0:
            return scores.masked_fill(own, weight)
        return scores + weight * own

    return Rule("repetition", (0.0, -1.0, 0.03, 0.1, 0.3, 1.0, 3.0), apply)


def rules_for(dataset: Dataset, train: Examples, examples: Examples, *, dated: bool) -> list[Rule]:
    """The rules that a data set allows.

    Args:
        dataset: the data set.
        train: its training examples.
        examples: the examples that will be ranked.
        dated: whether times are dates, which the rule "popularity now" needs.

    Returns:
        Three or four rules.

    Example:
        >>> ids = ("", "7", "8", "9")
        >>> data = Dataset("d", np.zeros(4, int), np.array([1, 2, 3, 2]), np.arange(4), ("u",), ids, ids)
        >>> some = Examples(data.item, np.zeros(3, int), np.array([1, 2, 3]), np.zeros(3, int))
        >>> [rule.name for rule in rules_for(data, some, some, dated=False)]
        ['ids', 'repetition', 'popularity']
    """
    rules = [rule_of_ids(dataset), rule_of_repetition(), rule_of_popularity(train, dataset.num_items)]
    if dated:
        rules.append(rule_of_popularity_now(train, examples, dataset.num_items))
    return rules
