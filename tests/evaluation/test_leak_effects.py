"""Each question of `leaks` is answered from hand-made ranks: the difference, whether it is clear, verdict, sentence."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmsr_lite.evaluation.leak_effects import (
    COUNTING,
    LEARNED,
    _added,
    _effect,
    _ids_verdict,
    _repetition_verdict,
    _tie_verdict,
    effects,
)
from mmsr_lite.evaluation.leaks import _summary

USERS = 4
HIT, MISS = 5.0, 6.0  # the last rank that counts in HR@5, and the first that does not


def ranks(all_items: int, masked: int) -> np.ndarray:
    """(2, USERS) ranks, one target a user, with so many hits in each ranking."""
    return np.array([[HIT] * hits + [MISS] * (USERS - hits) for hits in (all_items, masked)])


def run(order: str, tie_seed: int | None, learned: int | None = None, dated: bool = True, **hits: tuple[int, int]):
    """What `leaks` knows of one order of ties; `hits` of each rule, in both rankings."""
    names = {"counting": None, "popularity_now": "popularity now"}
    found = {(COUNTING, names.get(name, name)): ranks(*both) for name, both in hits.items()}
    if not dated:
        del found[COUNTING, "popularity now"]
    if learned is not None:
        found[LEARNED, None] = ranks(learned, 0)
    return {"order": order, "tie_seed": tie_seed, "ranks": found, "examples": SimpleNamespace(user=np.arange(USERS))}


def known(tied: float = 40.0, headline: str = "masked", **weights: float):
    weight = {"ids": 2.0, "repetition": -1.0, "popularity": 0.1} | weights
    order = {"tied": tied, "tied_rising": 99.0}
    return {"order": order, "headline": headline, "own_targets": 1.5, "targets": USERS} | {
        "weights": {"file": weight, "random": weight}
    }


FILE = {"counting": (4, 1), "ids": (4, 3), "repetition": (0, 0), "popularity": (0, 0), "popularity_now": (0, 0)}
FIRST = {"counting": (2, 2), "ids": (0, 4), "repetition": (3, 0), "popularity": (0, 1), "popularity_now": (0, 3)}


def test_every_question_has_the_hits_after_less_the_hits_before_in_its_ranking_and_order():
    runs = [run("file", None, 3, **FILE), run("random", 0, 1, **FIRST), run("random", 1, counting=(1, 4))]
    found = {one["name"]: (one["ranking"], one["before"], one["after"]) for one in effects(known(), runs)}
    point = 100 / USERS
    assert found == {
        "tie order": ("all", 4 * point, (2 + 1) / 2 * point),  # the mean of both random orders
        "tie order, small SASRec": ("all", 3 * point, 1 * point),  # only the first random order
        "ids": ("masked", 1 * point, 3 * point),  # ties as in the file
        "repetition": ("all", 2 * point, 3 * point),  # this and all below: ties at random
        "popularity": ("masked", 2 * point, 1 * point),
        "popularity now": ("masked", 1 * point, 3 * point),
    }
    assert list(found)[2] == "ids"  # also the order of the questions
    (ids,) = [one for one in effects(known(), runs) if one["name"] == "ids"]
    assert ids["difference"] == 2 * point and f"its own weight adds {(4 - 2) * point:+.2f}" in ids["sentence"]
    shown_all = {one["name"]: one["before"] for one in effects(known(headline="all"), runs)}
    assert shown_all["ids"] == 4 * point and shown_all["popularity"] == 2 * point


def test_where_no_times_tie_the_order_of_the_file_answers_and_nothing_is_asked_of_ties():
    found = {one["name"]: one for one in effects(known(tied=0.0), [run("file", None, dated=False, **FILE)])}
    assert list(found) == ["ids", "repetition", "popularity"]
    assert (found["repetition"]["before"], found["repetition"]["after"]) == (100, 0)
    assert "at random" not in found["ids"]["sentence"]


@pytest.mark.parametrize(("hits", "verdict"), [(0, "effect"), (2, "none")])
def test_the_order_of_ties_has_an_effect_on_a_small_sasrec_where_the_difference_is_clear(hits, verdict):
    runs = [run("file", None, USERS, **FILE), run("random", 0, hits, **FIRST)]
    (found,) = [one for one in effects(known(), runs) if one["name"] == "tie order, small SASRec"]
    assert found["difference"] == -100 * (USERS - hits) / USERS
    assert found["clear"] == (verdict == "effect")  # all four lose; or two of four, which is chance
    assert found["verdict"] == verdict


@pytest.mark.parametrize(("tied", "asked"), [(0.4, False), (0.5, True)])
def test_ties_are_asked_about_from_half_a_percent_on(tied, asked):
    runs = [run("file", None, **FILE), run("random", 0, **FIRST)]
    assert ("tie order" in {one["name"] for one in effects(known(tied=tied), runs)}) == asked


def test_a_difference_is_clear_when_it_is_more_than_three_standard_errors_and_not_at_three():
    change = np.array([4.0] * 4 + [3] * 3 + [-1, 2, -2] + [0] * 6)  # of 16 users: sum 24, variance 4
    found = _effect("a", np.zeros(16), change, 200, "all")
    assert (found["difference"], found["error"]) == (100 * 24 / 200, 100 * (16 * 4) ** 0.5 / 200)
    assert found["difference"] == 3 * found["error"] and not found["clear"]
    assert (found["before"], found["after"], found["name"], found["ranking"]) == (0, 12, "a", "all")
    change[-1] = 0.1
    assert _effect("a", np.zeros(16), change, 200, "all")["clear"]
    assert _effect("a", change, np.zeros(16), 200, "all")["clear"]  # a loss may be clear, too


def effect(difference: float, clear: bool):
    return {"before": 8.0, "after": 8.0 + difference, "difference": difference, "clear": clear}


GAIN, LOSS, NOISE = effect(2.0, True), effect(-2.0, True), effect(2.0, False)


@pytest.mark.parametrize(
    ("change", "rising", "verdict", "said"),
    [
        (
            LOSS,
            99.0,
            "leak",
            "from 8.00 to 6.00: 2.00 points come from the order of the file, which is that of the ids",
        ),
        (LOSS, 50.0, "leak", "2.00 points come from the order of the file; unless the file is known to list what"),
        (LOSS, None, "leak", "40.0 % of neighbours have the same time. With ties at random"),
        (effect(-2.0, False), 99.0, "none", "gives nothing away. The ids fix the order of ties, so break them"),
        (GAIN, 50.0, "none", "and 50.0 % of these pairs have rising ids"),
        (GAIN, 50.0, "none", "from 8.00 to 10.00: the order of ties in the file gives nothing away."),
    ],
)
def test_the_order_of_ties_leaks_where_counting_clearly_loses_without_it(change, rising, verdict, said):
    facts = known() | {"order": {"tied": 40.0, "tied_rising": rising}}
    found = _tie_verdict(facts, change)
    assert found["verdict"] == verdict and said in found["sentence"]


@pytest.mark.parametrize(
    ("change", "weight", "verdict", "said"),
    [
        (GAIN, 2.0, "leak", "Preferring higher ids than the last one (x 2) adds +2.00"),
        (GAIN, 0.5, "leak", "Preferring lower ids than the last one (x 2) adds +2.00: the ids say something"),
        (LOSS, 2.0, "none", "adds -2.00, so what seemed to help on the training part does not hold."),
        (NOISE, 2.0, "none", "adds +2.00, which is within 3 standard errors of nothing."),
        (effect(-2.0, False), 2.0, "none", "adds -2.00, which is within 3 standard errors of nothing."),
        (GAIN, 1.0, "none", "No rule of ids was better on the training part than none."),
    ],
)
def test_ids_leak_where_their_rule_clearly_helps(change, weight, verdict, said):
    found = _ids_verdict(known(ids=weight), change, None)
    assert found["verdict"] == verdict and said in found["sentence"]


@pytest.mark.parametrize(
    ("change", "weight", "verdict", "said"),
    [
        (GAIN, -1.0, "effect", "Putting own items behind all others adds +2.00: look at the masked ranking first."),
        (GAIN, 0.3, "effect", "1.50 % of the targets lie in their own history. Preferring own items adds +2.00"),
        (LOSS, -1.0, "none", "adds -2.00, so what seemed to help on the training part does not hold."),
        (NOISE, -1.0, "none", "adds +2.00, which is within 3 standard errors of nothing."),
        (GAIN, 0.0, "none", "no rule of repetition was better than none."),
    ],
)
def test_repetition_is_an_effect_where_its_rule_clearly_helps(change, weight, verdict, said):
    found = _repetition_verdict(known(), change, weight)
    assert found["verdict"] == verdict and said in found["sentence"]


@pytest.mark.parametrize(
    ("change", "verdict", "said"),
    [
        (GAIN, "effect", "It adds +2.00 to counting."),
        (LOSS, "none", "It adds -2.00 to counting, so what seemed to help on the training part does not hold."),
        (NOISE, "none", "It adds +2.00 to counting, which is within 3 standard errors of nothing."),
    ],
)
def test_a_rule_has_an_effect_where_it_clearly_helps(change, verdict, said):
    assert _added(change, "It") == {"verdict": verdict, "sentence": said}


def test_the_summary_counts_and_names_the_leaks():
    answers = [
        {"name": name, "verdict": verdict, "sentence": f"About {name}."}
        for name, verdict in (("tie order", "leak"), ("popularity", "effect"), ("ids", "leak"))
    ]
    assert _summary("d", answers) == "d: 2 leaks (tie order, ids). About tie order. About ids."
    assert _summary("d", answers[:2]) == "d: one leak (tie order). About tie order."
    assert _summary("d", answers[1:2]) == "d: no leak was found in the order of ties or in the ids."
