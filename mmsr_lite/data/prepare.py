"""From the tables that a source has read to a `Dataset`: k-core, order of time (paper, section 5.1), features."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.encoders import choose_encoders, encode, encoder_of, model_of
from mmsr_lite.data.facts import Facts
from mmsr_lite.data.features import read_features
from mmsr_lite.data.item_columns import count_absent, picture_files_of, row_ids_of, title_of, with_missing
from mmsr_lite.data.parts import part_codes
from mmsr_lite.data.reading import Account, ReadingNote
from mmsr_lite.data.repeats import count_ties, without_repeats
from mmsr_lite.data.sources.columns import DOWNLOAD
from mmsr_lite.data.values import as_text
from mmsr_lite.errors import MMSRError


@dataclass(frozen=True)
class Raw:
    """What a source has read, before the k-core, the numbering of users and items, and the encoding of features.

    Args:
        name: what the data set is called.
        root: the folder in which all pictures lie; paths that lead out of it are refused.
        interactions: the table of interactions, as `assemble` takes it.
        items: the table of items, as `assemble` takes it; without columns when there is no items file.
        kinds: which columns of `items` are "text" (words or lists of them) and which "picture" (paths in `root`).
        ready: the modalities that have a file of features, each with its file.
        modalities: the modalities that are taken when nobody asks for some.
        min_count: k of the k-core, default 5; 0 only in a prepared folder.
        facts: what only the source knows.
        reading: what was read so far; `build` completes it.
        refused: columns that cannot be modalities, each with the reason.

    Example:
        >>> rows = pd.DataFrame({"user_id": ["u"], "item_id": ["hat"]})
        >>> items = pd.DataFrame({"item_id": ["hat"], "tags": ["red"]})
        >>> raw = Raw("shop", Path("."), rows, items, kinds={"tags": "text"})
        >>> raw.min_count, raw.kinds
        (5, {'tags': 'text'})
    """

    name: str
    root: Path
    interactions: pd.DataFrame
    items: pd.DataFrame
    kinds: dict[str, str] = field(default_factory=dict)
    ready: dict[str, Path] = field(default_factory=dict)
    modalities: tuple[str, ...] = ()
    min_count: int = 5
    facts: Facts = field(default_factory=Facts)
    reading: Account = field(default_factory=Account)
    refused: dict[str, str] = field(default_factory=dict)


def build(
    raw: Raw,
    *,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Make a `Dataset`: filter and number what was read, and encode the modalities.

    Exact repeats of an interaction are counted, and left out where times are finer than days. Items without a row keep
    their interactions and have no modality. Pictures that cannot be opened count as absent; `facts["unreadable"]` lists
    their items. `facts["reading"]` says what was read.

    Args:
        raw: what the source has read.
        modalities: the modalities to take, in this order; None (the default): all that the source offers.
        encoders: one encoder for all modalities, or one for each by name; None: the default encoders.
        min_count: k of the k-core; None (the default): that of the source.
        seed: the seed of encoders that learn, default 0.

    Returns:
        The data set, with its modalities.

    Raises:
        MMSRError: a modality or an encoder does not exist, or nothing can be read of a modality that was asked for.

    Example:
        >>> rows = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["hat", "scarf"], "timestamp": [60, 0]})
        >>> items = pd.DataFrame({"item_id": ["hat", "scarf"], "tags": ["red wool", ""]})
        >>> data = build(Raw("shop", Path("."), rows, items, {"tags": "text"}, modalities=("tags",)), min_count=1)
        >>> data.history(0).tolist(), data.modality("tags").present.tolist()  # the scarf came first, and has no tags
        ([2, 1], [False, True, False])
    """
    reading = raw.reading
    prepared = raw.min_count == 0
    named = encoders if isinstance(encoders, dict) else {}
    asked = modalities is not None
    files = {name: Path(model_of(spec) or "") for name, spec in named.items() if encoder_of(spec).reads == "file"}
    ready = {name: file for name, file in raw.ready.items() if name not in named} | files  # these need no column
    modalities = list(dict.fromkeys([*raw.modalities, *files] if modalities is None else modalities))
    for name in modalities:
        _check_modality(raw, name, ready)
    unready = {name: raw.kinds.get(name, "text") for name in modalities if name in files or name not in ready}
    chosen = {name: spec for name, spec in choose_encoders(unready, encoders).items() if name not in ready}
    kinds = raw.kinds | {name: encoder_of(spec).reads for name, spec in chosen.items()}
    kinds = {name: kind for name, kind in kinds.items() if name in raw.items}
    interactions = raw.interactions if prepared else without_repeats(raw.interactions, reading)
    items = with_missing(raw.name, raw.items, interactions["item_id"])
    for label, kind in kinds.items():
        if kind == "picture":
            items[label] = picture_files_of(raw.root, items[label], label, reading)
        else:
            items[label] = pd.Series(map(as_text, items[label]), dtype=object)
    if "title" in items and "title" not in kinds:
        items["title"] = pd.Series(map(title_of, items["title"]), dtype=object)
    pictured = next((label for label, kind in kinds.items() if kind == "picture"), None)
    dataset = assemble(
        raw.name,
        interactions,
        items if "item_id" in items else None,
        texts=[label for label, kind in kinds.items() if kind == "text"],
        pictures=pictured,
        min_count=raw.min_count if min_count is None else min_count,
    )
    rows = pd.Index(items.get("item_id", [])).get_indexer(dataset.item_ids[1:])
    built, unreadable, pictures = [], dict[str, list[str]](), dataset.pictures
    for name in modalities:
        if name in ready:
            row_ids = row_ids_of(ready[name], raw.interactions["item_id"], raw.items, reading)
            features, present = read_features(ready[name], dataset.item_ids, row_ids)
        else:
            values = items[name].iloc[rows].tolist()
            features, present = encode(chosen[name], values, seed=seed)  # (V, F), (V,)
            if kinds.get(name) == "picture" and (gone := [r for r, v in enumerate(values) if v and not present[r]]):
                unreadable[name] = [dataset.item_ids[row + 1] for row in gone]
            features, present = np.pad(features, ((1, 0), (0, 0))), np.pad(present, (1, 0))
        if name == pictured and name in chosen:
            pictures = tuple(file if there else None for file, there in zip(pictures, present, strict=True))
        if not present.any() and not prepared:
            sentence = f"{raw.name!r}: nothing in {name!r} can be read as a modality"
            if asked:
                raise MMSRError(f"{sentence}; leave it out")
            warnings.warn(f"{sentence}; it is left out", stacklevel=4)
            continue
        built.append(Modality(name, features, present))
    if not prepared:
        listed = set(raw.items["item_id"]) if "item_id" in raw.items else None
        count_absent(reading, listed, replace(dataset, modalities=tuple(built)), unreadable)
        reading.tied = count_ties(dataset) if "timestamp" in interactions else None
        if reading.worth_telling:
            warnings.warn("\n  ".join([f"{raw.name!r}:", *reading.lines()]), ReadingNote, stacklevel=4)
    facts: Facts = {**dataset.facts, **raw.facts, "reading": reading.as_fact()}
    if unreadable:
        facts["unreadable"] = unreadable
    return replace(dataset, modalities=tuple(built), pictures=pictures, facts=facts)


