"""A small world with planted truth: garments whose next one is known to follow from sequence or from match.

Each item lies in a cell (look, theme). The look is what its picture shows (garment, colour, pattern), the theme is what
its text says (occasion, material, season), and neither modality speaks of the other's class. Each user has one hidden
latent, and each next item is drawn from the group that the latent and the current item define, or with probability
`noise` from the whole catalogue:

- **cycle** (four latents, a direction for looks and one for themes): from (p, t) to the cell (p +- 1, t +- 1). Each
  modality follows its own sequence and the earlier items give the directions away; which picture belongs to which text
  carries no information (but that noise breaks both sequences at once). This is what homogeneous relations see.
- **match** (one latent): from (p, t) to the collection p' + 2 t' = p + t (mod n, n odd). A collection has one theme for
  each look and one look for each theme, so neither p nor t alone says anything about the next item, together they name
  its collection, and earlier items add nothing. This is what heterogeneous relations see.

Items of a cell share its probability by rank (1, 2^-skew, 3^-skew, ...), the same in every cell, so popularity tells
nothing about classes and every cell is visited equally often. `Truth` knows the distribution of the next item exactly:
Bayes over the latents given every step of the history. `match` shows how one fools oneself: the last item's identity
tells all. Worlds in which the order of fusion decides are in `sources/worlds`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from mmsr_lite.config import check_settings, seed_setting, setting
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import Facts
from mmsr_lite.data.prepare import Raw, build
from mmsr_lite.data.sources.wardrobe_draw import BOOK, VERSION, draw
from mmsr_lite.data.storage import atomic, cache_dir, content_hash
from mmsr_lite.errors import MMSRError, SettingError

CYCLE = tuple(("cycle", look, theme) for look in (1, -1) for theme in (1, -1))
MATCH = (("match", 0, 0),)
WORLDS = {"cycle": (CYCLE, (0.25,) * 4), "match": (MATCH, (1.0,))}
RETIRED = {  # worlds of version 0.1 -> what has taken their place
    "mixed": "half of the users for each order of fusion: load 'worlds:both'",
    "sparse": "items too rare to be known by heart, their looks and themes not: load 'worlds:pick'",
}
CAUSES = ("first", "noise", "cycle", "match")  # why an interaction is what it is; a user's first follows nothing


@dataclass(frozen=True)
class WardrobeConfig:
    """Size and laws of the world.

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
    """What the generator knows: `look` and `theme` (V+1,), the items of each `cells` (looks, themes, items_per_cell),
    and the `latent` of each user (U,), an index of `latents`."""

    config: WardrobeConfig
    look: np.ndarray
    theme: np.ndarray
    cells: np.ndarray
    latent: np.ndarray

    @property
    def latents(self) -> tuple[tuple[str, int, int], ...]:
        """(kind, direction of looks, direction of themes) of each latent of this world."""
        return WORLDS[self.config.world][0]

    def group(self, latent: int, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The items that may follow `items` (B,) without noise: (B, G) items and their (G,) probabilities.

        Args:
            latent: a hidden kind of user.
            items: (B,) items.

        Returns:
            Items (B, G) and probabilities (G,).
        """
        kind, d_look, d_theme = self.latents[latent]
        looks, themes, size = self.cells.shape
        share = np.arange(1.0, size + 1) ** -self.config.skew
        share /= share.sum()
        p, t = self.look[items], self.theme[items]
        if kind == "cycle":
            return self.cells[(p + d_look) % looks, (t + d_theme) % themes], share
        other = np.arange(looks)
        half = (looks + 1) // 2  # 1/2 modulo an odd n
        group = self.cells[other, ((p + t)[:, None] - other) * half % looks]  # (B, looks, items_per_cell)
        return group.reshape(len(items), looks * size), np.tile(share, looks) / looks

    def posterior(self, histories: np.ndarray) -> np.ndarray:
        """(B, Z) how likely each latent is after all steps of `histories` (B, L), right-padded with 0.

        Args:
            histories: (B, L) items, padded on the right with 0.
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
        impossible = np.isneginf(log).all(axis=1)  # without noise, a history that no latent can make
        log[impossible] = prior
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)

    def distributions(self, histories: np.ndarray) -> np.ndarray:
        """(B, V+1) probability of each next item after `histories` (B, L), right-padded with 0; item 0 has none.

        Args:
            histories: (B, L) items, padded on the right with 0.

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
        """The best expected HR@K, MRR@K and NDCG@K of any ranking of `examples`, in percent.

        That is the ranking by true probability; among equal items every order is as good, so HR@K is the sum of the K
        greatest probabilities, MRR@K the sum of p / rank over them and NDCG@K that of p / log2(1 + rank).

        Args:
            examples: the examples that are ranked.
            cutoffs: K of each metric.
        """
        most = max(cutoffs)
        best = np.zeros(most)
        for begin in range(0, len(examples), 1024):
            chance = self.distributions(examples.histories(np.arange(begin, min(begin + 1024, len(examples)))))
            best += np.sort(np.partition(chance, -most, axis=1)[:, -most:], axis=1)[:, ::-1].sum(axis=0)
        best *= 100 / len(examples)  # (most,) chance in percent that the target has rank 1, 2, ...
        rank = np.arange(1, most + 1)
        gains = {"HR": best, "MRR": best / rank, "NDCG": best / np.log2(1 + rank)}
        return {f"{name}@{k}": float(gain[:k].sum()) for k in cutoffs for name, gain in gains.items()}


def load(
    world: str | None = None,
    *,
    config: WardrobeConfig | None = None,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    seed: int | None = None,
) -> Dataset:
    """Make the data set "wardrobe-<world>" with modalities `picture` and `text`; `world` and `seed` go before `config`.

    `facts` has `truth` (`Truth`), `cause` (I,) codes of `causes`, and `look` and `theme` (V+1,) codes of `looks` and
    `themes`. The same config always gives the same data, to the byte.

    Args:
        world: cycle or match; None: that of `config`.
        config: sizes and shares; None: those of the world.
        modalities: those to take; None: both, `[]`: none.
        encoders: one encoder for both, or one for each modality.
        seed: of users, items and drawings; None: that of `config`.

    Returns:
        The data set.

    Raises:
        MMSRError: there is no such world, or a setting is not possible.

    Example:
        >>> load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=()).num_items
        9
    """
    if world in RETIRED:
        raise MMSRError(f"the world 'wardrobe:{world}' is gone since version 0.2; {RETIRED[world]}")
    config = config or WardrobeConfig()
    config = replace(config, world=world or config.world, seed=config.seed if seed is None else seed)
    rng = np.random.default_rng([config.seed, 0])
    order = rng.permutation(config.num_items) + 1
    cells = order.reshape(config.looks, config.themes, config.items_per_cell)
    look, theme = (np.full(config.num_items + 1, -1) for _ in range(2))
    look[cells], theme[cells] = np.arange(config.looks)[:, None, None], np.arange(config.themes)[:, None]
    texts = [""] * (config.num_items + 1)
    for index in range(config.themes):
        siblings, variants = cells[:, index].ravel(), rng.permutation(len(BOOK["templates"]) * len(BOOK["endings"]))
        for sibling, variant in zip(siblings, np.resize(variants, len(siblings)), strict=True):
            texts[sibling] = _text(index, int(variant))
    names, labels = BOOK["names"], rng.permutation(config.num_items)
    titles = [f"{names[i % len(names)]} no. {i // len(names) + 1}" for i in labels]
    truth, user, step, item, cause = _interactions(config, look, theme, cells)
    ids, (folder, pictures) = [f"w{i:04d}" for i in range(1, config.num_items + 1)], _pictures(config, look)
    table = pd.DataFrame({"user_id": [f"u{u:04d}" for u in user], "item_id": np.array(ids)[item - 1]})
    table["timestamp"] = 1_700_000_000 + 86_400 * step
    items = pd.DataFrame({"item_id": ids, "title": titles, "text": texts[1:], "picture": pictures})
    facts: Facts = {"truth": truth, "cause": cause, "causes": CAUSES, "look": look, "theme": theme}
    facts["looks"] = tuple(" ".join(words) for words in BOOK["looks"][: config.looks])
    facts["themes"] = tuple(", ".join(words) for words in BOOK["themes"][: config.themes])
    name, kinds = f"wardrobe-{config.world}", {"picture": "picture", "text": "text"}
    raw = Raw(name, folder, table, items, kinds, modalities=tuple(kinds), min_count=0, facts=facts)
    return build(raw, modalities=modalities, encoders=encoders, seed=config.seed)


def _interactions(
    config: WardrobeConfig, look: np.ndarray, theme: np.ndarray, cells: np.ndarray
) -> tuple[Truth, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw each user's latent and walk all users at once, a step at a time; user, step, item and cause are (I,)."""
    rng = np.random.default_rng([config.seed, 1])
    kinds, prior = WORLDS[config.world]
    lengths = rng.integers(config.length[0], config.length[1] + 1, config.users)
    latent = rng.choice(len(kinds), size=config.users, p=prior)
    truth = Truth(config, look, theme, cells, latent)
    walked = np.zeros((2, config.users, config.length[1]), np.int64)  # item and cause of each user's steps
    now = rng.integers(1, config.num_items + 1, config.users)
    cause = np.zeros(config.users, np.int64)
    for step in range(config.length[1]):
        if step:
            stray, now = rng.random(config.users) < config.noise, now.copy()
            for index, (kind, _, _) in enumerate(kinds):
                rows = np.flatnonzero(latent == index)
                group, share = truth.group(index, now[rows])
                now[rows] = group[np.arange(len(rows)), rng.choice(len(share), size=len(rows), p=share)]
                cause[rows] = CAUSES.index(kind)
            now[stray] = rng.integers(1, config.num_items + 1, stray.sum())
            cause[stray] = CAUSES.index("noise")
        walked[:, :, step] = now, cause
    user, place = np.nonzero(np.arange(config.length[1]) < lengths[:, None])
    item, cause = walked[:, user, place]
    return truth, user, place, item, cause.astype(np.int8)


def _text(theme: int, variant: int) -> str:
    """One of the ways to say a theme."""
    occasion, material, season = BOOK["themes"][theme]
    ending, template = divmod(variant, len(BOOK["templates"]))
    said = BOOK["templates"][template].format(occasion=occasion, material=material, season=season)
    return re.sub(r"(^|[.?] )([a-z])", lambda m: m[0].upper(), f"{said} {BOOK['endings'][ending]}")


def _pictures(config: WardrobeConfig, look: np.ndarray) -> tuple[Path, list[str]]:
    """Draw every item once; the folder where the files are kept, and their names in it."""
    drawn = [BOOK[part] for part in ("looks", "colours", "garments")]
    folder = cache_dir("wardrobe", content_hash(VERSION, drawn, look, config.size, config.seed))
    names = [f"w{item:04d}.png" for item in range(1, len(look))]
    for item, name in enumerate(names, 1):
        if not (folder / name).is_file():
            with atomic(folder / name) as tmp:
                tmp.write_bytes(draw(int(look[item]), config.size, [config.seed, 2, item]))
    return folder, names
