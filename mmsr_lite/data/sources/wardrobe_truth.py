"""The laws of the wardrobe, and what follows from them: the chances of each next item, and the best that one can reach.

`wardrobe` says what the world is, and draws it. Here is what its generator knows.
"""

from dataclasses import dataclass

import numpy as np

from mmsr_lite.config import check_settings, setting
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.errors import MMSRError, SettingError
from mmsr_lite.shared_settings import seed_setting

CYCLE = tuple(("cycle", look, theme) for look in (1, -1) for theme in (1, -1))
MATCH = (("match", 0, 0),)
WORLDS = {"cycle": (CYCLE, (0.25,) * 4), "match": (MATCH, (1.0,))}


@dataclass(frozen=True)
class WardrobeConfig:
    """The size and the rules of the world.

    Example:
        >>> WardrobeConfig(looks=5, themes=5, items_per_cell=2).num_items
        50
    """

    world: str = setting("cycle", "which law the next item follows", one_of=WORLDS)
    looks: int = setting(7, "classes of what a picture shows", at_least=3, at_most=len(BOOK["looks"]))
    themes: int = setting(7, "classes of what a text says", at_least=3, at_most=len(BOOK["themes"]))
    items_per_cell: int = setting(20, "items of each look and theme", at_least=1, at_most=10_000)
    users: int = setting(4000, "number of users", at_least=1, at_most=10_000_000)
    length: tuple[int, int] = setting((5, 15), "least and most items of a user", at_least=1, at_most=10_000)
    noise: float = setting(0.1, "chance that an item is drawn from the whole catalogue", at_least=0, at_most=1)
    skew: float = setting(1.5, "the k-th item of a cell is drawn k ** -skew times as often as the first", at_least=0)
    size: int = setting(80, "side of a picture in pixels", at_least=8, at_most=2048)
    seed: int = seed_setting("seed of the world")

    def __post_init__(self) -> None:
        check_settings(self)
        if self.world != "cycle" and (self.looks != self.themes or self.looks % 2 == 0):
            sizes = f"looks is {self.looks} and themes is {self.themes}"
            message = f"{sizes}; world {self.world!r} needs as many looks as themes, and an odd number"
            raise SettingError("looks", message)
        if self.length[0] > self.length[1]:
            message = f"length is {self.length}; expected the least number of items of a user, then the most"
            raise SettingError("length", message)

    @property
    def num_items(self) -> int:
        """V."""
        return self.looks * self.themes * self.items_per_cell


