"""Read and check the two JSON files in a folder of tables."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict

from mmsr_lite.data.storage import read_json
from mmsr_lite.errors import MMSRError
from mmsr_lite.records.mistakes import first_mistake
from mmsr_lite.records.schema import Terms
from mmsr_lite.records.training import Test


class Shape(TypedDict):
    """A modality in dataset.json."""

    items: int  # how many items have it
    width: int  # numbers for each item


class DatasetNote(TypedDict):
    """The fields that dataset.json must have; it holds more."""

    name: str
    users: int
    items: int
    interactions: int
    modalities: dict[str, Shape]
    hash: str
    terms: Terms
    ties: NotRequired[str]
    tie_seeds: NotRequired[list[int]]
    headline: NotRequired[str]
    own_targets: NotRequired[float]
    reachable: NotRequired[dict[str, float] | None]


class Sidecar(TypedDict):
    """The fields that are read from the file beside the table of a study; each may be missing."""

    grid: NotRequired[dict[str, list[float]]]
    runs: NotRequired[dict[str, Terms]]
    tests: NotRequired[list[Test]]
    versions: NotRequired[dict[str, str]]
    seconds: NotRequired[float]


def read_note(place: Path) -> dict[str, Any]:
    """Read dataset.json in a folder of tables.

    Args:
        place: the folder of a data set's tables.

    Returns:
        The note.

    Raises:
        MMSRError: when it is missing, or is not such a note.

    Example:
        >>> read_note(Path("no-such-folder"))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    return _checked(place / "dataset.json", DatasetNote)


def _checked(file: Path, kind: type) -> dict[str, Any]:
    record = read_json(file)
    if mistake := first_mistake(record, kind):
        what = " ".join(filter(None, mistake))
        raise MMSRError(f"{str(file)!r} is not what mmsr-lite tables wrote: {what}; restore it, or name another --out")
    return record


def read_sidecar(place: Path, name: str) -> dict[str, Any]:
    """Read the JSON file beside the table of a study.

    Args:
        place: the folder of the data set's tables.
        name: the study.

    Returns:
        Its record; with empty `grid`, `runs`, `tests` and `versions` where the file was not written yet.

    Raises:
        MMSRError: when the file is no such record.

    Example:
        >>> read_sidecar(Path("no-such-folder"), "missing")["tests"]
        []
    """
    file = place / f"{name}.json"
    record = _checked(file, Sidecar) if file.is_file() else {}
    parts: dict[str, Any] = {"grid": {}, "runs": {}, "tests": [], "versions": {}}
    for part, nothing in parts.items():
        record.setdefault(part, nothing)
    return record
