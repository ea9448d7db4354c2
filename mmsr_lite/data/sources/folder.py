"""A folder of your own: interactions.csv, items.jsonl and pictures; or one that `save_prepared` wrote."""

from __future__ import annotations

import gzip
import json
import os
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.encoders import ENCODERS, choose_encoders, encode
from mmsr_lite.data.prepare import assemble
from mmsr_lite.data.prepared import read_features, read_manifest
from mmsr_lite.errors import MMSRError

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")


def load(
    path: str | os.PathLike,
    *,
    modalities: Sequence[str] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Read a folder with interactions.csv[.gz]|.parquet and perhaps items.jsonl[.gz]|.csv[.gz]|.parquet.

    Interactions have user_id, item_id and perhaps timestamp (without it the order of rows counts). Every column of
    items may become a modality: text (strings or lists of them) or pictures (paths inside the folder); None takes all
    that can. `features/<modality>.safetensors` or `.npz` (features, item_ids) is used instead of encoding. Pictures
    that cannot be read count as absent and are told in `facts["unreadable"]`.
    """
    path = Path(path)
    manifest = read_manifest(path) or {}
    table, items = _interactions(path), _items(path)
    kinds: dict[str, str] = manifest.get("kinds") or _kinds(items)
    files = [file for ending in ("npz", "safetensors") for file in sorted(path.glob(f"features/*.{ending}"))]
    ready = {unquote(file.stem): file for file in files}
    if modalities is None:
        modalities = manifest["modalities"] if manifest else [*kinds, *ready]
    modalities = list(dict.fromkeys(modalities))
    for name in modalities:
        if name not in ready and (name == "item_id" or name not in items):
            offered = ", ".join(dict.fromkeys([*kinds, *ready])) or "none at all"
            raise MMSRError(f"{str(path)!r} has no modality {name!r} among its items; choose from: {offered}")
    chosen = choose_encoders({name: kinds.get(name, "text") for name in modalities if name not in ready}, encoders)
    kinds = kinds | {name: ENCODERS[encoder].reads for name, encoder in chosen.items()}
    for label, kind in kinds.items():
        read = _text if kind == "text" else lambda value, label=label: _inside(path, value, label)
        items[label] = pd.Series(map(read, items[label]), dtype=object)
    pictured = next((label for label, kind in kinds.items() if kind == "picture"), None)
    dataset = assemble(
        manifest.get("name") or path.resolve().name,
        table,
        items if "item_id" in items else None,
        texts=[label for label, kind in kinds.items() if kind == "text"],
        pictures=pictured,
        min_count=min_count if min_count is not None else 0 if manifest else 5,
        facts=manifest.get("facts"),
    )
    rows = pd.Index(items.get("item_id", [])).get_indexer(dataset.item_ids[1:])
    built, unreadable, pictures = [], {}, dataset.pictures
    for name in modalities:
        if name in ready:
            features, present = read_features(ready[name], dataset.item_ids)
        else:
            values = items[name].iloc[rows].tolist()
            features, present = encode(chosen[name], values, seed=seed)  # (V, F), (V,)
            features, present = np.pad(features, ((1, 0), (0, 0))), np.pad(present, (1, 0))
            if kinds[name] == "picture" and (lost := sum(map(bool, values)) - int(present.sum())):
                unreadable[name] = lost
        if name == pictured and name not in ready:
            pictures = tuple(file if there else None for file, there in zip(pictures, present, strict=True))
        if not present.any() and not manifest:
            raise MMSRError(f"{str(path)!r}: nothing in {name!r} can be read as a modality; leave it out")
        built.append(Modality(name, features, present))
    if unreadable:
        warnings.warn(f"{str(path)!r}: pictures that cannot be read count as absent: {unreadable}", stacklevel=2)
    facts = dataset.facts | ({"unreadable": unreadable} if unreadable else {})
    return replace(dataset, modalities=tuple(built), pictures=pictures, facts=facts)


def _find(path: Path, stem: str, endings: tuple[str, ...]) -> Path | None:
    """The one file `stem` with one of these endings; more than one is a mistake."""
    found = [file for ending in endings if (file := path / f"{stem}{ending}").is_file()]
    if len(found) > 1:
        raise MMSRError(f"{str(path)!r} has both {found[0].name!r} and {found[1].name!r}; keep one of them")
    return found[0] if found else None


def _table(file: Path) -> pd.DataFrame:
    """The file as it is, with whatever a damaged file raises told in one sentence."""
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        if ".jsonl" in file.name:
            return pd.DataFrame(_json_lines(file), dtype=object)
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except MMSRError:
        raise
    except UnicodeDecodeError as error:
        raise MMSRError(f"{str(file)!r} is not UTF-8 ({error.reason}, byte {error.start}); save it so") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:  # pandas' and pyarrow's errors are ValueErrors
        raise MMSRError(f"{str(file)!r} cannot be read: {str(error).strip() or 'it is cut short'}") from error


def _json_lines(file: Path) -> list[dict[str, Any]]:
    records = []
    with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                if "\\ud" in line or "\\uD" in line:
                    json.dumps(record, ensure_ascii=False).encode()  # refuses half a pair of surrogates
            except (ValueError, RecursionError) as error:
                raise MMSRError(f"{str(file)!r}: line {number} is not JSON: {error}") from error
            if not isinstance(record, dict):
                raise MMSRError(f"{str(file)!r}: line {number} is {line.strip()[:40]!r}; expected an object in braces")
            records.append(record)
    return records


def _ids(file: Path, table: pd.DataFrame, label: str) -> pd.Series:
    """The column `label` as strings, none of them empty."""
    if label not in table:
        found = ", ".join(map(str, table.columns)) or "no columns"
        raise MMSRError(f"{str(file)!r} has no column {label!r}; found: {found}")
    column = table[label]
    empty = np.flatnonzero(column.isna() | (column.astype(str).str.strip() == ""))
    if len(empty):
        raise MMSRError(
            f"{str(file)!r}: {label} is empty in row {empty[0] + 1} and {len(empty) - 1} others; fill or drop them"
        )
    return column.astype(str)


def _interactions(path: Path) -> pd.DataFrame:
    file = _find(path, "interactions", (".parquet", ".csv", ".csv.gz"))
    if file is None:
        raise MMSRError(f"{str(path)!r} has no interactions.csv, .csv.gz or .parquet with user_id, item_id, timestamp")
    table = _table(file)
    columns = {label: _ids(file, table, label) for label in ("user_id", "item_id")}
    if table.empty:
        raise MMSRError(f"{str(file)!r} holds no interactions; expected a row for each")
    if "timestamp" in table:
        time = table["timestamp"]
        if not pd.api.types.is_datetime64_any_dtype(time):
            number = pd.to_numeric(time, errors="coerce")
            time = pd.to_datetime(time, errors="coerce", format="ISO8601", utc=True) if number.isna().all() else number
        if pd.api.types.is_datetime64_any_dtype(time):
            time = (time - pd.Timestamp(0, tz=time.dt.tz)).dt.total_seconds()
        if len(bad := np.flatnonzero(~np.isfinite(time))):
            quoted = f"{table['timestamp'].iloc[bad[0]]!r} in row {bad[0] + 1} ({len(bad)} such rows)"
            raise MMSRError(f"{str(file)!r}: timestamp is {quoted}; expected a number of seconds or an ISO date")
        columns["timestamp"] = time
    return pd.DataFrame(columns)


def _items(path: Path) -> pd.DataFrame:
    """The items, `item_id` as strings; a table without columns when there is no items file."""
    file = _find(path, "items", (".parquet", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz"))
    if file is None:
        return pd.DataFrame()
    items = _table(file)
    items["item_id"] = _ids(file, items, "item_id")
    return items


def _kinds(items: pd.DataFrame) -> dict[str, str]:
    """The columns that can be modalities and their kind: mostly pictures, else words, but neither ids nor numbers."""
    kinds = {}
    for label in items:
        values = [value for value in items[label] if not isinstance(value, float) and _text(value)]
        if label == "id" or label.endswith("_id") or not all(isinstance(v, str | list | np.ndarray) for v in values):
            continue
        if 2 * sum(isinstance(v, str) and v.lower().endswith(PICTURE_ENDINGS) for v in values) > len(values):
            kinds[label] = "picture"
        elif pd.to_numeric(pd.Series(map(_text, values), dtype=object), errors="coerce").isna().any():
            kinds[label] = "text"
    return kinds


def _text(value: Any) -> str:
    """Strings as they are, lists (of lists) joined with commas, nothing as the empty string."""
    if isinstance(value, list | tuple | np.ndarray):
        return ", ".join(filter(None, map(_text, value)))
    return "" if value is None or pd.isna(value) else str(value)


def _inside(path: Path, value: Any, label: str) -> str | None:
    """The path of a picture, or None; it has to lie in the folder."""
    if not (value := _text(value)):
        return None
    if not (file := (path / value).resolve()).is_relative_to(path.resolve()):
        raise MMSRError(f"{label} {value!r} leads out of {str(path)!r}; expected a path inside the folder")
    return str(file)
