"""Which files of a folder hold the interactions, the items and the pictures, and which are not read."""

import os
from collections.abc import Collection, Iterable
from pathlib import Path

from mmsr_lite.data.features import FORMS as FEATURE_FORMS
from mmsr_lite.data.reading import Account
from mmsr_lite.data.sources.columns import PICTURE_ENDINGS
from mmsr_lite.errors import MMSRError

TABLE_ENDINGS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".jsonl", ".jsonl.gz", ".json", ".json.gz")
PICTURE_FOLDERS = ("pictures", "images", "posters")
DATA_ENDINGS = (
    *TABLE_ENDINGS,
    *FEATURE_FORMS,
    ".inter",
    ".item",
    ".user",
    ".xlsx",
    ".xls",
    ".arrow",
    ".feather",
    ".zip",
)
BENCHMARK = ("train", "valid", "test")  # the files of RecBole of a data set that is split, in the order of time


def table_files(root: Path, name: str, more: Iterable[str] = (), chosen: str | None = None) -> list[Path]:
    """Find the files that together hold a table, in the order of their rows.

    These are a file `name` with one of `TABLE_ENDINGS`; all files in a folder `name`, which have one form; files such
    as name-1.csv and name-2.csv; files whose names fit one of the patterns `more`; or the file `chosen`.

    Args:
        root: the folder of the data.
        name: the name of the table, such as items.
        more: further patterns of file names; default none.
        chosen: the name of the file; None (the default): it is looked for.

    Returns:
        The files; empty when there are none.

    Raises:
        MMSRError: files of several forms hold the table, or `chosen` is not in the folder.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("items-2.csv", "items-1.csv", "notes.txt"): (folder / name).touch()
        >>> [file.name for file in table_files(folder, "items")]
        ['items-1.csv', 'items-2.csv']
    """
    if chosen is not None:
        return _chosen(root, name, chosen)
    whole = [root / f"{name}{ending}" for ending in TABLE_ENDINGS if (root / f"{name}{ending}").is_file()]
    whole += [file for pattern in more for file in sorted(root.glob(pattern)) if file.is_file()]
    folder = root / name
    inside = _parts(folder) if folder.is_dir() else []
    if len(whole) > 1 and not _is_benchmark(whole):
        raise MMSRError(f"{str(root)!r} has both {whole[0].name!r} and {whole[1].name!r}; keep one of them")
    if whole and inside:
        raise MMSRError(f"{str(root)!r} has both {whole[0].name!r} and the folder {name!r}; keep one of them")
    if whole:
        return sorted(whole, key=_benchmark_place)
    if inside:
        return inside
    parts = [file for sign in "-_." for file in _parts(root, f"{name}{sign}") if file.is_file()]
    return _of_one_form(root, sorted(parts))


def picture_files(root: Path, places: Iterable[str] = PICTURE_FOLDERS) -> dict[str, list[Path]]:
    """Find all pictures in some folders and their subfolders; links to folders are not followed.

    Args:
        root: the folder of the data.
        places: names of folders in it; default `PICTURE_FOLDERS`.

    Returns:
        File name without its ending -> the pictures with this name.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "images").mkdir()
        >>> for name in ("hat.jpg", "hat.png", "hat.txt"): (folder / "images" / name).touch()
        >>> [file.name for file in picture_files(folder)["hat"]]
        ['hat.jpg', 'hat.png']
    """
    by_name: dict[str, list[Path]] = {}
    for place in places:
        for folder, folders, names in os.walk(root / place):
            folders.sort()
            for name in sorted(names):
                file = Path(folder, name)
                if file.suffix.lower() in PICTURE_ENDINGS and file.is_file():
                    by_name.setdefault(file.stem, []).append(file)
    return by_name


def note_unread(root: Path, read: Iterable[Path], folders: Collection[str], reading: Account) -> None:
    """Note which files and folders look like data but were not read.

    Args:
        root: the folder of the data.
        read: the files that were read.
        folders: the folders whose pictures were used.
        reading: receives the note.

    Example:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> for name in ("interactions.csv", "users.csv"): (folder / name).touch()
        >>> reading = Account()
        >>> note_unread(folder, [folder / "interactions.csv"], [], reading)
        >>> reading.notes[0][:20]
        'Not read: users.csv.'
    """
    used = {file.resolve() for file in read}
    left = sorted(
        file.name
        for file in root.iterdir()
        if file.name.lower().endswith(DATA_ENDINGS) and file.is_file() and file.resolve() not in used
    )
    left += sorted(
        f"{folder.name}/"
        for folder in root.iterdir()
        if folder.is_dir() and not folder.is_symlink() and folder.name not in (*PICTURE_FOLDERS, *folders, "features")
        if folder.resolve() not in {file.parent for file in used} and _has_pictures(folder)
    )
    if left:
        more = f" and {len(left) - 5} more" if len(left) > 5 else ""
        reading.note(
            f"Not read: {', '.join(left[:5])}{more}. Read are interactions and items (--files names others), and "
            f"pictures that a column names, or that lie in {', '.join(f'{name}/' for name in PICTURE_FOLDERS)} "
            "under the ids of their items."
        )


def _chosen(root: Path, name: str, chosen: str) -> list[Path]:
    """The file, or the files of the folder, that the user named for a table."""
    file = root / chosen
    if not file.resolve().is_relative_to(root.resolve()):
        raise MMSRError(f"{name} {chosen!r} leads out of {str(root)!r}; expected a file inside the folder")
    if file.is_dir():
        return _parts(file)
    if not file.is_file():
        raise MMSRError(f"{str(root)!r} has no file {chosen!r} for the {name}; there are: {_listing(root)}")
    return [file]


def _parts(folder: Path, prefix: str = "") -> list[Path]:
    """The tables in a folder whose names begin with `prefix`."""
    files = [file for file in folder.iterdir() if file.name.startswith(prefix) and not file.name.startswith(".")]
    return _of_one_form(folder, sorted(file for file in files if file.name.endswith(TABLE_ENDINGS)))


def _of_one_form(folder: Path, files: list[Path]) -> list[Path]:
    """The files, when they all have one form; else an error."""
    forms = {file.name[file.name.index(".", 1) :] if "." in file.name[1:] else "" for file in files}
    endings = {next((end for end in TABLE_ENDINGS if file.name.endswith(end)), "") for file in files}
    if len(endings) > 1 and len(forms) > 1:
        raise MMSRError(f"{str(folder)!r} has both {files[0].name!r} and {files[-1].name!r}; keep files of one form")
    return files


def _is_benchmark(files: list[Path]) -> bool:
    """Whether the files are RecBole's x.train.inter, x.valid.inter and x.test.inter of one x."""
    return len({file.name.split(".")[0] for file in files}) == 1 and all(_benchmark_place(file) >= 0 for file in files)


def _benchmark_place(file: Path) -> int:
    """The place of a file of RecBole in `BENCHMARK`; -1 for any other file."""
    parts = file.name.split(".")
    middle = parts[-2] if len(parts) > 2 and parts[-1] == "inter" else ""
    return BENCHMARK.index(middle) if middle in BENCHMARK else -1


def _has_pictures(folder: Path) -> bool:
    """Whether there are pictures in a folder or its subfolders."""
    names = (name for _, _, inside in os.walk(folder) for name in inside)
    return any(name.lower().endswith(PICTURE_ENDINGS) for name in names)


def _listing(root: Path) -> str:
    """What lies in a folder, for messages: at most eight names."""
    names = sorted(file.name for file in root.iterdir() if not file.name.startswith("."))
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "no files"
