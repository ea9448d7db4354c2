"""From the ranks of the systems to a verdict on the order of fusion: the tests, and one sentence.

Every comparison of `fusion_systems.QUESTIONS` is tested over users, seeds and, where times tie, orders at ties
(`statistics.crossed`), all of them together corrected by Holm. The metric and the family are fixed before any test.

A lead alone is no verdict. With a sample of users, the order that is behind may not have begun to learn, and may turn
out better with more users, as in the world `pick`. An order that still improved in its last epoch was not trained to
the end. In both cases the verdict is that it cannot be told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from mmsr_lite.experiments.fusion_systems import COUNTING, EARLY, INVASIVE, LATE, NONE, ORDER, QUESTIONS, SHUFFLED
from mmsr_lite.experiments.statistics import LEVEL, crossed, holm
from mmsr_lite.records.fusion import CANNOT_BE_TOLD, FusionComparison

BESIDE = ((NONE, "the same base without modalities"), (COUNTING, "counting"))
Ranks = Mapping[str, Sequence[np.ndarray]]  # system -> for each seed (O, E) ranks, O orders at ties


def compare_all(ranks: Ranks, user: np.ndarray, metric: str) -> list[FusionComparison]:
    """Test every comparison whose systems both have ranks, and correct all of them together.

    Args:
        ranks: the systems; one that counts has a single run, all others two or more.
        user: (E,) whose each target is.
        metric: such as "HR@5".

    Returns:
        The comparisons, in points of percent.

    Example:
        >>> chance = np.random.default_rng(0)
        >>> early, late = ([chance.integers(1, most, (1, 300)) for _ in range(3)] for most in (10, 40))
        >>> [found] = compare_all({"early": early, "late": late}, np.arange(300), "HR@5")
        >>> found["apart"], found["one"], round(found["difference"], -1)
        (True, 'early', 40.0)
    """
    asked = [one for one in QUESTIONS if one.one in ranks and one.other in ranks]
    tests = [
        crossed(
            ranks[one.one],
            ranks[one.other],
            user,
            metric,
            one_has_seeds=one.one != COUNTING,
            other_has_seeds=one.other != COUNTING,
        )
        for one in asked
    ]
    corrected = holm(test.p for test in tests)
    return [
        {
            "asks": one.asks,
            "one": one.one,
            "other": one.other,
            "difference": test.difference,
            "low": test.low,
            "high": test.high,
            "p": test.p,
            "holm": p,
            "apart": p < LEVEL,
            "users_sd": test.users_sd,
            "seeds_sd": test.seeds_sd,
            "orders_sd": test.orders_sd,
        }
        for one, test, p in zip(asked, tests, corrected, strict=True)
    ]


def verdict_of(
    comparisons: Sequence[FusionComparison], metric: str, sampled: bool = False, unfinished: Collection[str] = ()
) -> tuple[str, str, list[str]]:
    """The verdict: in a word, in a sentence, and with further sentences that belong to it.

    Args:
        comparisons: from `compare_all`.
        metric: with its ranking in words, such as "HR@5, own items masked".
        sampled: whether a part of the users was drawn, so that more could be read.
        unfinished: the systems whose best epoch is the last that they may have.

    Returns:
        "early", "late" or "cannot be told"; the sentence; further sentences.

    Example:
        >>> chance = np.random.default_rng(0)
        >>> early, late = ([chance.integers(1, most, (1, 300)) for _ in range(3)] for most in (40, 10))
        >>> comparisons = compare_all({"early": early, "late": late}, np.arange(300), "HR@5")
        >>> verdict, sentence, _ = verdict_of(comparisons, "HR@5")
        >>> verdict, sentence.startswith("Late fusion is ahead")
        ('late', True)
    """
    found = {(one["one"], one["other"]): one for one in comparisons}
    order = found.get((ORDER.one, ORDER.other))
    if order is None:
        return CANNOT_BE_TOLD, "Cannot be told: early or late fusion could not be trained.", []
    verdict = decided(comparisons, sampled, unfinished)
    if order["apart"] and verdict == CANNOT_BE_TOLD:
        ahead, behind = (EARLY, LATE) if order["difference"] > 0 else (LATE, EARLY)
        lead = f"{ahead} fusion is ahead by {abs(order['difference']):.1f} points of {metric} ({_interval(order)})"
        if behind in unfinished:
            why = f"{behind} fusion was still gaining in its last epoch; give it more (--set epochs=...)"
        else:
            why = f"{behind} fusion has not begun to read what the codes say; give it more users (--minutes, --users)"
        sentence = f"Cannot be told: {lead}, but {why}."
        further = [_of_content(found, name) for name in (ahead, behind)]
    elif verdict == CANNOT_BE_TOLD:
        most = max(abs(order["low"]), abs(order["high"]))
        sentence = (
            f"Cannot be told: early minus late fusion is {order['difference']:+.1f} points of {metric} "
            f"({_interval(order)}), so neither order is ahead by more than {most:.1f} points, and either may be."
        )
        further = [_of_content(found, name) for name in (EARLY, LATE)]
    else:
        low, high = sorted((abs(order["low"]), abs(order["high"])))
        sentence = (
            f"{verdict.capitalize()} fusion is ahead by {abs(order['difference']):.1f} points of {metric} "
            f"({low:.1f} to {high:.1f})."
        )
        further = [_of_content(found, verdict)]
        further += [f"Yet it is behind {words}." for name, words in BESIDE if _sign(found.get((verdict, name))) < 0]
    return verdict, sentence, [*filter(None, further), *_of_the_gate(found, verdict)]


def decided(comparisons: Sequence[FusionComparison], sampled: bool, unfinished: Collection[str]) -> str:
    """The verdict in a word.

    Args:
        comparisons: from `compare_all`; one of them is of the order of fusion.
        sampled: whether a part of the users was drawn.
        unfinished: the systems whose best epoch is the last that they may have.

    Returns:
        The order that is ahead, where both are apart and the one behind was trained to its end; with a sample of users,
        the one behind must also be ahead of itself with shuffled codes. Else "cannot be told".

    Example:
        >>> two = {"one": "early", "other": "late", "difference": -4.0, "apart": True}
        >>> content = {"one": "early", "other": "early, shuffled codes", "difference": 0.3, "apart": False}
        >>> decided([two, content], False, []), decided([two, content], True, [])
        ('late', 'cannot be told')
    """
    found = {(one["one"], one["other"]): one for one in comparisons}
    order = found[ORDER.one, ORDER.other]
    ahead, behind = (EARLY, LATE) if order["difference"] > 0 else (LATE, EARLY)
    if not order["apart"] or behind in unfinished:
        return CANNOT_BE_TOLD
    if sampled and _sign(found.get((behind, SHUFFLED[behind]))) <= 0:
        return CANNOT_BE_TOLD
    return ahead


def _interval(one: FusionComparison) -> str:
    return f"{one['low']:+.1f} to {one['high']:+.1f}"


def _sign(one: FusionComparison | None) -> int:
    """1 or -1 where two systems are apart; 0 where that cannot be told."""
    if one is None or not one["apart"]:
        return 0
    return 1 if one["difference"] > 0 else -1


def _of_content(found: Mapping[tuple[str, str], FusionComparison], name: str) -> str:
    """A sentence: does an order of fusion use what the codes say about items?"""
    test = found.get((name, SHUFFLED[name]))
    if test is None:
        return ""
    told = f"{name.capitalize()} fusion minus itself with shuffled codes: {test['difference']:+.1f} ({_interval(test)})"
    if _sign(test) > 0:
        return f"{told}, so it reads what the modalities say."
    if _sign(test) < 0:
        return f"{told}: codes of other items serve it better than the true ones."
    return f"{told}: that it reads what the modalities say cannot be told."


def _of_the_gate(found: Mapping[tuple[str, str], FusionComparison], verdict: str) -> list[str]:
    """A sentence: is a gate that mixes both orders ahead of the better one, or behind it?"""
    if verdict == CANNOT_BE_TOLD or (INVASIVE, verdict) not in found:
        return []
    test = found[INVASIVE, verdict]
    where = {1: "ahead of", -1: "behind", 0: "not apart from"}[_sign(test)]
    return [f"MMSR's {INVASIVE} fusion is {where} {verdict} fusion: {test['difference']:+.1f} ({_interval(test)})."]
