"""Which files of a folder hold the interactions, the items and the pictures, and which are left unread."""

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
BENCHMARK = ("train", "valid", "test")  # RecBole's files of a data set that is split already, in the order of time


def table_files(root: Path, name: str, more: Iterable[str] = (), chosen: str | None = None) -> list[Path]:
    """The files that together hold the table `name`, in the order in which their rows count; empty when there are none.

    That is `name` with one of `TABLE_ENDINGS`; a folder `name` with files of one form; files such as name-1.csv and
    name-2.csv; a file whose name fits one of the patterns `more`; or the file `chosen`.

    Args:
        root: the folder of the data.
        name: the table, such as items.
        more: further patterns of names.
        chosen: the name of the file; None: it is looked for.

    Returns:
        The files.

    Raises:
        MMSRError: there is more than one such form, or `chosen` is not in the folder.
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
    """The pictures below the folders `places` by name without ending; links to folders are not followed.

    Args:
        root: the folder of the data.
        places: names of folders in it.

    Returns:
        Name without ending -> the pictures that have it.

    Example:
        >>> picture_files(Path("no-such-folder"))
        {}
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
    """Name what looks like data and is left unread, beside the files `read` and the picture folders `folders`.

    Args:
        root: the folder of the data.
        read: the files that were read.
        folders: the folders whose pictures were used.
        reading: receives the note.
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
    file = root / chosen
    if not file.resolve().is_relative_to(root.resolve()):
        raise MMSRError(f"{name} {chosen!r} leads out of {str(root)!r}; expected a file inside the folder")
    if file.is_dir():
        return _parts(file)
    if not file.is_file():
        raise MMSRError(f"{str(root)!r} has no file {chosen!r} for the {name}; there are: {_listing(root)}")
    return [file]


def _parts(folder: Path, prefix: str = "") -> list[Path]:
    files = [file for file in folder.iterdir() if file.name.startswith(prefix) and not file.name.startswith(".")]
    return _of_one_form(folder, sorted(file for file in files if file.name.endswith(TABLE_ENDINGS)))


def _of_one_form(folder: Path, files: list[Path]) -> list[Path]:
    forms = {file.name[file.name.index(".", 1) :] if "." in file.name[1:] else "" for file in files}
    endings = {next((end for end in TABLE_ENDINGS if file.name.endswith(end)), "") for file in files}
    if len(endings) > 1 and len(forms) > 1:
        raise MMSRError(f"{str(folder)!r} has both {files[0].name!r} and {files[-1].name!r}; keep files of one form")
    return files


def _is_benchmark(files: list[Path]) -> bool:
    """Whether the files are RecBole's x.train.inter, x.valid.inter and x.test.inter of one x."""
    return len({file.name.split(".")[0] for file in files}) == 1 and all(_benchmark_place(file) >= 0 for file in files)


def _benchmark_place(file: Path) -> int:
    parts = file.name.split(".")
    middle = parts[-2] if len(parts) > 2 and parts[-1] == "inter" else ""
    return BENCHMARK.index(middle) if middle in BENCHMARK else -1


def _has_pictures(folder: Path) -> bool:
    names = (name for _, _, inside in os.walk(folder) for name in inside)
    return any(name.lower().endswith(PICTURE_ENDINGS) for name in names)


def _listing(root: Path) -> str:
    names = sorted(file.name for file in root.iterdir() if not file.name.startswith("."))
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "") or "no files"
