"""Exercises of notebook 13: counting, an ablation beside its control, two stored tables, a report."""

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any

import pandas as pd

from mmsr_lite.course.check import Exercise
from mmsr_lite.course.functions import Case
from mmsr_lite.course.stored import stored_file
from mmsr_lite.course.texts import fault_of_text


@cache
def beauty() -> pd.DataFrame:
    """The means of the stored comparison on Amazon Beauty.

    Returns:
        A table with a row for each system and the columns HR@5 and MRR@5, in percent; it is read once.

    Example:
        >>> list(beauty().columns), "markov" in beauty().index
        (['HR@5', 'MRR@5'], True)
    """
    table = pd.read_csv(stored_file("assets/results/amazon-beauty/comparison.csv"))
    return table.groupby("model")[["HR@5", "MRR@5"]].mean()


@cache
def ahead(system: str) -> float:
    """How far the mean HR@5 of a system of the recipe is above that of counting.

    Args:
        system: the name of the system in the stored recipe.

    Returns:
        Percent of the HR@5 of counting.

    Example:
        >>> bool(ahead("shuffled, codes") < ahead("shuffled, feature start"))
        True
    """
    recipe = pd.read_csv(stored_file("benchmarks/results/beauty_recipe.csv")).groupby("system")["HR@5"].mean()
    return 100 * (recipe[system] / beauty().loc["markov", "HR@5"] - 1)


def behind(metric: str) -> set[str]:
    """The systems that counting is ahead of.

    Args:
        metric: "HR@5" or "MRR@5".

    Returns:
        Names of systems.

    Example:
        >>> "markov" in behind("MRR@5")
        False
    """
    means = beauty()[metric]
    return set(means.index[means < means["markov"]])


def count_pairs(history: Sequence[Hashable]) -> dict[tuple[Hashable, Hashable], float]:
    """The weight of each pair of an item and a later one: 1 divided by their distance, summed.

    Args:
        history: items, the oldest first.

    Returns:
        (earlier item, later item) -> weight.

    Example:
        >>> count_pairs(["A", "B", "C"])
        {('A', 'B'): 1.0, ('A', 'C'): 0.5, ('B', 'C'): 1.0}
    """
    weights: dict[tuple[Hashable, Hashable], float] = {}
    for later, other in enumerate(history):
        for earlier, one in enumerate(history[:later]):
            weights[one, other] = weights.get((one, other), 0.0) + 1 / (later - earlier)
    return weights


def same_weights(found: Any, history: Sequence[Hashable]) -> bool:
    """Whether a dictionary holds the weights of a history; it may also hold pairs with weight zero.

    Args:
        found: the dictionary that the learner's function returned.
        history: the items, the oldest first.

    Returns:
        Whether it does.

    Example:
        >>> same_weights({("A", "B"): 1.0, ("B", "A"): 0.0}, ["A", "B"])
        True
    """
    right = count_pairs(history)
    given = {pair: weight for pair, weight in found.items() if weight}
    return given.keys() == right.keys() and all(abs(given[pair] - right[pair]) < 1e-6 for pair in right)


def said_of_pairs(found: Any) -> str:
    """What is wrong with the weights of the history A, B, C.

    Args:
        found: what the learner's function returned.

    Returns:
        A sentence for the learner.

    Example:
        >>> said_of_pairs({("A", "B"): 1, ("B", "C"): 1})
        'pairs at a distance count too, with 1 over the distance.'
    """
    if not isinstance(found, dict):
        return f"a dict from pairs to weights is asked for, got {found!r}."
    if found.get(("A", "C")) == 1:
        return "close: C stands two places after A, so the pair counts 1/2, not 1."
    if ("A", "C") not in found:
        return "pairs at a distance count too, with 1 over the distance."
    if ("B", "A") in found:
        return "the order matters: an earlier item comes first in its pair."
    return "A, B, C give A to B and B to C a weight of 1, and A to C a half."


POINTS = {  # what a referee of such a paper names
    "a control with codes that say nothing": r"shuffl|permut|control",
    "other seeds": r"seed",
    "counting, or another simple baseline": r"count|markov|chain|baseline",
    "the order at ties": r"\bties?\b|same day|order of the file|file order",
    "limits": r"limit|other data|other shops|all shops",
}
REPORT = (
    "The paper claims that modalities help, because its model has more hits with them than without. An ablation cannot "
    "tell what the codes say from there being codes, so I ask for shuffled codes as a control, with their own trials. "
    "One seed is one run; five seeds would show how far runs lie apart. Counting should be tuned as well. Reviews are "
    "dated by days, so ties should be drawn at random. Its limits are those of one shop."
)
EXERCISES = (
    Exercise(
        "13.1",
        lambda: count_pairs,
        "what comes later counts, but less; transitions of an item are these weights divided by their sum.",
        cases=(
            Case(lambda: (["A", "B", "C"],), lambda found: same_weights(found, ["A", "B", "C"]), said_of_pairs),
            Case(
                lambda: (["A", "B", "A", "B"],),
                lambda found: same_weights(found, ["A", "B", "A", "B"]),
                "right for a history without repetition: where a pair comes again, its weights add up.",
            ),
        ),
        asks="function",
        minutes=6,
    ),
    Exercise(
        "13.2",
        lambda: 40 - 36,
        "the other 6 come from there being codes at all.",
        (
            (10, "that is the ablation; shuffled codes reach some of it without saying anything."),
            (6, "close: that is what codes bring that say nothing."),
        ),
    ),
    Exercise(
        "13.3",
        lambda: ahead("shuffled, feature start"),
        "as much as with true codes: it is not what codes say that leads here; a tuned chain is level with both.",
        (
            (lambda: ahead("shuffled, feature start") / 100, "close: that is the share; give it in percent."),
            (lambda: ahead("shuffled, codes"), "close: that is without the feature start."),
            (lambda: ahead("none"), "that is MMSR without modalities."),
            (lambda given: 0.4 < given < 0.6, "those are points of HR@5; give them as percent of counting's."),
        ),
        within=0.06,
        level="medium",
        minutes=4,
    ),
    Exercise(
        "13.4",
        lambda: behind("MRR@5"),
        "more than half of the systems, among them some that count as strong baselines.",
        (
            (lambda: behind("HR@5"), "that is in HR@5; take MRR@5."),
            (lambda: behind("MRR@5") | {"markov"}, "close: leave counting itself out."),
            (lambda: set(beauty().index) - behind("MRR@5") - {"markov"}, "the other way round: these are ahead."),
        ),
        minutes=3,
    ),
    Exercise(
        "13.5",
        lambda: REPORT,
        "it names what a referee has to ask for; whether it convinces, ask a partner.",
        ((lambda given: isinstance(given, str), lambda given: str(fault_of_text(given, 60, 150, POINTS))),),
        accepts=lambda given: fault_of_text(given, 60, 150, POINTS) is None,
        asks="argument",
        level="hard",
        minutes=15,
    ),
)
