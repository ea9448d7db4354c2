"""What is known: interactions, items, modalities, splits and corruption; numpy only, no torch."""

import os

from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError, choose

__all__ = ["Dataset", "Modality", "load"]


def load(
    source: str | os.PathLike,
    *,
    modalities: list[str] | tuple[str, ...] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
    columns: dict[str, str] | None = None,
    ties: str = "random",
    tie_seed: int = 0,
) -> Dataset:
    """Load `"wardrobe"` (or `"wardrobe:cycle"`, ...), `"amazon:FOLDER/CATEGORY"`, `"movielens:FOLDER"`, or a folder.

    `modalities` None means all that can be used, `[]` none. For all but the wardrobe: `encoders` is one encoder or one
    for each modality (`"resnet50:weights.pth"` names its weights), `min_count` that of the k-core (None: 5, or whatever
    a prepared folder was made with); for folders, `columns` says what ours are called there: `{"user_id": "reviewer"}`.
    `ties` says how interactions of one user at one time are ordered, one of `order.TIES`: "random" (by a hash of
    `tie_seed`, user and item), "file" or "together"; where no times tie it changes nothing.

    >>> load("wardrob")
    Traceback (most recent call last):
    mmsr_lite.errors.MMSRError: there is no data set 'wardrob'; expected 'wardrobe', 'wardrobe:cycle', 'wardrobe:match',
    'wardrobe:mixed', 'wardrobe:sparse', 'amazon:FOLDER/CATEGORY', 'movielens:FOLDER' or the path of a folder with
    interactions.csv and items.jsonl
    """
    from mmsr_lite.data.order import TIES, break_ties
    from mmsr_lite.data.prepare import build
    from mmsr_lite.data.sources import find

    choose("ties", ties, TIES)
    module, place = find(source)
    if columns and place != str(source):
        raise MMSRError(f"columns={columns} is for folders; the columns of {str(source)!r} are known")
    if not hasattr(module, "read"):
        world = module.load(world=place or "mixed", modalities=modalities, encoders=encoders, seed=seed)
        return break_ties(world, ties, tie_seed)
    raw = module.read(place, columns=columns, min_count=min_count)
    dataset = build(raw, modalities=modalities, encoders=encoders, min_count=min_count, seed=seed)
    return break_ties(dataset, ties, tie_seed)
