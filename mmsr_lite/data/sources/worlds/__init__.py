"""Worlds in which the order of fusion decides, one file each; docs/worlds.md says how to write another one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import Facts
from mmsr_lite.data.parts import TEST, TRAIN, VALIDATION
from mmsr_lite.data.prepare import Raw, build
from mmsr_lite.data.sources.wardrobe_draw import BOOK
from mmsr_lite.data.sources.worlds.both import Both
from mmsr_lite.data.sources.worlds.clocks import Clocks
from mmsr_lite.data.sources.worlds.drawing import pictures_of, texts_of, titles_of
from mmsr_lite.data.sources.worlds.pick import Pick
from mmsr_lite.data.sources.worlds.truth import Truth
from mmsr_lite.data.sources.worlds.world import World, WorldConfig, generate
from mmsr_lite.errors import MMSRError, choose

WORLDS: dict[str, type[World]] = {
    "pick": Pick,  # early fusion wins
    "clocks": Clocks,  # late fusion wins
    "both": Both,  # half of the users each
}
TEST_SHARE, VALIDATION_SHARE = 0.15, 0.1  # shares of the users
STUDENT: dict[str, dict[str, Any]] = {  # sizes that train in about a minute on a CPU
    "pick": {"garments": 150, "users": 3000},
    "clocks": {"garments": 15},
    "both": {"garments": 100, "users": 6000},
}
SMALL: dict[str, dict[str, Any]] = {  # sizes whose trained weights are a small file; the demo opens that of `both`
    "pick": {"garments": 60, "users": 1500},
    "clocks": {"looks": 6, "themes": 6, "garments": 10, "users": 2000},
    "both": {"looks": 6, "themes": 5, "garments": 40, "users": 2000},
}
SIZES = {"student": STUDENT, "small": SMALL}  # the end of a world's name -> its size


def load(
    world: str | None = None,
    *,
    config: WorldConfig | None = None,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    seed: int | None = None,
    drawn: bool = True,
) -> Dataset:
    """Make the data set of a world of the index.

    Args:
        world: a name in `WORLDS`, with "-student" or "-small" at its end for a smaller size, see `SIZES`.
        config: the config of the world; None (the default): that of the name.
        modalities: names of the modalities to take; None (the default): `picture` and `text`; `[]`: none.
        encoders: one encoder for both modalities, or one for each by name; None: the default encoders.
        seed: the seed of the world; None (the default): that of the config.
        drawn: whether the items get pictures; default True.

    Returns:
        The data set, with the facts that `make` lists.

    Raises:
        MMSRError: there is no such world, or the config is of another one.

    Example:
        >>> from mmsr_lite.data.sources.worlds.pick import PickConfig
        >>> load("pick", config=PickConfig(garments=2, users=4), modalities=()).num_items
        66
    """
    chosen = world_named(world or "")
    kind = type(chosen)
    if config is None:
        config = chosen.config
    if not isinstance(config, WorldConfig) or not isinstance(config, kind.Config):
        name, expected = (world or "").partition("-")[0], kind.Config.__name__
        raise MMSRError(f"the config of world {name!r} is a {type(config).__name__}; expected a {expected}")
    if seed is not None:
        config = replace(config, seed=seed)
    return make(kind(config), f"world-{world}", modalities=modalities, encoders=encoders, drawn=drawn)


def world_named(name: str) -> World:
    """Make a world of the index `WORLDS`.

    Args:
        name: the name of the world, perhaps with a size of `SIZES` at its end, such as "pick-small".

    Returns:
        The world.

    Raises:
        MMSRError: there is no such world, or no such size.

    Example:
        >>> world_named("pick-small").config.garments
        60
    """
    world, _, size = name.partition("-")
    kind = WORLDS[choose("world", world, WORLDS)]
    if not size:
        return kind(kind.Config())
    return kind(kind.Config(**SIZES[choose("size of a world", size, SIZES)][world]))


def classes_of(name: str) -> dict[str, int]:
    """Count the classes of the items of a world by modality; items without a class count as one further class.

    Args:
        name: a world, as `world_named` takes it.

    Returns:
        Name of a modality -> the number of classes.

    Raises:
        MMSRError: there is no such world, or no such size.

    Example:
        >>> classes_of("both-small")  # five themes, and texts about none
        {'picture': 6, 'text': 6}
    """
    groups = world_named(name).groups()
    return {"picture": len({one.look for one in groups}), "text": len({one.theme for one in groups})}


def parts_of_users(users: int, seed: int) -> np.ndarray:
    """The split of a world: each user, with all items, is in one part.

    The paper tests the last items of each user. These would stand at places of the history that training never saw, so
    the test would ask how well a model reads longer histories. That is another question than the order of fusion.

    Args:
        users: U, the number of users.
        seed: the seed of the world.

    Returns:
        (U,) int8 the part of each user: a `TEST_SHARE` of the users are for the test and a `VALIDATION_SHARE` for
        validation, at least one each.

    Example:
        >>> np.bincount(parts_of_users(20, seed=0)).tolist()
        [15, 2, 3]
    """
    order = np.random.default_rng([seed, 3]).permutation(users)
    tested, validated = max(1, round(TEST_SHARE * users)), max(1, round(VALIDATION_SHARE * users))
    part = np.full(users, TRAIN, np.int8)
    part[order[:tested]] = TEST
    part[order[tested : tested + validated]] = VALIDATION
    return part


def make(
    world: World,
    name: str,
    *,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    drawn: bool = True,
) -> Dataset:
    """Make the data set of any world; the same world always gives the same data, to the byte.

    Args:
        world: a world of the index or your own.
        name: what the data set is called.
        modalities: names of the modalities to take; None (the default): `picture` and `text`; `[]`: none.
        encoders: one encoder for both modalities, or one for each by name; None: the default encoders.
        drawn: whether the items get pictures; without them the world has no modality `picture`. Default True.

    Returns:
        The data set. Its `facts` are:

        - `truth`: a `Truth`.
        - `cause` (I,): why an interaction happened, an index of `causes`.
        - `because` (I, W): the places in the user's history that decide it, filled up with -1.
        - `part` (I,): the split of the world.
        - `user_kind` (U,): an index of `user_kinds`.
        - `look` and `theme` (V+1,): indexes of `looks` and `themes`; -1 for none.
        - `group` (V+1,): the group of each item; -1 for item 0.
        - `why`: two sentences that say which order of fusion wins.
        - `reasons`: for each cause the order that loses, and a sentence that says why.

    Example:
        >>> from mmsr_lite.data.sources.worlds.pick import PickConfig
        >>> data = make(Pick(PickConfig(garments=2, users=8)), "shop", modalities=(), drawn=False)
        >>> first = [data.facts["causes"][cause] for cause in data.facts["cause"][:4]]
        >>> first, data.facts["because"][3].tolist()  # the formal garment at place 2 decides what is bought
        (['browse', 'browse', 'browse', 'pick'], [2])
    """
    config, groups = world.config, list(world.groups())
    rng = np.random.default_rng([config.seed, 0])
    sizes = np.array([one.items for one in groups])
    order = rng.permutation(sizes.sum()) + 1  # items of all groups are shuffled, so that their numbers say nothing
    members = np.split(order, np.cumsum(sizes)[:-1])
    group = np.full(len(order) + 1, -1)
    for number, items in enumerate(members):
        group[items] = number
    walks = generate(world, members)
    ids = [f"w{item:04d}" for item in range(1, len(group))]
    titles, texts = titles_of(groups, group[1:], rng), texts_of(groups, group[1:], rng)
    items_table = pd.DataFrame({"item_id": ids, "title": titles, "text": texts})
    kinds, folder = {"text": "text"}, Path()
    if drawn:
        folder, items_table["picture"] = pictures_of(groups, group[1:], config.size, config.seed)
        kinds = {"picture": "picture"} | kinds
    table = pd.DataFrame({"user_id": [f"u{user:05d}" for user in walks.user], "item_id": np.array(ids)[walks.item - 1]})
    table["timestamp"] = 1_700_000_000 + 86_400 * walks.place
    part = parts_of_users(config.users, config.seed)
    look = np.array([*(one.look for one in groups), -1])[group]  # (V+1,)
    theme = np.array([*(one.theme for one in groups), -1])[group]
    facts: Facts = {
        "truth": Truth(world, group, sizes, walks.kind),
        "cause": walks.cause,
        "causes": world.causes,
        "because": walks.because,
        "part": part[walks.user],
        "user_kind": walks.kind,
        "user_kinds": tuple(world.kinds),
        "look": look,
        "theme": theme,
        "looks": tuple(" ".join(words) for words in BOOK["looks"][: look.max() + 1]),
        "themes": tuple(", ".join(words) for words in BOOK["themes"][: theme.max() + 1]),
        "group": group,
        "why": world.why,
        "reasons": world.reasons,
    }
    raw = Raw(name, folder, table, items_table, kinds, modalities=tuple(kinds), min_count=0, facts=facts)
    return build(raw, modalities=modalities, encoders=encoders, seed=config.seed)
