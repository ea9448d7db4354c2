"""Columns of the items: pictures become files, rows of features get their items, and what is absent is counted."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.features import rows_of
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.columns import DOWNLOAD, is_address, picture_paths
from mmsr_lite.data.sources.recbole import mapped_ids
from mmsr_lite.data.storage import atomic, cache_dir, content_hash
from mmsr_lite.data.values import as_text
from mmsr_lite.errors import MMSRError


def with_missing(name: str, listed_items: pd.DataFrame, used_ids: pd.Series) -> pd.DataFrame:
    """The items, with an empty row for each item that occurs only in the interactions.

    Args:
        name: the name of the data set, for messages.
        listed_items: the table of items; a table without a column item_id means that there is no items file.
        used_ids: (I,) the items of the interactions.

    Returns:
        A copy of the table, with a row for every item.

    Raises:
        MMSRError: not a single item of the interactions has a row.

    Example:
        >>> with_missing("d", pd.DataFrame({"item_id": ["a"]}), pd.Series(["a", "b"]))["item_id"].tolist()
        ['a', 'b']
    """
    items = listed_items.copy()
    if "item_id" not in items:
        return items
    used = pd.Index(used_ids.unique())
    listed = pd.Index(items["item_id"])
    missing = used[~used.isin(listed)]
    if not len(missing):
        return items
    if len(missing) == len(used) and len(listed):
        raise MMSRError(
            f"{name!r}: none of the {len(used)} items in the interactions is in the items file: there are "
            f"{str(used[0])!r} there and {str(listed[0])!r} here; write the ids in the same way"
        )
    rows = pd.DataFrame({"item_id": np.asarray(missing.astype(str), dtype=object)})
    return pd.concat([items.astype(object), rows.reindex(columns=items.columns)], ignore_index=True)


def title_of(value: Any) -> str:
    """A cell as a title for display; a cell of bytes that are no text gives an empty one.

    Args:
        value: a cell of the column of titles.

    Returns:
        The title, perhaps empty.

    Example:
        >>> title_of(" hat "), title_of(b"\\xff")
        (' hat ', '')
    """
    try:
        return as_text(value)
    except MMSRError:
        return ""


def picture_files_of(root: Path, column: pd.Series, label: str, reading: Account) -> pd.Series:
    """The path of the first picture of each item; a note says how many items have more than one.

    Args:
        root: the folder in which all pictures lie.
        column: one cell for each item.
        label: the name of the column, for the note.
        reading: receives the note.

    Returns:
        Paths, None where an item has no picture.

    Raises:
        MMSRError: a path leads out of the folder `root`.

    Example:
        >>> reading = Account()
        >>> files = picture_files_of(Path("shop"), pd.Series(["a.jpg|b.jpg", None]), "photo", reading)
        >>> [file and Path(file).name for file in files]
        ['a.jpg', None]
        >>> reading.notes
        ["'photo': 1 items have more than one picture, 2 at most; the first counts."]
    """
    named = [picture_paths(value) for value in column]
    several = [len(paths) for paths in named if len(paths) > 1]
    if several:
        reading.note(
            f"{label!r}: {len(several)} items have more than one picture, {max(several)} at most; the first counts."
        )
    addresses = sum(bool(paths) and is_address(paths[0]) for paths in named)
    if addresses:
        reading.note(f"{label!r}: {addresses} items have web addresses: {DOWNLOAD}.")
    whole = root.resolve()
    files = [_place(root, whole, paths[0], label) if paths else None for paths in named]
    return pd.Series(files, dtype=object)


def _place(root: Path, whole: Path, value: Any, label: str) -> str | None:
    """The path of a picture that is given as a `Path`, as a path in the folder, or as bytes (kept as a file).

    `whole` is `root` without links.
    """
    if isinstance(value, bytes):
        file = cache_dir("pictures") / content_hash(value)
        if not file.is_file():
            with atomic(file) as tmp:
                tmp.write_bytes(value)
        return str(file)
    if isinstance(value, Path):
        return str(value)
    text = as_text(value)
    if not text:
        return None
    try:
        file = (root / text).resolve()
        if "\\" in text and not file.exists():  # as Windows writes it
            file = (root / text.replace("\\", "/")).resolve()
    except (OSError, RuntimeError, ValueError):  # a link to itself, a byte of value zero: there is no such picture
        return str(root / text.replace("\0", "?"))
    if not file.is_relative_to(whole):
        raise MMSRError(f"{label} {text!r} leads out of {str(root)!r}; expected a path inside the folder")
    return str(file)


def row_ids_of(file: Path, used_ids: pd.Series, items: pd.DataFrame, reading: Account) -> list[str] | None:
    """Find the item of each row of a .npy file: by a mapping file, by number, or by the order of the items file.

    Args:
        file: the file of features.
        used_ids: the items of the interactions.
        items: the table of items.
        reading: receives a note.

    Returns:
        The item id of each row; None for files of other forms, which hold the ids themselves.

    Raises:
        MMSRError: none of the three is certain.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "text.npy"
        >>> np.save(file, np.zeros((3, 2)))
        >>> reading = Account()
        >>> row_ids_of(file, pd.Series(["0", "2"]), pd.DataFrame(), reading)  # ids that are numbers of rows
        ['0', '1', '2']
        >>> reading.notes
        ["'text.npy': row r holds the features of the item with the id r, counted from 0."]
    """
    if file.suffix != ".npy":
        return None
    count = rows_of(file)
    used = {str(own) for own in used_ids.unique()}
    mapped = mapped_ids(file.parent, used)
    if mapped is not None:
        if len(mapped) != count:
            raise MMSRError(f"{str(file)!r} has {count} rows, but its mapping file {len(mapped)}; they have to agree")
        reading.note(f"{file.name!r}: the mapping file beside it says whose each row is.")
        return mapped
    if all(own.isdecimal() and str(int(own)) == own and int(own) < count for own in used):
        reading.note(f"{file.name!r}: row r holds the features of the item with the id r, counted from 0.")
        return [str(row) for row in range(count)]
    if len(items) == count and "item_id" in items:
        reading.note(f"{file.name!r}: its rows are read in the order of the items file.")
        return [str(own) for own in items["item_id"]]
    raise MMSRError(
        f"{str(file)!r} has {count} rows and does not say whose they are; put i_id_mapping.csv beside it (an item id "
        "and a row number in each row), or save an .npz with features and item_ids"
    )


def count_absent(
    reading: Account, listed: Collection[str] | None, dataset: Dataset, unreadable: dict[str, list[str]]
) -> None:
    """Count in `reading` the items that lack a row of their own, a modality, or a picture that can be opened.

    Args:
        reading: receives the counts and examples.
        listed: the items that have a row; None: there is no items file.
        dataset: the data set with its modalities.
        unreadable: for each modality of pictures, the ids of the items whose picture cannot be opened.

    Example:
        >>> rows = {"user_id": ["u", "u"], "item_id": ["hat", "scarf"]}
        >>> reading = Account()
        >>> count_absent(reading, ["hat"], Dataset.from_frames(rows, min_count=1), {})
        >>> reading.absent
        {"items without a row of their own, such as 'scarf'": 1}
    """
    if listed is not None:
        without = [own for own in dataset.item_ids[1:] if own not in listed]
        if without:
            reading.absent["items without a row of their own, such as " + repr(without[0])] = len(without)
            reading.example(f"item {without[0]!r} has interactions and no row")
    for modality in dataset.modalities:
        absent = dataset.num_items - int(modality.present.sum())
        if absent and modality.name not in unreadable:
            reading.absent[f"items without {modality.name!r}"] = absent
        elif absent:
            lost = len(unreadable[modality.name])
            reason = f"pictures that cannot be read count as absent: {lost:,}"
            reading.absent[f"items without {modality.name!r} ({reason})"] = absent
    for own in [own for ids in unreadable.values() for own in ids][:3]:
        reading.example(f"the picture of item {own!r}")
