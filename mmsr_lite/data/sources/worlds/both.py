"""The world `both`: half of the users follow the rule of `pick`, half that of `clocks`; no order of fusion serves all.

The catalogue holds the garments of all looks and themes, the basics that users of the kind "pick" buy, and the
accessories that users of the kind "clocks" buy. Only users of the kind "pick" look at formal garments (the first
theme), one in each session. So a session shows the kind of its user once its formal garment is there, and each purchase
shows the kind too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmsr_lite.config import setting
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.sources.worlds.clocks import Clocks, ClocksConfig
from mmsr_lite.data.sources.worlds.pick import Pick, PickConfig
from mmsr_lite.data.sources.worlds.world import MOST_GROUP, Group, NextStep, World, WorldConfig


@dataclass(frozen=True)
class BothConfig(WorldConfig):
    """Sizes of the world `both`.

    Example:
        >>> BothConfig().themes
        9
    """

    looks: int = setting(8, "classes of what a picture shows", at_least=2, at_most=len(BOOK["looks"]))
    themes: int = setting(9, "classes of what a text says, the formal one too", at_least=3, at_most=len(BOOK["themes"]))
    garments: int = setting(200, "garments of each look and theme", at_least=1, at_most=MOST_GROUP)
    basics: int = setting(5, "basics of each look", at_least=1, at_most=MOST_GROUP)
    accessories: int = setting(5, "accessories of each look and theme", at_least=1, at_most=MOST_GROUP)
    browses: int = setting(3, "k, garments that are looked at in a session", at_least=2, at_most=20)
    look_lag: int = setting(3, "steps from an accessory back to the garment that has its look", at_least=1, at_most=20)
    theme_lag: int = setting(2, "steps from it back to the garment that has its theme", at_least=1, at_most=20)
    users: int = setting(8000, "number of users", at_least=1, at_most=10_000_000)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.of_clocks()

    def of_pick(self) -> PickConfig:
        """The sizes of the world that users of the kind "pick" see."""
        return PickConfig(
            looks=self.looks,
            themes=self.themes,
            garments=self.garments,
            basics=self.basics,
            browses=self.browses,
        )

    def of_clocks(self) -> ClocksConfig:
        """The sizes of the world that users of the kind "clocks" see: all themes except the formal one."""
        return ClocksConfig(
            looks=self.looks,
            themes=self.themes - 1,
            garments=self.garments,
            accessories=self.accessories,
            browses=self.browses,
            look_lag=self.look_lag,
            theme_lag=self.theme_lag,
        )


class Both(World):
    """Two kinds of users; each kind needs another order of fusion.

    Args:
        config: the sizes of the world.

    Example:
        >>> world = Both(BothConfig(looks=2, themes=3))
        >>> [group.kind for group in world.groups()].count("accessory")  # two looks and two themes that are not formal
        4
        >>> world.next_step([0, 1, 2], "pick").because  # group 0 has the formal theme
        (0,)
    """

    Config = BothConfig
    causes = ("browse", "pick", "clocks")
    kinds = {"pick": 0.5, "clocks": 0.5}  # noqa: RUF012 - an index, never changed
    why = (
        "Early fusion blurs the two clocks of one half of the users, and late fusion loses which look came with the "
        "formal text for the other half. A model serves both only if it chooses the order for each user."
    )
    reasons = Pick.reasons | Clocks.reasons

    def __init__(self, config: BothConfig):
        super().__init__(config)
        self.pick, self.clocks = Pick(config.of_pick()), Clocks(config.of_clocks())
        self._in_clocks = [self._as_in_clocks(group) for group in range(len(self.groups()))]

    def groups(self) -> Sequence[Group]:
        """The groups of `pick`, then the accessories of each look and each theme but the formal one."""
        config = self.config
        cells = [(p, t) for p in range(config.looks) for t in range(1, config.themes)]
        return [*self.pick.groups(), *(Group(p, t, config.accessories, "accessory") for p, t in cells)]

    def next_step(self, history: Sequence[int], kind: str) -> NextStep:
        """The step of `pick` or of `clocks`, by the kind of the user, in the groups of this world."""
        config = self.config
        looks, themes = config.looks, config.themes
        chances = np.zeros(looks * themes + looks + looks * (themes - 1))
        if kind == "pick":
            # An accessory would also end a session, but no user of this kind buys one.
            first_accessory = looks * themes + looks
            step = self.pick.next_step([min(group, first_accessory - 1) for group in history], kind)
            chances[:first_accessory] = step.chances
            return NextStep(chances, step.cause, step.because)
        step = self.clocks.next_step([self._in_clocks[group] for group in history], kind)
        half = looks * (themes - 1)
        garments, accessories = step.chances[:half], step.chances[half:]
        chances[: looks * themes].reshape(looks, themes)[:, 1:] = garments.reshape(looks, themes - 1)
        chances[looks * themes + looks :] = accessories
        return NextStep(chances, step.cause, step.because)

    def _as_in_clocks(self, group: int) -> int:
        """The number of a group in the world `clocks`; a group that is not there becomes one with the same look."""
        config = self.config
        garments, themes = config.looks * config.themes, config.themes
        if group < garments:
            look, theme = divmod(group, themes)
            return look * (themes - 1) + max(theme - 1, 0)
        basics = garments + config.looks
        if group < basics:
            return config.looks * (themes - 1) + (group - garments) * (themes - 1)
        return config.looks * (themes - 1) + group - basics
