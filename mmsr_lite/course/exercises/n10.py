"""Exercises of notebook 10: what a gap costs, what a system keeps, whom the loss hits, and a claim of robustness."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case
from mmsr_lite.course.stored import stored_file, stored_study
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.data.corruption import missing
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.experiments.study import Reading
from mmsr_lite.experiments.worker import drop_codes_at_test
from mmsr_lite.training.fit import open_run


def steps_left(present: Sequence[bool]) -> int:
    """Count the pairs of neighbouring positions that both have a picture.

    Args:
        present: whether each position of a history has a picture.

    Returns:
        The number of pairs.

    Example:
        >>> steps_left([True, True, True]), steps_left([True, False, True])
        (2, 0)
    """
    return sum(bool(one and other) for one, other in pairwise(present))


def said_of_gap(found: Any) -> str:
    """What is wrong with the number of steps that are left of three pictures when the middle one is gone.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_gap(1)
        'close: two pictures are left, but they are not neighbours in time: an item stands between them.'
    """
    if found == 1:
        return "close: two pictures are left, but they are not neighbours in time: an item stands between them."
    return "of three pictures the middle one is gone: no two that are left follow each other, so 0."


@cache
def kept(model: str) -> float:
    """The share of HR@5 that is left when 70 % of the items lose all their modalities at test.

    Args:
        model: the name of the model in the stored study.

    Returns:
        Percent; it is computed once for each model.

    Example:
        >>> 20 < kept("sasrec-f") < kept("mmsr") < 34
        True
    """
    rows = [r for r in stored_study("missing", "wardrobe-cycle")["rows"] if (r["model"], r["variant"]) == (model, "")]
    worst = [r["HR@5"] for r in rows if (r["modality"], r["rate"], r["at"]) == ("mixed", 0.7, "test")]
    return float(100 * np.mean(worst) / np.mean([r["HR@5"] for r in rows if not r["corruption"]]))


@cache
def hits() -> tuple[float, float, float]:
    """HR@5 of the stored run when half of the items have lost their texts.

    Returns:
        Percent of all histories, of those whose last item kept its text, and of those whose last item lost it.
    """
    run = open_run(stored_file("runs/wardrobe-cycle"), "cpu")
    parts, reading = run.split, Reading(rate=0.5, corrupted="text")
    less = drop_codes_at_test(run.model, run.config, run.dataset, run.codebooks, reading)
    has = missing(run.dataset, modality="text", rate=0.5).modality("text").present
    has, hit = has[parts.test.items[parts.test.end - 1]], 100 * (ranks(less, parts.test) <= 5)
    return float(hit.mean()), float(hit[has].mean()), float(hit[~has].mean())


POINTS = {  # what a fair answer asks for
    "the model without any modality": r"without|no modalit|none",
    "where the curve starts, or another model beside it": r"start|begin|undisturbed|height|beside",
    "other seeds": r"seed|draw",
}
ANSWER = (
    "I ask for its hits without any modality: if they are as many, it does not need the pictures and cannot miss them. "
    "I ask where the curve starts, beside other models, for a low start is easily kept. And I ask for other seeds, in "
    "which other items lose their pictures, since one seed is one draw."
)
EXERCISES = (
    Exercise(
        "10.1",
        lambda: steps_left,
        "one missing picture takes two steps away, so a few gaps cut the chain to pieces.",
        cases=(
            Case(
                lambda: ([True, True, True],),
                lambda found: found == 2,
                lambda found: (
                    "that counts each step from both ends; count it once."
                    if found == 4
                    else "three pictures in a row have two steps between them."
                ),
            ),
            Case(lambda: ([True, False, True],), lambda found: found == 0, said_of_gap),
            Case(lambda: ([False, False],), lambda found: found == 0, "where no picture is left there is no step."),
        ),
        asks="function",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "10.2",
        lambda: kept("mmsr"),
        "not quite a third; SASRec-F, which reads zeros there, not quite a quarter.",
        (
            (lambda: kept("sasrec-f"), "that is SASRec-F."),
            (lambda: 100 - kept("mmsr"), "close: that is what is lost."),
            (lambda: kept("mmsr") / 100, "close: in percent."),
        ),
        within=0.1,
        minutes=3,
    ),
    Exercise(
        "10.3",
        lambda: hits()[2],
        "the last item speaks for the user, so it is its own codes that are missed most.",
        (
            (lambda: hits()[0], "that is over all histories."),
            (lambda: hits()[1], "close: those are the histories whose last item kept it."),
            (lambda: hits()[2] / 100, "close: in percent."),
        ),
        within=0.1,
        level="medium",
        minutes=6,
    ),
    Exercise(
        "10.4",
        lambda: ANSWER,
        "it asks for the start, for the model without modalities and for seeds; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 40, 100, POINTS))),),
        accepts=lambda given: fault_of_text(given, 40, 100, POINTS) is None,
        asks="argument",
        level="medium",
        minutes=8,
    ),
)
