"""Compare two or more models on the same users, in pairs, with intervals from resampled users (bootstrap)."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from mmsr_lite.arguments import SEED, checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError, in_words
from mmsr_lite.evaluation.metrics import gains
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.explain.inputs import count_of
from mmsr_lite.models.base import Recommender
from mmsr_lite.records import CompareRecord
from mmsr_lite.records.evidence import Difference, Disagreement, Pair

AT_ONCE = 100_000  # numbers that `bootstrap` draws at once


def bootstrap(values: np.ndarray, draws: int = 2000, seed: int = 0) -> tuple[Any, Any]:
    """A mean and its 95 % interval, from resampled users.

    Args:
        values: (U,) one number for each user, or (X, U) several, whose users are drawn together.
        draws: the number of samples of U users, drawn with replacement.
        seed: the seed of the samples.

    Returns:
        The mean and [low, high]; of (X, U) a list of X means and one of X intervals.

    Example:
        >>> bootstrap(np.ones(5))
        (1.0, [1.0, 1.0])
    """
    rng, count = np.random.default_rng(seed), values.shape[-1]
    means: list[Any] = []
    while len(means) < draws:  # some samples at once; all of many users would not fit into the memory
        some = min(draws - len(means), max(1, AT_ONCE // count))
        drawn = rng.integers(count, size=(some, count)) + count * np.arange(some)[:, None]
        times = np.bincount(drawn.ravel(), minlength=some * count).reshape(some, count).astype(np.float64)
        means += [values @ one for one in times]  # (draws, ...)
    return values.mean(-1).tolist(), np.quantile(np.stack(means) / count, [0.025, 0.975], axis=0).T.tolist()


@checked(draws=(1, 10**7), seed=SEED, most=(1, 10**6))
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
    """Compare models on the same users: metrics, paired differences with intervals, and where ranks differ most.

    Each user counts once: the metrics of a user are the means over the user's targets.

    Args:
        models: name -> model, two or more.
        dataset: the data set that they were trained on.
        examples: the histories and targets to rank.
        draws: the number of samples of users for the intervals.
        seed: the seed of these samples.
        most: how many targets are listed, those on whose rank the models differ most.
        progress: whether to show a bar.

    Returns:
        The record that `show.compare` draws. Metrics are in percent; differences are the first of a pair minus the
        second.

    Raises:
        MMSRError: there are fewer than two models.

    Example:
        >>> from mmsr_lite.data.split import split
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model = MMSR(MMSRConfig(dim=8), world.num_items)
        >>> compare({"one": model, "two": model}, world, split(world).test)["pairs"][0]["differences"]["MRR"]["clear"]
        False
    """
    if not isinstance(models, Mapping) or len(models) < 2:
        given = in_words(list(models)) if isinstance(models, Mapping) else f"a {type(models).__name__}"
        raise MMSRError(f"compare got {given}; expected two models or more, each under a name")
    draws, most = count_of(draws, "draws"), count_of(most, "most", least=0)
    names = list(models)
    positions = np.stack([ranks(model, examples, progress=progress) for model in models.values()])  # (models, E)
    users, place, count = np.unique(examples.user, return_inverse=True, return_counts=True)
    by_user = {  # each metric (models, U), percent
        name: np.stack([100 * np.bincount(place, row) / count for row in gain])
        for name, gain in ({"MRR": 1 / positions} | gains(positions)).items()
    }
    pairs: list[Pair] = []
    for one, two in combinations(range(len(names)), 2):
        apart = np.stack([values[one] - values[two] for values in by_user.values()])  # (metrics, U)
        means, intervals = bootstrap(apart, draws, seed)
        differences: dict[str, Difference] = {
            name: {"mean": mean, "interval": [low, high], "clear": not low <= 0 <= high}
            for name, mean, (low, high) in zip(by_user, means, intervals, strict=True)
        }
        lead = np.sign(by_user["MRR"][one] - by_user["MRR"][two])  # (U,)
        pair: Pair = {
            "models": [one, two],
            "differences": differences,
            "better": int((lead == 1).sum()),
            "worse": int((lead == -1).sum()),
            "equal": int((lead == 0).sum()),
            "sentence": _sentence(names[one], names[two], differences["MRR"], len(users)),
        }
        pairs.append(pair)
    return CompareRecord(
        schema=CompareRecord.schema,
        dataset=dataset.name,
        models=names,
        metrics=list(by_user),
        users=len(users),
        examples=len(examples),
        pairs=pairs,
        disagree=_disagreements(dataset, examples, positions, most),
        means={name: values.mean(1).tolist() for name, values in by_user.items()},
        sentence=" ".join(pair["sentence"] for pair in pairs),
    )


def _disagreements(dataset: Dataset, examples: Examples, positions: np.ndarray, most: int) -> list[Disagreement]:
    """The targets on whose rank, `positions` (models, E), the models differ most, by the ratio of worst and best."""
    ratio = np.log(positions.max(0) / positions.min(0))  # (E,)
    targets, lengths = examples.targets, examples.lengths
    rows: list[Disagreement] = []
    for row in np.argsort(-ratio, kind="stable")[:most]:
        user, item = int(examples.user[row]), int(targets[row])
        rows.append(
            {
                "user": user,
                "user_id": dataset.user_ids[user],
                "item": item,
                "title": dataset.titles[item],
                "length": int(lengths[row]),
                "ranks": positions[:, row].tolist(),
            }
        )
    return rows


def _sentence(one: str, two: str, difference: Difference, users: int) -> str:
    low, high = difference["interval"]
    verdict = "no difference that more users might not undo"
    if difference["clear"]:
        better = one if difference["mean"] > 0 else two
        verdict = f"{better} ranks better"
    return (
        f"Over {users:,} users the MRR of {one} minus that of {two} is {difference['mean']:+.2f} points "
        f"(95 % interval {low:+.2f} to {high:+.2f}): {verdict}."
    )