def _check_modality(raw: Raw, name: str, ready: dict[str, Path]) -> None:
    """Raise unless `name` is a column that can be a modality, or has a file of features."""
    if name in ready:
        return
    if name == "item_id" or name not in raw.items:
        offered = ", ".join(dict.fromkeys([*raw.kinds, *raw.ready])) or "none at all"
        raise MMSRError(f"{raw.name!r} has no modality {name!r} among its items; choose from: {offered}")
    reason = raw.refused.get(name, "")
    if reason == "web addresses":
        raise MMSRError(f"{name!r} of {raw.name!r} holds web addresses: {DOWNLOAD}")
    if reason == "lists of numbers":
        raise MMSRError(
            f"{name!r} of {raw.name!r} holds lists of numbers, which are not read as words; write them as "
            f"features/{name}.parquet with the columns item_id and {name}"
        )


def k_core(user: np.ndarray, item: np.ndarray, k: int) -> np.ndarray:
    """Leave out users and items with fewer than `k` interactions, again and again until none are left (section 5.1).

    Args:
        user: (I,) numbers of users.
        item: (I,) numbers of items.
        k: the fewest interactions of a user or an item that stays.

    Returns:
        (I,) bool, which interactions stay.

    Example:
        >>> k_core(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 1]), 2)
        array([ True,  True,  True,  True, False])
    """
    keep = np.ones(len(user), bool)
    while True:
        counts = (np.bincount(index[keep], minlength=index.max(initial=0) + 1)[index] for index in (user, item))
        stay = keep & np.logical_and(*(count >= k for count in counts))
        if stay.sum() == keep.sum():
            return keep
        keep = stay


