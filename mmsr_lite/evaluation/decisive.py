"""Hits where something decides: most items of a planted world are drawn at random, and no model can predict them."""

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.metrics import metrics
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.models.base import Recommender


def decisive(dataset: Dataset, examples: Examples) -> Examples:
    """Select the examples whose target is decided by earlier items of the user.

    Args:
        dataset: a world of `mmsr_lite.data.sources.worlds`.
        examples: examples of this world.

    Returns:
        Those examples.

    Raises:
        MMSRError: the data set does not say what decides an interaction.

    Example:
        >>> from mmsr_lite.data import load
        >>> from mmsr_lite.data.split import split
        >>> world = load("worlds:clocks-small", modalities=())
        >>> some = decisive(world, split(world).test)
        >>> {world.facts["causes"][cause] for cause in world.facts["cause"][some.end]}
        {'clocks'}
    """
    if "because" not in dataset.facts:
        raise MMSRError(f"{dataset.name} does not say what decides an interaction; give a world such as 'worlds:both'")
    return examples.select(dataset.facts["because"][examples.end, 0] >= 0)


def decisive_hits(model: Recommender, dataset: Dataset, examples: Examples) -> dict[str, float]:
    """HR@5 on the decisive targets, for all users and for each planted kind of user.

    Args:
        model: a trained model.
        dataset: the world that it was trained on.
        examples: examples of the world; the decisive ones are ranked.

    Returns:
        "all users", and "users of <kind>" where there are several kinds -> HR@5 among all items, in percent.

    Example:
        >>> from mmsr_lite.data import load
        >>> from mmsr_lite.data.split import split
        >>> from mmsr_lite.models import MODELS
        >>> world = load("worlds:clocks-small", modalities=())
        >>> popular = MODELS["popularity"](MODELS["popularity"].Config(), world.num_items)
        >>> popular.count(split(world).train)
        >>> list(decisive_hits(popular, world, split(world).test))
        ['all users']
    """
    examples = decisive(dataset, examples)
    rank, names = ranks(model, examples), dataset.facts["user_kinds"]
    found = {"all users": metrics(rank)["HR@5"]}
    if len(names) > 1:
        kind = np.asarray(dataset.facts["user_kind"])[examples.user]  # (E,)
        found |= {f"users of {name}": metrics(rank[kind == number])["HR@5"] for number, name in enumerate(names)}
    return found
