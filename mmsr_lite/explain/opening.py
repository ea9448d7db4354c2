"""Opening: the users that a page or an explorer shows first, so that the first history tells early from late fusion."""

from collections.abc import Sequence

import numpy as np
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.parts import TEST
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.cards import truth_of
from mmsr_lite.models.mmsr import MMSR

LOOKED_AT = 300  # candidates, at most
AT_ONCE = 50  # histories that are scored together
RIGHT = 5  # the ranks that count as right, as in HR@5
ORDERS = {"heho": "early", "hohe": "late"}  # the one path of a model -> its order of fusion


def order_of(model: MMSR) -> str | None:
    """The order of fusion of a model that has only one.

    Args:
        model: an MMSR.

    Returns:
        "early" or "late"; None for any other model.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> order_of(MMSR(MMSRConfig(dim=8, fusion="heho"), 3)), order_of(MMSR(MMSRConfig(dim=8), 3))
        ('early', None)
    """
    paths = list(model.layers[0].fusion.paths)
    return ORDERS.get(paths[0]) if len(paths) == 1 else None


def candidates(dataset: Dataset) -> list[int]:
    """The users who may be shown first: in made-up worlds test users whose last item is decided, elsewhere all.

    Args:
        dataset: the data set.

    Returns:
        The numbers of at most `LOOKED_AT` users with two items or more, ascending.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> candidates(world)  # all four have two items or more
        [0, 1, 2, 3]
    """
    has_past = np.diff(dataset.offsets) > 1
    last = dataset.offsets[1:] - 1  # (U,) the last interaction; of a user without any, one that `has_past` leaves out
    if "because" in dataset.facts and "part" in dataset.facts:
        is_decided = (dataset.facts["because"][last, 0] >= 0) & (dataset.facts["part"][last] == TEST)
        if (has_past & is_decided).any():
            has_past &= is_decided
    return np.flatnonzero(has_past)[:LOOKED_AT].tolist()


@torch.no_grad()
def telling_users(
    models: Sequence[MMSR], dataset: Dataset, count: int, panes: tuple[int, int] | None = None
) -> list[int]:
    """Users whose target the models rank most differently; of one model, those whose target it ranks best.

    Where the models include an early fusion (heho) and a late one (hohe), the users come in this order: first those for
    whom early fusion is right and late fusion is wrong (in a world that knows why an order loses, those whose last item
    late fusion must miss), then those for whom early fusion is furthest ahead, by the logarithm of the ranks.

    Args:
        models: MMSR models of one data set.
        dataset: the data set.
        count: how many users.
        panes: the places in `models` of two that are compared in place of early and late fusion: first come users on
            whom the first of them is right and the second wrong. None: early and late fusion, as above.

    Returns:
        Their numbers, the most different first; they are chosen from `candidates`.

    Example:
        >>> from mmsr_lite.course.stored import stored
        >>> early, late = stored("both-small-early"), stored("both-small-late")
        >>> telling_users([early.model, late.model], early.dataset, 1)
        [15]
    """
    users = candidates(dataset)
    ranks = np.stack([ranks_of_last(model, dataset, users) for model in models], 1)  # (U, models)
    logs = np.log(ranks)
    told = np.ptp(logs, axis=1) if len(models) > 1 else -logs[:, 0]
    orders = [order_of(model) for model in models]
    ahead, behind = ([place for place, own in enumerate(orders) if own == name] for name in ("early", "late"))
    if panes is not None:
        ahead, behind = [panes[0]], [panes[1]]
    first = np.zeros(len(users), bool)
    if ahead and behind:
        told = logs[:, behind].min(1) - logs[:, ahead].min(1)
        first = (ranks[:, ahead].min(1) <= RIGHT) & (ranks[:, behind].min(1) > RIGHT)
        loser = orders[behind[0]]
        if loser is not None:
            truths = [truth_of(dataset, user) or {} for user in users]
            first &= np.array([truth.get("loser", loser) == loser for truth in truths])
    return [users[place] for place in np.lexsort([-told, ~first])[:count]]


@torch.no_grad()
def ranks_of_last(model: MMSR, dataset: Dataset, users: Sequence[int]) -> np.ndarray:
    """The rank of each user's last item among all items.

    Args:
        model: an MMSR.
        dataset: its data set.
        users: U numbers of users with two items or more.

    Returns:
        (U,) ranks; 1 is the best, and equal scores share the mean of their places.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> ranks = ranks_of_last(MMSR(MMSRConfig(dim=8), world.num_items), world, [0, 1])
        >>> ranks.shape, bool((ranks >= 1).all())
        ((2,), True)
    """
    past, target = [], []
    for user in users:
        *items, last = dataset.history(user).tolist()
        past.append(torch.tensor(items[-model.max_history :]))
        target.append(last)
    device, ranks = model.item_table().device, np.empty(len(target))
    by_length = np.argsort([len(items) for items in past], kind="stable")  # like lengths together: little padding
    for rows in np.array_split(by_length, -(-len(past) // AT_ONCE)):
        histories = torch.nn.utils.rnn.pad_sequence([past[row] for row in rows], batch_first=True)  # (B, L)
        scores = model.eval().scores(histories.to(device))
        ranks[rows] = rank_of(scores, torch.tensor([target[row] for row in rows], device=device)).cpu()
    return ranks
