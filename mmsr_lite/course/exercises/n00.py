"""Exercises of notebook 00: what decides a step, what chance scores, what beta says."""

from functools import cache

from mmsr_lite.course.check import Exercise
from mmsr_lite.data import load


@cache
def world():
    """The data set of the notebook, without its features."""
    return load("wardrobe:mixed", modalities=())


def cause(user: int) -> str:
    """What decided the last step of a user."""
    facts = world().facts
    return facts["causes"][facts["cause"][world().offsets[user + 1] - 1]]


def by_chance() -> float:
    """HR@5 in percent of a ranking drawn at random."""
    return 100 * 5 / world().num_items


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
        by_chance,
        "five places of 980: every model here is far above chance, so compare it with counting, not with chance.",
        (
            (lambda given: abs(100 * given - by_chance()) < 0.005, "that is the share; HR@5 is in percent."),
            (lambda given: abs(5 * given - by_chance()) < 0.005, "that is HR@1; five places count."),
        ),
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
)
