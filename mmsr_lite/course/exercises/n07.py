"""Exercises of notebook 07: fidelity, a deletion curve, an area under a curve, a forced gate, a referee report."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case, close_to
from mmsr_lite.course.stored import stored
from mmsr_lite.course.texts import fault_of_text
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.what_if import what_if

USERS = range(12, 60)


@cache
def forced(user: int, to: str) -> float:
    """How many places later a purchase in the world `both` ranks when the gates of the last item are forced.

    Args:
        user: one of `USERS`.
        to: the order of fusion, "heho" or "hohe".

    Returns:
        The rank with forced gates less the one without.

    Raises:
        ValueError: the user is none of `USERS`, or the last item of the user was not bought.

    Example:
        >>> forced(3, "heho")
        Traceback (most recent call last):
        ValueError: there are users 12 to 59 here, not 3
    """
    if user not in USERS:
        raise ValueError(f"there are users {USERS[0]} to {USERS[-1]} here, not {user}")
    model, dataset = both()
    facts = dataset.facts
    if facts["causes"][facts["cause"][dataset.offsets[user + 1] - 1]] == "browse":
        raise ValueError(f"the last item of user {user} was only looked at, which nobody can foretell; take a purchase")
    change = {"do": "gate", "to": to, "type": "item", "id": int(dataset.history(user)[-2])}
    return what_if(model, dataset, user, change, repeats=1)["measures"]["rank"]["delta"]


@cache
def both():
    """The stored run of the world `both`.

    Returns:
        The model and the data set; they are opened once.
    """
    return stored("both-small-adaptive-invasive")


def needs_late(user: int) -> bool:
    """Whether the purchase of a user ranks much later with heho, and not later with hohe.

    Args:
        user: one of `USERS`.

    Returns:
        Whether it does: by 20 places or more with heho, and by at most 1 with hohe.

    Example:
        >>> from unittest.mock import patch
        >>> places_later = {"heho": 410.0, "hohe": -1.0}  # what `forced` would find
        >>> with patch("mmsr_lite.course.exercises.n07.forced", lambda user, to: places_later[to]): needs_late(15)
        True
    """
    return forced(user, "heho") >= 20 and forced(user, "hohe") <= 1


@cache
def first_who_needs_late() -> int:
    """The first user of `USERS` whose purchase needs late fusion, hohe.

    Returns:
        The number of the user.

    Raises:
        MMSRError: no user needs it.
    """
    for user in USERS:
        with suppress(ValueError):
            if needs_late(user):
                return user
    raise MMSRError(f"no user from {USERS[0]} to {USERS[-1]} needs hohe at the last item; train the run anew")


def worth(kept: list[str]) -> float:
    """A score that is the sum of what the nodes a, b and c are worth: 3, 2 and 1.

    Args:
        kept: the nodes that are left.

    Returns:
        The score.

    Example:
        >>> worth(["a", "c"])
        4.0
    """
    return sum({"a": 3.0, "b": 2.0, "c": 1.0}[node] for node in kept)


def deletion_curve(nodes: list[str], score: Callable[[list[str]], float]) -> list[float]:
    """The scores while nodes are removed one by one.

    Args:
        nodes: the nodes in the order of removal.
        score: a function of the nodes that are left.

    Returns:
        The score with all nodes, then the score after each removal.

    Example:
        >>> deletion_curve(["a", "b", "c"], worth)
        [6.0, 3.0, 1.0, 0]
    """
    return [score(nodes[gone:]) for gone in range(len(nodes) + 1)]


def said_of_curve(found: Any) -> str:
    """What is wrong with a deletion curve of a, b and c.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_curve([6, 5, 3, 0])
        'close: that removes the least important first.'
    """
    for wrong, sentence in (
        ([3, 1, 0], "close: begin with all nodes, before anything is removed."),
        ([6, 3, 1], "close: end with no node left."),
        ([6, 5, 3, 0], "close: that removes the least important first."),
        ([0, 3, 5, 6], "that is insertion: nodes are brought in; here they are taken away."),
        ([3, 2, 1], "these are the nodes' own scores; score what is left."),
    ):
        if close_to(wrong)(found):
            return sentence
    return "nodes a, b, c are worth 3, 2 and 1, and add up: 6, then 3, then 1, then 0."


RUBRIC = {
    "the claim": r"claim",
    "a control": r"control|destroy|random|shuffl|planted",
    "seeds or users": r"seed|users",
    "limits": r"limit|only|does not|cannot|one data set|one world",
}
REPORT = (
    "The claim is that attention maps show why an item is recommended. The paper shows maps of a few users that "
    "look plausible. That does not support the claim, since a map can look plausible for reasons that were not "
    "learned. I ask for three controls. First, destroy the weights and draw the same maps: if they stay alike, they "
    "show the graph. Second, remove the nodes that attention calls important and compare with random orders of "
    "removal, over some hundred users and several seeds, with intervals. Third, use a world in which the cause is "
    "planted, and count how often the map names it, beside chance. The comparison has limits of its own: taking "
    "nodes away leads out of the data, so trades within the data should stand beside it, and one data set does not "
    "speak for another. Until then I would call the maps illustrations. Attention may still be a useful hint of "
    "where to intervene. I recommend a major revision."
)
EXERCISES = (
    Exercise(
        "07.1",
        lambda: 65 - 3,
        "with S alone hardly an answer changes, with a random half two of three do: S is nearly enough.",
        (
            (92 - 67, "that is fid+, without S; fid- is with S alone."),
            (92 - 3, "both numbers have to be of the same test, one of S and one of random."),
            (3 - 65, "close: low is good in fid-, so S is ahead."),
            (3, "that is fid- of S; hold it against a random half."),
        ),
        level="medium",
        minutes=4,
    ),
    Exercise(
        "07.2",
        lambda: deletion_curve,
        "the earlier it falls, the better the order; beside random orders it says whether importance is important.",
        cases=(
            Case(lambda: (list("abc"), worth), close_to([6, 3, 1, 0]), said_of_curve),
            Case(lambda: (list("cb"), worth), close_to([3, 2, 0]), "right for three nodes, wrong for two."),
        ),
        asks="function",
        level="medium",
        minutes=10,
    ),
    Exercise(
        "07.3",
        lambda: 5 / 6,
        "0.8 is above two of three, 0.95 above three of three: five of six pairs.",
        (
            (5, "close: that is the number of pairs; divide by all of them."),
            (1 / 6, "that is the share in which pick has more."),
            (1.0, "0.8 is not above 0.9."),
            (3 / 5, "no border is asked for; compare each pair."),
        ),
        level="medium",
        minutes=4,
    ),
    Exercise(
        "07.4",
        first_who_needs_late,
        "forced one way nothing happens, forced the other way all is lost: that is what a weight cannot say.",
        (
            (lambda given: forced(given, "heho") <= 0, "with heho the target of this user does not fall."),
            (lambda given: forced(given, "heho") < 20, "close: with heho it falls, but by less than 20 places."),
            (lambda given: forced(given, "hohe") > 1, "close: with hohe it falls, too."),
        ),
        accepts=needs_late,
        asks="design",
        level="medium",
        minutes=8,
    ),
    Exercise(
        "07.5",
        lambda: REPORT,
        "claim, control, seeds and limits are there; let a partner mark it by the rubric.",
        ((lambda given: True, lambda given: fault_of_text(given, 120, 180, RUBRIC) or ""),),
        accepts=lambda given: fault_of_text(given, 120, 180, RUBRIC) is None,
        asks="argument",
        level="hard",
        minutes=20,
    ),
)
