"""The world `clocks`: late fusion wins, because picture and text each look back to a garment of their own.

In a session, a user looks at k garments and then buys one accessory. The accessory has the look of the garment
`look_lag` steps before it, and the theme of the garment `theme_lag` steps before it. Looks and themes of the garments
are drawn at random, and sessions do not depend on each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsr_lite.config import setting
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.sources.worlds.pick import open_session
from mmsr_lite.data.sources.worlds.world import MOST_GROUP, Group, NextStep, World, WorldConfig
from mmsr_lite.errors import SettingError


@dataclass(frozen=True)
class ClocksConfig(WorldConfig):
    """Sizes of the world `clocks`.

    Example:
        >>> ClocksConfig(look_lag=5)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: look_lag is 5 and theme_lag is 2; expected two different lags of at most 3, ...
    """

    looks: int = setting(8, "classes of what a picture shows", at_least=2, at_most=len(BOOK["looks"]))
    themes: int = setting(8, "classes of what a text says", at_least=2, at_most=len(BOOK["themes"]))
    garments: int = setting(25, "garments of each look and theme", at_least=1, at_most=MOST_GROUP)
    accessories: int = setting(5, "accessories of each look and theme", at_least=1, at_most=MOST_GROUP)
    browses: int = setting(3, "k, garments that are looked at in a session", at_least=2, at_most=20)
    look_lag: int = setting(3, "steps from the accessory back to the garment that has its look", at_least=1, at_most=20)
    theme_lag: int = setting(2, "steps from it back to the garment that has its theme", at_least=1, at_most=20)

    def __post_init__(self) -> None:
        super().__post_init__()
        if max(self.look_lag, self.theme_lag) > self.browses or self.look_lag == self.theme_lag:
            lags = f"look_lag is {self.look_lag} and theme_lag is {self.theme_lag}"
            message = f"{lags}; expected two different lags of at most {self.browses}, the number of browses"
            raise SettingError("look_lag", message)


class Clocks(World):
    """The accessory that is bought has the look of one garment and the theme of another.

    Args:
        config: the sizes of the world.

    Example:
        >>> world = Clocks(ClocksConfig(looks=2, themes=2))
        >>> step = world.next_step([1, 2, 0], "all")  # garments (0, 1), (1, 0), (0, 0); the lags are 3 and 2
        >>> step.because, int(step.chances.argmax())  # look 0 of the first, theme 0 of the second: 4 + 0 * 2 + 0
        ((0, 1), 4)
    """

    Config = ClocksConfig
    causes = ("browse", "clocks")
    why = (
        "Early fusion makes one token of a garment's picture and text and reads each place with one weight, so the "
        "unwanted look and theme come along with the wanted ones and blur which is which. Late fusion lets each "
        "channel look back to its own place and takes nothing else."
    )
    reasons = {  # noqa: RUF012 - an index, never changed
        "clocks": (
            "early",
            "It has the look of {0} and the theme of {1}, and early fusion, which reads each garment "
            "whole, takes the unwanted look and theme along.",
        )
    }

    def groups(self) -> Sequence[Group]:
        """Garments of each look and theme, then accessories of each look and theme."""
        config = self.config
        cells = [(p, t) for p in range(config.looks) for t in range(config.themes)]
        garments = [Group(p, t, config.garments) for p, t in cells]
        return [*garments, *(Group(p, t, config.accessories, "accessory") for p, t in cells)]

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """A random garment while the session is open; then the accessory that two of its garments decide."""
        config = self.config
        cells = config.looks * config.themes
        session = open_session(history, purchases_from=cells)
        chances = np.zeros(2 * cells)
        if len(session) < config.browses:
            chances[:cells] = 1 / cells
            return NextStep(chances, "browse")
        look_place, theme_place = len(history) - config.look_lag, len(history) - config.theme_lag
        look, theme = history[look_place] // config.themes, history[theme_place] % config.themes
        chances[cells + look * config.themes + theme] = 1
        return NextStep(chances, "clocks", (look_place, theme_place))
