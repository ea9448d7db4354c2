"""What every world has: groups of equal items, a rule for the next item, and the exact truth that follows from both.

A world is a catalogue of *groups* and a *rule*. All items of a group look alike to the rule, and each of them is
equally likely, so an item's identity tells no more than its group. The rule says, for the history of a user and the
user's hidden kind, how likely each group is next, why, and which earlier places decide. `generate` walks the users by
the rule; `Truth` reads the same rule, so the best reachable is exact: Bayes over the hidden kinds, then the ranking by
true probability.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mmsr_lite.config import check_settings, seed_setting, setting
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError, SettingError

MOST_GROUP = 10_000  # items of one group


@dataclass(frozen=True)
class WorldConfig:
    """Settings that all worlds share.

    Example:
        >>> WorldConfig(users=0)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: users is 0; expected a whole number from 1 to 10,000,000
    """

    users: int = setting(4000, "number of users", at_least=1, at_most=10_000_000)
    length: tuple[int, int] = setting((8, 13), "least and most items of a user", at_least=1, at_most=10_000)
    size: int = setting(80, "side of a picture in pixels", at_least=8, at_most=2048)
    seed: int = seed_setting("seed of the world")

    def __post_init__(self) -> None:
        check_settings(self)
        if self.length[0] > self.length[1]:
            message = f"length is {self.length}; expected the least number of items of a user, then the most"
            raise SettingError("length", message)


@dataclass(frozen=True)
class Group:
    """Items that the rule does not tell apart.

    Args:
        look: the class of their pictures, an index of the looks of the wardrobe.
        theme: the class of their texts, an index of the themes of the wardrobe, or -1 for a text about no theme.
        items: how many there are.
        kind: what they are, one of `drawing.BADGES`: "garment", "basic" or "accessory".
    """

    look: int
    theme: int
    items: int
    kind: str = "garment"


@dataclass(frozen=True)
class NextStep:
    """What the rule says of the next item of a user.

    Args:
        chances: (G,) how likely each group is; they add up to 1.
        cause: why, one of the world's `causes`.
        because: the places in the history (0 is the first item) that decide; none where nothing does.
    """

    chances: np.ndarray
    cause: str
    because: tuple[int, ...] = ()


class World:
    """A world: write `groups`, `causes` and `next_step`; see docs/worlds.md.

    Args:
        config: the config of the world, a `WorldConfig` or a class made from it.

    Attributes:
        causes: the names of what an interaction may follow from.
        kinds: the hidden kinds of users, each with its share; one kind where all users are alike.
        why: two sentences that say which order of fusion loses here, and why.
    """

    Config: type = WorldConfig
    causes: tuple[str, ...] = ()
    kinds: dict[str, float] = {"all": 1.0}  # noqa: RUF012 - an index, never changed
    why = ""

    def __init__(self, config: Any):
        self.config = config

    def groups(self) -> Sequence[Group]:
        """All groups of the catalogue; their places in this list are the numbers that histories are made of."""
        raise NotImplementedError(f"{type(self).__name__} has no groups; write the method `groups`")

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """What comes next for a user of `kind` after the groups of `history`, which may be empty."""
        raise NotImplementedError(f"{type(self).__name__} has no rule; write the method `next_step`")


@dataclass(frozen=True)
class Walks:
    """The interactions of all users; users one after the other, each in the order of time.

    Args:
        user: (I,) whose interaction it is.
        place: (I,) its place in the history of the user, 0 is the first.
        group: (I,) the group of its item.
        item: (I,) its item, from 1.
        cause: (I,) int8, an index of the world's causes.
        because: (I, W) the places of the same user that decide it, -1 where there are fewer than W.
        kind: (U,) the hidden kind of each user, an index of the world's kinds.
    """

    user: np.ndarray
    place: np.ndarray
    group: np.ndarray
    item: np.ndarray
    cause: np.ndarray
    because: np.ndarray
    kind: np.ndarray


def generate(world: World, members: Sequence[np.ndarray]) -> Walks:
    """Draw the hidden kind of each user and walk by the rule; the same world gives the same walks.

    Args:
        world: the world.
        members: G arrays, the items of each group.

    Returns:
        The interactions of all users.

    Raises:
        MMSRError: the rule gives a cause that is not among the world's causes, or chances that are none.
    """
    config = world.config
    rng = np.random.default_rng([config.seed, 1])
    names, shares = list(world.kinds), list(world.kinds.values())
    kind = rng.choice(len(names), size=config.users, p=shares)
    lengths = rng.integers(config.length[0], config.length[1] + 1, config.users)
    group, cause, because = [], [], []
    for user in range(config.users):
        history: list[int] = []
        draws = rng.random(lengths[user])
        for draw in draws:
            step = _checked(world, world.next_step(history, names[kind[user]]), len(members))
            history.append(int(np.searchsorted(np.cumsum(step.chances), draw, side="right").clip(max=len(members) - 1)))
            cause.append(world.causes.index(step.cause))
            because.append(step.because)
        group += history
    numbers = np.array(group)
    sizes = np.array([len(one) for one in members])
    within = (rng.random(len(numbers)) * sizes[numbers]).astype(np.int64)  # (I,) which item of its group
    starts = np.cumsum(sizes) - sizes
    widest = max(1, max(map(len, because)))
    padded = np.array([[*places, *[-1] * (widest - len(places))] for places in because])
    return Walks(
        user=np.repeat(np.arange(config.users), lengths),
        place=np.concatenate([np.arange(length) for length in lengths]),
        group=numbers,
        item=np.concatenate(list(members))[starts[numbers] + within],
        cause=np.array(cause, np.int8),
        because=padded.astype(np.int16),
        kind=kind,
    )


def _checked(world: World, step: NextStep, groups: int) -> NextStep:
    """`step`, when it is one that the world may take."""
    name = type(world).__name__
    if step.cause not in world.causes:
        raise MMSRError(f"{name} gives the cause {step.cause!r}; expected one of: {', '.join(world.causes)}")
    chances = np.asarray(step.chances)
    if chances.shape != (groups,) or (chances < 0).any() or abs(chances.sum() - 1) > 1e-9:
        shape, total = chances.shape, float(chances.sum())
        raise MMSRError(f"{name} gives chances of shape {shape} that add up to {total:g}; expected ({groups},) and 1")
    return step


@dataclass(frozen=True)
class Truth:
    """What the generator knows, and what follows from it.

    Args:
        world: the world, with its config and rule.
        group: (V+1,) the group of each item, -1 for item 0.
        sizes: (G,) items of each group.
        kind: (U,) the hidden kind of each user, an index of `world.kinds`.
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
            history: groups, from a user's first item on.

        Returns:
            (Z,) chances; the shares of the kinds where no kind can have made the history.
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
        return self.world.next_step(history, kind).chances

    def group_chances(self, history: Sequence[int]) -> np.ndarray:
        """(G,) how likely each group is next after a history of groups, whoever the user is."""
        pairs = zip(self.posterior(history), self.world.kinds, strict=True)
        return np.sum([weight * self._chances(history, kind) for weight, kind in pairs], axis=0)

    def distributions(self, histories: np.ndarray) -> np.ndarray:
        """The probability of each next item.

        Args:
            histories: (B, L) items, right-padded with 0, each from the user's first item on.

        Returns:
            (B, V+1) probabilities; item 0 has none.

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
        """The best expected HR@K, MRR@K and NDCG@K of any ranking of `examples`, in percent.

        That is the ranking by true probability after the whole history; among equally likely items every order is as
        good, so all of them earn the mean of the ranks that they fill.
        """
        return self._expected(examples, np.zeros(len(examples), np.int64), cutoffs)[0]

    def reachable_by_cause(self, examples: Examples, cutoffs: tuple[int, ...] = (5, 20)) -> dict[str, dict[str, float]]:
        """What the same ranking earns on targets of each cause, in percent; causes without a target are left out.

        The ranking does not know the hidden kind of a user; the targets are drawn from the rule of that kind.
        """
        return self._by(examples, self.causes_of(examples), self.world.causes, cutoffs)

    def causes_of(self, examples: Examples) -> np.ndarray:
        """(E,) the cause of each target, an index of `world.causes`."""
        names = list(self.world.kinds)
        found = []
        for start, end, user in zip(examples.start, examples.end, examples.user, strict=True):
            history = self.group[examples.items[start:end]].tolist()
            step = self.world.next_step(history, names[self.kind[user]])
            found.append(self.world.causes.index(step.cause))
        return np.array(found, np.int64)

    def _by(self, examples, numbers, names, cutoffs) -> dict[str, dict[str, float]]:
        found = self._expected(examples, numbers, cutoffs, of_own_kind=True)
        return {names[number]: gains for number, gains in found.items()}

    def _expected(
        self, examples: Examples, numbers: np.ndarray, cutoffs: tuple[int, ...], of_own_kind: bool = False
    ) -> dict[int, dict[str, float]]:
        """The gains of the best ranking, averaged over the examples with one number (E,)."""
        names = list(self.world.kinds)
        gains_at_rank = _gains_at_rank(cutoffs)  # name -> (K,)
        sums: dict[int, dict[str, float]] = {}
        for start, end, user, number in zip(examples.start, examples.end, examples.user, numbers.tolist(), strict=True):
            history = self.group[examples.items[start:end]].tolist()
            mixed = self.group_chances(history)
            drawn_from = mixed
            if of_own_kind:
                drawn_from = self._chances(history, names[self.kind[user]])
            row = sums.setdefault(number, dict.fromkeys(gains_at_rank, 0.0))
            for name, gain in gains_at_rank.items():
                row[name] += float(drawn_from @ gains_of_groups(mixed, self.sizes, gain))
        counts = np.bincount(numbers)
        return {
            number: {name: 100 * total / int(counts[number]) for name, total in row.items()}
            for number, row in sorted(sums.items())
        }


def _gains_at_rank(cutoffs: tuple[int, ...]) -> dict[str, np.ndarray]:
    """What a target at rank 1, 2, ... earns in each metric; beyond the array it earns nothing."""
    gains = {}
    for cutoff in cutoffs:
        rank = np.arange(1, cutoff + 1)
        gains[f"HR@{cutoff}"] = np.ones(cutoff)
        gains[f"MRR@{cutoff}"] = 1 / rank
        gains[f"NDCG@{cutoff}"] = 1 / np.log2(1 + rank)
    return gains


def gains_of_groups(chances: np.ndarray, sizes: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """What a target of each group earns on average when items are ranked by their probability.

    Args:
        chances: (G,) how likely each group is.
        sizes: (G,) its number of items, which share its chance.
        gain: (K,) what rank 1, 2, ... earns; later ranks earn nothing.

    Returns:
        (G,) mean gain; items that are equally likely share the ranks that they fill.

    Example:
        >>> gains_of_groups(np.array([0.8, 0.2]), np.array([4, 6]), np.ones(5))       # the top five: four and one
        array([1.        , 0.16666667])
    """
    each = np.round(chances / sizes, 12)  # of one item; rounding makes ties of what only floats tell apart
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
