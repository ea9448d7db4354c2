"""Exercises of notebook 05: a gate by hand, gates of a stored run, a gate that is forced."""

from functools import cache
from typing import Any

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored
from mmsr_lite.explain.gates import gates
from mmsr_lite.explain.what_if import what_if


@cache
def early() -> Any:
    """Mean beta[1] by layer and node type in the stored run of `match`."""
    return 1 - gates(*stored("wardrobe-match")).groupby(["layer", "type"], observed=True)["late"].mean()


@cache
def cycle() -> Any:
    """Model and data set of the stored run of `cycle`."""
    return stored("wardrobe-cycle")


def gain(change: dict[str, Any]) -> float:
    """How many times as probable the target of user 12 becomes."""
    found = what_if(*cycle(), 12, change, repeats=1)["measures"]["probability"]
    return found["changed"] / found["clean"]


EXERCISES = (
    Exercise(
        "05.1",
        lambda: 1 / (1 + 3),
        "exp(0) = 1 beside exp(ln 3) = 3: a quarter late, three quarters early.",
        (
            (3 / 4, "close: that is beta[1], the weight of heho."),
            (0, "0 goes into the softmax; what comes out is exp(0) / (exp(0) + exp(ln 3))."),
            (0.5, "the two numbers differ, so the weights do."),
        ),
    ),
    Exercise(
        "05.2",
        lambda: float(early()[0, "text"]),
        "in this world code nodes of the first layer fuse early, as the paper would expect.",
        (
            (lambda: 1 - early()[0, "text"], "close: that is beta[0], the late weight."),
            (lambda: early()[1, "text"], "that is the second layer; they count from 0 in the table."),
            (lambda: early()[0, "item"], "those are the items; take the text codes."),
            (lambda given: given > 1, "a weight is at most 1."),
        ),
        within=0.006,
    ),
    Exercise(
        "05.3",
        lambda: {"do": "gate", "to": "heho", "type": "text"},
        "the gate of the text codes stood the wrong way round for this user: it held the wrong direction.",
        (
            (lambda given: given["do"] != "gate", "that is another kind of change; force gates with 'do': 'gate'."),
            (lambda given: abs(gain(given) - 1) < 0.05, "these gates stand there already: nearly nothing changes."),
            (lambda given: gain(given) < 1, lambda given: f"that makes it {gain(given):.2f} times as probable: less."),
            (lambda given: True, lambda given: f"close: {gain(given):.2f} times as probable, and two is asked for."),
        ),
        accepts=lambda given: given["do"] == "gate" and gain(given) >= 2,
    ),
)
