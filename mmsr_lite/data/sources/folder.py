"""A folder of your own: interactions.csv, items.jsonl and pictures; RecBole's files; or what `save_prepared` wrote."""

import csv
import gzip
import json
import zlib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pandas as pd

from mmsr_lite.data.features import FORMS
from mmsr_lite.data.prepare import Raw, as_text
from mmsr_lite.data.prepared import read_manifest
from mmsr_lite.data.sources.three_files import find_parts
from mmsr_lite.errors import MMSRError

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp")
PICTURE_FOLDERS = ("pictures", "images", "posters")


def read(path: str, *, columns: dict[str, str] | None = None, min_count: int | None = None) -> Raw:
    """Read a folder with interactions.csv[.gz]|.parquet and perhaps items.jsonl[.gz]|.csv[.gz]|.parquet.

    Interactions have user_id, item_id and perhaps timestamp (without it the order of rows counts). Every column of
    items may become a modality: text (strings or lists of them) or pictures (paths inside the folder); pictures named
    by the items' ids may also lie in `pictures/`. `features/<modality>` (`features.FORMS`) is used instead of encoding.
    A split of your own is a column `split` (train, valid, test) or one file for each part, such as train.csv.
    RecBole's atomic files (one .inter, perhaps an .item) are read too. `columns` says what ours are called there.
    """
    root = Path(path)
    manifest = read_manifest(root) or {}
    table, items = _interactions(root, columns or {}), items_table(root, columns or {})
    kinds: dict[str, str] = manifest.get("kinds") or kinds_of(items)
    ids = items["item_id"] if "item_id" in items else table["item_id"].unique()
    if not manifest and "picture" not in kinds.values() and (named := keyed_pictures(root, ids)):
        items = items if "item_id" in items else pd.DataFrame({"item_id": ids})
        items["picture"], kinds["picture"] = pd.Series(named, dtype=object), "picture"
    files = [file for form in FORMS for file in sorted(root.glob(f"features/*{form}"))]
    ready = {unquote(file.stem): file for file in files}
    if not manifest:
        return Raw(root.resolve().name, root, table, items, kinds, ready, (*kinds, *ready))
    modalities = tuple(manifest["modalities"])
    return Raw(manifest["name"], root, table, items, kinds, ready, modalities, min_count=0, facts=manifest["facts"])


def inputs(path: str) -> list[Path]:
    """Every file that `read` may read."""
    return sorted(file for file in Path(path).rglob("*") if file.is_file() and not file.name.startswith("."))


def keyed_pictures(root: Path, ids: Iterable[str]) -> list[str | None]:
    """For each id the picture of that name in pictures/, images/ or posters/ of `root`; empty when there are none."""
    found = {
        file.stem: f"{file.parent.name}/{file.name}"
        for place in PICTURE_FOLDERS
        for file in sorted(root.glob(f"{place}/*"))
        if file.suffix.lower() in PICTURE_ENDINGS
    }
    return [found.get(own) for own in ids] if found else []


def _find(path: Path, *names: str) -> Path | None:
    """The one file of these names; more than one is a mistake."""
    found = [file for name in names for file in sorted(path.glob(name)) if file.is_file()]
    if len(found) > 1:
        raise MMSRError(f"{str(path)!r} has both {found[0].name!r} and {found[1].name!r}; keep one of them")
    return found[0] if found else None


def _table(file: Path) -> pd.DataFrame:
    """The file as it is, with whatever a damaged file raises told in one sentence."""
    as_words: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        if ".jsonl" in file.name:
            return pd.DataFrame(_json_lines(file), dtype=object)
        if file.suffix in (".inter", ".item"):  # tabs, no quotes, a heading such as title:token_seq
            table = pd.read_csv(file, sep="\t", quoting=csv.QUOTE_NONE, **as_words)
            table = table.drop(columns=[label for label in table if label.endswith(":float_seq")])
            return table.rename(columns=lambda label: label.partition(":")[0])
        return pd.read_csv(file, **as_words)
    except MMSRError:
        raise
    except UnicodeDecodeError as error:
        raise MMSRError(f"{str(file)!r} is not UTF-8 ({error.reason}, byte {error.start}); save it so") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:  # pandas' and pyarrow's errors are ValueErrors
        raise MMSRError(f"{str(file)!r} cannot be read: {str(error).strip() or 'it is cut short'}") from error


