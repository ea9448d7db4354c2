"""A folder with interactions, items and pictures: one's own, of RecBole, MMRec or Hugging Face, or a prepared one."""

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from mmsr_lite.data.features import FORMS
from mmsr_lite.data.manifest import checked_manifest
from mmsr_lite.data.prepare import Raw
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.columns import kinds_of, look_at, picture_paths
from mmsr_lite.data.sources.folder_tables import interactions_table, items_table
from mmsr_lite.data.sources.places import PICTURE_FOLDERS, note_unread, picture_files
from mmsr_lite.data.sources.tables import FileFormat
from mmsr_lite.errors import MMSRError

__all__ = ["PICTURE_FOLDERS", "inputs", "items_table", "keyed_pictures", "kinds_of", "read"]
FILES = ("interactions", "items")


def read(
    path: str,
    *,
    columns: dict[str, str] | None = None,
    min_count: int | None = None,
    files: dict[str, str] | None = None,
    file_format: dict[str, str] | None = None,
) -> Raw:
    """Read a folder with a file of interactions and perhaps one of items.

    Interactions have user_id, item_id and perhaps timestamp; without it, the rows are in the order of time. Every
    column of items may become a modality: texts (strings or lists of strings) or pictures (paths inside the folder).
    Pictures that are named by item ids may also lie in `pictures/` and its subfolders. A file `features/<modality>` of
    one of `features.FORMS` is used instead of encoding. An item without a row in the items file stays, and has no
    modality. A split of one's own is a column `split` (train, valid, test), or one file for each part, such as
    train.csv.

    Args:
        path: the folder.
        columns: our name of a column -> its name there, such as `{"user_id": "reviewer"}`.
        min_count: not used; `build` filters.
        files: our name of a file -> its name there, such as `{"interactions": "transactions_train.csv"}`.
        file_format: how to read text files that do not show it themselves: see `tables.FileFormat`.

    Returns:
        The tables, from which `prepare.build` makes a `Dataset`, and what was read so far.

    Raises:
        MMSRError: a file is missing, damaged or ambiguous, or a row cannot be read.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "interactions.csv").write_text("reviewer;item_id\\nu;hat\\n")
        >>> raw = read(str(folder), columns={"user_id": "reviewer"})
        >>> raw.interactions.to_dict("records")
        [{'user_id': 'u', 'item_id': 'hat'}]
        >>> raw.reading.notes[0].partition(": ")[2]
        'the fields are separated by a semicolon.'
    """
    root, reading, names = Path(path), Account(), columns or {}
    form, chosen = FileFormat.of(file_format), _files(files)
    manifest = checked_manifest(root)
    used: list[Path] = []
    table = interactions_table(root, names, chosen.get("interactions"), form, reading, used, prepared=bool(manifest))
    items = items_table(root, names, chosen.get("items"), form, reading, used)
    looked = look_at(items, None if manifest else reading)
    kinds = {label: kind for label, (kind, _) in looked.items() if kind in ("text", "picture")}
    if manifest:
        kinds = manifest["kinds"]
    ids = items["item_id"] if "item_id" in items else pd.Series(table["item_id"].unique())
    if not manifest and "picture" not in kinds.values():
        pictures = keyed_pictures(root, ids, reading)
        if pictures:
            items = items if "item_id" in items else pd.DataFrame({"item_id": ids})
            label = "picture" if "picture" not in items else "picture_by_id"
            items[label], kinds[label] = pd.Series(pictures, dtype=object), "picture"
    ready = _ready_features(root)
    reading.read = {"interactions": len(table)} | ({"items": len(items)} if len(items) else {})
    if not manifest:
        pictures_of = [items[label] for label, kind in kinds.items() if kind == "picture"]
        folders = {
            Path(str(path)).parts[:1] for column in pictures_of for cell in column for path in picture_paths(cell)
        }
        note_unread(root, [*used, *ready.values()], {parts[0] for parts in folders if parts}, reading)
        refused = {label: reason for label, (kind, reason) in looked.items() if kind not in ("text", "picture")}
        return Raw(
            root.resolve().name, root, table, items, kinds, ready, (*kinds, *ready), reading=reading, refused=refused
        )
    modalities = tuple(manifest["modalities"])
    facts = manifest["facts"]
    stored = {name: ready[name] for name in ready if name in modalities}
    before = Account.from_fact(facts["reading"]) if isinstance(facts.get("reading"), dict) else reading
    return Raw(
        manifest["name"], root, table, items, kinds, stored, modalities, min_count=0, facts=facts, reading=before
    )


def inputs(path: str) -> list[Path]:
    """List every file that `read` may read, in a fixed order.

    Args:
        path: as for `read`.

    Returns:
        The files.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("items.jsonl", "interactions.csv", ".hidden"): (folder / name).touch()
        >>> [file.name for file in inputs(str(folder))]
        ['interactions.csv', 'items.jsonl']
    """
    return sorted(file for file in Path(path).rglob("*") if file.is_file() and not file.name.startswith("."))


def keyed_pictures(
    root: Path, ids: Iterable[str], reading: Account | None = None, places: Iterable[str] = PICTURE_FOLDERS
) -> list[str | None]:
    """Find the pictures that are named by item ids, in pictures/, images/ or posters/ and their subfolders.

    Args:
        root: the folder of the data.
        ids: ids of items.
        reading: receives notes; None (the default): no notes.
        places: names of the folders in `root`; default `PICTURE_FOLDERS`.

    Returns:
        For each id the path of its picture in `root`, or None; empty when no picture has the name of an item.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "pictures" / "hats").mkdir(parents=True)
        >>> (folder / "pictures" / "hats" / "i7.jpg").touch()
        >>> keyed_pictures(folder, ["i6", "i7"])
        [None, 'pictures/hats/i7.jpg']
    """
    by_name = picture_files(root, places)
    named = list(ids)
    paths = [by_name[own][0].relative_to(root).as_posix() if own in by_name else None for own in named]
    if not by_name or not any(paths):
        if by_name and reading is not None:
            count = sum(map(len, by_name.values()))
            example, own = next(iter(by_name)), named[0] if named else "ITEM"
            reading.note(
                f"None of {count} pictures has the id of an item as its name: there is {example!r}, "
                f"but an item {own!r}."
            )
        return []
    several = [own for own, path in zip(named, paths, strict=True) if path and len(by_name[own]) > 1]
    if several and reading is not None:
        reading.note(f"{len(several)} items have more than one picture, such as {several[0]!r}: the first counts.")
    return paths


def _ready_features(root: Path) -> dict[str, Path]:
    """Modality -> its file of features, in features/ or, as MMRec has it, NAME_feat.npy beside the interactions."""
    files = [file for form in FORMS for file in sorted(root.glob(f"features/*{form}"))]
    ready: dict[str, Path] = {}
    for file in files:
        name = unquote(file.stem)
        if name in ready:
            raise MMSRError(
                f"{str(root)!r} has both {ready[name].name!r} and {file.name!r} as features; keep one of them"
            )
        ready[name] = file
    for file in sorted(root.glob("*_feat.npy")):
        ready.setdefault(file.stem.removesuffix("_feat"), file)
    return ready


def _files(given: dict[str, str] | None) -> dict[str, str]:
    """The names of files that the user gave, checked."""
    for name, file in (given or {}).items():
        if name not in FILES:
            raise MMSRError(f"files has no {name!r} (--files); choose from: {', '.join(FILES)}")
        if not isinstance(file, str) or not file:
            raise MMSRError(f"files {name!r} is {file!r}; expected the name of a file in the folder")
    return given or {}
