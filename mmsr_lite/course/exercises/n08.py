"""Exercises of notebook 08: order without times, which columns are modalities, a hidden fault, a fair imputation."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.data import load
from mmsr_lite.data.sources.folder import kinds_of
from mmsr_lite.errors import MMSRError

ROWS = [("Ann", "T1"), ("Ben", "T2"), ("Ann", "T3"), ("Ann", "T2")]
ITEMS = {"item_id": ["T1"], "name": ["Uji green tea"], "photo": ["cups/T1.png"], "price": ["4.20"], "maker_id": ["M7"]}


@cache
def shop(rows: tuple[tuple[str, str], ...], min_count: int):
    """The data set of a folder with a file of interactions and nothing else.

    Args:
        rows: (user, item) of each interaction.
        min_count: k of the k-core.

    Returns:
        The data set; it is made once for each input.

    Example:
        >>> shop((("Ann", "T1"), ("Ann", "T3")), 1).item_ids
        ('', 'T1', 'T3')
    """
    with TemporaryDirectory() as folder:
        pd.DataFrame(rows, columns=["user_id", "item_id"]).to_csv(Path(folder, "interactions.csv"), index=False)
        return load(folder, min_count=min_count)


def history(user: str) -> list[str]:
    """The items of a user of `ROWS`, in the order in which the package reads them.

    Args:
        user: the id of the user.

    Returns:
        Ids of items, the oldest first.

    Example:
        >>> history("Ann")
        ['T1', 'T3', 'T2']
    """
    dataset = shop(tuple(ROWS), 1)
    return [dataset.item_ids[item] for item in dataset.history(dataset.user_ids.index(user))]


DATED = [  # user, item, date
    *[("Ann", item, f"2025-03-{day:02d}") for item, day in (("T1", 1), ("T2", 4), ("T3", 9))],
    *[("Ben", item, f"2025-03-{day:02d}") for item, day in (("T2", 2), ("T3", 3), ("T1", 8))],
]


def hide(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """A fault that loads: the year of the first row with two digits exchanged.

    Args:
        rows: (user, item, date) of each interaction.

    Returns:
        The rows, the first one changed.

    Example:
        >>> hide([("Ann", "T1", "2025-03-01")])
        [('Ann', 'T1', '2052-03-01')]
    """
    user, item, date = rows[0]
    return [(user, item, date.replace("2025", "2052")), *rows[1:]]


def dated_shop(rows: Sequence[tuple[str, str, str]]) -> dict[str, list[str]]:
    """The histories that the package reads from rows with dates.

    Args:
        rows: (user, item, date) of each interaction.

    Returns:
        User -> ids of items, the oldest first.

    Example:
        >>> dated_shop([("Ann", "T1", "2025-03-02"), ("Ann", "T2", "2025-03-01")])
        {'Ann': ['T2', 'T1']}
    """
    with TemporaryDirectory() as folder:
        table = pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"])
        table.to_csv(Path(folder, "interactions.csv"), index=False)
        dataset = load(folder, min_count=1)
    users = range(dataset.num_users)
    return {dataset.user_ids[user]: [dataset.item_ids[item] for item in dataset.history(user)] for user in users}


def why_not_hidden(found: Any) -> str | None:
    """What is wrong with rows that should hide a fault.

    Args:
        found: the rows that the learner's function returned.

    Returns:
        A sentence for the learner; None when the rows load, count the same, and a history has changed.

    Example:
        >>> why_not_hidden(hide(DATED)) is None
        True
        >>> why_not_hidden(list(DATED))
        'close: it loads and counts the same, but every history is as it was.'
    """
    if not isinstance(found, list) or any(len(row) != 3 for row in found):
        return "return a list of rows (user, item, date)."
    if len(found) != len(DATED):
        return f"a partner counts rows: there were {len(DATED)}, now there are {len(found)}."
    try:
        changed = dated_shop(found)
    except MMSRError as error:
        return f"the loader finds it: {error}."
    clean = dated_shop(DATED)
    if set(changed) != set(clean) or {i for h in changed.values() for i in h} != {i for h in clean.values() for i in h}:
        return "a partner counts users and items: let them be the same."
    if changed == clean:
        return "close: it loads and counts the same, but every history is as it was."
    return None


def why_not_hidden_in_words(found: Any) -> str:
    """What is wrong with rows that should hide a fault, always as a text for `check`.

    Args:
        found: the rows that the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> why_not_hidden_in_words([])
        'a partner counts rows: there were 6, now there are 0.'
    """
    return str(why_not_hidden(found))


FEATURES = np.array([[1.0, 2.0], [3.0, 6.0], [0.0, 0.0], [50.0, 50.0]])
PRESENT, TRAINING = np.array([True, True, False, True]), np.array([True, True, True, False])
FILLED = np.array([[1.0, 2.0], [3.0, 6.0], [2.0, 4.0], [50.0, 50.0]])  # the mean of the first two


def impute(features: np.ndarray, present: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Fill the rows of missing items with the mean of the training items that are present.

    Args:
        features: (n, F) features.
        present: (n,) bool, which items have them.
        training: (n,) bool, which items are in the training data.

    Returns:
        (n, F) features without gaps.

    Example:
        >>> present, training = np.array([True, False, True]), np.array([True, True, False])
        >>> impute(np.array([[2.0], [0.0], [8.0]]), present, training).tolist()
        [[2.0], [2.0], [8.0]]
    """
    return np.where(present[:, None], features, features[present & training].mean(0))


