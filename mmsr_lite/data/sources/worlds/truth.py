"""The exact truth of a world: how likely each item is next, and the best metrics that any ranking can reach.

It uses the rule of the generator: the rule of Bayes gives the chances of the user's hidden kind, and the best ranking
is the one by true probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmsr_lite.data.sources.worlds.world import World
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError


@dataclass(frozen=True)
class Truth:
    """What the generator of a world knows, and what follows from it.

    Args:
        world: the world, with its config and rule.
        group: (V+1,) the group of each item, -1 for item 0.
        sizes: (G,) the number of items of each group.
        kind: (U,) the hidden kind of each user, an index of `world.kinds`.

    Example:
        >>> from mmsr_lite.data.sources.worlds.pick import Pick, PickConfig
        >>> group = np.arange(-1, 24)  # 6 x 3 garments and 6 basics, one item each
        >>> truth = Truth(Pick(PickConfig()), group, np.ones(24, int), np.zeros(1, int))
        >>> chances = truth.group_chances([0, 1, 2])  # a session with the formal garment first, of look 0
        >>> bool(chances.argmax() == 6 * 3 + 0), float(chances.max())  # the first of the basics, behind 6 x 3 garments
        (True, 1.0)
    """

    world: World = field(repr=False)
    group: np.ndarray
    sizes: np.ndarray
    kind: np.ndarray

    @property
    def config(self) -> Any:
        """The config of the world."""
        return self.world.config

    def posterior(self, history: Sequence[int]) -> np.ndarray:
        """How likely each hidden kind is after a history.

        Args:
            history: the groups of a user's items, from the first item on.

        Returns:
            (Z,) probabilities; the shares of the kinds where no kind can have made the history.
        """
        shares = np.array(list(self.world.kinds.values()))
        weight = shares.copy()
        if len(shares) == 1:
            return weight
        for place, group in enumerate(history):
            weight = weight * [self._chances(history[:place], kind)[group] for kind in self.world.kinds]
            total = weight.sum()
            if total == 0:
                return shares
            weight = weight / total
        return weight

    def _chances(self, history: Sequence[int], kind: str) -> np.ndarray:
        """(G,) how likely each group is next for a user of one kind."""
        return self.world.next_step(history, kind).chances

    def group_chances(self, history: Sequence[int]) -> np.ndarray:
        """How likely each group is next for a user of unknown kind.

        Args:
            history: the groups of a user's items, from the first item on.

        Returns:
            (G,) probabilities.
        """
        pairs = zip(self.posterior(history), self.world.kinds, strict=True)
        return np.sum([weight * self._chances(history, kind) for weight, kind in pairs], axis=0)

    def distributions(self, histories: np.ndarray) -> np.ndarray:
        """The probability of each next item.

        Args:
            histories: (B, L) items, each history from the user's first item on, padded on the right with 0.

        Returns:
            (B, V+1) probabilities; that of item 0 is 0.

        Raises:
            MMSRError: a history is empty.
        """
        rows = []
        for items in np.asarray(histories, np.int64):
            history = self.group[items[items > 0]]
            if not len(history):
                raise MMSRError("a history is empty; expected at least one item")
            share = self.group_chances(history.tolist()) / self.sizes  # (G,) of each item of a group
            rows.append(np.append(0.0, share[self.group[1:]]))
        return np.array(rows)

    def reachable(self, examples: Examples, cutoffs: tuple[int, ...] = (5, 20)) -> dict[str, float]:
        """The best HR@K, MRR@K and NDCG@K, in percent, that any ranking of the examples can expect.

        The best ranking is the one by true probability after the whole history. Equally likely items share their ranks:
        each gets the mean gain of these ranks.

        Args:
            examples: the examples that are ranked.
            cutoffs: the values of K, default 5 and 20.

        Returns:
            Name of a metric, such as "HR@5" -> percent.
        """
        return self._expected(examples, np.zeros(len(examples), np.int64), cutoffs)[0]

    def reachable_by_cause(self, examples: Examples, cutoffs: tuple[int, ...] = (5, 20)) -> dict[str, dict[str, float]]:
        """The metrics of the best ranking on the targets of each cause; causes without targets are left out.

        The ranking does not know the hidden kind of a user; the targets are drawn by the rule of that kind.

        Args:
            examples: the examples that are ranked.
            cutoffs: the values of K, default 5 and 20.

        Returns:
            Cause -> name of a metric -> percent.
        """
        return self._by(examples, self.causes_of(examples), self.world.causes, cutoffs)

    def causes_of(self, examples: Examples) -> np.ndarray:
        """The cause of each target.

        Args:
            examples: the examples.

        Returns:
            (E,) indexes of `world.causes`.
        """
        names = list(self.world.kinds)
        found = []
        for start, end, user in zip(examples.start, examples.end, examples.user, strict=True):
            history = self.group[examples.items[start:end]].tolist()
            step = self.world.next_step(history, names[self.kind[user]])
            found.append(self.world.causes.index(step.cause))
        return np.array(found, np.int64)

    def _by(self, examples, numbers, names, cutoffs) -> dict[str, dict[str, float]]:
        """As `_expected`, with names in place of numbers."""
        found = self._expected(examples, numbers, cutoffs, of_own_kind=True)
        return {names[number]: gains for number, gains in found.items()}

    def _expected(
        self, examples: Examples, numbers: np.ndarray, cutoffs: tuple[int, ...], of_own_kind: bool = False
    ) -> dict[int, dict[str, float]]:
        """The metrics of the best ranking, averaged over the examples that have the same number in `numbers` (E,)."""
        names = list(self.world.kinds)
        gains_at_rank = _gains_at_rank(cutoffs)  # name -> (K,)
        known: dict[bytes, dict[str, np.ndarray]] = {}  # chances -> name of a metric -> (G,): many examples share them
        sums: dict[int, dict[str, float]] = {}
        for start, end, user, number in zip(examples.start, examples.end, examples.user, numbers.tolist(), strict=True):
            history = self.group[examples.items[start:end]].tolist()
            mixed = self.group_chances(history)
            drawn_from = mixed
            if of_own_kind:
                drawn_from = self._chances(history, names[self.kind[user]])
            row = sums.setdefault(number, dict.fromkeys(gains_at_rank, 0.0))
            key = mixed.tobytes()
            if key not in known:
                known[key] = {name: gains_of_groups(mixed, self.sizes, gain) for name, gain in gains_at_rank.items()}
            for name, gains in known[key].items():
                row[name] += float(drawn_from @ gains)
        counts = np.bincount(numbers)
        return {
            number: {name: 100 * total / int(counts[number]) for name, total in row.items()}
            for number, row in sorted(sums.items())
        }


def _gains_at_rank(cutoffs: tuple[int, ...]) -> dict[str, np.ndarray]:
    """Name of a metric -> (K,) the gain of a target at rank 1, 2, ..., K; a later rank gains nothing."""
    gains = {}
    for cutoff in cutoffs:
        rank = np.arange(1, cutoff + 1)
        gains[f"HR@{cutoff}"] = np.ones(cutoff)
        gains[f"MRR@{cutoff}"] = 1 / rank
        gains[f"NDCG@{cutoff}"] = 1 / np.log2(1 + rank)
    return gains


def gains_of_groups(chances: np.ndarray, sizes: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """The mean gain of a target of each group when items are ranked by their probability.

    Args:
        chances: (G,) how likely each group is.
        sizes: (G,) the number of its items, which are equally likely.
        gain: (K,) the gain of rank 1, 2, ..., K; later ranks gain nothing.

    Returns:
        (G,) mean gains; equally likely items share their ranks.

    Example:
        >>> gains_of_groups(np.array([0.8, 0.2]), np.array([4, 6]), np.ones(5))       # the top five: four and one
        array([1.        , 0.16666667])
    """
    each = np.round(chances / sizes, 12)  # of one item; rounded, so that equal ones are equal
    order = np.argsort(-each, kind="stable")
    block = np.cumsum(np.diff(each[order], prepend=each[order[0]]) != 0)  # (G,) number of each tied block
    items = np.bincount(block, weights=sizes[order])  # (blocks,)
    after = np.minimum(np.cumsum(items), len(gain)).astype(np.int64)
    before = np.minimum(np.cumsum(items) - items, len(gain)).astype(np.int64)
    summed = np.append(0.0, np.cumsum(gain))
    mean = (summed[after] - summed[before]) / items
    found = np.empty(len(sizes))
    found[order] = mean[block]
    return found
