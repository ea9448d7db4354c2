"""A data set as a folder that needs no encoder any more: tables, pictures, features and a manifest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from safetensors.numpy import load, save

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.storage import atomic, read_json, write_json
from mmsr_lite.errors import MMSRError

SCHEMA = "mmsr-lite/prepared/1"


def write_features(file: str | os.PathLike, features: np.ndarray, item_ids: Sequence[str]) -> None:
    """Write features (n, F) of the n items that have them as safetensors, in one move."""
    with atomic(file) as tmp:
        ids = np.frombuffer(json.dumps(list(item_ids)).encode(), np.uint8)
        tmp.write_bytes(save({"features": np.ascontiguousarray(features), "item_ids": ids}))


def read_features(file: str | os.PathLike, item_ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Features (V+1, F) float32 and present (V+1,) of these items, from .safetensors or .npz (features, item_ids).

    Items the file does not list are absent; those nobody asks for are left out. Raises `MMSRError` on a damaged file.
    """
    file = Path(file)
    try:
        if file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as stored:
                found, ids = stored["features"], stored["item_ids"].astype(str).tolist()
        else:
            stored = load(file.read_bytes())
            found, ids = stored["features"], json.loads(stored["item_ids"].tobytes())
        if found.ndim != 2 or len(found) != len(ids) or len(set(ids)) != len(ids):
            raise ValueError(f"features {found.shape} do not go with {len(set(ids))} different of {len(ids)} item_ids")
        rows = pd.Index(ids, dtype=object).get_indexer(pd.Index(item_ids, dtype=object))
    except Exception as error:  # zip, JSON, header, key: a damaged file can raise anything
        raise MMSRError(f"{str(file)!r} holds no features (n, F) with n item_ids: {error}; make it again") from error
    present = rows >= 0
    return np.pad(found, ((0, 1), (0, 0)))[rows].astype(np.float32), present  # row -1, for the absent, is zero


def read_manifest(folder: str | os.PathLike) -> dict[str, Any] | None:
    """What `save_prepared` noted about this folder, or None when it is not one of its folders."""
    file = Path(folder, "manifest.json")
    manifest = read_json(file) if file.is_file() else None
    return manifest if isinstance(manifest, dict) and manifest.get("schema") == SCHEMA else None


def save_prepared(dataset: Dataset, folder: str | os.PathLike) -> Path:
    """Write `dataset` with its features and pictures as a folder that `load` reads back as it was, without encoders.

    Facts that JSON cannot hold as they are stay behind. The folder appears whole or not at all; `MMSRError` when it is
    there already or cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise MMSRError(f"{str(folder)!r} exists; remove it or choose another place")
    work = folder.with_name(f".{folder.name}.{os.getpid()}.tmp")
    try:
        work.mkdir(parents=True)
        _write(dataset, work)
        os.replace(work, folder)
    except OSError as error:
        reason = error.strerror or error
        raise MMSRError(f"could not write {str(folder)!r}: {reason}; free space or choose another place") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _write(dataset: Dataset, folder: Path) -> None:
    ids = np.array(dataset.item_ids, dtype=object)
    users = np.array(dataset.user_ids, dtype=object)
    table = {"user_id": users[dataset.user], "item_id": ids[dataset.item], "timestamp": dataset.time}
    pd.DataFrame(table).to_parquet(folder / "interactions.parquet", index=False)
    items: dict[str, Any] = {"item_id": ids[1:], "title": dataset.titles[1:]}
    items |= {name: values[1:] for name, values in dataset.texts.items()}
    kinds = dict.fromkeys(dataset.texts, "text")
    if dataset.pictures:
        kinds["picture"] = "picture"
        items["picture"] = [_copy(file, folder, row) for row, file in enumerate(dataset.pictures)][1:]
    pd.DataFrame(items).to_parquet(folder / "items.parquet", index=False)
    for modality in dataset.modalities:
        file = folder / "features" / f"{quote(modality.name, safe='')}.safetensors"
        write_features(file, modality.features[modality.present], ids[modality.present])
    names = [modality.name for modality in dataset.modalities]
    facts = {name: fact for name, fact in dataset.facts.items() if _is_plain(fact)}
    manifest = {"schema": SCHEMA, "name": dataset.name, "modalities": names, "kinds": kinds, "facts": facts}
    write_json(folder / "manifest.json", manifest, indent=1)


def _is_plain(fact: Any) -> bool:
    try:
        return json.loads(json.dumps(fact, allow_nan=False)) == fact
    except (TypeError, ValueError):
        return False


def _copy(file: str | None, folder: Path, row: int) -> str | None:
    if file is None or not Path(file).is_file():
        return None
    (folder / "pictures").mkdir(exist_ok=True)
    shutil.copyfile(file, folder / "pictures" / (name := f"{row}{Path(file).suffix}"))
    return f"pictures/{name}"
