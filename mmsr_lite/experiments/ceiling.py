"""What limits every system: how much training shows about each test target and its history.

The identity of a target that no training user has cannot be learned. A target that no training user has together with
an item of the history can be found by popularity or features alone. A Markov chain finds only targets that follow an
item of the history in some training history.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from mmsr_lite.data.split import Examples
from mmsr_lite.data.storage import atomic
from mmsr_lite.experiments.cells import gain_of
from mmsr_lite.experiments.claims import METRIC
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.stored_systems import StoredSystems, System
from mmsr_lite.training.ingredients import codebooks

FILE = "targets.parquet"
GROUPS = (
    "never in training",
    "in training, never together with an item of the history",
    "together with one, never after it",
    "after an item of the history",
)


def nearness(train: Examples, test: Examples, num_items: int) -> np.ndarray:
    """Find which of `GROUPS` each test target belongs to.

    Args:
        train: the training part.
        test: the E test examples; their whole histories count.
        num_items: V.

    Returns:
        (E,) numbers of groups; a target belongs to the last one that fits.

    Example:
        >>> train = Examples(np.array([1, 2, 3, 4]), np.array([0, 0, 3]), np.array([1, 2, 3]), np.array([0, 0, 1]))
        >>> histories = np.array([3, 1, 3, 4, 4, 1, 1, 2])  # 3 -> 1, 3 -> 4, 4 -> 1, 1 -> 2
        >>> test = Examples(histories, np.arange(0, 8, 2), np.arange(1, 8, 2), np.arange(4))
        >>> nearness(train, test, num_items=9).tolist()
        [2, 1, 1, 3]
    """
    size = num_items + 1
    seen, ordered = _seen(train), _ordered_pairs(train, size)
    either = np.union1d(ordered, _turned(ordered, size))
    example, key = _pairs(test, size)
    group = np.isin(test.targets, seen).astype(int)
    for number, keys in ((2, either), (3, ordered)):
        near = np.bincount(example, np.isin(key, keys), len(test)) > 0
        group[near] = number
    return group


def shares_a_code(test: Examples, codes: list[np.ndarray]) -> np.ndarray:
    """Find which test targets share a code with an item of their history.

    Args:
        test: test examples.
        codes: of each modality the codes of all items (V+1, k), 0 for none.

    Returns:
        (E,) bool.

    Example:
        >>> test = Examples(np.array([1, 2, 3]), np.zeros(2, int), np.array([1, 2]), np.zeros(2, int))  # 2 and 3
        >>> shares_a_code(test, [np.array([[0], [1], [1], [2]])]).tolist()  # the targets; items 1 and 2 share a code
        [True, False]
    """
    shares = np.zeros(len(test), bool)
    example, key = _pairs(test, size := int(test.items.max()) + 1)
    item, target = np.divmod(key, size)
    for table in codes:
        alike = (table[item][:, :, None] == table[target][:, None]) & (table[item] > 0)[:, :, None]
        shares |= np.bincount(example, alike.any((1, 2)), len(test)) > 0
    return shares


def note_targets(place: Path, setting: Setting) -> None:
    """Write the group of each test target, in the first order at ties, beside the tables, unless it is there.

    Args:
        place: the folder of the data set's tables.
        setting: the data set and the terms.

    Example:
        >>> import tempfile
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> place, setting = Path(tempfile.mkdtemp()), Setting.of(world)
        >>> note_targets(place, setting)
        >>> len(pd.read_parquet(place / FILE)) == len(setting.parts.test)
        True
    """
    if (place / FILE).is_file():
        return
    test = setting.parts.test
    books = codebooks(setting.config(), setting.dataset)
    table = {"group": nearness(setting.parts.train, test, setting.dataset.num_items).astype(np.int8)}
    table["shares_code"] = shares_a_code(test, [book.codes for book in books])
    with atomic(place / FILE) as tmp:
        pd.DataFrame(table).to_parquet(tmp, index=False)


def ceiling_lines(stored: StoredSystems) -> list[str]:
    """A table of the groups: their share of the targets, and the hits of systems in each.

    Args:
        stored: the systems of a data set.

    Returns:
        Lines of Markdown; none where the groups are not noted.

    Example:
        >>> from mmsr_lite import stored_file
        >>> lines = ceiling_lines(StoredSystems(stored_file("assets/results/world-both-small"), []))
        >>> [line.split("|")[1].strip() for line in lines][-1]  # a row for each group, and one for all targets
        'all'
    """
    if not (stored.place / FILE).is_file():
        return []
    targets = pd.read_parquet(stored.place / FILE)
    ours = stored.chosen("mmsr")
    rivals = [system for system in stored.of_study("comparison") if stored.model(system) not in ("mmsr", "markov")]
    systems = [System("comparison", "markov"), stored.greatest(rivals, METRIC)]
    systems.append(ours if ours.label else System("comparison", "mmsr"))
    hits = {}
    for system in systems:
        ranks = stored.ranks(system) if system in stored.rows else None
        if ranks is not None and ranks[0].shape[1] == len(targets):
            hits[system.label] = gain_of([run[0] for run in ranks], METRIC).mean(0)  # (E,) in the first order
    heading = ["test targets", "share of all", "of them without a shared code", *(f"{METRIC} of {one}" for one in hits)]
    lines = ["| " + " | ".join(heading) + " |", "|---" * len(heading) + "|"]
    rows_of = {name: (targets["group"] == number).to_numpy() for number, name in enumerate(GROUPS)}
    rows_of["all"] = np.ones(len(targets), bool)
    for name, some in rows_of.items():
        if some.any():
            without = f"{100 * (~targets['shares_code'][some]).mean():.1f} %"
            cells = [name, f"{100 * some.mean():.1f} %", without]
            cells += [f"{100 * hit[some].mean():.2f}" for hit in hits.values()]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def _places(examples: Examples) -> tuple[np.ndarray, np.ndarray]:
    """For all users, the places of their items with the last target, and for each place where the user's items end."""
    begin, user = np.unique(examples.start, return_inverse=True)
    end = np.zeros_like(begin)
    np.maximum.at(end, user, examples.end + 1)
    lengths = end - begin
    end_of = np.repeat(end, lengths)
    return end_of - _counted_down(lengths), end_of


def _counted_down(lengths: np.ndarray) -> np.ndarray:
    """For each length n the numbers n, n - 1, ..., 1, one after the other."""
    return np.repeat(lengths.cumsum(), lengths) - np.arange(lengths.sum())


def _seen(examples: Examples) -> np.ndarray:
    """The items that occur in the training part."""
    return np.unique(examples.items[_places(examples)[0]])


def _ordered_pairs(examples: Examples, size: int) -> np.ndarray:
    """The pairs of an item and one that follows it, at any distance, in some history: item * size + later item."""
    first, end = _places(examples)
    found = [np.zeros(0, np.int64)]
    gap = 1
    while len(first := first[within := first + gap < end]):
        end = end[within]
        found.append(np.unique(examples.items[first] * size + examples.items[first + gap]))
        gap += 1
    return np.unique(np.concatenate(found))


def _turned(keys: np.ndarray, size: int) -> np.ndarray:
    """The same pairs with both items exchanged."""
    first, second = np.divmod(keys, size)
    return second * size + first


def _pairs(test: Examples, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of each item of a history with the target: the number of the example, and item * size + target."""
    lengths = test.end - test.start
    example = np.repeat(np.arange(len(test)), lengths)
    places = test.end[example] - _counted_down(lengths)
    return example, test.items[places] * size + test.targets[example]
