"""The data that a run was made from: short hashes of items, interactions and features, and how two data sets differ.

A run belongs to its data: item 7 of its table must be item 7 of the data set that it is used with. The hashes of items
and interactions are exact. The last digits of features depend on the machine of the encoder. So beside their exact hash
there is a sketch: a few weighted sums, which are close to each other for features that are.
"""

from __future__ import annotations

import os
import platform
import warnings
from collections.abc import Iterator

import numpy as np

from mmsr_lite import __version__
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.facts import FILE_ORDER
from mmsr_lite.data.storage import content_hash
from mmsr_lite.errors import MMSRError
from mmsr_lite.records import RunRecord
from mmsr_lite.records.training import DataHash, FeatureHash, Owner, Ranking

SKETCH = 8  # the number of weighted sums of a modality's features
NEAR = 5e-3  # features count as the same when no sum differs by more; one sum is about as large as 1


def run_record(run_id: str, dataset: Dataset, *, writing: bool = False) -> RunRecord:
    """The record that binds a run to its data.

    Args:
        run_id: the id of the run's config.
        dataset: the data set of the run, corrupted as the run asks.
        writing: whether this process will write the run; its number is then noted as the owner.

    Returns:
        The record.

    Example:
        >>> from mmsr_lite.data import load
        >>> run_record("3fa2", load("wardrobe:match", modalities=()))
        RunRecord(3fa2: wardrobe-match, 4000 users, 980 items)
    """
    owner: Owner | None = {"process": os.getpid(), "machine": platform.node()} if writing else None
    return RunRecord(
        schema=RunRecord.schema,
        id=run_id,
        version=__version__,
        data=data_hash(dataset),
        ranking=ranking_of(dataset),
        owner=owner,
    )


def ranking_of(dataset: Dataset) -> Ranking:
    """How the interactions of a data set are ordered, and how its test targets are ranked.

    Args:
        dataset: the data set as the run sees it.

    Returns:
        The part `ranking` of a run's record.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> ranking_of(world)["ties"]  # no two times are equal, so the order of the file stands
        'file'
    """
    order = dataset.facts.get("order", FILE_ORDER)
    return {"ties": order["ties"], "tie_seed": order.get("tie_seed"), "candidates": "all, and own items masked"}


def data_hash(dataset: Dataset) -> DataHash:
    """Hashes of item ids (in their order, and in any order), interactions, times, and features.

    Args:
        dataset: the data set as the run sees it.

    Returns:
        The part `data` of a run's record.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> hashes = data_hash(world)
        >>> hashes["users"], hashes["items"], hashes["item_hash"] == world.item_hash
        (4, 9, True)
    """
    ids = list(dataset.item_ids)
    return {
        "name": dataset.name,
        "users": dataset.num_users,
        "items": dataset.num_items,
        "interactions": len(dataset.item),
        "item_hash": dataset.item_hash,
        "item_set_hash": content_hash(sorted(ids)),
        "interaction_hash": content_hash(
            list(dataset.user_ids), dataset.user.astype(np.int64), dataset.item.astype(np.int64)
        ),
        "time_hash": content_hash(
            np.asarray(dataset.time, np.float64), np.asarray(dataset.facts.get("part", ()), np.int64)
        ),
        "features": {modality.name: feature_hash(modality) for modality in dataset.modalities},
    }


def feature_hash(modality: Modality) -> FeatureHash:
    """The exact hash and the sketch of the features of one modality; absent items do not count.

    Args:
        modality: the modality.

    Returns:
        Hash, sketch and sizes.

    Example:
        >>> present = np.array([False, True, False])
        >>> one = Modality("picture", np.array([[0], [1], [2]], np.float32), present)
        >>> other = Modality("picture", np.array([[0], [1], [9]], np.float32), present)  # item 2 is absent
        >>> feature_hash(one) == feature_hash(other), feature_hash(one)["items"]
        (True, 1)
    """
    present = np.flatnonzero(modality.present)
    features = modality.features[present].astype(np.float32)  # (n, F)
    rng = np.random.default_rng(0)
    of_rows = rng.standard_normal((SKETCH, len(modality.present)), np.float32)[:, present]  # (8, n)
    of_columns = rng.standard_normal((SKETCH, features.shape[1]), np.float32)  # (8, F)
    length = max(float(np.linalg.norm(features)), 1e-12)
    sketch = ((of_rows @ features) * of_columns).sum(1) / length  # (8,)
    return {
        "hash": content_hash(present.astype(np.int64), features),
        "items": len(present),
        "width": features.shape[1],
        "sketch": [float(value) for value in sketch],
    }


