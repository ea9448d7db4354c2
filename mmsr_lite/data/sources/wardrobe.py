"""A small made-up world of garments, in which the next item is known to follow either from sequence or from match.

Each item lies in a cell (look, theme). The look is what its picture shows (garment, colour, pattern). The theme is what
its text says (occasion, material, season). The picture says nothing about the theme, and the text nothing about the
look. Each user has one hidden latent. Each next item is drawn from a group of items that the latent and the current
item define or, with probability `noise`, from the whole catalogue:

- **cycle** (four latents: a direction for looks and one for themes): from the cell (p, t) to the cell (p +- 1, t +- 1).
  Each modality follows its own sequence, and the earlier items show both directions. Which picture belongs to which
  text carries no information, except that noise breaks both sequences at once. Homogeneous relations see this.
- **match** (one latent): from the cell (p, t) to the collection of the cells (p', t') with p' + 2 t' = p + t (mod n, n
  odd). A collection has one theme for each look and one look for each theme. So p alone or t alone says nothing about
  the next item, both together name its collection, and earlier items add nothing. Heterogeneous relations see this.

Within a cell, the k-th item is drawn k^-skew times as often as the first, and this is the same in every cell. So
popularity says nothing about classes, and all cells are visited equally often. `Truth` computes the distribution of the
next item exactly, by the rule of Bayes over the latents, given all steps of the history. The world `match` shows how
one can fool oneself: there the last item alone decides everything. Worlds in which the order of fusion decides are in
`sources/worlds`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import Facts
from mmsr_lite.data.prepare import Raw, build
from mmsr_lite.data.sources.wardrobe_draw import BOOK, VERSION, draw
from mmsr_lite.data.sources.wardrobe_truth import WORLDS, Truth, WardrobeConfig
from mmsr_lite.data.storage import atomic, cache_dir, content_hash
from mmsr_lite.errors import MMSRError

RETIRED = {  # world of version 0.1 -> its replacement
    "mixed": "half of the users for each order of fusion: load 'worlds:both'",
    "sparse": "items too rare to be known by heart, their looks and themes not: load 'worlds:pick'",
}
CAUSES = ("first", "noise", "cycle", "match")  # of an interaction; the first one of a user follows from nothing


def load(
    world: str | None = None,
    *,
    config: WardrobeConfig | None = None,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    seed: int | None = None,
) -> Dataset:
    """Make the data set "wardrobe-<world>" with the modalities `picture` and `text`.

    `facts` has `truth`, a `Truth`; `cause` (I,), an index of `causes`; and `look` and `theme` (V+1,), indexes of
    `looks` and `themes`. The same config always gives the same data, to the byte.

    Args:
        world: "cycle" or "match"; None (the default): that of `config`.
        config: the size and the rules; None (the default): `WardrobeConfig()`.
        modalities: names of the modalities to take; None (the default): both; `[]`: none.
        encoders: one encoder for both modalities, or one for each by name; None: the default encoders.
        seed: the seed of users, items and drawings; None (the default): that of `config`.

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
    """Draw the latent and the items of all users, step by step; the truth, and user, step, item, cause (I,) each."""
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
    """One of the texts of a theme."""
    occasion, material, season = BOOK["themes"][theme]
    ending, template = divmod(variant, len(BOOK["templates"]))
    said = BOOK["templates"][template].format(occasion=occasion, material=material, season=season)
    return re.sub(r"(^|[.?] )([a-z])", lambda m: m[0].upper(), f"{said} {BOOK['endings'][ending]}")


def _pictures(config: WardrobeConfig, look: np.ndarray) -> tuple[Path, list[str]]:
    """Draw the pictures of all items that are not drawn yet; their folder, and their names in it."""
    drawn = [BOOK[part] for part in ("looks", "colours", "garments")]
    folder = cache_dir("wardrobe", content_hash(VERSION, drawn, look, config.size, config.seed))
    names = [f"w{item:04d}.png" for item in range(1, len(look))]
    for item, name in enumerate(names, 1):
        if not (folder / name).is_file():
            with atomic(folder / name) as tmp:
                tmp.write_bytes(draw(int(look[item]), config.size, [config.seed, 2, item]))
    return folder, names
