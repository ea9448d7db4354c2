"""Tables in memory: pandas, Arrow, Polars, or a dictionary of lists."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mmsr_lite.data.prepare import Raw
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources import recbole
from mmsr_lite.data.sources.columns import look_at
from mmsr_lite.data.sources.folder import keyed_pictures
from mmsr_lite.data.sources.ids import ids_of
from mmsr_lite.data.sources.tables import refuse_twice
from mmsr_lite.data.sources.times import note_no_times, seconds
from mmsr_lite.errors import MMSRError


def read(
    interactions: Any,
    items: Any = None,
    *,
    pictures: Mapping[str, str | os.PathLike] | str | os.PathLike | None = None,
    name: str = "frames",
    columns: dict[str, str] | None = None,
) -> Raw:
    """Read tables in memory for `prepare.build`; people call `Dataset.from_frames`.

    Args:
        interactions, items, pictures, name, columns: as for `Dataset.from_frames`.

    Returns:
        The tables, from which `prepare.build` makes a `Dataset`.

    Raises:
        MMSRError: a table has no such column, or a row cannot be read.

    Example:
        >>> raw = read({"customer": ["u"], "item_id": [7]}, columns={"user_id": "customer"})
        >>> raw.name, raw.interactions.to_dict("records")
        ('frames', [{'user_id': 'u', 'item_id': '7'}])
    """
    reading, names = Account(), columns or {}
    table = _renamed(frame_of(interactions, "interactions"), "interactions", names, ("user_id", "item_id", "timestamp"))
    result = {label: ids_of("interactions", table, label, reading) for label in ("user_id", "item_id")}
    if table.empty:
        raise MMSRError("the interactions hold no rows; expected one for each")
    if "timestamp" in table:
        result["timestamp"] = seconds(table["timestamp"], "the interactions", reading)
    else:
        note_no_times(table, reading)
    used = pd.DataFrame(result)
    listed = pd.DataFrame()
    if items is not None:
        listed = _renamed(frame_of(items, "items"), "items", names, {*names} - {"user_id", "timestamp"})
        listed["item_id"] = ids_of("items", listed, "item_id", reading)
    looked = look_at(listed, reading)
    kinds = {label: kind for label, (kind, _) in looked.items() if kind in ("text", "picture")}
    refused = {label: reason for label, (kind, reason) in looked.items() if kind not in ("text", "picture")}
    root = Path.cwd()
    if isinstance(pictures, str | os.PathLike):
        root = Path(pictures)
        if not root.is_dir():
            raise MMSRError(f"pictures is {str(pictures)!r}, which is no folder")
    if pictures is not None and "picture" not in kinds.values():
        listed = listed if "item_id" in listed else pd.DataFrame({"item_id": used["item_id"].unique()})
        paths = _pictures(pictures, listed["item_id"], reading)
        listed, kinds = listed.assign(picture=pd.Series(paths, dtype=object)), kinds | {"picture": "picture"}
    reading.read = {"interactions": len(used)} | ({"items": len(listed)} if items is not None else {})
    return Raw(name, root, used, listed, kinds, {}, tuple(kinds), reading=reading, refused=refused)


def frame_of(table: Any, name: str) -> pd.DataFrame:
    """Copy a table to pandas, its rows numbered from 0.

    Args:
        table: a table of pandas, Arrow or Polars, or a dictionary of lists; it is not changed.
        name: the name of the table in messages.

    Returns:
        The copy.

    Raises:
        MMSRError: `table` is no table.

    Example:
        >>> by_id = pd.DataFrame({"title": ["hat"]}, index=pd.Index(["a"], name="item_id"))
        >>> frame_of(by_id, "items").to_dict("records")
        [{'item_id': 'a', 'title': 'hat'}]
    """
    if isinstance(table, pd.DataFrame):
        frame = table.copy()
    elif hasattr(table, "to_pandas"):
        frame = table.to_pandas()
    elif isinstance(table, Mapping):
        try:
            frame = pd.DataFrame(dict(table))
        except ValueError as error:
            raise MMSRError(f"the {name} are columns of different lengths: {error}") from error
    else:
        raise MMSRError(f"the {name} are a {type(table).__name__}; expected a pandas DataFrame or an Arrow table")
    if isinstance(frame.columns, pd.MultiIndex):
        raise MMSRError(f"the {name} have columns of more than one level; give each column one name")
    frame.columns = pd.Index([str(label) for label in frame.columns])
    refuse_twice(Path(name), frame.columns)
    levels = [level for level in frame.index.names if level is not None and level not in frame]
    return frame.reset_index(level=levels).reset_index(drop=True) if levels else frame.reset_index(drop=True)


def _renamed(frame: pd.DataFrame, name: str, columns: dict[str, str], wanted: Any) -> pd.DataFrame:
    """The table with those columns of `wanted` that `columns` maps under our names."""
    for ours in wanted:
        theirs = columns.get(ours)
        if theirs is None or theirs == ours:
            continue
        if theirs not in frame:
            if ours == "item_id" and ours in frame:
                continue
            raise MMSRError(f"the {name} have no column {theirs!r} to be {ours!r}; found: {', '.join(frame.columns)}")
        frame = frame.drop(columns=ours, errors="ignore").rename(columns={theirs: ours})
    return recbole.mmrec_names(frame, Path(name), Account())


def _pictures(pictures: Any, ids: pd.Series, reading: Account) -> list[Any]:
    """The picture of each item, from a dictionary or by its id in a folder; None where it has none."""
    if isinstance(pictures, Mapping):
        known = {str(own): file for own, file in pictures.items()}
        unknown = [own for own in known if own not in set(ids)]
        if unknown:
            reading.note(f"{len(unknown)} pictures belong to no item, such as that of {unknown[0]!r}.")
        return [Path(known[own]).absolute() if own in known else None for own in ids]
    if not isinstance(pictures, str | os.PathLike):
        raise MMSRError(f"pictures is a {type(pictures).__name__}; expected a folder, or paths by item id")
    root = Path(pictures)
    by_id = keyed_pictures(root, ids, reading, places=(".",))
    if not by_id:
        raise MMSRError(f"no picture in {str(root)!r} has the id of an item as its name, such as {str(ids.iloc[0])!r}")
    return list(by_id)
