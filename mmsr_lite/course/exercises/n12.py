"""Exercises of notebook 12: a mean that hides two kinds of gates, the paper's own table, and what chance explains."""

from functools import cache

import numpy as np
import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored
from mmsr_lite.explain.gates import gates


@cache
def of(world: str, kind: str) -> pd.DataFrame:
    """The gates of one node type in the first layer of a stored run."""
    table = gates(*stored(f"wardrobe-{world}"))
    return table[(table["layer"] == 0) & (table["type"] == kind)]


def early() -> float:
    """The share of picture codes' gates in the world of sequences that lean to early fusion."""
    return float((of("cycle", "picture")["late"] < 0.5).mean())


def by_chance() -> float:
    """What means by user explain in expectation when users make no difference."""
    table = of("match", "picture")
    return (table["user"].nunique() - 1) / (len(table) - 1)


def explained() -> float:
    """What means by user do explain."""
    table = of("match", "picture")
    means = table.groupby("user")["late"].transform("mean")
    return float(1 - np.var(table["late"] - means) / np.var(table["late"]))


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
        by_chance,
        "and about as much they do explain, 0.19: users make no difference.",
        (
            (explained, "close: that is what they do explain; what would chance?"),
            (0, "the mean of a few values always lies near them, so it explains something."),
            (lambda given: given >= 1, "a share is below 1: groups over gates, each less one."),
        ),
    ),
)
