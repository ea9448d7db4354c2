"""Feature vectors in files: our own form (safetensors), and the forms in which people bring theirs."""

import json
import os
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors.numpy import load, save

from mmsr_lite.data.storage import atomic
from mmsr_lite.data.unpacking import refuse_bomb
from mmsr_lite.errors import MMSRError

FORMS = (".safetensors", ".npz", ".npy", ".parquet", ".b")
AMAZON = np.dtype([("item_id", "S10"), ("features", "<f4", 4096)])  # a record of image_features_X.b


def write_features(file: str | os.PathLike, features: np.ndarray, item_ids: Sequence[str]) -> None:
    """Write features as safetensors; the file appears whole or not at all.

    Args:
        file: the file to write.
        features: (n, F) the features of the n items that have them.
        item_ids: the ids of these items.

    Raises:
        MMSRError: the file cannot be written.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "text.safetensors"
        >>> write_features(file, np.ones((1, 2), np.float32), ["a"])
        >>> read_features(file, ["", "a", "b"])[1].tolist()
        [False, True, False]
    """
    with atomic(file) as tmp:
        ids = np.frombuffer(json.dumps(list(item_ids)).encode(), np.uint8)
        tmp.write_bytes(save({"features": np.ascontiguousarray(features), "item_ids": ids}))


def read_features(
    file: str | os.PathLike, item_ids: Sequence[str], row_ids: Sequence[str] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Read the features of items from a file of one of `FORMS`.

    .safetensors and .npz hold `features` and `item_ids`. .parquet has a column item_id, and either one column of lists
    or one column for each number. .b is Amazon's form. .npy holds only the rows, and `row_ids` says which item each row
    belongs to. Nothing is unpickled.

    Args:
        file: the file.
        item_ids: V+1 ids; the first one is that of the padding.
        row_ids: the item id of each row of a .npy file; None for the other forms.

    Returns:
        Features (V+1, F) float32, and present (V+1,) bool: False for items that are not in the file or have only zeros.

    Raises:
        MMSRError: the file is damaged, or has another number of rows than of ids.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "text.npz"
        >>> np.savez(file, features=np.array([[1.0, 2.0]]), item_ids=np.array(["b"]))
        >>> features, present = read_features(file, ["", "a", "b"])
        >>> features.tolist(), present.tolist()
        ([[0.0, 0.0], [0.0, 0.0], [1.0, 2.0]], [False, False, True])
    """
    file = Path(file)
    try:
        stored, ids = _read(file, set(item_ids), row_ids)
        if stored.ndim != 2 or len(stored) != len(ids) or len(set(ids)) != len(ids):
            raise ValueError(f"features {stored.shape} do not go with {len(set(ids))} different of {len(ids)} item_ids")
        rows = pd.Index(ids, dtype=object).get_indexer(pd.Index(item_ids, dtype=object))
        stored = stored.astype(np.float32, copy=False)
    except Exception as error:  # zip, JSON, header, key: a damaged file can raise anything
        why = " ".join(str(error).split())  # the messages of the libraries have line breaks
        raise MMSRError(f"{str(file)!r} holds no features (n, F) with n item_ids: {why}; make it again") from error
    absent = np.zeros((1, stored.shape[1]), np.float32)  # the last row, which -1 in `rows` takes
    features = np.concatenate([stored, absent])[rows]
    return features, features.any(axis=1)


def rows_of(file: Path) -> int:
    """Count the rows of a .npy file; only its heading is read.

    Args:
        file: the file.

    Returns:
        The number.

    Raises:
        MMSRError: the file is damaged, or holds objects, which would have to be unpickled.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp()) / "text.npy"
        >>> np.save(file, np.zeros((3, 2)))
        >>> rows_of(file)
        3
    """
    try:
        stored = np.load(file, mmap_mode="r", allow_pickle=False)
        return len(stored)
    except Exception as error:
        raise MMSRError(f"{str(file)!r} holds no features (n, F): {error}; make it again") from error


def _read(file: Path, wanted: Collection[str], row_ids: Sequence[str] | None = None) -> tuple[np.ndarray, list[str]]:
    """Features and their ids: all in the file, but only the wanted ones of Amazon's form, which has gigabytes."""
    if file.suffix == ".safetensors":
        stored = load(file.read_bytes())
        return stored["features"], json.loads(stored["item_ids"].tobytes())
    if file.suffix == ".npz":
        with zipfile.ZipFile(file) as archive:
            refuse_bomb(file, file.stat().st_size, sum(entry.file_size for entry in archive.infolist()))
        with np.load(file, allow_pickle=False) as arrays:
            return arrays["features"], arrays["item_ids"].astype(str).tolist()
    if file.suffix == ".npy":
        if row_ids is None:
            raise ValueError("a .npy file does not say whose rows they are")
        return np.load(file, allow_pickle=False), list(row_ids)
    if file.suffix == ".parquet":
        table = pd.read_parquet(file)
        ids = table.pop("item_id").astype(str).tolist()
        if table.shape[1] == 1 and pd.api.types.is_object_dtype(table.dtypes.iloc[0]):  # one column of lists
            return np.stack(list(table.iloc[:, 0])), ids
        return table.to_numpy(np.float32), ids
    if file.suffix != ".b":
        raise ValueError(f"expected one of {', '.join(FORMS)}")
    if file.stat().st_size % AMAZON.itemsize:
        raise ValueError(f"{file.stat().st_size} bytes are not a whole number of records of {AMAZON.itemsize}")
    by_item: dict[str, np.ndarray] = {}
    with open(file, "rb") as stream:
        while len(block := np.fromfile(stream, AMAZON, 1024)):
            for row, own in enumerate(block["item_id"].astype(str).tolist()):
                if own in wanted:
                    by_item.setdefault(own, block["features"][row].copy())
    return np.array(list(by_item.values()), np.float32).reshape(-1, 4096), list(by_item)
