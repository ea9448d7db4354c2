"""Exercises of notebook 06: one loss, which changes have a band, a change that does harm, identity or match."""

import math
from functools import cache
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored
from mmsr_lite.explain.what_if import what_if

KINDS = ("drop", "swap", "node", "edge", "relation")
ASKED = (
    {"do": "gate", "to": "half"},
    {"do": "relation", "relation": "out"},
    {"do": "drop", "modality": "text", "position": 2},
    {"do": "shuffle"},
)
USER, OTHER, LAST = 62, 57, 7


@cache
def cycle() -> Any:
    """The stored run of the world `cycle`.

    Returns:
        The model and the data set; they are opened once.
    """
    return stored("wardrobe-cycle")


@cache
def banded() -> set[str]:
    """The kinds of change in `ASKED` whose random repeats differ.

    Returns:
        Names of changes, such as "drop".
    """
    found = {str(change["do"]): what_if(*cycle(), USER, change)["measures"]["probability"] for change in ASKED}
    return {name for name, measure in found.items() if not measure["alike"]}


def harm(change: dict[str, Any]) -> float:
    """By how many places a change makes the target's rank worse.

    Args:
        change: the change, as `what_if` takes it.

    Returns:
        The rank after the change less the one before; positive is worse.

    Example:
        >>> from unittest.mock import patch
        >>> worse = {"measures": {"rank": {"clean": 2.0, "changed": 7.0, "delta": 5.0}}}  # what `what_if` would find
        >>> here = "mmsr_lite.course.exercises.n06."
        >>> with patch(here + "cycle"), patch(here + "what_if", return_value=worse): harm({"do": "drop"})
        5.0
    """
    return what_if(*cycle(), USER, change, repeats=1)["measures"]["rank"]["delta"]


def touches_last(change: dict[str, Any]) -> bool:
    """Whether a change takes something from the last item itself, as far as its fields say.

    Args:
        change: the change, as `what_if` takes it.

    Returns:
        Whether it does.

    Example:
        >>> touches_last({"do": "drop"}), touches_last({"do": "drop", "position": 2})  # everywhere; at place 2
        (True, False)
    """
    everywhere = change["do"] == "drop" and change.get("position") is None
    return everywhere or LAST in (change.get("position"), change.get("other"))


@cache
def match() -> Any:
    """The stored run of the world `match`.

    Returns:
        The model and the data set; they are opened once.
    """
    return stored("wardrobe-match")


def takes_a_modality(change: dict[str, Any]) -> bool:
    """Whether a change takes one named modality of the last item, and nothing else.

    Args:
        change: the change, as `what_if` takes it.

    Returns:
        Whether it does.

    Example:
        >>> takes_a_modality({"do": "drop", "modality": "picture", "position": LAST})
        True
    """
    return change["do"] in ("drop", "swap") and bool(change.get("modality")) and change.get("position") == LAST


def kept(world: str, change: dict[str, Any]) -> float:
    """The share of the target's probability that is left after a change for user 57.

    Args:
        world: "cycle" or "match".
        change: the change, as `what_if` takes it.

    Returns:
        The probability after the change, divided by the one before.

    Example:
        >>> from unittest.mock import patch
        >>> halved = {"measures": {"probability": {"clean": 0.2, "changed": 0.1}}}  # what `what_if` would find
        >>> here = "mmsr_lite.course.exercises.n06."
        >>> with patch(here + "match"), patch(here + "what_if", return_value=halved): kept("match", {"do": "drop"})
        0.5
    """
    run = cycle() if world == "cycle" else match()
    found = what_if(*run, OTHER, change, repeats=1)["measures"]["probability"]
    return found["changed"] / found["clean"]


EXERCISES = (
    Exercise(
        "06.1",
        lambda: math.log(4),
        "minus the natural logarithm of a quarter.",
        (
            (2.0, "close: that is in bits; nats take the natural logarithm."),
            (-math.log(4), "close: a loss is minus the logarithm, so positive."),
            (0.25, "that is the probability itself; the loss is minus its logarithm."),
            (0.75, "that is what is missing to 1; the loss is minus the logarithm of 1/4."),
        ),
    ),
    Exercise(
        "06.2",
        banded,
        "a position was chosen for the one, an order for the other; the rest leaves nothing to choose.",
        (
            ({"drop"}, "close: the order of a shuffle is drawn anew each time, too."),
            ({"shuffle"}, "close: a position was chosen in one more, and others can be."),
            (lambda given: "gate" in given, "all gates go to a half in every repeat: nothing is left to choose."),
            (lambda given: "relation" in given, "every repeat cuts the same relation: nothing is left to choose."),
        ),
        level="medium",
        minutes=4,
    ),
    Exercise(
        "06.3",
        lambda: {"do": "relation", "relation": "in"},
        "nobody touched the last item, and the answer is gone: it came along the edges.",
        (
            (lambda given: given["do"] not in KINDS, f"use one of {', '.join(KINDS)}."),
            (touches_last, "that takes something from the last item itself."),
            (lambda given: harm(given) <= 0, lambda given: f"the rank changes by {harm(given):+g}: not worse."),
            (lambda given: True, lambda given: f"close: worse by {harm(given):g}, and 10 is asked for."),
        ),
        accepts=lambda given: given["do"] in KINDS and not touches_last(given) and harm(given) >= 10,
        asks="design",
        level="medium",
        minutes=6,
    ),
    Exercise(
        "06.4",
        lambda: {"do": "drop", "modality": "picture", "position": LAST},
        "the item stays and its picture goes: cycle is lost without it, match knows the item by its identity.",
        (
            (lambda given: not takes_a_modality(given), "drop or swap a named modality at position 7, the last item."),
            (
                lambda given: kept("match", given) < 0.8,
                lambda given: f"in match only {kept('match', given):.0%} of the probability is kept.",
            ),
            (lambda given: True, lambda given: f"close: in cycle {kept('cycle', given):.0%} is kept; take the other."),
        ),
        accepts=lambda given: takes_a_modality(given) and kept("match", given) >= 0.8 and kept("cycle", given) < 0.5,
        asks="design",
        level="hard",
        minutes=10,
    ),
)
