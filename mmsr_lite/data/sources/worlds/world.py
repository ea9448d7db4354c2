"""What every world has: groups of equal items, a rule for the next item, and the walks of users by that rule.

A world is a catalogue of *groups* and a *rule*. All items of a group look alike to the rule, and each of them is
equally likely, so an item's identity tells no more than its group. The rule says, for the history of a user and the
user's hidden kind, how likely each group is next, why, and which earlier places decide. `generate` walks the users by
the rule; what can be reached at best follows from the same rule, exactly: see truth.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsr_lite.config import check_settings, seed_setting, setting
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
        reasons: cause -> the order of fusion that loses there, "early" or "late", and one sentence that says what
            decided and what that order does not know; {0}, {1} stand for the names of the items that decided.
    """

    Config: type[WorldConfig] = WorldConfig
    causes: tuple[str, ...] = ()
    kinds: dict[str, float] = {"all": 1.0}  # noqa: RUF012 - an index, never changed
    why = ""
    reasons: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - an index, never changed

    def __init__(self, config: Any):
        self.config = config

    def groups(self) -> Sequence[Group]:
        """All groups of the catalogue; their places in this list are the numbers that histories are made of."""
        raise NotImplementedError(f"{type(self).__name__} has no groups; write the method `groups`")

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """What comes next for a user of `kind` after the groups of `history`, which may be empty.

        Args:
            history: groups, the oldest first; perhaps none.
            kind: the user's hidden kind.

        Returns:
            Chances of the groups, the cause, and the places that decide.
        """
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
