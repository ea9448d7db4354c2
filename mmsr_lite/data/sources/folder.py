"""A folder with interactions, items and pictures: one's own, of RecBole, MMRec or Hugging Face, or a prepared one."""

from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import unquote

import pandas as pd

from mmsr_lite.data.features import FORMS
from mmsr_lite.data.manifest import checked_manifest
from mmsr_lite.data.prepare import Raw
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources import hugging_face, recbole
from mmsr_lite.data.sources.columns import kinds_of, look_at, picture_paths
from mmsr_lite.data.sources.ids import ids_of
from mmsr_lite.data.sources.places import PICTURE_FOLDERS, note_unread, picture_files, table_files
from mmsr_lite.data.sources.tables import FileFormat, read_table
from mmsr_lite.data.sources.three_files import find_parts
from mmsr_lite.data.sources.times import note_no_times, seconds
from mmsr_lite.errors import MMSRError

__all__ = ["PICTURE_FOLDERS", "inputs", "items_table", "keyed_pictures", "kinds_of", "read"]
EXPECTED = "interactions.csv, .tsv, .jsonl, .json, .parquet (or .inter of RecBole) with user_id, item_id, timestamp"
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
    table = _interactions(root, names, chosen.get("interactions"), form, reading, used, prepared=bool(manifest))
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


def items_table(
    path: Path,
    renamed: dict[str, str],
    chosen: str | None = None,
    form: FileFormat | None = None,
    reading: Account | None = None,
    used: list[Path] | None = None,
) -> pd.DataFrame:
    """Read the items; item ids become strings.

    Rows that are the same in every column count once; another row for the same item is an error, raised later.

    Args:
        path: the folder of the data.
        renamed: our name of a column -> its name there.
        chosen: the name of the items file; None (the default): it is looked for.
        form: how to read text files; None (the default): as they show themselves.
        reading: receives notes; None (the default): no notes.
        used: receives the files that were read; None (the default): nobody asks for them.

    Returns:
        The table; one without columns when there is no items file.

    Raises:
        MMSRError: the items file is damaged, or lacks item_id.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> _ = (folder / "items.csv").write_text("sku,title\\n7,hat\\n")
        >>> items_table(folder, {"item_id": "sku"}).to_dict("records")
        [{'item_id': '7', 'title': 'hat'}]
    """
    reading = Account() if reading is None else reading
    patterns = sorted({f"{file.name.split('.')[0]}.item" for file in path.glob("*.inter")})
    saved = _saved(path, "items") if chosen is None else None
    files = table_files(path, "items", patterns, chosen) if saved is None else []
    wanted = {*renamed} - {"user_id", "item_id", "timestamp"}
    if not files and saved is None:
        if wanted:
            raise MMSRError(f"{str(path)!r} has no items file with a column {renamed[min(wanted)]!r}; add it")
        return pd.DataFrame()
    place = saved or files[0]
    items = _read_all(files, saved, form or FileFormat(), reading, used, expected=renamed.get("item_id", "item_id"))
    items = _renamed(place, items, renamed, wanted)
    if "item_id" not in items and "itemID" in items:
        items = items.rename(columns={"itemID": "item_id"})
    items["item_id"] = ids_of(place, items, "item_id", reading)
    several = items[items["item_id"].duplicated(keep=False)]
    same = several.index[several.map(repr).duplicated()]
    if len(same):
        reading.repeated["rows of items that are the same in every column (counted once)"] = len(same)
        items = items.drop(index=same).reset_index(drop=True)
    return items


