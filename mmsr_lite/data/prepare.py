"""From what a source has read to a `Dataset`: k-core until stable, order of time (paper, section 5.1), features."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.encoders import choose_encoders, encode, encoder_of, model_of
from mmsr_lite.data.features import read_features
from mmsr_lite.data.parts import part_codes
from mmsr_lite.errors import MMSRError


@dataclass(frozen=True)
class Raw:
    """What a source has read: no k-core, no numbers, no features yet.

    `interactions` and `items` as `assemble` takes them; `kinds` says which columns of `items` are "text" (strings or
    lists of them) and which "picture" (paths in the folder `root`); `ready` names the modalities that have a file of
    features; `modalities` are taken when none are asked for. `min_count` is 0 in a prepared folder only.
    """

    name: str
    root: Path
    interactions: pd.DataFrame
    items: pd.DataFrame
    kinds: dict[str, str] = field(default_factory=dict)
    ready: dict[str, Path] = field(default_factory=dict)
    modalities: tuple[str, ...] = ()
    min_count: int = 5
    facts: dict[str, Any] = field(default_factory=dict)


def build(
    raw: Raw,
    *,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Filter and number what was read, and encode the modalities asked for (None: all that the source offers).

    Pictures that cannot be read count as absent; `facts["unreadable"]` lists their items. Raises `MMSRError` on a
    modality or an encoder that does not exist, and when nothing can be read of a modality that was asked for.
    """
    named, asked = encoders if isinstance(encoders, dict) else {}, modalities is not None
    files = {name: Path(model_of(spec) or "") for name, spec in named.items() if encoder_of(spec).reads == "file"}
    ready = {name: file for name, file in raw.ready.items() if name not in named} | files  # these need no column
    modalities = list(dict.fromkeys([*raw.modalities, *files] if modalities is None else modalities))
    for name in modalities:
        if name not in ready and (name == "item_id" or name not in raw.items):
            offered = ", ".join(dict.fromkeys([*raw.kinds, *raw.ready])) or "none at all"
            raise MMSRError(f"{raw.name!r} has no modality {name!r} among its items; choose from: {offered}")
    unready = {name: raw.kinds.get(name, "text") for name in modalities if name in files or name not in ready}
    chosen = {name: spec for name, spec in choose_encoders(unready, encoders).items() if name not in ready}
    kinds = raw.kinds | {name: encoder_of(spec).reads for name, spec in chosen.items()}
    kinds = {name: kind for name, kind in kinds.items() if name in raw.items}
    items = raw.items.copy()
    for label, kind in kinds.items():
        read = as_text if kind == "text" else lambda value, label=label: _inside(raw.root, value, label)
        items[label] = pd.Series(map(read, items[label]), dtype=object)
    pictured = next((label for label, kind in kinds.items() if kind == "picture"), None)
    dataset = assemble(
        raw.name,
        raw.interactions,
        items if "item_id" in items else None,
        texts=[label for label, kind in kinds.items() if kind == "text"],
        pictures=pictured,
        min_count=raw.min_count if min_count is None else min_count,
    )
    rows = pd.Index(items.get("item_id", [])).get_indexer(dataset.item_ids[1:])
    built, unreadable, pictures = [], dict[str, list[str]](), dataset.pictures
    for name in modalities:
        if name in ready:
            features, present = read_features(ready[name], dataset.item_ids)
        else:
            values = items[name].iloc[rows].tolist()
            features, present = encode(chosen[name], values, seed=seed)  # (V, F), (V,)
            if kinds.get(name) == "picture" and (gone := [r for r, v in enumerate(values) if v and not present[r]]):
                unreadable[name] = [dataset.item_ids[row + 1] for row in gone]
            features, present = np.pad(features, ((1, 0), (0, 0))), np.pad(present, (1, 0))
        if name == pictured and name in chosen:
            pictures = tuple(file if there else None for file, there in zip(pictures, present, strict=True))
        if not present.any() and raw.min_count:
            told = f"{raw.name!r}: nothing in {name!r} can be read as a modality"
            if asked:
                raise MMSRError(f"{told}; leave it out")
            warnings.warn(f"{told}; it is left out", stacklevel=3)
            continue
        built.append(Modality(name, features, present))
    if unreadable:
        lost = {name: len(ids) for name, ids in unreadable.items()}
        warnings.warn(f"{raw.name!r}: pictures that cannot be read count as absent: {lost}", stacklevel=3)
    facts = dataset.facts | raw.facts | ({"unreadable": unreadable} if unreadable else {})
    return replace(dataset, modalities=tuple(built), pictures=pictures, facts=facts)


def as_text(value: Any) -> str:
    """Strings as they are, lists (of lists) joined with commas, nothing as the empty string.

    >>> as_text([["Beauty", "Nails"], None])
    'Beauty, Nails'
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(filter(None, map(as_text, value)))
    return "" if value is None or pd.isna(value) else str(value)


def _inside(root: Path, value: Any, label: str) -> str | None:
    """The path of a picture, or None; it has to lie in the folder."""
    if not (value := as_text(value)):
        return None
    if not (file := (root / value).resolve()).is_relative_to(root.resolve()):
        raise MMSRError(f"{label} {value!r} leads out of {str(root)!r}; expected a path inside the folder")
    return str(file)


def k_core(user: np.ndarray, item: np.ndarray, k: int) -> np.ndarray:
    """(I,) bool: the interactions that stay when users and items with fewer than `k` leave, until nobody has to leave.

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
    """Filter, order and number what a source has read; the data set still has no modalities.

    `interactions` has the columns user_id, item_id and perhaps timestamp (without it, and on ties, the order of rows
    counts). `items` has item_id, perhaps title, the text columns `texts` (strings) and the column `pictures` (paths or
    None). Users are numbered as they first appear, items as `items` lists them. With `min_count=0` every listed item
    stays. A column `split` of the interactions (train, valid or test) becomes `facts["part"]`; of two interactions at
    one time the one for training comes first. Raises `MMSRError` on unknown or repeated items, on an unknown part and
    when nothing is left.

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
        found = f"{len(user)} interactions of {len(users)} users with {len(catalogue)} items"
        raise MMSRError(f"{name!r}: nothing is left of {found} at min_count={min_count}; choose a smaller one")
    rows = np.flatnonzero(keep)
    time = interactions["timestamp"].to_numpy() if "timestamp" in interactions else np.arange(len(interactions))
    facts: dict[str, Any] = {}
    if "split" in interactions:
        part = part_codes(interactions["split"])
        rows = rows[np.lexsort((part[rows], time[rows], user[rows]))]
        facts["part"] = part[rows]
    else:
        rows = rows[np.lexsort((time[rows], user[rows]))]  # lexsort is stable: ties keep the order of rows
    kept_users, user = np.unique(user[rows], return_inverse=True)
    kept_items = np.arange(len(catalogue)) if min_count < 1 else np.unique(item[rows])
    item = np.searchsorted(kept_items, item[rows]) + 1  # the one place where items get their numbers

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
