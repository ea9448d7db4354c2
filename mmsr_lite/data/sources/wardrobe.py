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
Bayes over the latents given every step of the history. World `mixed` draws cycle and match users half and half.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.sources.wardrobe_draw import BOOK, VERSION, draw
from mmsr_lite.data.storage import cache_dir, content_hash
from mmsr_lite.errors import MMSRError, choose

CYCLE = tuple(("cycle", look, theme) for look in (1, -1) for theme in (1, -1))
MATCH = (("match", 0, 0),)
WORLDS = {"cycle": (CYCLE, (0.25,) * 4), "match": (MATCH, (1.0,)), "mixed": (CYCLE + MATCH, (0.125,) * 4 + (0.5,))}
CAUSES = ("first", "noise", "cycle", "match")  # why an interaction is what it is; a user's first follows nothing
ENCODERS = {"picture": "colour-edges", "text": "tfidf-svd"}


@dataclass(frozen=True)
class WardrobeConfig:
    """Size and laws of the world; `length` is the least and most items of a user, `size` the picture's side in pixels.

    >>> WardrobeConfig(looks=5, themes=5, items_per_cell=2).num_items
    50
    """

    world: str = "mixed"
    looks: int = 7
    themes: int = 7
    items_per_cell: int = 20
    users: int = 4000
    length: tuple[int, int] = (5, 15)
    noise: float = 0.1
    skew: float = 1.5
    size: int = 80
    seed: int = 0

    def __post_init__(self) -> None:
        choose("world", self.world, WORLDS)
        for name in ("looks", "themes"):
            if not 3 <= getattr(self, name) <= len(BOOK[name]):
                raise MMSRError(f"{name}={getattr(self, name)} is not possible; choose from 3 to {len(BOOK[name])}")
        if self.world != "cycle" and (self.looks != self.themes or self.looks % 2 == 0):
            sizes = f"looks={self.looks}, themes={self.themes}"
            raise MMSRError(f"world {self.world!r} needs as many looks as themes and an odd number; got {sizes}")
        if min(self.items_per_cell, self.users, self.length[0]) < 1 or self.length[0] > self.length[1]:
            raise MMSRError(f"items_per_cell, users and length must be 1 or more, length rising; got {asdict(self)}")
        if not 0 <= self.noise <= 1:
            raise MMSRError(f"noise={self.noise} is not a probability; choose from 0 to 1")

    @property
    def num_items(self) -> int:
        """V."""
        return self.looks * self.themes * self.items_per_cell


@dataclass(frozen=True)
class Truth:
    """What the generator knows: `look` and `theme` (V+1,), the items of each `cells` (looks, themes, items_per_cell),
    the `latent` of each user (U,), an index of `latents`, and the cause of each interaction."""

    config: WardrobeConfig
    look: np.ndarray
    theme: np.ndarray
    cells: np.ndarray
    latent: np.ndarray
    causes: np.ndarray
    offsets: np.ndarray

    @property
    def latents(self) -> tuple[tuple[str, int, int], ...]:
        """(kind, direction of looks, direction of themes) of each latent of this world."""
        return WORLDS[self.config.world][0]

    @cached_property
    def prior(self) -> np.ndarray:
        """(Z,) how likely each latent is."""
        return np.array(WORLDS[self.config.world][1])

    def cause(self, user: int, step: int) -> str:
        """Why the item at `step` (0 is the first) of `user` is what it is: one of `CAUSES`."""
        steps = self.offsets[user + 1] - self.offsets[user]
        if not 0 <= step < steps:
            raise MMSRError(f"user {user} has no step {step}; expected 0 to {steps - 1}")
        return CAUSES[self.causes[self.offsets[user] + step]]

    def group(self, latent: int, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The items that may follow `items` (B,) without noise: (B, G) items and their (G,) probabilities."""
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
        """(B, Z) how likely each latent is after all steps of `histories` (B, L), right-padded with 0."""
        log = np.tile(np.log(self.prior), (len(histories), 1))
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
        log[impossible] = np.log(self.prior)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)

    def distributions(self, histories: np.ndarray) -> np.ndarray:
        """(B, V+1) probability of each next item after `histories` (B, L), right-padded with 0; item 0 has none."""
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

    def distribution(self, history: Sequence[int] | np.ndarray) -> np.ndarray:
        """(V+1,) true probability of each next item after `history`; item 0 has none."""
        return self.distributions(np.asarray(history)[None])[0]

    def reachable(self, examples, cutoffs: tuple[int, ...] = (5, 20)) -> dict[str, float]:
        """The best expected HR@K, MRR@K and NDCG@K of any ranking of `examples`, in percent.

        That is the ranking by true probability; among equal items every order is as good, so HR@K is the sum of the K
        greatest probabilities, MRR@K the sum of p / rank over them and NDCG@K that of p / log2(1 + rank).
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
    encoders: dict[str, str] | None = None,
    seed: int | None = None,
) -> Dataset:
    """Make the data set "wardrobe-<world>" with modalities `picture` and `text`; `world` and `seed` go before `config`.

    `encoders` names the encoder of a modality. `facts` has `truth` (`Truth`), `cause` (I,) codes of `causes`, `look`
    and `theme` (V+1,) codes of `looks` and `themes`. The same config always gives the same data, to the byte.

    >>> load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=()).num_items
    9
    """
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
    titles = ("", *(f"{names[i % len(names)]} no. {i // len(names) + 1}" for i in labels))
    truth, item = _interactions(config, look, theme, cells)
    lengths = np.diff(truth.offsets)
    step = np.arange(len(item)) - np.repeat(truth.offsets[:-1], lengths)
    pictures = _pictures(config, look)
    found = []
    for name in ENCODERS if modalities is None else modalities:
        from mmsr_lite.data.encoders import encode

        encoder = (encoders or {}).get(name, ENCODERS[choose("modality", name, ENCODERS)])
        values: Sequence[str | None] = pictures if name == "picture" else texts
        features, present = encode(encoder, values[1:], seed=config.seed)
        pad = np.zeros((1, features.shape[1]), np.float32)
        found.append(Modality(name, np.concatenate([pad, features]), np.concatenate([[False], present])))
    return Dataset(
        name=f"wardrobe-{config.world}", user=np.repeat(np.arange(config.users), lengths), item=item,
        time=1_700_000_000 + 86_400 * step, user_ids=tuple(f"u{i:04d}" for i in range(config.users)),
        item_ids=("", *(f"w{i:04d}" for i in range(1, config.num_items + 1))), titles=titles,
        texts={"text": tuple(texts)}, pictures=tuple(pictures), modalities=tuple(found),
        facts={"truth": truth, "cause": truth.causes, "causes": CAUSES, "look": look, "theme": theme,
               "looks": tuple(" ".join(x) for x in BOOK["looks"][: config.looks]),
               "themes": tuple(", ".join(x) for x in BOOK["themes"][: config.themes])},
    )  # fmt: skip