def _renamed(file: Path, columns: dict[str, str], needed: Collection[str]) -> pd.DataFrame:
    """The table under our names; of the columns `needed` those in the mapping have to be there."""
    table = _table(file)
    for ours, theirs in columns.items():
        if theirs in table and ours != theirs:
            table = table.drop(columns=ours, errors="ignore").rename(columns={theirs: ours})
        elif theirs not in table and ours in needed:
            found = ", ".join(map(str, table.columns))
            raise MMSRError(f"{str(file)!r} has no column {theirs!r} to be {ours!r}; found: {found}")
    return table


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
        raise MMSRError(f"{str(file)!r} has no column {label!r}; found: {found}; or --columns {label}=THEIRS")
    column = table[label]
    empty = np.flatnonzero(column.isna() | (column.astype(str).str.strip() == ""))
    if len(empty):
        told = f"{label} is empty in row {empty[0] + 1} and {len(empty) - 1} others; fill or drop them"
        raise MMSRError(f"{str(file)!r}: {told}")
    return column.astype(str)


def _interactions(path: Path, renamed: dict[str, str]) -> pd.DataFrame:
    parts = find_parts(path)
    names = ("interactions.parquet", "interactions.csv", "interactions.csv.gz") + (() if parts else ("*.inter",))
    file = _find(path, *names)
    if file is not None and parts:
        both = f"both {file.name!r} and {next(iter(parts)).name!r}"
        raise MMSRError(f"{str(path)!r} has {both}; keep all interactions in one file, or one file for each part")
    if file is None and not parts:
        wanted = "interactions.csv, .csv.gz, .parquet or .inter with user_id, item_id, timestamp"
        raise MMSRError(f"{str(path)!r} has no {wanted}")
    if file is None:
        read = {one: _renamed(one, renamed, ("user_id", "timestamp")) for one in parts}
        table = pd.concat([rows.assign(split=parts[one]) for one, rows in read.items()], ignore_index=True)
        file = next(iter(parts))
    else:
        table = _renamed(file, renamed, ("user_id", "timestamp"))
    if "item_id_list" in table:
        raise MMSRError(f"{str(file)!r} is split into lists already; expected one row for each interaction")
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
    if "split" in table:
        columns["split"] = table["split"]
    return pd.DataFrame(columns)


def items_table(path: Path, renamed: dict[str, str]) -> pd.DataFrame:
    """The items, `item_id` as strings; a table without columns when there is no items file."""
    names = [f"items{end}" for end in (".parquet", ".jsonl", ".jsonl.gz", ".csv", ".csv.gz")]
    file = _find(path, *names, *(f"{file.stem}.item" for file in path.glob("*.inter")))
    wanted = {*renamed} - {"user_id", "item_id", "timestamp"}
    if file is None:
        if wanted:
            raise MMSRError(f"{str(path)!r} has no items file with a column {renamed[min(wanted)]!r}; add it")
        return pd.DataFrame()
    items = _renamed(file, renamed, wanted)
    items["item_id"] = _ids(file, items, "item_id")
    return items


def kinds_of(items: pd.DataFrame) -> dict[str, str]:
    """The columns that can be modalities and their kind: mostly pictures, else words, but neither ids nor numbers."""
    kinds = {}
    for label in items:
        values = [value for value in items[label] if not isinstance(value, float) and as_text(value)]
        if label == "id" or label.endswith("_id") or not all(isinstance(v, str | list | np.ndarray) for v in values):
            continue
        if 2 * sum(isinstance(v, str) and v.lower().endswith(PICTURE_ENDINGS) for v in values) > len(values):
            kinds[label] = "picture"
        elif pd.to_numeric(pd.Series(map(as_text, values), dtype=object), errors="coerce").isna().any():
            kinds[label] = "text"
    return kinds