def said_of_imputation(found: Any) -> str:
    """What is wrong with an imputation of `FEATURES`.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_imputation(FEATURES)
        'the third row is missing and is still zeros.'
    """
    for rows, sentence in (
        (PRESENT, "close: the last item is no training item; what it says of the mean nobody could know."),
        (TRAINING, "close: the missing row itself is in your mean, as zeros."),
        (PRESENT | True, "that is the mean of all rows, the missing one and that of the test among them."),
    ):
        wrong = FEATURES.copy()
        wrong[2] = FEATURES[rows].mean(0)
        if close_to(wrong)(found):
            return sentence
    if close_to(FEATURES)(found):
        return "the third row is missing and is still zeros."
    return "the third row becomes (2, 4), the mean of the first two; all others stay."


EXERCISES = (
    Exercise(
        "08.1",
        lambda: history("Ann"),
        "without times the order of rows counts, for each user by itself.",
        (
            (lambda given: list(given) == ["T1", "T2", "T3", "T2"], "close: one of these rows is Ben's."),
            (lambda given: sorted(given) == ["T1", "T2", "T3"], "the right items; the order is that of the rows."),
        ),
        minutes=3,
    ),
    Exercise(
        "08.2",
        lambda: set(kinds_of(pd.DataFrame(ITEMS))),
        "texts and pictures; ids name things and numbers are no words, so neither is encoded.",
        (
            ({"name", "photo", "maker_id"}, "close: an id says nothing that can be encoded."),
            ({"name", "photo", "price"}, "close: a column of numbers is neither text nor picture."),
            (lambda given: "item_id" in given, "item_id names the item; it is its identity, not a modality."),
        ),
        minutes=3,
    ),
    Exercise(
        "08.3",
        lambda: hide,
        "it loads, it counts the same, and a history is another one: only looking at the rows finds it.",
        cases=(Case(lambda: (list(DATED),), lambda found: why_not_hidden(found) is None, why_not_hidden_in_words),),
        asks="function",
        level="hard",
        minutes=12,
    ),
    Exercise(
        "08.4",
        lambda: impute,
        "the mean of training items alone: a test item that helps to fill a gap has told what nobody could know.",
        cases=(
            Case(lambda: (FEATURES.copy(), PRESENT.copy(), TRAINING.copy()), close_to(FILLED), said_of_imputation),
            Case(
                lambda: (FEATURES.copy(), PRESENT | True, TRAINING.copy()),
                close_to(FEATURES),
                "where nothing is missing, nothing changes.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=10,
    ),
)
