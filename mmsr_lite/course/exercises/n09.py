"""Exercises of notebook 09: what late fusion is made of, how much is lost, and who minds a mismatch least."""

from functools import cache

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored_study

System = tuple[str, str]
FUSED = [(model, fusion) for model in ("gru4rec", "sasrec") for fusion in ("early", "late")]


@cache
def hits(system: System, corruption: str) -> float:
    """HR@5 in the world of sequences, the mean over seeds."""
    rows = stored_study("fusion_order", "wardrobe-cycle")["rows"]
    return float(
        np.mean([r["HR@5"] for r in rows if (r["model"], r["variant"], r["corruption"]) == (*system, corruption)])
    )


def lost(system: System, corruption: str) -> float:
    """The share of HR@5 that a corruption costs, in percent."""
    return 100 * (1 - hits(system, corruption) / hits(system, ""))


def points(system: System, corruption: str) -> float:
    """What a corruption costs in percentage points of HR@5."""
    return hits(system, "") - hits(system, corruption)


def steadiest() -> System:
    """Which fused system loses the fewest points when modalities are mismatched."""
    return min(FUSED, key=lambda system: points(system, "mismatched"))


LATE = ("sasrec", "late")
EXERCISES = (
    Exercise(
        "09.1",
        lambda: 1 + 2,
        "one for the items and one for each modality, with weights of their own.",
        (
            (2, "close: these are the modalities; the item is a channel, too."),
            (1, "that is early fusion: the channels are one before the sequence is read."),
        ),
    ),
    Exercise(
        "09.2",
        lambda: lost(LATE, "disordered"),
        "a share of what it had: for systems that start from different heights, shares compare, points do not.",
        (
            (lambda: points(LATE, "disordered"), "close: these are points; make it a share."),
            (lambda: 100 - lost(LATE, "disordered"), "that is what is kept; what is lost?"),
            (lambda: lost(LATE, "disordered") / 100, "close: in percent."),
            (lambda: lost(LATE, "mismatched"), "that is what the mismatch costs."),
        ),
        within=0.1,
    ),
    Exercise(
        "09.3",
        steadiest,
        "in the mean of five seeds; early fusion, of which the paper says that a mismatch hurts it most.",
        (
            (lambda given: len(given) != 2, "give a pair: the model, then how it fuses."),
            (lambda given: given[0] == steadiest()[0], "close: the model is right; look at its other fusion."),
            (lambda given: tuple(given) in FUSED, "another one loses less."),
        ),
    ),
)
