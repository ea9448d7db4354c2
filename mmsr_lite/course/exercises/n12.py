"""Exercises of notebook 12: what a mean hides, the paper's own table, what groups explain, and an argument."""

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.course.stored import stored
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.explain.gates import gates


@cache
def of(world: str, kind: str) -> pd.DataFrame:
    """The gates of one node type in the first layer of a stored run.

    Args:
        world: the world of the run, such as "cycle".
        kind: the node type, such as "picture".

    Returns:
        The table of `gates`, with only these rows; it is made once for each input.
    """
    table = gates(*stored(f"wardrobe-{world}"))
    return table[(table["layer"] == 0) & (table["type"] == kind)]


def early() -> float:
    """The share of the gates of picture codes in the world of sequences that lean to early fusion.

    Returns:
        A share from 0 to 1.

    Example:
        >>> from unittest.mock import patch
        >>> gates_of_codes = pd.DataFrame({"late": [0.2, 0.4, 0.9, 0.6]})  # what `of` would find
        >>> with patch("mmsr_lite.course.exercises.n12.of", return_value=gates_of_codes): early()  # two of four
        0.5
    """
    return float((of("cycle", "picture")["late"] < 0.5).mean())


VALUES, GROUPS = [0.0, 0.2, 0.8, 1.0], ["a", "a", "b", "b"]


def explained_by(values: Sequence[float], groups: Sequence[Hashable]) -> float:
    """The share of the variance of values that the means of their groups explain.

    Args:
        values: numbers.
        groups: the group of each value.

    Returns:
        A share from 0 to 1.

    Example:
        >>> groups = ["a", "a", "b", "b"]
        >>> explained_by([0.0, 0.0, 1.0, 1.0], groups), explained_by([0.0, 1.0, 0.0, 1.0], groups)
        (1.0, 0.0)
    """
    series = pd.Series(list(values))
    return float(series.groupby(list(groups)).transform("mean").var() / series.var())


def said_of_share(found: Any) -> str:
    """What is wrong with the share for `VALUES` and `GROUPS`.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_share(1 - explained_by(VALUES, GROUPS))
        'close: that is what is left; the share that the means explain is the rest.'
    """
    share = explained_by(VALUES, GROUPS)
    if close_to(1 - share)(found):
        return "close: that is what is left; the share that the means explain is the rest."
    if close_to(share**0.5)(found):
        return "close: that is of standard deviations; take variances."
    return "give each value the mean of its group; divide the variance of these means by that of the values."


POINTS = {  # what a fair answer names
    "a control with codes that say nothing": r"shuffl|control",
    "other seeds": r"seed|draw",
    "whether any score depends on the gate": r"score|depend|forc|asked|reach",
}
ANSWER = (
    "A gate says which path a model takes, not why. First ask whether any score depends on these gates: with one layer "
    "only that of the last item does. Then train the control, with codes shuffled among the items: if gates stay late, "
    "the pictures are not the reason. Last, train other seeds, for one model is one draw."
)
EXERCISES = (
    Exercise(
        "12.1",
        early,
        "so the mean of 0.56 is no hesitation: most gates are near 0 or near 1.",
        (
            (lambda: 1 - early(), "close: that is the share of late ones."),
            (lambda: of("cycle", "picture")["late"].mean(), "that is the mean of beta[0]."),
            (lambda given: given > 1, "close: as a share, not in percent."),
        ),
        minutes=3,
    ),
    Exercise(
        "12.2",
        lambda: "Beauty",
        "in MRR@5 alone, 4.55 to 4.46; in all else of Table 4 late fusion is ahead or level.",
        (
            (lambda given: given in ("MRR@5", "MRR"), "close: that is the metric; in which data set?"),
            (lambda given: given in ("Clothing", "Sports"), "there NI(hohe) is ahead in both metrics."),
        ),
    ),
    Exercise(
        "12.3",
        lambda: explained_by,
        "the means of the groups instead of the values: what is left of the variance is explained.",
        cases=(
            Case(lambda: (list(VALUES), list(GROUPS)), close_to(explained_by(VALUES, GROUPS)), said_of_share),
            Case(
                lambda: ([1.0, 2.0, 6.0], ["a", "b", "b"]),
                close_to(explained_by([1.0, 2.0, 6.0], ["a", "b", "b"])),
                "right for groups of one size, wrong for others: each value counts, not each group.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "12.4",
        lambda: ANSWER,
        "it names the control, the seeds and what depends on the gate; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 40, 120, POINTS))),),
        accepts=lambda given: fault_of_text(given, 40, 120, POINTS) is None,
        asks="argument",
        level="hard",
        minutes=10,
    ),
)
