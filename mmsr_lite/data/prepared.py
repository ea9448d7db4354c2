"""A data set as a folder that needs no encoder any more: tables, pictures, features and a manifest."""

import json
import os
import shlex
import shutil
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from mmsr_lite import __version__
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.features import write_features
from mmsr_lite.data.order import in_file_order
from mmsr_lite.data.pictures import open_picture
from mmsr_lite.data.statistics import statistics
from mmsr_lite.data.storage import atomic, content_hash, file_hash, read_json, write_json
from mmsr_lite.errors import MMSRError

SCHEMA = "mmsr-lite/prepared/1"
SIDE = 256  # pixels, the longer side of a picture that is kept: enough for every view and encoder here
PACKAGES = ("numpy", "pandas", "pyarrow", "pillow", "scikit-learn", "safetensors", "torch", "transformers")


def read_manifest(folder: str | os.PathLike) -> dict[str, Any] | None:
    """What `save_prepared` noted about this folder, or None when it is not one of its folders."""
    file = Path(folder, "manifest.json")
    manifest = read_json(file) if file.is_file() else None
    return manifest if isinstance(manifest, dict) and manifest.get("schema") == SCHEMA else None


def prepare(
    source: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    modalities: list[str] | tuple[str, ...] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    columns: dict[str, str] | None = None,
    seed: int = 0,
) -> bool:
    """Load a source as `load` does and write it with `save_prepared`; False when `folder` holds just that already.

    The manifest tells the settings, the hash of every file read and written, and versions; the same input gives the
    same bytes. What was read and encoded before a run was stopped is not done again. `MMSRError` when `folder` holds
    something else.
    """
    from mmsr_lite.data import load
    from mmsr_lite.data.encoders import weights
    from mmsr_lite.data.sources import find

    module, place = find(source)
    files = module.inputs(place) if hasattr(module, "inputs") else []
    if files and Path(folder).resolve().is_relative_to(Path(place).resolve()):
        raise MMSRError(f"{str(folder)!r} lies in the source {place!r}; choose a place outside")
    specs = {None: encoders} if isinstance(encoders, str) else encoders or {}
    words = ["mmsr-lite", "prepare", str(source), "--seed", str(seed)]
    words += [] if modalities is None else ["--modalities", *modalities]
    words += [] if min_count is None else ["--min-count", str(min_count)]
    words += ["--encoder"] * bool(specs) + [f"{name}={spec}" if name else spec for name, spec in specs.items()]
    words += ["--columns"] * bool(columns) + [f"{ours}={theirs}" for ours, theirs in (columns or {}).items()]
    record: dict[str, Any] = {"command": shlex.join([*words, "-o", "DIR"]), "version": __version__}
    record["inputs"] = _hashes(Path(place).parent, files)
    record["weights"] = {spec: weights(spec) for spec in specs.values()}
    if (there := read_manifest(folder)) is not None:
        now = _hashes(Path(folder), (file for file in Path(folder).rglob("*.*") if file.name != "manifest.json"))
        damaged = [name for name, known in there.get("outputs", {}).items() if now.get(name) != known]
        other = [name for name, value in record.items() if there.get(name) != value]
        if damaged or other:
            told = f"is damaged ({damaged[0]!r})" if damaged else f"was prepared from other {other[0]!r}"
            raise MMSRError(f"{str(folder)!r} {told}; remove it or choose another place")
        return False
    how: dict[str, Any] = {"modalities": modalities, "encoders": encoders, "min_count": min_count, "columns": columns}
    dataset = load(source, **how, seed=seed, ties="file")
    save_prepared(dataset, folder, record=record)
    return True


