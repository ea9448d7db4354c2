"""Two rankings of the same scores, all items and own items masked, and their metrics.

*All items* is the paper's ranking: the target competes with all items, also with those that its user has already taken.
*Own items masked* is the ranking of most shops: items that the user has taken at any time before the target are not
offered again. The two can put systems in opposite orders.
"""

import warnings

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.data.split import Examples, Split, headline, own_target_share
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import CUTOFFS, metrics
from mmsr_lite.records.ranking_names import RANKINGS, key_of
from mmsr_lite.records.training import RankingTables

CHOICES = {  # what may select the best epoch
    "headline": "masked where fewer than 1 % of test targets lie in their own history, else all",
    **RANKINGS,
}
SAMPLED_WARNING = (
    "ranks among sampled candidates do not tell which system is better: their metrics are inconsistent with those "
    "of the full ranking (Krichene and Rendle, 'On Sampled Metrics for Item Recommendation', KDD 2020); use them only "
    "beside papers that sampled, and never to choose a system"
)


def ranking_of(choice: str, parts: Split) -> str:
    """The ranking that a setting chooses for a split.

    Args:
        choice: one of `CHOICES`.
        parts: the split; "headline" looks at its test part.

    Returns:
        "all" or "masked".

    Example:
        >>> some = Examples(np.array([1, 2, 2]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> ranking_of("masked", Split(some, some, some)), ranking_of("headline", Split(some, some, some))
        ('masked', 'all')
    """
    if choice == "headline":
        return headline(parts)
    return choice


def flat_metrics(ranks: dict[str, np.ndarray], cutoffs: tuple[int, ...] = CUTOFFS) -> dict[str, float]:
    """The metrics of several rankings in one dictionary, in percent.

    Args:
        ranks: name of a ranking -> (E,) the rank of each target.
        cutoffs: the values of K.

    Returns:
        `HR@5`, `MRR@5`, ... of all items, and `masked HR@5`, ... of the masked ranking.

    Example:
        >>> flat_metrics({"all": np.array([1.0, 9.0]), "masked": np.array([1.0, 5.0])}, (5,))["masked HR@5"]
        100.0
    """
    result: dict[str, float] = {}
    for ranking, of_ranking in ranks.items():
        result |= {key_of(name, ranking): value for name, value in metrics(of_ranking, cutoffs).items()}
    return result


def results(ranks: dict[str, np.ndarray], examples: Examples) -> RankingTables:
    """The metrics of both rankings, for all targets and for groups of targets, in percent.

    Args:
        ranks: name of a ranking -> (E,) the rank of each target, from `both_ranks`.
        examples: the examples that were ranked.

    Returns:
        A record with `headline` (the ranking to show first), `own_targets` (percent of the targets that their user has
        taken before), `targets` (the size of each group), and for each ranking the metrics of each group. The groups
        are "every" (all targets), "later" (later than the item before) and "same time"; empty groups are left out.

    Example:
        >>> some = Examples(np.array([1, 2, 2]), start=np.array([0, 0]), end=np.array([1, 2]), user=np.array([0, 0]))
        >>> record = results({"all": np.array([1.0, 9.0])}, some)
        >>> record["targets"], record["own_targets"], record["all"]["every"]["HR@5"]
        ({'every': 2, 'later': 2}, 50.0, 50.0)
    """
    same = examples.same_time
    masks = {"every": np.ones(len(examples), bool), "later": ~same, "same time": same}
    groups = {name: mask for name, mask in masks.items() if mask.any()}
    tables = {
        ranking: {name: metrics(of_ranking[mask]) for name, mask in groups.items()}
        for ranking, of_ranking in ranks.items()
    }
    record: RankingTables = {
        "headline": headline(Split(examples, examples, examples)),
        "own_targets": 100 * own_target_share(examples),
        "targets": {name: int(mask.sum()) for name, mask in groups.items()},
    }
    if "all" in tables:
        record["all"] = tables["all"]
    if "masked" in tables:
        record["masked"] = tables["masked"]
    return record


class OwnItems:
    """The different items that each user has taken before, on a device.

    Args:
        examples: the examples of the users.
        device: the device of the results.

    Example:
        >>> some = Examples(np.array([7, 8, 7, 9]), start=np.array([0]), end=np.array([3]), user=np.array([0]))
        >>> OwnItems(some, torch.device("cpu"))(torch.tensor([0]), width=3).tolist()
        [[7, 8, 0]]
    """

    def __init__(self, examples: Examples, device: torch.device):
        taken = examples.taken
        arrays = (taken.items, taken.start, taken.end, taken.previous)
        self.items, self.start, self.end, self.previous = (
            torch.from_numpy(np.ascontiguousarray(a)).to(device) for a in arrays
        )
        self.counts = taken.end - taken.start  # (E,) on the CPU, which need not wait for the device to read it

    def __call__(self, rows: Tensor, width: int) -> Tensor:
        """(B, width) distinct own items of the examples `rows` (B,), 0 elsewhere; no history is longer than `width`."""
        start, end = self.start[rows][:, None], self.end[rows][:, None]  # (B, 1)
        place = start + torch.arange(width, device=rows.device)  # (B, width)
        inside = place < end
        place = torch.where(inside, place, start)
        first = self.previous[place] < start  # not the same item again
        return self.items[place].masked_fill(~(inside & first), 0)


