"""Exercises of notebook 07: fidelity, chance, an area under a curve, what shuffled weights show, and a forced gate."""

from functools import cache

import numpy as np

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.stored import stored
from mmsr_lite.explain.faithfulness import faithfulness
from mmsr_lite.explain.gates import last_examples
from mmsr_lite.explain.what_if import what_if

WORLDS, USERS = ("cycle", "match", "mixed"), range(12, 60)


@cache
def unlearned() -> frozenset[str]:
    """The explanations that fail the test of shuffled weights in every world."""
    found: dict[str, list] = {"attention": [], "beta": []}
    for world in WORLDS:
        model, dataset = stored(f"wardrobe-{world}")
        some = last_examples(dataset).select(np.arange(20))
        for explains, records in found.items():
            records.append(faithfulness(model, dataset, some, explains=explains, orders=1))
    return frozenset(
        name for name, records in found.items() if not any(r["tests"]["random_weights"]["passed"] for r in records)
    )


@cache
def forced(user: int, to: str) -> float:
    """How much later the target of a user of `mixed` ranks with the last item's gates forced to an order."""
    if user not in USERS:
        raise ValueError(f"there are users {USERS[0]} to {USERS[-1]} here, not {user}")
    model, dataset = mixed()
    change = {"do": "gate", "to": to, "type": "item", "id": int(dataset.history(user)[-2])}
    return what_if(model, dataset, user, change, repeats=1)["measures"]["rank"]["delta"]


@cache
def mixed():
    """The stored run of `mixed`."""
    return stored("wardrobe-mixed")


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
    ),
    Exercise(
        "07.2",
        lambda: 100 * (0.9 * 0.8 + 0.1 * 0.2),
        "74 % without knowing anything: a share says nothing until chance stands beside it.",
        (
            (72.0, "close: it is also right where it says early and early is right."),
            (0.74, "close: that is the share; give it in percent."),
            (50, "chance is a half only where one of the two is as frequent as the other."),
            (lambda given: given in (80, 90), "it would need both: what it says, and what is right."),
        ),
    ),
    Exercise(
        "07.3",
        lambda: 5 / 6,
        "0.8 is above two of three, 0.95 above three of three: five of six pairs.",
        (
            (5, "close: that is the number of pairs; divide by all of them."),
            (1 / 6, "that is the share in which match has more."),
            (1.0, "0.8 is not above 0.9."),
            (3 / 5, "no border is asked for; compare each pair."),
        ),
    ),
    Exercise(
        "07.4",
        unlearned,
        "its order of nodes comes out much the same from a destroyed model: it shows the graph.",
        (
            ({"attention", "beta"}, "close: beta passes this one in every world."),
            ({"beta"}, "the other way round: beta changes when the weights are shuffled."),
            ("attention", "that is the one; give it as a set."),
        ),
    ),
    Exercise(
        "07.5",
        lambda: next(user for user in USERS if forced(user, "heho") < 0 < forced(user, "hohe")),
        "both directions agree: this step would rather have been fused early, whatever beta says.",
        (
            (lambda given: forced(given, "heho") < 0, "close: with heho it gains, but with hohe it does not lose."),
            (lambda given: forced(given, "hohe") < 0, "the other way round: this one gains with late fusion."),
            (lambda given: forced(given, "heho") >= 0, "with heho the target of this user does not gain."),
        ),
        accepts=lambda given: forced(given, "heho") < 0 < forced(given, "hohe"),
    ),
)
