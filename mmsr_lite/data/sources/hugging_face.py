"""Data sets of Hugging Face `datasets` as `save_to_disk` leaves them in a folder; the package itself is not needed."""

from pathlib import Path

import pandas as pd

from mmsr_lite.data.reading import Account
from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError

ORDER = ("train", "validation", "valid", "dev", "test")  # splits of one table, in the order of time


def is_saved(folder: Path) -> bool:
    """Whether `save_to_disk` wrote this folder, as one table or as several.

    Args:
        folder: any folder.

    Returns:
        Whether it did.

    Example:
        >>> is_saved(Path("no-such-folder"))
        False
    """
    return (folder / "state.json").is_file() or (folder / "dataset_dict.json").is_file()


def splits(folder: Path) -> list[str]:
    """The tables in the folder; empty when it holds a single one.

    Args:
        folder: a folder that `save_to_disk` wrote.

    Returns:
        Names of tables.

    Raises:
        MMSRError: the list of tables is damaged.
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
    """The table of a folder; splits such as train and test one after the other.

    Args:
        folder: a folder that `save_to_disk` wrote.
        reading: receives notes.

    Returns:
        The table.

    Raises:
        MMSRError: a file is damaged or missing, or the splits are no parts of one table.
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
    """One table: the arrow files that state.json lists."""
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
