"""Compare: two models or more on the same users, paired, with intervals from users drawn again (bootstrap)."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import gains
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.models.base import Recommender
from mmsr_lite.records import CompareRecord


def bootstrap(values: np.ndarray, draws: int = 2000, seed: int = 0) -> tuple[Any, Any]:
    """The mean of `values` (U,) and its 95 % interval over `draws` samples of U of them with replacement.

    Of `values` (X, U) a list of X means and one of X intervals, all from the same samples.

    >>> bootstrap(np.ones(5))
    (1.0, [1.0, 1.0])
    """
    rng, count = np.random.default_rng(seed), values.shape[-1]
    drawn = (np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(draws))
    means = np.stack([values @ times / count for times in drawn])  # (draws, ...)
    return values.mean(-1).tolist(), np.quantile(means, [0.025, 0.975], axis=0).T.tolist()


def compare(
    models: Mapping[str, Recommender],
    dataset: Dataset,
    examples: Examples,
    *,
    draws: int = 2000,
    seed: int = 0,
    most: int = 20,
    progress: bool = False,
) -> CompareRecord:
    """Metrics of each model, differences of each pair with 95 % intervals over users, and where ranks differ most.

    A user counts once: metrics are means over the user's targets first. Raises `MMSRError` for fewer than two models.

    >>> from mmsr_lite.data.split import split
    >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
    >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
    >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
    >>> model = MMSR(MMSRConfig(dim=8), world.num_items)
    >>> compare({"one": model, "two": model}, world, split(world).test)["pairs"][0]["differences"]["MRR"]["clear"]
    False
    """
    if len(models) < 2:
        raise MMSRError(f"compare got {list(models)}; expected two models or more, each under a name")
    names = list(models)
    found = np.stack([ranks(model, examples, progress=progress) for model in models.values()])  # (models, E)
    users, place, count = np.unique(examples.user, return_inverse=True, return_counts=True)
    each = {  # (models, U), percent
        name: np.stack([100 * np.bincount(place, row) / count for row in gain])
        for name, gain in ({"MRR": 1 / found} | gains(found)).items()
    }
    pairs = []
    for one, two in combinations(range(len(names)), 2):
        both = bootstrap(np.stack([values[one] - values[two] for values in each.values()]), draws, seed)
        differences = {
            name: {"mean": mean, "interval": [low, high], "clear": not low <= 0 <= high}
            for name, mean, (low, high) in zip(each, *both, strict=True)
        }
        lead = np.sign(each["MRR"][one] - each["MRR"][two])
        counts = {word: int((lead == sign).sum()) for word, sign in (("better", 1), ("worse", -1), ("equal", 0))}
        told = _sentence(names[one], names[two], differences["MRR"], len(users))
        pairs.append({"models": [one, two], "differences": differences, **counts, "sentence": told})
    apart = np.log(found.max(0) / found.min(0))
    targets, lengths = examples.targets, examples.lengths
    disagree = [
        {"user": int(examples.user[row]), "user_id": dataset.user_ids[examples.user[row]], "item": int(targets[row])}
        | {"title": dataset.titles[targets[row]], "length": int(lengths[row]), "ranks": found[:, row].tolist()}
        for row in np.argsort(-apart, kind="stable")[:most]
    ]
    record = {"schema": CompareRecord.schema, "dataset": dataset.name, "models": names, "metrics": list(each)}
    record |= {"users": len(users), "examples": len(examples), "pairs": pairs, "disagree": disagree}
    record |= {"means": {name: values.mean(1).tolist() for name, values in each.items()}}
    return CompareRecord(record, sentence=" ".join(pair["sentence"] for pair in pairs))


def _sentence(one: str, two: str, found: dict[str, Any], users: int) -> str:
    low, high = found["interval"]
    verdict = "no difference that more users might not undo"
    if found["clear"]:
        verdict = f"{one if found['mean'] > 0 else two} ranks better"
    return (
        f"Over {users:,} users the MRR of {one} minus that of {two} is {found['mean']:+.2f} points "
        f"(95 % interval {low:+.2f} to {high:+.2f}): {verdict}."
    )
