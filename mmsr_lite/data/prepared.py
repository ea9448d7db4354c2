"""A prepared folder: a data set as tables, pictures, features and a manifest, which needs no encoder any more."""

import json
import os
import shlex
import shutil
from contextlib import AbstractContextManager
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from mmsr_lite import __version__
from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.features import write_features
from mmsr_lite.data.lock import one_writer
from mmsr_lite.data.manifest import SCHEMA, Origin, first_damaged, hashes, read_manifest
from mmsr_lite.data.order import in_file_order
from mmsr_lite.data.pictures import open_picture
from mmsr_lite.data.statistics import statistics
from mmsr_lite.data.storage import atomic, file_hash, write_json
from mmsr_lite.errors import MMSRError

SIDE = 256  # pixels, the longer side of a picture that is kept: enough for every view and encoder here
PACKAGES = ("numpy", "pandas", "pyarrow", "pillow", "scikit-learn", "safetensors", "torch", "transformers")


@checked(min_count=(0, 10**9), seed=SEED)
def prepare(
    source: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    modalities: list[str] | tuple[str, ...] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    columns: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    file_format: dict[str, str] | None = None,
    seed: int = 0,
) -> bool:
    """Load a source as `load` does and write it with `save_prepared`.

    The manifest holds the settings, the hash of each file that was read or written, and the versions of packages. The
    same input gives the same bytes. When a run was stopped, the next one does not encode again what is encoded.

    Args:
        source: as for `load`.
        folder: the new folder, outside the source.
        modalities, encoders, min_count, columns, files, file_format, seed: as for `load`.

    Returns:
        True when the folder was written; False when it already holds the same data, prepared in the same way.

    Raises:
        MMSRError: `folder` holds something else, or the source cannot be read.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> (place / "shop").mkdir()
        >>> _ = (place / "shop" / "interactions.csv").write_text("user_id,item_id,timestamp\\nu,a,60\\nu,b,120\\n")
        >>> prepare(place / "shop", place / "prepared", min_count=1)
        True
        >>> sorted(file.name for file in (place / "prepared").iterdir())
        ['interactions.parquet', 'items.parquet', 'manifest.json']
        >>> prepare(place / "shop", place / "prepared", min_count=1)  # it holds this already
        False
    """
    from mmsr_lite.data import load
    from mmsr_lite.data.encoders import weights
    from mmsr_lite.data.sources import find

    module, place = find(source)
    read_files = module.inputs(place) if hasattr(module, "inputs") else []
    if read_files and Path(folder).resolve().is_relative_to(Path(place).resolve()):
        raise MMSRError(f"{str(folder)!r} lies in the source {place!r}; choose a place outside")
    specs = {None: encoders} if isinstance(encoders, str) else encoders or {}
    words = ["mmsr-lite", "prepare", str(source), "--seed", str(seed)]
    words += [] if modalities is None else ["--modalities", *modalities]
    words += [] if min_count is None else ["--min-count", str(min_count)]
    words += ["--encoder"] * bool(specs) + [f"{name}={spec}" if name else spec for name, spec in specs.items()]
    options = {"--columns": columns, "--files": files, "--file-format": file_format}
    for option, given in options.items():
        if given:
            words += [option, *(f"{name}={value}" for name, value in given.items())]
    origin: Origin = {
        "command": shlex.join([*words, "-o", "DIR"]),
        "version": __version__,
        "inputs": hashes(Path(place).parent, read_files),
        "weights": {spec: weights(spec) for spec in specs.values()},
    }
    with _writing(folder):
        if _holds_this(folder, origin):
            return False
        dataset = load(
            source,
            modalities=modalities,
            encoders=encoders,
            min_count=min_count,
            seed=seed,
            columns=columns,
            files=files,
            file_format=file_format,
            ties="file",
        )
        save_prepared(dataset, folder, origin=origin)
    return True


def _writing(folder: str | os.PathLike) -> AbstractContextManager[None]:
    """The lock on a folder that is being prepared: a file beside it, because the folder itself appears last."""
    place = Path(folder).resolve()
    return one_writer(folder, place.parent / f".{place.name}.lock")


