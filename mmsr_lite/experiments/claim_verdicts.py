"""The verdict of the stored ranks on each claim: it holds, it does not hold, or it cannot be told.

The rule is that of `assets/results/protocol.md`. All comparisons of all claims on one data set are one family.
"""

from __future__ import annotations

from dataclasses import dataclass

from mmsr_lite.experiments.cells import Comparison
from mmsr_lite.experiments.claims import CLAIMS, METRIC, Claim, Pair
from mmsr_lite.experiments.statistics import LEVEL, crossed, crossed_losses, holm
from mmsr_lite.experiments.stored_systems import StoredSystems

HOLDS, FAILS, UNTOLD = "holds", "does not hold", "cannot be told"
SAME = 0.02  # a smaller share of the reference's value is no difference


@dataclass
class Answer:
    """One comparison of a claim, with its test where it can be made.

    Attributes:
        pair: the two systems.
        means: their metric in percent, or what each loses by the damage.
        reference: the metric of the second system, undamaged.
        comparison: the deciding test; None where it cannot be made.
        lacks: why it cannot be made; empty where it can.
        holm: the p-value, corrected for all comparisons of all claims on the data set.

    Example:
        >>> Answer(pair=None, lacks="not run: comparison").verdict(margin=0.0) == UNTOLD
        True
    """

    pair: Pair
    means: tuple[float, float] = (0.0, 0.0)
    reference: float = 0.0
    comparison: Comparison | None = None
    lacks: str = ""
    holm: float = 1.0

    def verdict(self, margin: float) -> str:
        """The verdict of this comparison: is the first system ahead, or does it lose more, by this share?

        Args:
            margin: the share of the reference by which the first system has to differ.

        Returns:
            `HOLDS`, `FAILS` or `UNTOLD`.
        """
        test = self.comparison
        if test is None:
            return UNTOLD
        least = margin * self.reference
        apart = self.holm < LEVEL
        if apart and test.difference > 0 and test.difference >= least:
            return HOLDS
        if apart and test.difference < 0:
            return FAILS
        if margin and test.high < least:
            return FAILS
        same = SAME * self.reference
        if not margin and -same < test.low and test.high < same:
            return FAILS
        return UNTOLD


def verdict_of(claim: Claim, answers: list[Answer]) -> str:
    """The verdict on a claim: it holds if all its comparisons hold, and fails if one of them fails.

    Args:
        claim: the claim.
        answers: what is known of its comparisons.

    Returns:
        `HOLDS`, `FAILS` or `UNTOLD`.

    Example:
        >>> claim = Claim("1", "MMSR is ahead of counting.", "a higher HR@5", lambda stored: [])
        >>> verdict_of(claim, [Answer(pair=None)]) == UNTOLD  # nothing is known of its comparison
        True
    """
    verdicts = {answer.verdict(claim.margin) for answer in answers}
    if FAILS in verdicts:
        return FAILS
    return HOLDS if verdicts == {HOLDS} else UNTOLD


def answer_claims(stored: StoredSystems) -> dict[Claim, list[Answer]]:
    """Make all comparisons of all claims, from the ranks that are kept.

    Args:
        stored: the systems of a data set.

    Returns:
        Each claim with its comparisons, corrected together.

    Example:
        >>> from mmsr_lite import stored_file
        >>> no_study = StoredSystems(stored_file("assets/results/world-both-small"), [])
        >>> {verdict_of(claim, some) for claim, some in answer_claims(no_study).items()}
        {'cannot be told'}
    """
    answers = {claim: [_answer(pair, stored) for pair in claim.pairs(stored)] for claim in CLAIMS}
    told = [answer for some in answers.values() for answer in some if answer.comparison is not None]
    for answer, p in zip(told, holm(answer.comparison.p for answer in told if answer.comparison), strict=True):
        answer.holm = p
    return answers


def _answer(pair: Pair, stored: StoredSystems) -> Answer:
    """Make one comparison, or say why it cannot be made."""
    missing = [system for system in pair.systems if system not in stored.rows]
    if any(not system.label for system in missing):
        return Answer(pair, lacks="not run, or not noted what validation chose")
    if missing:
        return Answer(pair, lacks="not run: " + "; ".join(f"{one.label} ({one.study})" for one in missing))
    means = [stored.mean(system, METRIC) for system in pair.systems]
    reference = means[1]
    if pair.damaged:
        means = [means[0] - means[2], means[1] - means[3]]
    known = Answer(pair, (means[0], means[1]), reference)
    ranks = [stored.ranks(system) for system in pair.systems]
    if any(one is None for one in ranks):
        known.lacks = "ranks not kept"
    elif len({tuple(stored.orders(system)) for system in pair.systems}) > 1:
        known.lacks = "not the same orders at ties"
    elif any(stored.learns(system) and len(one or ()) < 2 for system, one in zip(pair.systems, ranks, strict=True)):
        known.lacks = "one seed"
    else:
        known.comparison = _test(pair, ranks, stored)
    return known


def _test(pair: Pair, ranks: list, stored: StoredSystems) -> Comparison:
    assert stored.user is not None
    if pair.damaged:
        return crossed_losses((ranks[0], ranks[2]), (ranks[1], ranks[3]), stored.user, METRIC)
    seeds = [stored.learns(system) for system in pair.systems]
    return crossed(ranks[0], ranks[1], stored.user, METRIC, one_has_seeds=seeds[0], other_has_seeds=seeds[1])
