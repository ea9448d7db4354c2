"""The world `pick`: early fusion wins, because a garment must be found by its text, and its picture then decides.

In a session, a user looks at k garments and then buys one basic. Exactly one of the k garments, at any place, has the
first theme ("formal"), and the basic has the look of this garment. Everything else is drawn at random: the place of the
formal garment, the looks, the other themes. Sessions do not depend on each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsr_lite.config import setting
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.sources.worlds.world import MOST_GROUP, Group, NextStep, World, WorldConfig


@dataclass(frozen=True)
class PickConfig(WorldConfig):
    """Sizes of the world `pick`.

    Example:
        >>> PickConfig(looks=4).browses
        3
    """

    looks: int = setting(6, "classes of what a picture shows", at_least=2, at_most=len(BOOK["looks"]))
    themes: int = setting(3, "classes of what a garment's text says", at_least=2, at_most=len(BOOK["themes"]))
    garments: int = setting(250, "garments of each look and theme", at_least=1, at_most=MOST_GROUP)
    basics: int = setting(5, "basics of each look", at_least=1, at_most=MOST_GROUP)
    browses: int = setting(3, "k, garments that are looked at in a session", at_least=1, at_most=20)


class Pick(World):
    """The basic that is bought has the look of the formal garment of the session.

    Args:
        config: the sizes of the world.

    Example:
        >>> world = Pick(PickConfig(looks=2, themes=3))
        >>> step = world.next_step([1, 3, 5], "all")  # garments (0, 1), (1, 0), (1, 2); theme 0 is the formal one
        >>> step.because, int(step.chances.argmax())  # the basic of look 1: 2 * 3 + 1
        ((1,), 7)
    """

    Config = PickConfig
    causes = ("browse", "pick")
    why = (
        "Late fusion reads the pictures alone and the texts alone, so it knows which looks and which themes were there "
        "but not which look came with the formal text. Early fusion reads garments whole and remembers the formal one."
    )
    reasons = {  # noqa: RUF012 - an index, never changed
        "pick": (
            "late",
            "It has the look of {0}, the one formal garment of this session, and late fusion, which reads "
            "pictures and texts apart, cannot know which of the looks came with the formal text.",
        )
    }

    def groups(self) -> Sequence[Group]:
        """Garments of each look and theme, then the basics of each look."""
        config = self.config
        garments = [Group(p, t, config.garments) for p in range(config.looks) for t in range(config.themes)]
        return [*garments, *(Group(p, -1, config.basics, "basic") for p in range(config.looks))]

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """A random garment while the session is open; then the basic that the formal garment decides."""
        looks, themes, browses = self.config.looks, self.config.themes, self.config.browses
        session = open_session(history, purchases_from=looks * themes)
        formal = [place for place in session if history[place] % themes == 0]
        chances = np.zeros((looks * themes) + looks)
        if len(session) >= browses:
            basics = chances[looks * themes :]
            if formal:
                basics[history[formal[-1]] // themes] = 1
            else:  # this cannot happen in a session of this world
                basics[:] = 1 / looks
            return NextStep(chances, "pick", tuple(formal[-1:]))
        chance = 0.0
        if not formal:
            chance = 1 / (browses - len(session))  # each of the remaining places is equally likely
        of_theme = np.array([chance, *[(1 - chance) / (themes - 1)] * (themes - 1)])
        chances[: looks * themes].reshape(looks, themes)[:] = of_theme / looks
        return NextStep(chances, "browse")


def open_session(history: Sequence[int], purchases_from: int) -> range:
    """The places of the history since the last purchase.

    Args:
        history: the groups of a user's items, the oldest first.
        purchases_from: the first group that is bought; the groups with lower numbers are only looked at.

    Returns:
        The places, a range that ends at the end of the history.

    Example:
        >>> open_session([0, 1, 9, 2, 3], purchases_from=9)
        range(3, 5)
    """
    first = len(history)
    while first and history[first - 1] < purchases_from:
        first -= 1
    return range(first, len(history))
