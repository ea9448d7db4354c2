"""The order of interactions at the same time: counted for the data card, and drawn at random by a hash.

Many data sets give only the day of an interaction. The first interaction of a day in the file is then not the one that
happened first, but the one that the file lists first. A file that lists its reviews item by item puts every day in the
order of the item ids. A model that reads sequences learns this order, and is also tested on it. See the page "Order
that is not order" of the documentation.
"""

from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.facts import FILE_ORDER, Facts, Order, OrderFacts
from mmsr_lite.errors import MMSRError, choose

TIES = {
    "random": "interactions of one user at one time stand in an order drawn by a hash of tie seed, user and item",
    "file": "they stand as the file lists them",
    "together": "they are one step: as random, and MMSR sees no transition between them",
}
PER_INTERACTION = (
    "cause",
    "because",
    "part",
    "file_row",
)  # facts with one entry for each interaction
FIXED = 5.0  # percentage points away from 50 % from which on the order of tied pairs counts as fixed


def break_ties(dataset: Dataset, ties: str = "random", tie_seed: int = 0) -> Dataset:
    """Reorder the interactions of one user at one time; everything else stays in its place.

    The order depends only on the tie seed and on the ids of user and item. So all systems that are trained or tested on
    a source see the same order, whatever part of the source they read.

    Args:
        dataset: any data set; if its ties were broken before, it first goes back to the order of its file.
        ties: one of `TIES`, default "random".
        tie_seed: a whole number from 0, default 0; each seed gives another order. "file" does not use it.

    Returns:
        The data set in its new order. `facts["order"]` says how ties were broken. Where anything was moved,
        `facts["file_row"]` (I,) is the row of each interaction in the order of the file.

    Raises:
        MMSRError: `ties` is none of `TIES`, or the seed is negative.

    Example:
        >>> day = Dataset("d", np.zeros(3, int), np.array([1, 2, 3]), np.zeros(3), ("u",), tuple("-abc"), tuple("-abc"))
        >>> break_ties(day, tie_seed=0).item.tolist(), break_ties(day, tie_seed=1).item.tolist()
        ([3, 1, 2], [2, 3, 1])
        >>> break_ties(break_ties(day), "file").item.tolist()
        [1, 2, 3]
    """
    choose("ties", ties, TIES)
    if tie_seed < 0:
        raise MMSRError(f"tie_seed is {tie_seed}; expected a whole number from 0")
    dataset = in_file_order(dataset)
    if ties == "file":
        return replace(dataset, facts=dataset.facts | {"order": {"ties": "file"}})
    order: Order = {"ties": ties, "tie_seed": tie_seed}
    # no tie is moved across the data's own split
    part = dataset.facts.get("part", np.zeros(len(dataset.item), np.int8))
    rows = np.lexsort((_random_numbers(dataset, tie_seed), part, dataset.time, dataset.user))
    if (rows == np.arange(len(rows))).all():
        return replace(dataset, facts=dataset.facts | {"order": order})
    return _reordered(dataset, rows, {"order": order, "file_row": rows})


def in_file_order(dataset: Dataset) -> Dataset:
    """Undo `break_ties`: the data set in the order of its file.

    Args:
        dataset: the data set.

    Returns:
        The data set in that order; the same object where nothing had been moved.

    Example:
        >>> day = Dataset("d", np.zeros(3, int), np.array([1, 2, 3]), np.zeros(3), ("u",), tuple("-abc"), tuple("-abc"))
        >>> in_file_order(break_ties(day)).item.tolist()
        [1, 2, 3]
    """
    if "file_row" not in dataset.facts:
        return dataset
    restored = _reordered(dataset, np.argsort(dataset.facts["file_row"], kind="stable"), {"order": {"ties": "file"}})
    facts = {name: fact for name, fact in restored.facts.items() if name != "file_row"}
    return replace(restored, facts=cast(Facts, facts))


def _reordered(dataset: Dataset, rows: np.ndarray, facts: Facts) -> Dataset:
    """The data set with its interactions in the order `rows` (I,), which keeps each user's interactions together."""
    by_name = dict(dataset.facts)
    moved = {name: np.asarray(by_name[name])[rows] for name in PER_INTERACTION if name in by_name}
    all_facts = cast(Facts, by_name | moved | dict(facts))
    return replace(dataset, item=dataset.item[rows], time=dataset.time[rows], facts=all_facts)


