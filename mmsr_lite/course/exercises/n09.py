"""Exercises of notebook 09: what late fusion is made of, a verdict that respects seeds, and a claim from one run."""

from collections.abc import Sequence

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case
from mmsr_lite.course.texts import fault_of_text


def loses_more(early: Sequence[float], late: Sequence[float]) -> str:
    """The order of fusion that loses more in every pair of seeds.

    Args:
        early: the losses of early fusion, one for each seed.
        late: the losses of late fusion, one for each seed.

    Returns:
        "early" or "late" when each of its losses is above each of the other's; else "open".

    Example:
        >>> loses_more([7.0, 8.0], [4.0, 5.0]), loses_more([9.0, 4.0], [5.0, 5.0])
        ('early', 'open')
    """
    if min(early) > max(late):
        return "early"
    return "late" if min(late) > max(early) else "open"


POINTS = {  # what a fair answer names
    "other seeds": r"seed|runs",
    "what else the mismatch takes away": r"sequence|within|catalogue",
    "that the orders differ in size, too, or another control": r"parameter|size|sequence models|control",
}
ANSWER = (
    "In these two runs other users would show the same; that is all the test says. It knows nothing of other seeds, so "
    "train five of each and test over users and seeds. A mismatch across the catalogue also takes the sequence of the "
    "modality away; trade texts within a history instead. Compare at equal numbers of parameters."
)
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
        lambda: loses_more,
        "a mean cannot do this: one seed that says otherwise leaves it open.",
        cases=(
            Case(
                lambda: ([7.0, 8.0], [4.0, 5.0]),
                lambda found: found == "early",
                lambda found: (
                    "close: the other way round; the greater loss is early's there."
                    if found == "late"
                    else "each of [7, 8] is above each of [4, 5]: early loses more."
                ),
            ),
            Case(lambda: ([1.0, 2.0], [3.0, 4.0]), lambda found: found == "late", "late may lose more as well."),
            Case(
                lambda: ([9.0, 4.0], [5.0, 5.0]),
                lambda found: found == "open",
                "close: the mean of [9, 4] is above 5, but its second seed is not: open.",
            ),
            Case(
                lambda: ([6.0, 9.0], [5.0, 8.0]),
                lambda found: found == "open",
                "close: each seed with each, not with its partner alone: 6 is below 8, so it is open.",
            ),
        ),
        asks="function",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "09.3",
        lambda: ANSWER,
        "it keeps to what was run, and asks for seeds and a fair mismatch; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 40, 120, POINTS))),),
        accepts=lambda given: fault_of_text(given, 40, 120, POINTS) is None,
        asks="argument",
        level="hard",
        minutes=10,
    ),
)
