"""Exercises of notebook 00: what decides a step, a metric as a function, what beta says, and a careful claim."""

from functools import cache
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.data import load


@cache
def world():
    """The data set of the notebook, without its features.

    Returns:
        The data set; it is made once.

    Example:
        >>> world().name
        'wardrobe-cycle'
    """
    return load("wardrobe:cycle", modalities=())


def cause(user: int) -> str:
    """What decided the last step of a user.

    Args:
        user: the number of the user, from 0.

    Returns:
        One of the causes of the world, such as "cycle".

    Example:
        >>> cause(40)
        'cycle'
    """
    facts = world().facts
    return facts["causes"][facts["cause"][world().offsets[user + 1] - 1]]


def hit_ratio(ranks: list[float], k: int) -> float:
    """HR@K: the share of the targets that are among the first K.

    Args:
        ranks: the rank of each target, from 1.
        k: K.

    Returns:
        Percent.

    Example:
        >>> hit_ratio([1, 3, 9, 40], 5)
        50.0
    """
    return 100 * sum(rank <= k for rank in ranks) / len(ranks)


def said_of_hits(found: Any) -> str:
    """What is wrong with an HR@5 of the ranks 1, 3, 9 and 40.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_hits(2)
        'close: that is the number of hits; divide by the number of targets.'
    """
    if close_to(0.5)(found):
        return "close: that is the share; HR@5 is in percent."
    if close_to(2)(found):
        return "close: that is the number of hits; divide by the number of targets."
    return "of the ranks 1, 3, 9 and 40 two are among the first five: 50 percent."


POINTS = {
    "that it is one run or one seed": r"one run|one seed|single|once",
    "more seeds": r"seeds|runs|repeat",
    "a fair opponent, or other data": r"tun|fair|another|other|data|shop",
}
CLAIM = (
    "I may say that in this one run, with one seed and in this world, the network found more targets than counting. "
    "Before I call it better I need further seeds, a counting model that is tuned as well, and another data set."
)
EXERCISES = (
    Exercise(
        "00.1",
        lambda: cause(40),
        "this user walks a sequence in each modality; which picture goes with which text tells nothing here.",
        (
            (
                lambda given: given in ("match", "noise", "first"),
                "that is a cause, but not that of this user's last step.",
            ),
            (lambda given: "cause" in given, "that is the whole entry; give the word that stands under 'cause'."),
        ),
    ),
    Exercise(
        "00.2",
        lambda: hit_ratio,
        "a rank of k counts, too; how far up a hit stands does not matter to HR@K, only to MRR@K.",
        cases=(
            Case(lambda: ([1, 3, 9, 40], 5), close_to(50), said_of_hits),
            Case(lambda: ([5, 6], 5), close_to(50), "close: rank 5 is among the first five, so compare with <=."),
            Case(lambda: ([7], 5), close_to(0), "no target of the list [7] is among the first five: 0 percent."),
        ),
        asks="function",
        minutes=5,
    ),
    Exercise(
        "00.3",
        lambda: "hohe",
        "beta[0] weighs hohe, homogeneous first: each modality's own sequence is read before they are mixed.",
        (
            (
                lambda given: given.casefold() in ("late", "late fusion"),
                "that is the fusion order; the path has a name of its own.",
            ),
            (
                lambda given: given.casefold() in ("heho", "early", "early fusion"),
                "beta[1] weighs that one, and it is 0 here.",
            ),
        ),
    ),
    Exercise(
        "00.4",
        lambda: CLAIM,
        "it keeps to what was run, and names what is missing; whether it convinces, ask a partner.",
        ((lambda given: True, lambda given: fault_of_text(given, 30, 80, POINTS) or ""),),
        accepts=lambda given: fault_of_text(given, 30, 80, POINTS) is None,
        asks="argument",
        level="medium",
        minutes=8,
    ),
)
