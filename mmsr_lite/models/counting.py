"""Baselines that count and learn nothing; they are not in the paper, and a model should be better than they are."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.arguments import checked
from mmsr_lite.config import check_settings, setting
from mmsr_lite.data.split import Examples
from mmsr_lite.models.base import Recommender
from mmsr_lite.shared_settings import max_history_setting


@dataclass(frozen=True)
class PopularityConfig:
    """Popularity has no settings.

    Example:
        >>> PopularityConfig()
        PopularityConfig()
    """


class Popularity(Recommender):
    """All histories get the same scores: how often each item is a training target.

    Example:
        >>> popular = Popularity(PopularityConfig(), num_items=2)
        >>> popular.count(Examples(np.array([1, 2]), np.array([0]), np.array([1]), np.array([0])))
        >>> popular.scores(torch.tensor([[1]])).tolist()
        [[-inf, 0.0, 1.0]]
    """

    learns = False
    reads_order = False
    Config = PopularityConfig
    count_of: Tensor  # (V+1,)

    def __init__(self, config: PopularityConfig, num_items: int, codebooks=()):
        super().__init__(config)
        self.register_buffer("count_of", torch.zeros(num_items + 1))

    def count(self, examples: Examples) -> None:
        """Count how often each item is a target.

        Args:
            examples: the training part.
        """
        self.count_of = torch.from_numpy(np.bincount(examples.targets, minlength=len(self.count_of))).float()

    def scores(self, history: Tensor) -> Tensor:
        """The scores of all items (B, V+1)."""
        scores = self.count_of.clone()
        scores[0] = -torch.inf
        return scores.expand(len(history), -1)


@dataclass(frozen=True)
class MarkovConfig:
    """The settings of the Markov chain, a baseline that is not in the paper.

    Args:
        decay: the weight of an item of the history is decay ** age, from 0 to 1; the last item has age 0.
        max_history: how many items of a history are read, the last ones.

    Raises:
        SettingError: a setting is not possible.

    Example:
        >>> MarkovConfig(decay=0.5).max_history
        50
    """

    decay: float = setting(
        0.7, "weight of an item of the history is decay ** age; the last item has age 0", at_least=0, at_most=1
    )
    max_history: int = max_history_setting()

    def __post_init__(self) -> None:
        check_settings(self)


class Markov(Recommender):
    """A Markov chain with gaps: item i before item j in a training history adds 1 / gap to the transition i -> j.

    The transitions from an item sum to one. The scores of a history are the sum, over its items, of decay ** age times
    the transitions from this item. The chain is not in the paper: it shows what counting alone predicts.

    Args:
        config: the settings.
        num_items: V.
        codebooks: not used; all models take them.

    Example:
        >>> chain = Markov(MarkovConfig(decay=0.5), num_items=3)
        >>> chain.count(Examples(np.array([1, 2, 3]), np.array([0, 0]), np.array([1, 2]), np.array([0, 0])))
        >>> chain.scores(torch.tensor([[1, 2]]))[0].tolist()  # 0.5 x (1 -> 2: 2/3, 1 -> 3: 1/3) + (2 -> 3: 1)
        [-inf, 0.0, 0.3333333432674408, 1.1666666269302368]
    """

    learns = False
    Config = MarkovConfig
    begin: Tensor  # (V+2,) the transitions from item i are begin[i]:begin[i+1]
    follower: Tensor  # (T,) the item that each transition leads to
    weight: Tensor  # (T,) the weight of each transition

    @checked(num_items=(1, 10**9))
    def __init__(self, config: MarkovConfig, num_items: int, codebooks=()):
        super().__init__(config)
        self.register_buffer("begin", torch.zeros(num_items + 2, dtype=torch.long))
        self.register_buffer("follower", torch.zeros(0, dtype=torch.long))
        self.register_buffer("weight", torch.zeros(0))

    def greatest(self, saved: Mapping[str, Tensor]) -> dict[str, int]:
        """The largest values that a saved chain may contain: the last item, and the number of transitions.

        Args:
            saved: the tensors of a file, by name.

        Returns:
            Name of a tensor -> the largest value that it may contain.
        """
        return {"follower": len(self.begin) - 2, "begin": len(saved["follower"])}

    def count(self, examples: Examples) -> None:
        """Count all pairs of an item and a target at most `max_history` places later.

        Args:
            examples: the training part.
        """
        size = len(self.begin) - 1
        pairs, weights = [], []
        for gap in range(1, int(examples.lengths.max(initial=0)) + 1):
            end = examples.end[examples.lengths >= gap]
            pairs.append(examples.items[end - gap] * size + examples.items[end])
            weights.append(np.full(len(end), 1 / gap))
        key, where = np.unique(np.concatenate(pairs), return_inverse=True)
        weight = np.bincount(where, np.concatenate(weights))
        source, follower = np.divmod(key, size)
        self.begin = torch.from_numpy(np.searchsorted(source, np.arange(size + 1)))
        self.follower = torch.from_numpy(follower)
        self.weight = torch.from_numpy(weight / np.bincount(source, weight, size)[source]).float()

    def scores(self, history: Tensor) -> Tensor:
        """The scores of all items (B, V+1)."""
        age = (history > 0).sum(1, keepdim=True) - torch.arange(1, history.shape[1] + 1, device=history.device)
        row, place = history.nonzero(as_tuple=True)
        item = history[row, place]
        many = self.begin[item + 1] - self.begin[item]
        of = torch.repeat_interleave(many)  # the item of a history that each transition belongs to
        transition = self.begin[item][of] + torch.arange(len(of), device=of.device) - (many.cumsum(0) - many)[of]
        scores = torch.zeros(len(history), len(self.begin) - 1, device=history.device)
        weight = self.weight[transition] * (self.config.decay ** age[row, place])[of]
        scores.index_put_((row[of], self.follower[transition]), weight, accumulate=True)
        scores[:, 0] = -torch.inf
        return scores
