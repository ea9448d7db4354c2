"""Exercises of notebook 11: what a variant cannot know, what an ablation adds up, and what a part is needed for."""

from collections.abc import Sequence
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.course.texts import fault_of_text


def mean(values: Sequence[float]) -> float:
    """The mean over seeds.

    Args:
        values: one number for each seed.

    Returns:
        The mean.

    Example:
        >>> mean([70.0, 72.0, 74.0])
        72.0
    """
    return sum(values) / len(values)


def share_of_right_codes(none: Sequence[float], shuffled: Sequence[float], true: Sequence[float]) -> float:
    """Of the gain that modalities seem to bring, the share that shuffled codes do not bring.

    Args:
        none: the metric without codes, one number for each seed.
        shuffled: the metric with shuffled codes.
        true: the metric with the right codes.

    Returns:
        The share, from 0 to 1 where shuffled codes lie between the others.

    Example:
        >>> share_of_right_codes([40.0], [50.0], [72.0])  # (72 - 50) / (72 - 40)
        0.6875
    """
    return (mean(true) - mean(shuffled)) / (mean(true) - mean(none))


NONE, SHUFFLED, TRUE = [40.0, 40.0], [50.0], [70.0, 72.0, 74.0]  # means 40, 50 and 72


def said_of_share(found: Any) -> str:
    """What is wrong with the share for `NONE`, `SHUFFLED` and `TRUE`.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_share(22.0)
        'close: these are points; divide by what modalities seem to bring.'
    """
    right = share_of_right_codes(NONE, SHUFFLED, TRUE)
    for wrong, sentence in (
        (1 - right, "close: that is what codes bring that say nothing; the share of right ones is the rest."),
        (mean(TRUE) - mean(SHUFFLED), "close: these are points; divide by what modalities seem to bring."),
        (100 * right, "close: as a share, not in percent."),
        ((mean(TRUE) - mean(SHUFFLED)) / mean(TRUE), "divide by the gain over no codes, not by all hits."),
    ):
        if close_to(wrong)(found):
            return sentence
    return "means of 40, 50 and 72: of 32 points that codes seem to bring, shuffled ones bring 10."


POINTS = {  # what a fair answer names
    "a control that takes one thing away": r"control|shuffl|keep|param|one thing",
    "the seeds": r"seed",
}
ANSWER = (
    "That points are lost shows that X is used in these runs, not what for. With X its parameters went as well. So "
    "keep them and take away only what X is said to do, as shuffled codes do. Then look at each seed: if two of five "
    "have not learned, the mean lies where no seed is, and longer training may close the gap."
)
EXERCISES = (
    Exercise(
        "11.1",
        lambda: "ho",
        "items attend to items and codes to codes; the answer is read from an item.",
        (
            ("homogeneous", "close: that is the field's value; give the variant's name."),
            ("he", "there an item attends to its own codes directly."),
            ("NI(heho)", "close: codes steer its weights, a little; look at the table."),
            ("he, attention", "there an item attends to its own codes directly."),
        ),
        accepts=lambda given: given in ("ho", "ho, attention"),  # on a GCN or with attention
    ),
    Exercise(
        "11.2",
        lambda: share_of_right_codes,
        "the rest comes with codes that say nothing: more nodes, more parameters, ties between items.",
        cases=(
            Case(
                lambda: (list(NONE), list(SHUFFLED), list(TRUE)),
                close_to(share_of_right_codes(NONE, SHUFFLED, TRUE)),
                said_of_share,
            ),
            Case(lambda: ([40.0], [60.0], [60.0]), close_to(0.0), "where shuffled codes do as well the share is 0."),
        ),
        asks="function",
        level="medium",
        minutes=6,
    ),
    Exercise(
        "11.3",
        lambda: ANSWER,
        "it tells use from purpose, and asks for the seeds; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 40, 120, POINTS))),),
        accepts=lambda given: fault_of_text(given, 40, 120, POINTS) is None,
        asks="argument",
        level="hard",
        minutes=10,
    ),
)
