"""The data: interactions, items, modalities, splits and corruption; torch is not needed for them."""

import os

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.errors import MMSRError, choose, in_words

__all__ = ["Dataset", "Modality", "load"]
EXAMPLES = {
    "columns": '{"user_id": "customer"}',
    "files": '{"interactions": "transactions.csv"}',
    "file_format": '{"separator": ";"}',
}


@checked(min_count=(0, 10**9), seed=SEED, tie_seed=SEED)
def load(
    source: str | os.PathLike,
    *,
    modalities: list[str] | tuple[str, ...] | None = None,
    encoders: str | dict[str, str] | None = None,
    min_count: int | None = None,
    seed: int = 0,
    columns: dict[str, str] | None = None,
    files: dict[str, str] | None = None,
    file_format: dict[str, str] | None = None,
    ties: str = "random",
    tie_seed: int = 0,
) -> Dataset:
    """Load a data set by its name or from a folder.

    Args:
        source: `"wardrobe"` (or `"wardrobe:cycle"`, ...), `"worlds:pick"` (or `"worlds:clocks"`, ...),
            `"amazon:FOLDER/CATEGORY"`, `"movielens:FOLDER"`, or the path of a folder: your own, RecBole's, MMRec's, one
            of Hugging Face, or a prepared one.
        modalities: names of the modalities to take; None (the default): all that can be used; `[]`: none.
        encoders: one encoder for all modalities, or one for each by name (`"resnet50:weights.pth"` also names the
            weights). None (the default): "tfidf-svd" for texts, "colour-edges" for pictures.
        min_count: k of the k-core: users and items with fewer interactions are left out. 0: none are. None (the
            default): 5, or the value that a prepared folder was made with.
        seed: the seed of a made-up world and of encoders that learn, default 0.
        columns: for folders: our name of a column -> its name there, such as `{"user_id": "reviewer"}`.
        files: for folders: our name of a file -> its name there, such as `{"interactions": "transactions.csv"}`.
        file_format: for folders: how to read text files that do not show it themselves, by `separator`, `decimal` and
            `encoding`, such as `{"encoding": "windows-1252"}`.
        ties: how interactions of one user at one time are ordered, one of `order.TIES`. "random" (the default): by a
            hash of `tie_seed`, user and item; "file"; or "together". It changes nothing where no two times are equal.
        tie_seed: the seed of the random order, default 0. All systems with the same seed see the same order.

    Returns:
        The data set. `facts["reading"]` says what was read, skipped, repeated, tied and absent.

    Raises:
        MMSRError: there is no such data set, or it cannot be read.

    Example:
        >>> load("wardrob")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: there is no data set 'wardrob'; expected 'wardrobe', 'wardrobe:cycle',
        'wardrobe:match', 'worlds:pick', 'worlds:clocks', 'worlds:both' (or 'worlds:pick-student', the small size),
        'amazon:FOLDER/CATEGORY', 'movielens:FOLDER' or the path of a folder with interactions.csv and items.jsonl
    """
    from mmsr_lite.data.order import TIES, break_ties
    from mmsr_lite.data.prepare import build
    from mmsr_lite.data.sources import find

    if not isinstance(source, str | os.PathLike):
        kind = type(source).__name__
        raise MMSRError(f"the source is a {kind}; expected a name or a path; for tables use Dataset.from_frames")
    choose("ties", ties, TIES)
    module, place = find(source)
    of_folders = {"columns": columns, "files": files, "file_format": file_format}
    given = {name: value for name, value in of_folders.items() if value}
    for name, value in given.items():
        if not isinstance(value, dict):
            raise MMSRError(f"{name} is {value!r}; expected a dict of names, such as {EXAMPLES[name]}")
    if given and place != str(source):
        name = next(iter(given))
        raise MMSRError(
            f"{name} ({in_words(given[name])}) can be given for folders; the {name} of {str(source)!r} are known"
        )
    if not hasattr(module, "read"):
        world = module.load(world=place or "cycle", modalities=modalities, encoders=encoders, seed=seed)
        return break_ties(world, ties, tie_seed)
    raw = module.read(place, min_count=min_count, **given)
    dataset = build(raw, modalities=modalities, encoders=encoders, min_count=min_count, seed=seed)
    return break_ties(dataset, ties, tie_seed)