def refuse_other_data(place: str, there: DataHash, now: DataHash) -> None:
    """Raise when a run was made from other data; warn when only the last digits of features differ.

    Args:
        place: the name of the run in the message, such as "the run in 'runs/demo'".
        there: the hashes in the run.
        now: the hashes of the data set that was loaded.

    Raises:
        MMSRError: the data are others; the message says how they differ.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> here = data_hash(world)
        >>> refuse_other_data("the run in 'runs/demo'", here | {"items": 10}, here)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: the run in 'runs/demo' was made from other data: it has 9 items now and had 10; give
        it ...
    """
    different = list(differences(there, now))
    if different:
        raise MMSRError(
            f"{place} was made from other data: {'; '.join(different)}; give it the data it was made from, or train "
            "again into another folder"
        )
    rounded = [name for name in there["features"] if there["features"][name]["hash"] != now["features"][name]["hash"]]
    if rounded:
        names = ", ".join(map(repr, rounded))
        warnings.warn(
            f"{place}: the features of {names} differ in their last digits from those it saw, as another processor or "
            "another version of a package rounds them; what it gives may differ a little, and nothing need be done",
            stacklevel=2,
        )


def differences(there: DataHash, now: DataHash) -> Iterator[str]:
    """How data differ from those that a run was made from.

    Args:
        there: the hashes in the run.
        now: the hashes of the data set that was loaded.

    Yields:
        A phrase for each difference; none where there is none.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> here = data_hash(world)
        >>> list(differences(here, here)), list(differences(here | {"items": 10}, here))
        ([], ['it has 9 items now and had 10'])
    """
    if there["items"] != now["items"]:
        yield f"it has {now['items']} items now and had {there['items']}"
    elif there["item_set_hash"] != now["item_set_hash"]:
        yield f"some of its {now['items']} items have other ids"
    elif there["item_hash"] != now["item_hash"]:
        yield f"the same {now['items']} items stand in another order"
    if there["interactions"] != now["interactions"]:
        yield f"it has {now['interactions']} interactions now and had {there['interactions']}"
    elif there["interaction_hash"] != now["interaction_hash"] and there["item_hash"] == now["item_hash"]:
        yield f"some of its {now['interactions']} interactions, or their order, are others"
    elif "time_hash" in there and there["time_hash"] != now.get("time_hash") and there["item_hash"] == now["item_hash"]:
        yield f"some times of its {now['interactions']} interactions, or the split that comes with them, are others"
    if there["item_hash"] != now["item_hash"]:
        return  # with another order of items, features cannot be compared
    for name, features in there["features"].items():
        if name not in now["features"]:
            yield f"modality {name!r} is missing"
        elif difference := _feature_difference(features, now["features"][name]):
            yield f"modality {name!r} {difference}"
    for name in now["features"].keys() - there["features"].keys():
        yield f"modality {name!r} is new"


def _feature_difference(there: FeatureHash, now: FeatureHash) -> str:
    if there["hash"] == now["hash"]:
        return ""
    if there["width"] != now["width"]:
        return f"has {now['width']} numbers an item now and had {there['width']}"
    if there["items"] != now["items"]:
        return f"belongs to {now['items']} items now and belonged to {there['items']}"
    apart = np.abs(np.subtract(there["sketch"], now["sketch"])).max()
    return "has other features" if apart > NEAR else ""
