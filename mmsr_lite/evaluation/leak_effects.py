"""The questions that `leaks` asks about its ranks, and the answers: how many points a change of order or a rule adds.

Each answer is a difference of HR@5 with its standard error over users, a verdict, and a sentence.
"""

from typing import TypedDict

import numpy as np

from mmsr_lite.data.facts import OrderFacts
from mmsr_lite.data.order import fixed_order
from mmsr_lite.data.split import Examples
from mmsr_lite.evaluation.metrics import gains
from mmsr_lite.evaluation.rankings import RANKINGS
from mmsr_lite.records.leaks import Effect

CLEAR = 3.0  # a difference counts when it is more than so many standard errors over users
LEAST_TIED = 0.5  # percent of tied neighbours, below which the order at ties gets no verdict
COUNTING, LEARNED = "counting", "small SASRec"
METRIC = "HR@5"  # the metric of sentences and verdicts


class RanksInOrder(TypedDict):
    """The ranks of all systems with ties in one order."""

    order: str  # "file" or "random"
    tie_seed: int | None  # of a random order
    ranks: dict[tuple[str, str | None], np.ndarray]  # (system, rule) -> (2, targets), in the order of RANKINGS
    examples: Examples  # the test targets in this order


class Known(TypedDict):
    """What is known about the data before the questions are answered; fields as in `LeaksRecord`."""

    order: OrderFacts
    headline: str
    own_targets: float
    targets: int
    weights: dict[str, dict[str, float]]


class Change(TypedDict):
    """A difference of HR@5 in points, without a verdict; fields as in `records.leaks.Effect`."""

    name: str
    ranking: str
    before: float
    after: float
    difference: float
    error: float
    clear: bool


class Verdict(TypedDict):
    """The verdict about a change, and its sentence."""

    verdict: str
    sentence: str


def _hits(run: RanksInOrder, system: str, rule: str | None, ranking: str, users: int) -> np.ndarray:
    """(U,) how many targets of each user are among the first five."""
    ranks = run["ranks"][system, rule][list(RANKINGS).index(ranking)]
    return np.bincount(run["examples"].user, gains(ranks)[METRIC], minlength=users)


def _effect(name: str, before: np.ndarray, after: np.ndarray, targets: int, ranking: str) -> Change:
    """A difference of HR@5 in points, with its standard error over users, from hits (U,) of each user."""
    change = after - before
    error = 100 * float(np.sqrt(len(change) * change.var()) / targets)
    difference = 100 * float(change.sum() / targets)
    return {
        "name": name,
        "ranking": ranking,
        "before": 100 * float(before.sum() / targets),
        "after": 100 * float(after.sum() / targets),
        "difference": difference,
        "error": error,
        "clear": abs(difference) > CLEAR * error,
    }


def _answered(change: Change, verdict: Verdict) -> Effect:
    """A change with its verdict."""
    return {**change, **verdict}


def effects(record: Known, runs: list[RanksInOrder]) -> list[Effect]:
    """Answer each question that the data allow.

    Args:
        record: what is known about the data.
        runs: the ranks with ties in each order; the order of the file comes first.

    Returns:
        One effect for each question, with `name`, `ranking`, `before`, `after`, `difference`, `error`, `clear`,
        `verdict` and `sentence`.

    Example:
        >>> examples = Examples(np.array([1, 2, 3, 4]), np.array([0, 2]), np.array([1, 3]), np.array([0, 1]))
        >>> found, missed = np.full((2, 2), 1.0), np.full((2, 2), 9.0)  # ranks of two targets, in both rankings
        >>> ranks = {(COUNTING, None): missed, (COUNTING, "ids"): found}  # a rule of ids finds both
        >>> ranks |= {(COUNTING, "repetition"): missed, (COUNTING, "popularity"): missed}
        >>> file = {"order": "file", "tie_seed": None, "ranks": ranks, "examples": examples}
        >>> known = {"order": {"tied": 0.0}, "headline": "all", "own_targets": 0.0, "targets": 2}
        >>> known["weights"] = {"file": {"ids": 1.2, "repetition": 0.0}}
        >>> [(one["name"], one["difference"], one["verdict"]) for one in effects(known, [file])]
        [('ids', 100.0, 'leak'), ('repetition', 0.0, 'none'), ('popularity', 0.0, 'none')]
    """
    users = max(int(run["examples"].user.max()) for run in runs) + 1
    targets, shown = record["targets"], record["headline"]
    file, *random = runs

    def hits(run: RanksInOrder, system: str, rule: str | None = None, ranking: str = shown) -> np.ndarray:
        return _hits(run, system, rule, ranking, users)

    effects: list[Effect] = []
    if record["order"]["tied"] >= LEAST_TIED:
        mean = np.mean([hits(run, COUNTING, None, "all") for run in random], axis=0)
        counted = _effect("tie order", hits(file, COUNTING, None, "all"), mean, targets, "all")
        effects.append(_answered(counted, _tie_verdict(record, counted)))
        if (LEARNED, None) in file["ranks"]:
            pair = hits(file, LEARNED, None, "all"), hits(random[0], LEARNED, None, "all")
            learned = _effect("tie order, small SASRec", *pair, targets, "all")
            sentence = (
                f"A small SASRec, which is not converged, has {learned['before']:.2f} with ties as in the file and "
                f"{learned['after']:.2f} with ties at random."
            )
            verdict = "effect" if learned["clear"] else "none"
            effects.append(_answered(learned, {"verdict": verdict, "sentence": sentence}))
    ids = _effect("ids", hits(file, COUNTING), hits(file, COUNTING, "ids"), targets, shown)
    if random:
        other = _effect("ids", hits(random[0], COUNTING), hits(random[0], COUNTING, "ids"), targets, shown)
        effects.append(_answered(ids, _ids_verdict(record, ids, other)))
    else:
        effects.append(_answered(ids, _ids_verdict(record, ids, None)))
    honest, order = (random[0], "random") if random else (file, "file")
    repeated = _effect(
        "repetition", hits(honest, COUNTING, None, "all"), hits(honest, COUNTING, "repetition", "all"), targets, "all"
    )
    effects.append(_answered(repeated, _repetition_verdict(record, repeated, record["weights"][order]["repetition"])))
    popular = hits(honest, COUNTING, "popularity")
    always = _effect("popularity", hits(honest, COUNTING), popular, targets, shown)
    effects.append(_answered(always, _added(always, "How popular an item is in the whole training part")))
    if (COUNTING, "popularity now") in honest["ranks"]:
        now = _effect("popularity now", popular, hits(honest, COUNTING, "popularity now"), targets, shown)
        words = "How popular an item was shortly before, in place of its popularity in the whole training part,"
        effects.append(_answered(now, _added(now, words)))
    return effects