def save_prepared(dataset: Dataset, folder: str | os.PathLike, *, record: dict[str, Any] | None = None) -> Path:
    """Write `dataset` with its features and pictures as a folder that `load` reads back as it was, without encoders.

    Pictures become JPEG of at most 256 pixels a side. Facts that JSON cannot hold as they are stay behind; `record` is
    added to the manifest. The folder appears whole or not at all (a run that is stopped leaves its pictures in a hidden
    neighbour, for the next); `MMSRError` when it is there already or cannot be written.
    """
    folder = Path(folder)
    if folder.exists():
        raise MMSRError(f"{str(folder)!r} exists; remove it or choose another place")
    work = folder.with_name(f".{folder.name}.part")
    try:
        work.mkdir(parents=True, exist_ok=True)
        _write(in_file_order(dataset), work, record or {})
        os.replace(work, folder)
    except Exception as error:
        shutil.rmtree(work, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or error
        raise MMSRError(f"could not write {str(folder)!r}: {reason}; free space or choose another place") from error
    return folder


def _write(dataset: Dataset, folder: Path, record: dict[str, Any]) -> None:
    ids, users = np.array(dataset.item_ids, dtype=object), np.array(dataset.user_ids, dtype=object)
    table = {"user_id": users[dataset.user], "item_id": ids[dataset.item], "timestamp": dataset.time}
    if "part" in dataset.facts:
        table["split"] = np.array(["train", "valid", "test"], dtype=object)[dataset.facts["part"]]
    pd.DataFrame(table).to_parquet(folder / "interactions.parquet", index=False)
    items: dict[str, Any] = {"item_id": ids[1:], "title": dataset.titles[1:]}
    items |= {name: values[1:] for name, values in dataset.texts.items()}
    kinds = dict.fromkeys(dataset.texts, "text")
    if dataset.pictures:
        kinds["picture"] = "picture"
        items["picture"] = [_display(file, folder) for file in tqdm(dataset.pictures[1:], desc="pictures", delay=2)]
    pd.DataFrame(items).to_parquet(folder / "items.parquet", index=False)
    names = ("interactions.parquet", "items.parquet", *filter(None, items.get("picture", ())))
    written = {folder / name for name in names}
    for modality in dataset.modalities:
        file = folder / "features" / f"{quote(modality.name, safe='')}.safetensors"
        write_features(file, modality.features[modality.present], ids[modality.present])
        written.add(file)
    for file in folder.rglob("*.*"):  # what a run that was stopped left and nobody asks for
        if file not in written:
            file.unlink()
    versions = sorted((found.name, found.version) for found in metadata.distributions() if found.name in PACKAGES)
    facts = {name: fact for name, fact in dataset.facts.items() if _is_plain(fact)}
    manifest: dict[str, Any] = {"schema": SCHEMA, "name": dataset.name, "kinds": kinds, "facts": facts, **record}
    manifest |= {"modalities": [modality.name for modality in dataset.modalities], "counts": statistics(dataset)}
    manifest |= {"versions": {"python": python_version()} | dict(versions), "outputs": _hashes(folder, written)}
    write_json(folder / "manifest.json", manifest, indent=1)


def _is_plain(fact: Any) -> bool:
    try:
        return json.loads(json.dumps(fact, allow_nan=False)) == fact
    except (TypeError, ValueError):
        return False


def _display(file: str | None, folder: Path) -> str | None:
    """The picture in display size as pictures/HASH.jpg, made only once; None when it does not open."""
    if file is None or not Path(file).is_file():
        return None
    place = folder / "pictures" / f"{file_hash(file)[:20]}.jpg"
    if not place.is_file():
        if (small := open_picture(file, SIDE)) is None:
            return None
        with atomic(place) as tmp:
            small.save(tmp, "JPEG", quality=90)
    return place.relative_to(folder).as_posix()


def _hashes(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """The hash of each file by its name in `root`; a folder of many files (pictures) has one for all."""
    places: dict[str, list[list[str]]] = {}
    for file in sorted(files):
        places.setdefault(file.parent.relative_to(root).as_posix(), []).append([file.name, file_hash(file)])
    found: dict[str, str] = {}
    for place, rows in places.items():
        many = {f"{place} ({len(rows)} files)": content_hash(rows)}
        found |= many if len(rows) > 20 else {f"{place}/{name}".removeprefix("./"): digest for name, digest in rows}
    return found