def _holds_this(folder: str | os.PathLike, origin: Origin) -> bool:
    """Whether a folder was prepared in exactly this way; False where there is no folder.

    Raises:
        MMSRError: it holds something else.
    """
    if (there := read_manifest(folder)) is not None:
        damaged = first_damaged(Path(folder), there)
        other = [name for name, value in origin.items() if there.get(name) != value]
        if damaged or other:
            reason = f"is damaged ({damaged!r})" if damaged else f"was prepared from other {other[0]!r}"
            raise MMSRError(f"{str(folder)!r} {reason}; remove it or choose another place")
        return True
    return False


def save_prepared(dataset: Dataset, folder: str | os.PathLike, *, origin: Origin | None = None) -> Path:
    """Write a data set with its features and pictures as a folder that `load` reads without any encoder.

    Pictures become JPEG files of at most 256 pixels a side. Facts that JSON cannot hold are left out. The folder
    appears whole or not at all; a run that was stopped leaves its pictures in a hidden folder beside it, for the next
    run.

    Args:
        dataset: the data set.
        folder: the new folder.
        origin: how the data set was made, for the manifest; None (the default): not known.

    Returns:
        The folder.

    Raises:
        MMSRError: the folder is there already or cannot be written.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.data import load
        >>> rows = {"user_id": ["u", "u"], "item_id": ["a", "b"], "timestamp": [60, 120]}
        >>> folder = save_prepared(Dataset.from_frames(rows, min_count=1), Path(tempfile.mkdtemp()) / "prepared")
        >>> load(folder)
        Dataset('frames', users=1, items=2, interactions=2, modalities=[])
    """
    folder = Path(folder)
    with _writing(folder):
        _save(dataset, folder, origin)
    return folder


def _save(dataset: Dataset, folder: Path, origin: Origin | None) -> None:
    """Write into a hidden folder and move it into place at the end; the caller holds the lock."""
    if folder.exists():
        raise MMSRError(f"{str(folder)!r} exists; remove it or choose another place")
    work = folder.with_name(f".{folder.name}.part")
    try:
        work.mkdir(parents=True, exist_ok=True)
        _write(in_file_order(dataset), work, origin)
        os.replace(work, folder)
    except Exception as error:
        shutil.rmtree(work, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        reason = error.strerror or error
        raise MMSRError(f"could not write {str(folder)!r}: {reason}; free space or choose another place") from error


def _write(dataset: Dataset, folder: Path, origin: Origin | None) -> None:
    """Write all files of a prepared folder, the manifest last."""
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
    for file in folder.rglob("*.*"):  # files that a stopped run left and that are not needed
        if file not in written:
            file.unlink()
    versions = sorted(
        (package.name, package.version) for package in metadata.distributions() if package.name in PACKAGES
    )
    facts = {name: fact for name, fact in dataset.facts.items() if _is_plain(fact)}
    manifest = {
        "schema": SCHEMA,
        "name": dataset.name,
        "kinds": kinds,
        "facts": facts,
        **(origin or {}),
        "modalities": [modality.name for modality in dataset.modalities],
        "counts": statistics(dataset),
        "versions": {"python": python_version()} | dict(versions),
        "outputs": hashes(folder, written),
    }
    write_json(folder / "manifest.json", manifest, indent=1)


def _is_plain(fact: Any) -> bool:
    """Whether JSON gives a fact back as it was."""
    try:
        return json.loads(json.dumps(fact, allow_nan=False)) == fact
    except (TypeError, ValueError):
        return False


def _display(file: str | None, folder: Path) -> str | None:
    """Write the picture in display size as pictures/HASH.jpg, once; None when it cannot be opened."""
    if file is None or not Path(file).is_file():
        return None
    place = folder / "pictures" / f"{file_hash(file)[:20]}.jpg"
    if not place.is_file():
        if (small := open_picture(file, SIDE)) is None:
            return None
        with atomic(place) as tmp:
            small.save(tmp, "JPEG", quality=90)
    return place.relative_to(folder).as_posix()
