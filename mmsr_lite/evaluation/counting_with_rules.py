"""Counting whose scores rules change: the ranks with each rule, and the weights that the validation targets choose."""

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples, Split
from mmsr_lite.evaluation.metrics import gains
from mmsr_lite.evaluation.rankings import RANKINGS, OwnItems, rank_in_both
from mmsr_lite.evaluation.rules import Batch, Rule, rules_for
from mmsr_lite.models.counting import Markov, MarkovConfig

BATCH = 256  # histories scored at once
DENSE_ITEMS = 4096  # catalogues up to this size get their transitions as one table, which is faster on long histories


class Chain:
    """A Markov chain that scores batches of histories; a small catalogue is scored by one product of matrices.

    Args:
        train: the examples to count.
        num_items: V.
        decay: the factor of an item's weight for each step further back in the history.

    Example:
        >>> counted = Examples(np.array([1, 2, 1, 3, 1, 2]), np.zeros(3, int), np.array([1, 3, 5]), np.zeros(3, int))
        >>> scores = Chain(counted, num_items=3, decay=0.5).scores(torch.tensor([[1]]))[0]
        >>> bool(scores[2] > scores[3])  # 2 followed 1 twice, 3 once
        True
    """

    def __init__(self, train: Examples, num_items: int, decay: float):
        self.model = Markov(MarkovConfig(decay=decay, max_history=train.max_history), num_items)
        self.model.count(train)
        self.table = None
        if num_items <= DENSE_ITEMS:
            model = self.model
            source = torch.repeat_interleave(torch.arange(num_items + 1), model.begin.diff())
            self.table = torch.zeros(num_items + 1, num_items + 1)
            self.table[source, model.follower] = model.weight

    def scores(self, history: Tensor) -> Tensor:
        """The scores of all items, as `Markov.scores` computes them.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, V+1) scores.
        """
        if self.table is None:
            return self.model.scores(history)
        real = history > 0
        age = real.sum(1, keepdim=True) - torch.arange(1, history.shape[1] + 1)  # (B, L)
        weight = torch.where(real, self.model.config.decay ** age.clamp_min(0), 0.0)
        weights = torch.zeros(len(history), len(self.table)).scatter_add_(1, history, weight)  # (B, V+1)
        scores = weights @ self.table
        scores[:, 0] = -torch.inf
        return scores


@torch.no_grad()
def ranks_with_rules(chain: Chain, examples: Examples, settings: list[tuple[Rule, float] | None]) -> np.ndarray:
    """The ranks of counting with several rules, from one pass over the examples.

    Args:
        chain: the chain whose scores the rules change.
        examples: E examples.
        settings: pairs of a rule and a weight; None for counting alone.

    Returns:
        (len(settings), 2, E) ranks in both rankings, as `RANKINGS` lists them.

    Example:
        >>> some = Examples(np.array([1, 2, 1, 2]), np.zeros(2, int), np.array([1, 3]), np.zeros(2, int))
        >>> chain = Chain(some, num_items=3, decay=0.5)
        >>> nothing = Rule("nothing", (0.0,), lambda scores, batch, weight: scores)
        >>> ranks = ranks_with_rules(chain, some, [None, (nothing, 0.0)])
        >>> ranks.shape, bool((ranks[0] == ranks[1]).all() or np.isnan(ranks).any())
        ((2, 2, 2), True)
    """
    own_items = OwnItems(examples, torch.device("cpu"))
    result = np.empty((len(settings), len(RANKINGS), len(examples)))
    order = np.lexsort((own_items.counts, examples.lengths))
    for begin in range(0, len(order), BATCH):
        rows = order[begin : begin + BATCH]
        history, target = torch.from_numpy(examples.histories(rows)), torch.from_numpy(examples.targets[rows])
        own = own_items(torch.from_numpy(rows), int(own_items.counts[rows].max()))
        scores, batch = chain.scores(history), Batch(history, own, rows)
        for place, setting in enumerate(settings):
            changed = scores
            if setting is not None:
                rule, weight = setting
                changed = rule.apply(scores, batch, weight)
            changed[:, 0] = -torch.inf
            result[place][:, rows] = rank_in_both(changed, target, own).numpy()
    return result


def choose_weights(
    dataset: Dataset, parts: Split, *, decay: float, dated: bool, ranking: str, metric: str = "MRR@5"
) -> dict[str, float]:
    """Choose the weight of each rule with which the validation targets rank best; the chain does not count them.

    Args:
        dataset: the data set.
        parts: its split; the test part is not read.
        decay: the decay of the chain.
        dated: whether times are dates.
        ranking: the ranking that decides, "all" or "masked". For the rule of repetition it is always "all", because own
            items are no candidates in the other one.
        metric: the metric that decides, default "MRR@5".

    Returns:
        Name of a rule -> weight. It is the weight that changes nothing where no other one is better, or where there are
        no validation targets.

    Example:
        >>> from mmsr_lite.data.split import split
        >>> users, items, ids = np.repeat(np.arange(4), 6), np.tile([1, 2], 12), ("", "7", "8")
        >>> data = Dataset("d", users, items, np.arange(24), tuple("abcd"), ids, ids)
        >>> choose_weights(data, split(data), decay=0.5, dated=False, ranking="all")  # chains suffice here
        {'ids': 1.0, 'repetition': 0.0, 'popularity': 0.0}
    """
    rules = rules_for(dataset, parts.train, parts.validation, dated=dated)
    if not len(parts.validation):
        return {rule.name: rule.weights[0] for rule in rules}
    chain = Chain(parts.train, dataset.num_items, decay)
    settings = [(rule, weight) for rule in rules for weight in rule.weights]
    ranks_of_settings = ranks_with_rules(chain, parts.validation, list(settings))
    chosen: dict[str, tuple[float, float]] = {}
    for (rule, weight), both in zip(settings, ranks_of_settings, strict=True):
        place = list(RANKINGS).index("all" if rule.name == "repetition" else ranking)
        value = float(gains(both[place])[metric].mean())
        if rule.name not in chosen or value > chosen[rule.name][1]:
            chosen[rule.name] = weight, value
    return {name: weight for name, (weight, _) in chosen.items()}