def rank_in_both(scores: Tensor, target: Tensor, own: Tensor) -> Tensor:
    """The rank of each target in both rankings, from one pass over the scores.

    The best rank is 1. Items with equal scores share the mean of their places, and a score that is NaN never helps. In
    the masked ranking, own items come after all others. A target that its user has already taken shares the mean of
    these last
    places: it is a miss, as in a shop that does not offer it again.

    Args:
        scores: (B, V+1) scores; item 0 is padding and has -inf.
        target: (B,) the targets.
        own: (B, T) the different own items of each user; 0 where there are fewer.

    Returns:
        (2, B): the rank among all items, and the rank with own items masked.

    Example:
        >>> scores, target = torch.tensor([[-torch.inf, 4., 3., 2., 3.]]), torch.tensor([2])
        >>> rank_in_both(scores, target, torch.tensor([[1, 0]])).tolist()     # 1 is better; 2 and 4 share two places
        [[2.5], [1.5]]
        >>> rank_in_both(scores, target, torch.tensor([[2, 1]])).tolist()     # the target is one of the last two
        [[2.5], [3.5]]
    """
    of_target = scores.gather(1, target[:, None])  # (B, 1)
    above = _count(~(scores <= of_target))  # (B,) items with a higher score
    level = _count(scores == of_target)  # (B,) items with the same score, the target among them
    of_own = scores.gather(1, own)  # (B, T)
    is_own = own > 0
    above_own = (~(of_own <= of_target) & is_own).sum(1)
    level_own = ((of_own == of_target) & is_own).sum(1)
    everywhere = 1 + above + (level - 1) / 2
    masked = 1 + above - above_own + (level - level_own - 1) / 2
    count = is_own.sum(1)
    last = scores.shape[1] - 1 - count + (count + 1) / 2  # the mean of the last `count` places
    masked = torch.where((own == target[:, None]).any(1), last, masked)
    return torch.stack([everywhere, masked])


def _count(true: Tensor) -> Tensor:
    """(B,) how many of each row (B, N) are true; on a CPU by NumPy, which takes a tenth of torch's time."""
    if true.device.type == "cpu":
        return torch.from_numpy(true.numpy().sum(1))
    return true.sum(1)


def candidates_of(examples: Examples, num_items: int, count: int, seed: int = 0) -> np.ndarray:
    """Draw random candidates for each example: items that its user has not taken, other than the target.

    Args:
        examples: E examples.
        num_items: V.
        count: the number of candidates of each example.
        seed: the seed of the draw; the candidates do not depend on the system that ranks them.

    Returns:
        (E, count) items, different in each row.

    Raises:
        MMSRError: `count` is below 1, or a user has too few items left.

    Example:
        >>> one = Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0]))
        >>> sorted(candidates_of(one, num_items=4, count=2)[0].tolist())  # 1 was taken, 2 is the target
        [3, 4]
    """
    taken = examples.taken
    left = num_items - 1 - int((taken.end - taken.start).max(initial=0))
    if left < 1:
        raise MMSRError("some user has taken every item, so there are no candidates to draw; use the full rankings")
    if not 1 <= count <= left:
        raise MMSRError(f"candidates is {count}; expected 1 to {left}, because every user must have so many items left")
    warnings.warn(SAMPLED_WARNING, stacklevel=4)
    rng = np.random.default_rng(seed)
    drawn = np.empty((len(examples), count), np.int64)
    for row in range(len(examples)):
        key = rng.random(num_items + 1)
        key[0] = key[taken.items[taken.end[row]]] = 2  # padding and the target come last
        key[taken.items[taken.start[row] : taken.end[row]]] = 2
        drawn[row] = np.argpartition(key, count - 1)[:count]
    return drawn


def rank_among(scores: Tensor, target: Tensor, candidates: Tensor) -> Tensor:
    """The rank of each target among itself and its candidates.

    Args:
        scores: (B, V+1) scores.
        target: (B,) the targets.
        candidates: (B, N) items, none of which is the target.

    Returns:
        (B,) ranks from 1 to N + 1; items with equal scores share the mean of their places.

    Example:
        >>> rank_among(torch.tensor([[-torch.inf, 4.0, 3.0, 2.0]]), torch.tensor([2]), torch.tensor([[1, 3]])).tolist()
        [2.0]
    """
    of_target = scores.gather(1, target[:, None])  # (B, 1)
    others = scores.gather(1, candidates)  # (B, N)
    return 1 + (~(others <= of_target)).sum(1) + (others == of_target).sum(1) / 2
