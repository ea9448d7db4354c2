"""Where data sets come from, one source a file; a source is imported when it is first used.

A source of files has `read(path, columns=, min_count=)`, which returns a `Raw`, and perhaps `inputs(path)`, which lists
the files that `read` reads. The made-up worlds (`wardrobe`, `worlds`) read no files, and have `load` instead.
"""

import os
from importlib import import_module
from pathlib import Path
from types import ModuleType

from mmsr_lite.errors import MMSRError

SOURCES = {
    "amazon": "mmsr_lite.data.sources.amazon",
    "folder": "mmsr_lite.data.sources.folder",
    "movielens": "mmsr_lite.data.sources.movielens",
    "wardrobe": "mmsr_lite.data.sources.wardrobe",
    "worlds": "mmsr_lite.data.sources.worlds",
}
FORMS = (
    "'wardrobe', 'wardrobe:cycle', 'wardrobe:match', 'worlds:pick', 'worlds:clocks', 'worlds:both' (or "
    "'worlds:pick-student', the small size), 'amazon:FOLDER/CATEGORY', 'movielens:FOLDER' or the path of a folder "
    "with interactions.csv and items.jsonl"
)


def find(source: str | os.PathLike) -> tuple[ModuleType, str]:
    """Find the module that reads a source.

    Args:
        source: a source, as `load` takes it.

    Returns:
        The module, and what it is to read: the text behind the colon, or the path of the folder.

    Raises:
        MMSRError: there is no such source or folder.

    Example:
        >>> find("wardrobe:cycle")[1]
        'cycle'
    """
    name, _, rest = str(source).partition(":")
    if name == "wardrobe" or (name in SOURCES and rest):
        return import_module(SOURCES[name]), rest
    if not Path(source).is_dir():
        raise MMSRError(f"there is no data set {str(source)!r}; expected {FORMS}")
    return import_module(SOURCES["folder"]), str(source)
