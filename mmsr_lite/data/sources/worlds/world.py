"""What every world has: groups of equal items, a rule for the next item, and users whose items are drawn by that rule.

A world is a catalogue of *groups* and a *rule*. All items of a group are the same to the rule and equally likely, so an
item says no more than its group. Given the history of a user and the user's hidden kind, the rule says how likely each
group is next, why, and which earlier places decide. `generate` draws the items of all users by the rule. The best
metrics that can be reached follow exactly from the same rule: see truth.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsr_lite.config import check_settings, setting
from mmsr_lite.errors import MMSRError, SettingError
from mmsr_lite.shared_settings import seed_setting

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
    """Items that are the same to the rule.

    Args:
        look: the class of their pictures, an index of the looks of the wardrobe.
        theme: the class of their texts, an index of the themes of the wardrobe, or -1 for a text about no theme.
        items: the number of items in the group.
        kind: what they are, one of `drawing.BADGES`: "garment" (the default), "basic" or "accessory".

    Example:
        >>> Group(look=2, theme=0, items=250)
        Group(look=2, theme=0, items=250, kind='garment')
    """

    look: int
    theme: int
    items: int
    kind: str = "garment"


@dataclass(frozen=True)
class NextStep:
    """What the rule says about the next item of a user.

    Args:
        chances: (G,) how likely each group is; they add up to 1.
        cause: why, one of the world's `causes`.
        because: the places in the history that decide, counted from 0; none (the default) where no place does.

    Example:
        >>> step = NextStep(np.array([0.0, 1.0]), "pick", because=(2,))
        >>> int(step.chances.argmax()), step.because
        (1, (2,))
    """

    chances: np.ndarray
    cause: str
    because: tuple[int, ...] = ()


class World:
    """The base of all worlds. A world of your own has `causes`, `groups` and `next_step`; see docs/worlds.md.

    Args:
        config: the config of the world, a `WorldConfig` or a class made from it.

    Attributes:
        causes: the names of the causes that an interaction may have.
        kinds: hidden kind of user -> its share; one kind where all users are alike.
        why: two sentences that say which order of fusion loses in this world, and why.
        reasons: cause -> the order of fusion that loses there, "early" or "late", and one sentence that says what
            decided and what that order does not know; {0}, {1} stand for the names of the items that decided.

    Example:
        >>> class Again(World):
        ...     causes = ("again",)
        ...
        ...     def groups(self):
        ...         return [Group(look=0, theme=0, items=1), Group(look=1, theme=1, items=1)]
        ...
        ...     def next_step(self, history, kind):
        ...         if not history:
        ...             return NextStep(np.array([0.5, 0.5]), "again")
        ...         return NextStep(np.eye(2)[history[-1]], "again", because=(len(history) - 1,))
        >>> walks = generate(Again(WorldConfig(users=1, length=(4, 4))), [np.array([1]), np.array([2])])
        >>> len(set(walks.item.tolist()))  # the first item is drawn, the others repeat it
        1
    """

    Config: type[WorldConfig] = WorldConfig
    causes: tuple[str, ...] = ()
    kinds: dict[str, float] = {"all": 1.0}  # noqa: RUF012 - an index, never changed
    why = ""
    reasons: dict[str, tuple[str, str]] = {}  # noqa: RUF012 - an index, never changed

    def __init__(self, config: Any):
        self.config = config

    def groups(self) -> Sequence[Group]:
        """All groups of the catalogue. Histories are made of their places in this list."""
        raise NotImplementedError(f"{type(self).__name__} has no groups; write the method `groups`")

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """What the rule says about the next item.

        Args:
            history: the groups of the user's items, the oldest first; it may be empty.
            kind: the hidden kind of the user.

        Returns:
            The chances of the groups, the cause, and the places that decide.
        """
        raise NotImplementedError(f"{type(self).__name__} has no rule; write the method `next_step`")


@dataclass(frozen=True)
class Walks:
    """The interactions of all users: one user after the other, each in the order of time.

    Args:
        user: (I,) the user of each interaction.
        place: (I,) its place in the history of the user, counted from 0.
        group: (I,) the group of its item.
        item: (I,) its item, from 1.
        cause: (I,) int8, an index of the world's causes.
        because: (I, W) the places in the user's history that decide it, filled up with -1.
        kind: (U,) the hidden kind of each user, an index of the world's kinds.

    Example:
        >>> from mmsr_lite.data.sources.worlds.pick import Pick, PickConfig
        >>> world = Pick(PickConfig(users=8))
        >>> walks = generate(world, [np.array([number + 1]) for number in range(len(world.groups()))])
        >>> walks.user[:3].tolist(), walks.place[:3].tolist()
        ([0, 0, 0], [0, 1, 2])
    """

    user: np.ndarray
    place: np.ndarray
    group: np.ndarray
    item: np.ndarray
    cause: np.ndarray
    because: np.ndarray
    kind: np.ndarray


def generate(world: World, members: Sequence[np.ndarray]) -> Walks:
    """Draw the hidden kind and the items of each user by the rule; the same world always gives the same ones.

    Args:
        world: the world.
        members: G arrays, the items of each group.

    Returns:
        The interactions of all users.

    Raises:
        MMSRError: the rule gives a cause that is not among the world's causes, or chances that do not add up to one.

    Example:
        >>> from mmsr_lite.data.sources.worlds.pick import Pick, PickConfig
        >>> world = Pick(PickConfig(users=8))
        >>> walks = generate(world, [np.array([number + 1]) for number in range(len(world.groups()))])
        >>> bought = walks.place % 4 == 3  # a session has three garments, then a basic
        >>> [world.causes[cause] for cause in sorted(set(walks.cause[bought].tolist()))]
        ['pick']
    """
    config = world.config
    rng = np.random.default_rng([config.seed, 1])
    names, shares = list(world.kinds), list(world.kinds.values())
    kind = rng.choice(len(names), size=config.users, p=shares)
    lengths = rng.integers(config.length[0], config.length[1] + 1, config.users)
    group, cause, because = [], [], []
    known: dict[tuple[str, bytes], np.ndarray] = {}  # chances that were checked -> their running sums: a world has few
    for user in range(config.users):
        history: list[int] = []
        own = names[kind[user]]
        for draw in rng.random(lengths[user]).tolist():
            step = world.next_step(history, own)
            key = step.cause, np.asarray(step.chances).tobytes()
            if key not in known:
                known[key] = np.cumsum(_checked(world, step, len(members)).chances)
            history.append(min(int(known[key].searchsorted(draw, side="right")), len(members) - 1))
            cause.append(world.causes.index(step.cause))
            because.append(step.because)
        group += history
    numbers = np.array(group)
    sizes = np.array([len(one) for one in members])
    within = (rng.random(len(numbers)) * sizes[numbers]).astype(np.int64)  # (I,) which item of its group
    starts = np.cumsum(sizes) - sizes
    widest = max(1, max(map(len, because)))
    padded = np.full((len(because), widest), -1, np.int16)
    for row, places in enumerate(because):
        if places:
            padded[row, : len(places)] = places
    return Walks(
        user=np.repeat(np.arange(config.users), lengths),
        place=np.concatenate([np.arange(length) for length in lengths]),
        group=numbers,
        item=np.concatenate(list(members))[starts[numbers] + within],
        cause=np.array(cause, np.int8),
        because=padded,
        kind=kind,
    )


def _checked(world: World, step: NextStep, groups: int) -> NextStep:
    """The step, when its cause and its chances are possible; else an error."""
    name = type(world).__name__
    if step.cause not in world.causes:
        raise MMSRError(f"{name} gives the cause {step.cause!r}; expected one of: {', '.join(world.causes)}")
    chances = np.asarray(step.chances)
    if chances.shape != (groups,) or (chances < 0).any() or abs(chances.sum() - 1) > 1e-9:
        shape, total = chances.shape, float(chances.sum())
        raise MMSRError(f"{name} gives chances of shape {shape} that add up to {total:g}; expected ({groups},) and 1")
    return step
