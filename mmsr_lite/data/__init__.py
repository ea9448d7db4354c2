"""What is known: interactions, items, modalities, splits and corruption; numpy only, no torch."""

from __future__ import annotations

import os
from pathlib import Path

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError

__all__ = ["Dataset", "Modality", "load"]


def load(
    source: str | os.PathLike,
    *,
    modalities: list[str] | tuple[str, ...] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
) -> Dataset:
    """Load `"wardrobe"` (or `"wardrobe:cycle"`, `"wardrobe:match"`, `"wardrobe:mixed"`) or a folder of your own.

    `modalities` None means all that can be used, `[]` none. For folders: `encoders` is one encoder or one for each
    modality, `min_count` that of the k-core (None: 5, or whatever a prepared folder was made with).

    >>> load("wardrob")
    Traceback (most recent call last):
    mmsr_lite.errors.MMSRError: there is no data set 'wardrob'; expected 'wardrobe', 'wardrobe:cycle', 'wardrobe:match',
    'wardrobe:mixed' or the path of a folder with interactions.csv and items.jsonl
    """
    from mmsr_lite.data.sources import source_loader

    name, _, world = str(source).partition(":")
    if name == "wardrobe":
        return source_loader("wardrobe")(world=world or "mixed", modalities=modalities, encoders=encoders, seed=seed)
    if not Path(source).is_dir():
        raise MMSRError(
            f"there is no data set {str(source)!r}; expected 'wardrobe', 'wardrobe:cycle', 'wardrobe:match', "
            "'wardrobe:mixed' or the path of a folder with interactions.csv and items.jsonl"
        )
    options = {"modalities": modalities, "encoders": encoders, "min_count": min_count, "seed": seed}
    return source_loader("folder")(source, **options)