def _random_numbers(dataset: Dataset, tie_seed: int) -> np.ndarray:
    """(I,) uint64: a hash of tie seed, user id and item id."""
    users = pd.util.hash_array(np.array(dataset.user_ids, dtype=object).astype(str).astype(object), categorize=False)
    items = pd.util.hash_array(np.array(dataset.item_ids, dtype=object).astype(str).astype(object), categorize=False)
    seed = pd.util.hash_array(np.array([f"tie seed {tie_seed}"], dtype=object), categorize=False)
    mixed = _mix(_mix(users + seed)[dataset.user] + items[dataset.item])
    return mixed


def _mix(numbers: np.ndarray) -> np.ndarray:
    """Mix uint64 numbers so that each bit of a result depends on all bits (SplitMix64, Steele et al. 2014)."""
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


def id_places(dataset: Dataset) -> np.ndarray:
    """The place of each item when the ids are sorted, as numbers where all ids are whole numbers, else as text.

    Args:
        dataset: the data set.

    Returns:
        (V+1,) int64; the padding item has place 0.

    Example:
        >>> ids = ("", "10", "9", "100")
        >>> id_places(Dataset("d", np.zeros(1, int), np.ones(1, int), np.zeros(1), ("u",), ids, ids)).tolist()
        [0, 2, 1, 3]
    """
    ids = [str(own) for own in dataset.item_ids[1:]]
    if all(own.isascii() and own.isdigit() for own in ids):
        order = sorted(range(len(ids)), key=lambda index: (int(ids[index]), ids[index]))
    else:
        order = sorted(range(len(ids)), key=ids.__getitem__)
    places = np.zeros(len(ids) + 1, np.int64)
    places[np.array(order, np.int64) + 1] = np.arange(1, len(ids) + 1)
    return places


def order_facts(dataset: Dataset) -> OrderFacts:
    """Count what shows where the order of the file comes from: for the data card and for `leaks`.

    Neighbours are two interactions of one user, one directly after the other. They are counted in the order of the
    file, also when the ties of `dataset` were broken.

    Args:
        dataset: any data set.

    Returns:
        A record with these entries:

        - `ties`: how ties of the data set are ordered now ("file", "random", "together"); `tie_seed` where one is used.
        - `neighbours`: the number of pairs of neighbours.
        - `tied`: percent of the neighbours that have the same time.
        - `tied_rising`, `untied_rising`: percent of the tied and of the other neighbours whose second item has the
        higher
          id. Neighbours with the same item are left out. Chance gives 50; None where there are no such neighbours.
        - `tied_agreement`: among pairs of users with the same two tied neighbours, percent that have these in the same
          order. Chance gives 50; None where no two users have the same two tied neighbours.
        - `exact_repeats`: the number of interactions that repeat an earlier one with user, item and time.
        - `own_items`: percent of the interactions with an item that the user has taken before.
        - `times_are_steps`: whether each user's times are 0, 1, 2, ... or 1, 2, 3, ...: places in a history, not dates.

    Example:
        >>> day = Dataset("d", np.zeros(3, int), np.array([1, 2, 3]), np.zeros(3), ("u",), tuple("-abc"), tuple("-abc"))
        >>> facts = order_facts(day)
        >>> facts["tied"], facts["tied_rising"], facts["untied_rising"]
        (100.0, 100.0, None)
    """
    now = dataset.facts.get("order", FILE_ORDER)
    dataset = in_file_order(dataset)
    user, item, time = dataset.user, dataset.item, dataset.time
    neighbours = user[1:] == user[:-1]  # (I-1,)
    tied = neighbours & (time[1:] == time[:-1])
    places = id_places(dataset)[item]
    different = item[1:] != item[:-1]
    rising = places[1:] > places[:-1]
    keys = user * (dataset.num_items + 1) + item
    order = np.lexsort((np.arange(len(item)), time, keys))
    same = keys[order[1:]] == keys[order[:-1]]
    return {
        **now,
        "neighbours": int(neighbours.sum()),
        "tied": _percent(tied[neighbours]) or 0.0,
        "tied_rising": _percent(rising[tied & different]),
        "untied_rising": _percent(rising[neighbours & ~tied & different]),
        "tied_agreement": _agreement(item[:-1][tied & different], item[1:][tied & different], dataset.num_items + 1),
        "exact_repeats": int((same & (time[order[1:]] == time[order[:-1]])).sum()),
        "own_items": 100 * float(same.sum()) / max(len(item), 1),
        "times_are_steps": _are_steps(dataset),
    }