def _interactions(
    config: WardrobeConfig, look: np.ndarray, theme: np.ndarray, cells: np.ndarray
) -> tuple[Truth, np.ndarray]:
    """Draw each user's latent and walk all users at once, a step at a time."""
    rng = np.random.default_rng([config.seed, 1])
    kinds, prior = WORLDS[config.world]
    lengths = rng.integers(config.length[0], config.length[1] + 1, config.users)
    latent = rng.choice(len(kinds), size=config.users, p=prior)
    item, causes = np.zeros(lengths.sum(), np.int64), np.zeros(lengths.sum(), np.int8)
    truth = Truth(config, look, theme, cells, latent, causes, np.concatenate([[0], lengths.cumsum()]))
    now = rng.integers(1, config.num_items + 1, config.users)
    cause = np.zeros(config.users, np.int8)
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
        here = np.flatnonzero(lengths > step)
        item[truth.offsets[here] + step], causes[truth.offsets[here] + step] = now[here], cause[here]
    return truth, item


def _text(theme: int, variant: int) -> str:
    """One of the ways to say a theme."""
    occasion, material, season = BOOK["themes"][theme]
    ending, template = divmod(variant, len(BOOK["templates"]))
    said = BOOK["templates"][template].format(occasion=occasion, material=material, season=season)
    return re.sub(r"(^|[.?] )([a-z])", lambda m: m[0].upper(), f"{said} {BOOK['endings'][ending]}")


def _pictures(config: WardrobeConfig, look: np.ndarray) -> list[str | None]:
    """Draw every item once and keep the files; a folder that exists is whole, for it is moved into place when done."""
    drawn = [BOOK[part] for part in ("looks", "colours", "garments")]
    key = content_hash(VERSION, drawn, look, config.size, config.seed)
    folder = cache_dir("wardrobe", key)
    names = [f"w{item:04d}.png" for item in range(1, len(look))]
    if not folder.is_dir():
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            tmp = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{key}."))
            try:
                for item, name in enumerate(names, 1):
                    (tmp / name).write_bytes(draw(int(look[item]), config.size, [config.seed, 2, item]))
                tmp.chmod(0o755)
                os.replace(tmp, folder)
            finally:
                shutil.rmtree(tmp, ignore_errors=True)
        except OSError as error:
            if not folder.is_dir():  # else another process was first, with the same bytes
                place = f"{str(folder)!r}: {error.strerror}"
                raise MMSRError(f"could not draw into {place}; free space or set MMSR_CACHE") from error
    return [None, *(str(folder / name) for name in names)]
