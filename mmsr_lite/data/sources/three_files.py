"""A split that the data bring along as files: one for training, perhaps one for validation, one for the test."""

from pathlib import Path

from mmsr_lite.data.parts import PARTS
from mmsr_lite.errors import MMSRError

ENDINGS = (".csv", ".csv.gz", ".parquet", ".inter")


def find_parts(folder: Path) -> dict[Path, str]:
    """Find the two or three files of a split in a folder.

    The name of a file is its part, such as train.csv, or ends with it, such as interactions.valid.parquet or
    beauty.test.inter of RecBole. The words for the parts are those of `parts.PARTS`.

    Args:
        folder: the folder; its subfolders are not searched.

    Returns:
        File -> its part, training first; empty when there is no such split.

    Raises:
        MMSRError: two files have the same part, or the file of training or of test is missing.

    Example:
        >>> import tempfile
        >>> place = Path(tempfile.mkdtemp())
        >>> for name in ("test.csv", "train.csv"): _ = (place / name).write_text("user_id,item_id")
        >>> [file.name for file in find_parts(place)], list(find_parts(place).values())
        (['train.csv', 'test.csv'], ['train', 'test'])
    """
    found: dict[int, tuple[Path, str]] = {}
    for file in sorted(folder.iterdir()):
        ending = next((end for end in ENDINGS if file.name.endswith(end)), None)
        word = file.name.removesuffix(ending or "").lower().rpartition(".")[2]
        if ending is None or word not in PARTS or not file.is_file():
            continue
        part = PARTS[word]
        if part in found:
            names = f"{found[part][0].name!r} and {file.name!r}"
            raise MMSRError(f"{str(folder)!r} has two files of one part of a split: {names}; keep one of them")
        found[part] = file, word
    if not found:
        return {}
    if PARTS["train"] not in found or PARTS["test"] not in found:
        names = ", ".join(repr(file.name) for file, _ in found.values())
        raise MMSRError(f"{str(folder)!r} has {names} of a split; expected a file of train and a file of test rows")
    return {file: word for _, (file, word) in sorted(found.items())}
