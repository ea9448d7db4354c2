"""The two tables of a folder, interactions and items: which files hold them, and their columns under our names."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources import hugging_face, recbole
from mmsr_lite.data.sources.ids import ids_of
from mmsr_lite.data.sources.places import table_files
from mmsr_lite.data.sources.tables import FileFormat, read_table
from mmsr_lite.data.sources.three_files import find_parts
from mmsr_lite.data.sources.times import note_no_times, seconds
from mmsr_lite.errors import MMSRError

EXPECTED = "interactions.csv, .tsv, .jsonl, .json, .parquet (or .inter of RecBole) with user_id, item_id, timestamp"


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


def interactions_table(
    path: Path,
    renamed: dict[str, str],
    chosen: str | None,
    form: FileFormat,
    reading: Account,
    used: list[Path],
    *,
    prepared: bool,
) -> pd.DataFrame:
    """Read the interactions; user and item ids become strings.

    Args:
        path: the folder of the data.
        renamed: our name of a column -> its name there.
        chosen: the name of the interactions file; None: it is looked for.
        form: how to read text files.
        reading: receives notes.
        used: receives the files that were read.
        prepared: whether the folder is a prepared one, whose times stay as they are; others become seconds.

    Returns:
        user_id, item_id and, if they are there, timestamp and split.

    Raises:
        MMSRError: there is no such file, or it is damaged, empty or ambiguous.

    Example:
        >>> import tempfile
        >>> folder, used = Path(tempfile.mkdtemp()), []
        >>> _ = (folder / "interactions.csv").write_text("who,item_id\\nu,7\\n")
        >>> table = interactions_table(folder, {"user_id": "who"}, None, FileFormat(), Account(), used, prepared=False)
        >>> table.to_dict("records"), [file.name for file in used]
        ([{'user_id': 'u', 'item_id': '7'}], ['interactions.csv'])
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