@dataclass(frozen=True)
class Truth:
    """What the generator of the world knows, and what follows from it.

    Args:
        config: the config of the world.
        look: (V+1,) the look of each item, -1 for item 0.
        theme: (V+1,) the theme of each item, -1 for item 0.
        cells: (looks, themes, items_per_cell) the items of each cell, the most frequent first.
        latent: (U,) the hidden latent of each user, an index of `latents`.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import load
        >>> config = WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4, noise=0)
        >>> truth = load("match", config=config, modalities=()).facts["truth"]
        >>> start = int(truth.cells[1, 0, 0])
        >>> chances = truth.distributions([[start]])[0]
        >>> round(float(chances.max()), 4), int((chances > 0).sum())  # one of three items of the collection, 1/3 each
        (0.3333, 3)
    """

    config: WardrobeConfig
    look: np.ndarray
    theme: np.ndarray
    cells: np.ndarray
    latent: np.ndarray

    @property
    def latents(self) -> tuple[tuple[str, int, int], ...]:
        """For each latent of this world its kind, direction of looks and direction of themes."""
        return WORLDS[self.config.world][0]

    def group(self, latent: int, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The G items that may follow each item when there is no noise.

        Args:
            latent: the latent of the users, an index of `latents`.
            items: (B,) the current items.

        Returns:
            Items (B, G) and their probabilities (G,).
        """
        kind, d_look, d_theme = self.latents[latent]
        looks, themes, size = self.cells.shape
        share = np.arange(1.0, size + 1) ** -self.config.skew
        share /= share.sum()
        p, t = self.look[items], self.theme[items]
        if kind == "cycle":
            return self.cells[(p + d_look) % looks, (t + d_theme) % themes], share
        other = np.arange(looks)
        half = (looks + 1) // 2  # the inverse of 2 modulo an odd n
        group = self.cells[other, ((p + t)[:, None] - other) * half % looks]  # (B, looks, items_per_cell)
        return group.reshape(len(items), looks * size), np.tile(share, looks) / looks

    def posterior(self, histories: np.ndarray) -> np.ndarray:
        """How likely each latent is after all steps of the histories.

        Args:
            histories: (B, L) items, padded on the right with 0.

        Returns:
            (B, Z) probabilities; rows sum to one.
        """
        prior = np.log(WORLDS[self.config.world][1])  # (Z,)
        log = np.tile(prior, (len(histories), 1))
        stray = self.config.noise / self.config.num_items
        for step in range(1, histories.shape[1]):
            rows = np.flatnonzero(histories[:, step])
            now, then = histories[rows, step - 1], histories[rows, step]
            for latent in range(len(self.latents)):
                items, share = self.group(latent, now)
                follows = (items == then[:, None]) @ share  # (rows,)
                with np.errstate(divide="ignore"):
                    log[rows, latent] += np.log(stray + (1 - self.config.noise) * follows)
        impossible = np.isneginf(log).all(axis=1)  # histories that no latent can make when there is no noise
        log[impossible] = prior
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)

    def distributions(self, histories: np.ndarray) -> np.ndarray:
        """The probability of each next item.

        Args:
            histories: (B, L) items, padded on the right with 0.

        Returns:
            (B, V+1) probabilities; that of item 0 is 0.

        Raises:
            MMSRError: a history is empty.
        """
        histories = np.asarray(histories, np.int64)
        posterior, count = self.posterior(histories), np.count_nonzero(histories, axis=1)
        if (count == 0).any():
            raise MMSRError("a history is empty; expected at least one item")
        rows = np.arange(len(histories))
        last = histories[rows, count - 1]
        out = np.full((len(histories), len(self.look)), self.config.noise / self.config.num_items)
        out[:, 0] = 0
        for latent in range(len(self.latents)):
            items, share = self.group(latent, last)
            out[rows[:, None], items] += (1 - self.config.noise) * posterior[:, latent, None] * share
        return out

    def reachable(self, examples, cutoffs: tuple[int, ...] = (5, 20)) -> dict[str, float]:
        """The best HR@K, MRR@K and NDCG@K, in percent, that any ranking of the examples can expect.

        The best ranking is the one by true probability p; the order of equally likely items does not matter. HR@K is
        then the sum of the K greatest p, MRR@K the sum of p / rank over them, and NDCG@K the sum of p / log2(1 + rank).

        Args:
            examples: the examples that are ranked.
            cutoffs: the values of K, default 5 and 20.

        Returns:
            Name of a metric, such as "HR@5" -> percent.
        """
        most = max(cutoffs)
        best = np.zeros(most)
        for begin in range(0, len(examples), 1024):
            chance = self.distributions(examples.histories(np.arange(begin, min(begin + 1024, len(examples)))))
            some = min(most, chance.shape[1])  # a small world has fewer items than ranks that are asked for
            greatest = np.sort(np.partition(chance, -some, axis=1)[:, -some:], axis=1)[:, ::-1]  # (B, some)
            best[:some] += greatest.sum(axis=0)
        best *= 100 / len(examples)  # (most,) chance in percent that the target has rank 1, 2, ...
        rank = np.arange(1, most + 1)
        gains = {"HR": best, "MRR": best / rank, "NDCG": best / np.log2(1 + rank)}
        return {f"{name}@{k}": float(gain[:k].sum()) for k in cutoffs for name, gain in gains.items()}
