"""Data sets of Hugging Face `datasets`, in the folder that `save_to_disk` writes; the package itself is not needed."""

from pathlib import Path

import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError

ORDER = ("train", "validation", "valid", "dev", "test")  # the parts of one table, in the order of time


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote this folder, as one table or as several.

    Args:
        folder: any folder.

    Returns:
        Whether it did.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> is_saved(folder)
        False
        >>> (folder / "state.json").touch()
        >>> is_saved(folder)
        True
    """
    return (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file()


def splits(folder: Path) -> list[str]:
    """The names of the tables in a folder with several.

    Args:
        folder: a folder that `save_to_disk` wrote.

    Returns:
        Names of tables; empty when the folder holds a single table.

    Raises:
        MMSRError: the list of tables is damaged.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("train", "test"): (folder / name).mkdir()
        >>> _ = (folder / "dataset_dict.json").write_text('{"splits": ["train", "test"]}')
        >>> splits(folder)
        ['train', 'test']
    """
    file = folder / "dataset_dict.json"
    if not file.is_file():
        return []
    record = read_json(file)
    names = record.get("splits") if isinstance(record, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) and (folder / name).is_dir() for name in names):
        raise MMSRError(f"{str(file)!r} does not name the folders of its splits; save the data set again")
    return names


def read_saved(folder: Path, reading: Account) -> pd.DataFrame:
    """Read the table of a folder; parts such as train and test are read one after the other.

    Args:
        folder: a folder that `save_to_disk` wrote.
        reading: receives notes.

    Returns:
        The table.

    Raises:
        MMSRError: a file is damaged or missing, or the tables are not parts of one table.

    Example:
        >>> import json, tempfile
        >>> import pyarrow
        >>> folder = Path(tempfile.mkdtemp())
        >>> table = pyarrow.table({"user_id": ["u"], "item_id": ["hat"]})
        >>> with pyarrow.OSFile(str(folder / "data.arrow"), "wb") as file:
        ...     with pyarrow.ipc.new_stream(file, table.schema) as stream:
        ...         stream.write_table(table)
        >>> _ = (folder / "state.json").write_text(json.dumps({"_data_files": [{"filename": "data.arrow"}]}))
        >>> read_saved(folder, Account()).to_dict("records")
        [{'user_id': 'u', 'item_id': 'hat'}]
    """
    names = splits(folder)
    if names:
        if not set(names) <= set(ORDER):
            raise MMSRError(
                f"{str(folder)!r} holds the splits {', '.join(names)}; expected interactions and items, or "
                f"parts of one table called {', '.join(ORDER)}"
            )
        ordered = sorted(names, key=ORDER.index)
        reading.note(f"{folder.name!r}: the splits {', '.join(ordered)} are read one after the other as one table.")
        return pd.concat([_one(folder / name) for name in ordered], ignore_index=True)
    return _one(folder)


def _one(folder: Path) -> pd.DataFrame:
    """Read one table from the arrow files that state.json lists."""
    import pyarrow as arrow

    state = read_json(folder / "state.json")
    listed = state.get("_data_files") if isinstance(state, dict) else None
    files = [one.get("filename") for one in listed] if isinstance(listed, list) else []
    if not files or not all(isinstance(name, str) and Path(name).name == name for name in files):
        raise MMSRError(f"{str(folder / 'state.json')!r} does not list the files of the table; save it again")
    if isinstance(state, dict) and state.get("_indices_files"):
        raise MMSRError(f"{str(folder)!r} keeps its rows by an index; call flatten_indices() and save it again")
    tables = []
    for name in files:
        try:
            with arrow.memory_map(str(folder / name)) as source:
                tables.append(arrow.ipc.open_stream(source).read_all())
        except (OSError, ValueError) as error:
            raise MMSRError(f"{str(folder / name)!r} cannot be read: {error}; save the data set again") from error
    try:
        return arrow.concat_tables(tables).to_pandas(ignore_metadata=True)
    except (ValueError, NotImplementedError) as error:
        raise MMSRError(f"{str(folder)!r} cannot be read as one table: {error}") from error
