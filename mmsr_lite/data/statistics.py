"""Counts about a data set: the columns of the paper's Table 1, returns to own items, popularity, use of codes."""

from typing import TypedDict

import numpy as np

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import own_target_share, split

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)  # shares of the items, the most popular first
CURVE_POINTS = 50  # of the curve of popularity

Statistics = TypedDict(  # not a class, because the key "average length" is two words
    "Statistics",
    {
        "users": int,
        "items": int,
        "interactions": int,
        "average length": float,  # interactions of a user
        "sparsity": float,  # percent of the pairs of a user and an item that have no interaction
        "present": dict[str, float],  # modality -> percent of the items that have it
    },
)


@checked()
def statistics(dataset: Dataset) -> Statistics:
    """Counts, average length and sparsity as in Table 1, and the share of items that have each modality.

    Args:
        dataset: the data set.

    Returns:
        A dictionary with users, items, interactions; average length (interactions of a user); sparsity (percent of the
        pairs of a user and an item that have no interaction); present (percent of the items that have each modality).

    Example:
        >>> ids = tuple("-ab")
        >>> statistics(Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), ids, ids))
        {'users': 1, 'items': 2, 'interactions': 2, 'average length': 2.0, 'sparsity': 0.0, 'present': {}}
    """
    users, items, interactions = dataset.num_users, dataset.num_items, len(dataset.item)
    pairs = len(np.unique(dataset.user * (items + 1) + dataset.item))
    return {
        "users": users,
        "items": items,
        "interactions": interactions,
        "average length": interactions / users,
        "sparsity": 100 * (1 - pairs / (users * items)),
        "present": {modality.name: 100 * float(modality.present[1:].mean()) for modality in dataset.modalities},
    }


def own_history_share(dataset: Dataset) -> float | None:
    """Percent of the test targets that their user has taken before.

    Args:
        dataset: the data set.

    Returns:
        Percent, or None where there are no test targets.

    Example:
        >>> rows = np.array([1, 2, 3, 4, 1])
        >>> ids = tuple("-abcd")
        >>> own_history_share(Dataset("d", np.zeros(5, int), rows, np.arange(5), ("u",), ids, ids))
        100.0
    """
    test = split(dataset, validation=False).test
    if not len(test):
        return None
    return 100 * own_target_share(test)


def popularity(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Interactions of each item, the most popular first, and the percent of all that the first items have together.

    Args:
        dataset: the data set.

    Returns:
        Counts (V,), in falling order, and percent (V,), which rise to 100.

    Example:
        >>> ids = tuple("-ab")
        >>> popularity(Dataset("d", np.zeros(4, int), np.array([1, 2, 2, 2]), np.arange(4), ("u",), ids, ids))[1]
        array([ 75., 100.])
    """
    counts = np.sort(np.bincount(dataset.item, minlength=dataset.num_items + 1)[1:])[::-1]
    return counts, 100 * np.cumsum(counts) / max(counts.sum(), 1)


def code_use(codes: np.ndarray) -> tuple[int, int, float]:
    """How many codes are in use, and how evenly.

    Args:
        codes: (V+1, k) codes of one modality, 0 where there is none.

    Returns:
        The number of codes that items have, the number of codes, and the entropy of their use as a share of the
        greatest possible entropy, from 0 to 1: 1 where all codes are used equally often.

    Example:
        >>> code_use(np.array([[0], [1], [2]]))
        (2, 2, 1.0)
    """
    counts = np.bincount(codes.ravel(), minlength=2)[1:]
    share = counts[counts > 0] / max(counts.sum(), 1)
    even = float(-(share * np.log(share)).sum() / max(np.log(len(counts)), 1e-12))
    return len(share), len(counts), even