def assemble(
    name: str,
    interactions: pd.DataFrame,
    items: pd.DataFrame | None = None,
    *,
    texts: tuple[str, ...] | list[str] = (),
    pictures: str | None = None,
    min_count: int = 5,
) -> Dataset:
    """Filter, order and number what a source has read; the result has no modalities yet.

    Users are numbered as they first appear, items as `items` lists them. A column `split` of the interactions (train,
    valid or test) becomes `facts["part"]`; of two interactions at the same time, the one for training comes first.

    Args:
        name: what the data set is called.
        interactions: columns user_id, item_id and perhaps timestamp; without it, and at equal times, the order of rows
            counts.
        items: column item_id, perhaps title, and the columns that `texts` and `pictures` name; None (the default):
            items have nothing but their ids.
        texts: names of the columns of strings.
        pictures: the name of the column of paths, which holds None where an item has no picture; None: no such column.
        min_count: k of the k-core, default 5; with 0, also items without interactions stay.

    Returns:
        The data set, without modalities.

    Raises:
        MMSRError: an item is unknown or listed more than once, or nothing is left.

    Example:
        >>> table = pd.DataFrame({"user_id": ["u", "u"], "item_id": ["b", "a"], "timestamp": [2, 1]})
        >>> assemble("two", table, min_count=1).item.tolist()
        [2, 1]
    """
    user, users = pd.factorize(interactions["user_id"])
    if items is None:
        item, catalogue = pd.factorize(interactions["item_id"])
    else:
        catalogue = pd.Index(items["item_id"])
        _complain(catalogue[catalogue.duplicated()], "listed more than once", "keep one line for each item")
        item = catalogue.get_indexer(interactions["item_id"])
        unknown = pd.Index(interactions["item_id"][item < 0]).unique()
        _complain(unknown, "in the interactions but not in the items file", "add them there or drop their interactions")
    keep = k_core(user, item, min_count)
    if not keep.any():
        counts = f"{len(user)} interactions of {len(users)} users with {len(catalogue)} items"
        raise MMSRError(f"{name!r}: nothing is left of {counts} at min_count={min_count}; choose a smaller one")
    rows = np.flatnonzero(keep)
    time = interactions["timestamp"].to_numpy() if "timestamp" in interactions else np.arange(len(interactions))
    facts: Facts = {}
    if "split" in interactions:
        part = part_codes(interactions["split"])
        rows = rows[np.lexsort((part[rows], time[rows], user[rows]))]
        facts["part"] = part[rows]
    else:
        rows = rows[np.lexsort((time[rows], user[rows]))]  # lexsort is stable: ties keep the order of rows
    kept_users, user = np.unique(user[rows], return_inverse=True)
    kept_items = np.arange(len(catalogue)) if min_count < 1 else np.unique(item[rows])
    item = np.searchsorted(kept_items, item[rows]) + 1  # only here do items get their numbers

    def column(label: str | None, empty: Any) -> tuple:
        return (empty, *items[label].iloc[kept_items]) if items is not None and label in items else ()

    item_ids = ("", *catalogue[kept_items])
    return Dataset(
        name=name,
        user=user.astype(np.int64),
        item=item.astype(np.int64),
        time=time[rows],
        user_ids=tuple(users[kept_users]),
        item_ids=item_ids,
        titles=tuple(title or own for title, own in zip(column("title", "") or item_ids, item_ids, strict=True)),
        texts={label: column(label, "") for label in texts},
        pictures=column(pictures, None),
        facts=facts,
    )


def _complain(ids: pd.Index, what: str, todo: str) -> None:
    """Raise when there are any such item ids, quoting the first three."""
    if len(ids):
        shown = ", ".join(repr(str(own)) for own in ids[:3]) + (", ..." if len(ids) > 3 else "")
        raise MMSRError(f"{len(ids)} item id{'s are' if len(ids) > 1 else ' is'} {what}: {shown}; {todo}")