def _interactions(
    path: Path,
    renamed: dict[str, str],
    chosen: str | None,
    form: FileFormat,
    reading: Account,
    used: list[Path],
    *,
    prepared: bool,
) -> pd.DataFrame:
    """The interactions: user_id, item_id and, if they are there, timestamp and split.

    The times of a prepared folder stay as they are; others become seconds.
    """
    saved = _saved(path, "interactions") if chosen is None else None
    parts = find_parts(path) if chosen is None and saved is None else {}
    files = table_files(path, "interactions", () if parts else ("*.inter",), chosen) if saved is None else []
    others = [file for file in [*files, *sorted(path.glob("*.inter"))] if file not in parts]
    if parts and others:
        both = f"both {others[0].name!r} and {next(iter(parts)).name!r}"
        raise MMSRError(f"{str(path)!r} has {both}; keep all interactions in one file, or one file for each part")
    files = [*parts] if parts else files
    if not files and saved is None:
        raise MMSRError(
            f"{str(path)!r} has no interactions.csv; expected {EXPECTED}; or name it: "
            f"mmsr-lite prepare {path} --files interactions=FILE -o FOLDER"
        )
    place = saved or files[0]
    ours = ("user_id", "item_id", "timestamp", "split", recbole.LIST, *recbole.MMREC.values())
    wanted = {renamed.get(name, name) for name in ours} | {*ours}
    expected = renamed.get("user_id", "user_id")
    if parts:
        of_parts = [
            _read_all([file], None, form, reading, used, wanted, expected=expected).assign(split=word)
            for file, word in parts.items()
        ]
        table = pd.concat(of_parts, ignore_index=True)
    else:
        table = _read_all(files, saved, form, reading, used, wanted, expected=expected)
    of_interactions = {name: theirs for name, theirs in renamed.items() if name in ours}  # a message shows the others
    table = _renamed(place, table, of_interactions, ("user_id", "timestamp"))
    table = recbole.mmrec_names(table, place, reading)
    if recbole.LIST in table:
        table = recbole.from_lists(table, repr(str(place)))
        reading.note("Lists of items are read as one interaction for each item, in the order of the list.")
    result = {label: ids_of(place, table, label, reading) for label in ("user_id", "item_id")}
    if table.empty:
        raise MMSRError(f"{str(place)!r} holds no interactions; expected a row for each")
    if prepared and "timestamp" in table and pd.api.types.is_numeric_dtype(table["timestamp"]):
        result["timestamp"] = table["timestamp"]
    elif "timestamp" in table:
        result["timestamp"] = seconds(table["timestamp"], repr(str(place)), reading, form.decimal)
    else:
        note_no_times(table, reading)
    if "split" in table:
        result["split"] = table["split"]
    return pd.DataFrame(result)


def _read_all(
    files: list[Path],
    saved: Path | None,
    form: FileFormat,
    reading: Account,
    used: list[Path] | None,
    wanted: Collection[str] | None = None,
    expected: str = "user_id",
) -> pd.DataFrame:
    """The table that the files hold together."""
    if saved is not None:
        return hugging_face.read_saved(saved, reading)
    if used is not None:
        used += files
    tables = [read_table(file, form=form, reading=reading, wanted=wanted, expected=expected) for file in files]
    if len(tables) == 1:
        return tables[0]
    for file, table in zip(files, tables, strict=True):
        if set(table) != set(tables[0]):
            names, first = ", ".join(map(str, table)), ", ".join(map(str, tables[0]))
            raise MMSRError(f"{str(file)!r} has the columns {names}, but {files[0].name!r} has {first}")
    reading.note(f"Read one after the other: {', '.join(file.name for file in files[:4])}, {len(files)} files in all.")
    return pd.concat(tables, ignore_index=True)


def _saved(path: Path, name: str) -> Path | None:
    """The folder of Hugging Face that holds the table `name`, if any."""
    if hugging_face.is_saved(path / name):
        return path / name
    if not hugging_face.is_saved(path):
        return None
    parts = hugging_face.splits(path)
    if name in parts:
        return path / name
    return path if name == "interactions" and "items" not in parts else None


def _renamed(file: Path, table: pd.DataFrame, columns: dict[str, str], needed: Collection[str]) -> pd.DataFrame:
    """The table with columns under our names; those of `needed` that `columns` maps have to be there."""
    for ours, theirs in columns.items():
        if theirs in table and ours != theirs:
            table = table.drop(columns=ours, errors="ignore").rename(columns={theirs: ours})
        elif theirs not in table and ours in needed:
            names = ", ".join(map(str, table.columns))
            raise MMSRError(f"{str(file)!r} has no column {theirs!r} to be {ours!r}; found: {names}")
    return table


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
