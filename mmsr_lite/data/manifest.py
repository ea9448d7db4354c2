"""The manifest of a prepared folder: how the folder was made, and whether its files are still as they were written."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast
from urllib.parse import quote

from mmsr_lite.data.facts import Facts
from mmsr_lite.data.statistics import Statistics
from mmsr_lite.data.storage import content_hash, file_hash, read_json
from mmsr_lite.errors import MMSRError

FAMILY = "mmsr-lite/prepared/"
SCHEMA = f"{FAMILY}1"


class Manifest(TypedDict):
    """The content of manifest.json, which describes a prepared folder."""

    schema: str
    name: str  # of the data set
    kinds: dict[str, str]  # column of the items -> "text" or "picture"
    facts: Facts  # what only the source knew, as far as JSON can hold it
    modalities: list[str]  # in their order; each has a file of features
    outputs: dict[str, str]  # file in the folder -> its hash
    counts: NotRequired[Statistics]  # as `data.statistics` has them
    versions: NotRequired[dict[str, str]]  # package -> version
    command: NotRequired[str]  # the command that made the folder; version, inputs and weights belong to it
    version: NotRequired[str]
    inputs: NotRequired[dict[str, str]]  # file that was read -> its hash
    weights: NotRequired[dict[str, str | None]]  # encoder -> the hash of its weights


class Origin(TypedDict):
    """The part of a manifest that says how a folder was made."""

    command: str
    version: str
    inputs: dict[str, str]
    weights: dict[str, str | None]


# what every manifest holds
ENTRIES = {"name": str, "kinds": dict, "facts": dict, "modalities": list, "outputs": dict}


def read_manifest(folder: str | os.PathLike) -> Manifest | None:
    """Read what `save_prepared` noted about a folder.

    Args:
        folder: any folder.

    Returns:
        The manifest, or None when the folder is not a prepared one.

    Raises:
        MMSRError: the manifest is damaged, or of another version.

    Example:
        >>> read_manifest("no-such-folder") is None
        True
    """
    file = Path(folder, "manifest.json")
    manifest = read_json(file) if file.is_file() else None
    if not isinstance(manifest, dict) or not str(manifest.get("schema", "")).startswith(FAMILY):
        if file.is_file() and _was_prepared(Path(folder), manifest):
            raise MMSRError(
                f"{str(file)!r} is damaged: its entry 'schema' is missing, expected {SCHEMA!r}; prepare the data "
                "again, or remove the file if this is no prepared folder"
            )
        return None
    if manifest["schema"] != SCHEMA:
        raise MMSRError(
            f"{str(folder)!r} was prepared in the form {manifest['schema']!r}, and this version reads {SCHEMA!r}; "
            "prepare the data again, or install the version that wrote it"
        )
    for name, kind in ENTRIES.items():
        if not isinstance(manifest.get(name), kind):
            raise MMSRError(f"{str(file)!r} is damaged: its entry {name!r} is {manifest.get(name)!r}; prepare it again")
    if not manifest["name"] or manifest["name"] in (".", "..") or set(manifest["name"]) & set("/\\\0"):
        raise MMSRError(f"{str(file)!r} is damaged: {manifest['name']!r} cannot be the name of a data set")
    lists_and_kinds = [*manifest["modalities"], *manifest["kinds"].values()]
    if not all(isinstance(word, str) for word in lists_and_kinds):
        raise MMSRError(f"{str(file)!r} is damaged: its modalities and kinds are not all words; prepare it again")
    return cast(Manifest, manifest)  # its entries were checked above


def _was_prepared(folder: Path, manifest: Any) -> bool:
    """Whether a folder looks like a prepared one although its manifest does not say so."""
    tables = all((folder / name).is_file() for name in ("interactions.parquet", "items.parquet"))
    empty_or_ours = not isinstance(manifest, dict) or not manifest or ENTRIES.keys() <= manifest.keys()
    return tables and empty_or_ours


def checked_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a prepared folder, and check that all files are as they were written.

    Args:
        folder: any folder.

    Returns:
        The manifest, or None when the folder is not a prepared one.

    Raises:
        MMSRError: a file is missing or has changed, or a modality that the manifest lists has no features.

    Example:
        >>> checked_manifest(Path("no-such-folder")) is None
        True
    """
    manifest = read_manifest(folder)
    if manifest is None:
        return None
    for name in manifest["modalities"]:
        file = folder / "features" / f"{quote(name, safe='')}.safetensors"
        if not file.is_file():
            raise MMSRError(f"{str(folder)!r} is not whole: the features of {name!r} are missing; prepare it again")
    damaged = first_damaged(folder, manifest)
    if damaged:
        raise MMSRError(f"{str(folder)!r} is damaged ({damaged!r} is not as it was written); prepare it again")
    return manifest


def first_damaged(folder: Path, manifest: Manifest) -> str | None:
    """Find the first file that is missing or is not as it was written.

    Args:
        folder: a prepared folder.
        manifest: its manifest.

    Returns:
        The name of the file within the folder, or None when all are whole.

    Example:
        >>> import tempfile
        >>> first_damaged(Path(tempfile.mkdtemp()), {"outputs": {"items.parquet": "3fa2"}})
        'items.parquet'
    """
    files = (file for file in folder.rglob("*.*") if file.name != "manifest.json" and file.is_file())
    now = hashes(folder, files)
    return next((name for name, known in manifest["outputs"].items() if now.get(name) != known), None)


def hashes(root: Path, files: Iterable[Path]) -> dict[str, str]:
    """Hash files; a folder with more than 20 of them (such as pictures) gets one hash for all.

    Args:
        root: the folder that names are relative to.
        files: files in `root`.

    Returns:
        Name of a file, or of a folder with the number of its files -> hash.

    Example:
        >>> import tempfile
        >>> root = Path(tempfile.mkdtemp())
        >>> _ = (root / "a.txt").write_text("hat", encoding="utf-8")
        >>> list(hashes(root, [root / "a.txt"]))
        ['a.txt']
    """
    places: dict[str, list[list[str]]] = {}
    for file in sorted(files):
        places.setdefault(file.parent.relative_to(root).as_posix(), []).append([file.name, file_hash(file)])
    hashes: dict[str, str] = {}
    for place, rows in places.items():
        many = {f"{place} ({len(rows)} files)": content_hash(rows)}
        hashes |= many if len(rows) > 20 else {f"{place}/{name}".removeprefix("./"): digest for name, digest in rows}
    return hashes
