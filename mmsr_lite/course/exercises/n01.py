"""Exercises of notebook 01: kinds of items, examples of a user, rows of a codebook."""

from functools import cache

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset, Modality
from mmsr_lite.data.split import split
from mmsr_lite.graph.codes import fit_codebook, fit_codebooks


@cache
def pairs() -> int:
    """How many pairs of a picture code and a text code the items of the notebook's world carry."""
    books = fit_codebooks(load("wardrobe:mixed"), num_codes=7, codes_per_item=1, dim=32)
    return len(np.unique(np.concatenate([book.codes[1:] for book in books], 1), axis=0))


def examples(interactions: int) -> int:
    """How many training examples one user of so many interactions gives."""
    one, names = np.ones(interactions, int), ("", "a")
    return len(split(Dataset("one", 0 * one, one, np.arange(interactions), ("u",), names, names)).train)


def row() -> list[int]:
    """The codes of an item without features, at k = 3."""
    present = np.array([False, True, True, True, False])
    return fit_codebook(Modality("text", np.eye(5, 4, dtype=np.float32), present), num_codes=3, dim=4).codes[4].tolist()


EXERCISES = (
    Exercise(
        "01.1",
        pairs,
        "every picture code meets every text code: neither tells the other, together they name 49 kinds.",
        (
            (7 + 7, "that adds the codes of both modalities; a pair has one of each."),
            (980, "that counts items; many items share one pair."),
            (7, "that counts the codes of one modality."),
        ),
    ),
    Exercise(
        "01.2",
        lambda: examples(10),
        "two are test targets, one is held out for validation, and the first has nothing before it.",
        (
            (10 - 2 - 1, "close: one of these targets is the first item, and nothing comes before it."),
            (10 - 2, "two are test targets; what of validation, and of the first item?"),
            (10, "the last fifth is for testing."),
        ),
    ),
    Exercise(
        "01.3",
        row,
        "zeros mean none: no code, so later no node.",
        (
            (
                lambda given: len(given) == 0,
                "it has no codes, but the table is k wide: what stands where there is none?",
            ),
            ([0], "what stands there is right; but the table is k wide."),
            (lambda given: any(given), "an item without a text has no code, not even the most frequent one."),
        ),
    ),
)
