"""Exercises of notebook 01: kinds of items, examples of a user, from features to codes, how many of them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, as_array, close_to
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.data import load
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import split
from mmsr_lite.graph.codes import fit_codebooks


@cache
def pairs() -> int:
    """Count the pairs of a picture code and a text code that the items of the notebook's world have.

    Returns:
        The number of different pairs; it is counted once.
    """
    books = fit_codebooks(load("wardrobe:cycle"), num_codes=7, codes_per_item=1, dim=32)
    return len(np.unique(np.concatenate([book.codes[1:] for book in books], 1), axis=0))


def examples(interactions: int) -> int:
    """Count the training examples of one user.

    Args:
        interactions: the number of interactions of the user.

    Returns:
        The number of examples.

    Example:
        >>> examples(10)  # two are tested, one validates, and the first has nothing before it
        6
    """
    one, names = np.ones(interactions, int), ("", "a")
    return len(split(Dataset("one", 0 * one, one, np.arange(interactions), ("u",), names, names)).train)


FEATURES = np.array([[2.0, 0.1], [0.2, 1.0], [1.0, 0.9]])
CENTRES = np.array([[0.0, 9.0], [1.0, 1.0], [0.5, 0.0]])  # lengths differ, so that a product is no cosine


def nearest(features: np.ndarray, centres: np.ndarray, k: int) -> np.ndarray:
    """The codes of items: their nearest centres by cosine.

    Args:
        features: (V, D) the features of the items.
        centres: (C, D) the centres.
        k: how many codes an item gets.

    Returns:
        (V, k) codes from 1, the nearest first.

    Example:
        >>> nearest(np.array([[1.0, 0.2]]), np.array([[0.0, 5.0], [3.0, 0.0]]), 2).tolist()
        [[2, 1]]
    """
    return 1 + np.argsort(-cosines(features, centres), axis=1)[:, :k]


def cosines(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The cosine of each item and each centre.

    Args:
        features: (V, D) the features of the items.
        centres: (C, D) the centres.

    Returns:
        (V, C) cosines, from -1 to 1.

    Example:
        >>> cosines(np.array([[3.0, 4.0]]), np.array([[1.0, 0.0]])).tolist()  # 3 / 5
        [[0.6]]
    """
    lengths = np.linalg.norm(features, axis=1)[:, None] * np.linalg.norm(centres, axis=1)
    return features @ centres.T / lengths


def said_of_nearest(found: Any) -> str:
    """What is wrong with the two nearest centres of `FEATURES`.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_nearest(nearest(FEATURES, CENTRES, 2) - 1)
        'close: codes count from 1, for 0 says that there is none.'
    """
    right, distances = nearest(FEATURES, CENTRES, 2), ((FEATURES[:, None] - CENTRES) ** 2).sum(2)
    for wrong, sentence in (
        (right - 1, "close: codes count from 1, for 0 says that there is none."),
        (right[:, ::-1], "close: nearest first."),
        (1 + np.argsort(cosines(FEATURES, CENTRES), axis=1)[:, :2], "close: these are the farthest ones."),
        (
            1 + np.argsort(-FEATURES @ CENTRES.T, axis=1)[:, :2],
            "that is the product; a cosine divides by both lengths.",
        ),
        (1 + np.argsort(distances, axis=1)[:, :2], "that is the distance; nearest by cosine is asked for."),
    ):
        if close_to(wrong)(found):
            return sentence
    return f"for three items and k = 2 the codes have the shape (3, 2); got {as_array(found).shape}."


def why_not_this_k(given: Any) -> str | None:
    """What is wrong with a choice of k for a shop in which some pictures show two classes.

    Args:
        given: the learner's answer, a dictionary with `k` and `because`.

    Returns:
        A sentence for the learner; None when the choice is right.

    Example:
        >>> why_not_this_k({"k": 1, "because": "it is simple"})
        'then a picture that shows two classes gets one of them, and the other one is lost.'
    """
    if not isinstance(given, Mapping) or {"k", "because"} - set(given):
        return "give a dict with the keys 'k' and 'because'."
    if given["k"] == 1:
        return "then a picture that shows two classes gets one of them, and the other one is lost."
    if given["k"] != 2:
        return "close: no picture shows more than two classes, so further codes are the next best wrong ones."
    return fault_of_text(given["because"], 5, 60, {"edges or nodes, which a larger k adds": r"edge|node|pair"})


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
        minutes=3,
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
        lambda: nearest,
        "this is what makes codes of features; they are few and shared, so they connect items.",
        cases=(
            Case(
                lambda: (FEATURES, CENTRES, 2),
                lambda found: close_to(nearest(FEATURES, CENTRES, 2))(found),
                said_of_nearest,
            ),
            Case(
                lambda: (FEATURES[:1], CENTRES, 3),
                lambda found: close_to(nearest(FEATURES[:1], CENTRES, 3))(found),
                "right for k = 2, wrong for one item and k = 3.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "01.4",
        lambda: {"k": 2, "because": "Two classes need two codes; each step joins k times k pairs, so edges grow."},
        "two codes where a picture shows two things; every further one adds edges that say nothing.",
        ((lambda given: why_not_this_k(given) is not None, lambda given: str(why_not_this_k(given))),),
        accepts=lambda given: why_not_this_k(given) is None,
        asks="design",
        level="medium",
        minutes=8,
    ),
)