def _percent(flags: np.ndarray) -> float | None:
    """Percent of the flags that are True; None where there are none."""
    if len(flags) == 0:
        return None
    return 100 * float(flags.mean())


def _agreement(first: np.ndarray, second: np.ndarray, size: int) -> float | None:
    """Percent of the pairs of users who have the same two items as tied neighbours and in the same order."""
    pair, index = np.unique(np.minimum(first, second) * size + np.maximum(first, second), return_inverse=True)
    met = np.bincount(index, minlength=len(pair))  # how often each unordered pair occurs
    forward = np.bincount(index, first < second, minlength=len(pair))
    backward = met - forward
    agreeing = (forward * (forward - 1) + backward * (backward - 1)).sum() / 2
    all_pairs = (met * (met - 1)).sum() / 2
    if all_pairs == 0:
        return None
    return 100 * float(agreeing / all_pairs)


def _are_steps(dataset: Dataset) -> bool:
    """Whether the times are places in each user's history, counted from 0 or from 1."""
    place = np.arange(len(dataset.item)) - dataset.offsets[dataset.user]
    return bool(np.array_equal(dataset.time, place) or np.array_equal(dataset.time, place + 1))


def order_sentences(facts: OrderFacts) -> list[str]:
    """The facts of `order_facts` as sentences for the data card.

    Args:
        facts: what `order_facts` gave.

    Returns:
        One sentence after the other.

    Example:
        >>> day = Dataset("day", np.zeros(2, int), np.array([1, 2]), np.zeros(2), ("u",), tuple("-ab"), tuple("-ab"))
        >>> order_sentences(order_facts(day))[0]
        "Order: 100.0 % of a user's neighbouring interactions have the same time; in the file 100.0 % of these pairs
        have rising item ids (50 is chance), and of the other neighbours none can be compared."
    """

    def share(value: float | None) -> str:
        return "none can be compared" if value is None else f"{value:.1f} %"

    if facts["tied"] == 0:
        sentences = ["Order: no two neighbouring interactions of a user have the same time."]
        if facts["times_are_steps"]:
            sentences = ["Order: times are places in each user's history, not dates; what was tied cannot be known."]
    else:
        sentences = [
            f"Order: {facts['tied']:.1f} % of a user's neighbouring interactions have the same time; in the file "
            f"{share(facts['tied_rising'])} of these pairs have rising item ids (50 is chance), "
            f"and of the other neighbours {share(facts['untied_rising'])}."
        ]
        if facts["ties"] == "file":
            sentences += ["Ties stand in the order of the file."]
        else:
            drawn = f"Ties are broken at random (tie seed {facts['tie_seed']})."
            sentences += [drawn if facts["ties"] == "random" else f"{drawn} Items of one time are one step."]
        if fixed_order(facts):
            sentences += ["The file's order at ties is fixed by the ids: it says nothing about what came first."]
    again = f"{facts['own_items']:.2f} % of the interactions are of an item that the user had before"
    return [*sentences, f"Repeats: {again}; {facts['exact_repeats']:,} repeat user, item and time."]


def fixed_order(facts: OrderFacts) -> bool:
    """Whether the ids decide the order of tied neighbours in the file.

    Args:
        facts: what `order_facts` gave.

    Returns:
        True where the share of tied neighbours with rising ids is 5 percentage points or more away from 50 %.

    Example:
        >>> fixed_order({"tied": 40.0, "tied_rising": 99.0}), fixed_order({"tied": 0.0, "tied_rising": None})
        (True, False)
    """
    return facts["tied_rising"] is not None and abs(facts["tied_rising"] - 50) >= FIXED