def _tie_verdict(record: Known, effect: Change) -> Verdict:
    """Whether counting loses, when ties are random, what it had learned from the order of the file."""
    facts, fixed = record["order"], fixed_order(record["order"])
    rising = (
        "" if facts["tied_rising"] is None else f", and {facts['tied_rising']:.1f} % of these pairs have rising ids"
    )
    sentence = (
        f"{facts['tied']:.1f} % of neighbours have the same time{rising}. With ties at random counting goes from "
        f"{effect['before']:.2f} to {effect['after']:.2f}"
    )
    if not effect["clear"] or effect["difference"] > 0:
        also = " The ids fix the order of ties, so break them at random all the same." if fixed else ""
        return {"verdict": "none", "sentence": f"{sentence}: the order of ties in the file gives nothing away.{also}"}
    lost = f"{-effect['difference']:.2f} points come from the order of the file"
    if fixed:
        return {
            "verdict": "leak",
            "sentence": f"{sentence}: {lost}, which is that of the ids and not of what happened.",
        }
    doubt = "unless the file is known to list what happened in its order, this is a leak"
    return {"verdict": "leak", "sentence": f"{sentence}: {lost}; {doubt}."}


def _ids_verdict(record: Known, effect: Change, other: Change | None) -> Verdict:
    """Whether ids predict the next item; `other` is the same effect with ties at random, where there are ties."""
    weight = record["weights"]["file"]["ids"]
    if weight == 1:
        return {"verdict": "none", "sentence": "No rule of ids was better on the training part than none."}
    which = "higher" if weight > 1 else "lower"
    sentence = (
        f"Preferring {which} ids than the last one (x {max(weight, 1 / weight):.2g}) adds {effect['difference']:+.2f}"
    )
    if other is not None:
        sentence += f" with ties as in the file, and with ties at random its own weight adds {other['difference']:+.2f}"
    if effect["clear"] and effect["difference"] > 0:
        return {"verdict": "leak", "sentence": f"{sentence}: the ids say something about what comes next."}
    return {"verdict": "none", "sentence": f"{sentence}, {_doubt(effect)}."}


def _repetition_verdict(record: Known, effect: Change, weight: float) -> Verdict:
    """Whether it helps to rank the user's own items last, or first."""
    share = f"{record['own_targets']:.2f} % of the targets lie in their own history"
    if weight == 0:
        return {"verdict": "none", "sentence": f"{share}; no rule of repetition was better than none."}
    what = "Putting own items behind all others" if weight < 0 else "Preferring own items"
    added = f"{share}. {what} adds {effect['difference']:+.2f}"
    if effect["clear"] and effect["difference"] > 0:
        return {"verdict": "effect", "sentence": f"{added}: look at the {record['headline']} ranking first."}
    return {"verdict": "none", "sentence": f"{added}, {_doubt(effect)}."}


def _added(effect: Change, what: str) -> Verdict:
    """Whether a rule, named by `what`, adds to counting."""
    clear = effect["clear"] and effect["difference"] > 0
    sentence = f"{what} adds {effect['difference']:+.2f} to counting"
    if clear:
        return {"verdict": "effect", "sentence": f"{sentence}."}
    return {"verdict": "none", "sentence": f"{sentence}, {_doubt(effect)}."}


def _doubt(effect: Change) -> str:
    """Why the effect of a rule is no effect."""
    if effect["clear"] and effect["difference"] < 0:
        return "so what seemed to help on the training part does not hold"
    return f"which is within {CLEAR:g} standard errors of nothing"
