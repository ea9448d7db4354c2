"""Exercises of notebook 08: order without times, which columns are modalities, the k-core, and what is missing."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.data import load
from mmsr_lite.data.sources.folder import kinds_of

ROWS = [("Ann", "T1"), ("Ben", "T2"), ("Ann", "T3"), ("Ann", "T2")]
ITEMS = {"item_id": ["T1"], "name": ["Uji green tea"], "photo": ["cups/T1.png"], "price": ["4.20"], "maker_id": ["M7"]}


@cache
def shop(rows: tuple[tuple[str, str], ...], min_count: int):
    """The data set of a folder with these (user, item) rows and nothing else."""
    with TemporaryDirectory() as folder:
        pd.DataFrame(rows, columns=["user_id", "item_id"]).to_csv(Path(folder, "interactions.csv"), index=False)
        return load(folder, min_count=min_count)


def history(user: str) -> list[str]:
    """The ids of what a user of ROWS took, as the package orders them."""
    dataset = shop(tuple(ROWS), 1)
    return [dataset.item_ids[item] for item in dataset.history(dataset.user_ids.index(user))]


def left() -> int:
    """The items that stay of six taken by twenty users and one taken by four."""
    rows = [(f"u{user}", f"i{item}") for user in range(20) for item in range(7) if item < 6 or user < 4]
    return shop(tuple(rows), 5).num_items


EXERCISES = (
    Exercise(
        "08.1",
        lambda: history("Ann"),
        "without times the order of rows counts, for each user by itself.",
        (
            (lambda given: list(given) == ["T1", "T2", "T3", "T2"], "close: one of these rows is Ben's."),
            (lambda given: sorted(given) == ["T1", "T2", "T3"], "the right items; the order is that of the rows."),
        ),
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
    ),
    Exercise(
        "08.3",
        left,
        "four is fewer than five, so the seventh goes; all users keep six and stay.",
        (
            (7, "close: an item has to be taken at least five times too, not only users count."),
            (0, "no user falls below five when the seventh item goes: each keeps six."),
        ),
    ),
    Exercise(
        "08.4",
        lambda: 0,
        "what is missing has no node; zeros would be a picture like any other.",
        (
            (1, "close: that is k here, for an item whose picture is there."),
            (6, "that is C, all codes of the codebook."),
        ),
    ),
)
