"""Where data sets come from, one file each; a source is a module with a function `load`, imported when first used."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import choose

SOURCES = {
    "folder": "mmsr_lite.data.sources.folder",
    "wardrobe": "mmsr_lite.data.sources.wardrobe",
}


def source_loader(name: str) -> Callable[..., Dataset]:
    """The function `load` of the source called `name`.

    >>> source_loader("folder").__module__
    'mmsr_lite.data.sources.folder'
    """
    return import_module(SOURCES[choose("source", name, SOURCES)]).load
