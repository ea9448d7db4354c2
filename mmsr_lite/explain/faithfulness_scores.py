"""The numbers, the verdict and the sentence of each test of an explanation, from what `faithfulness` measures.

Each test is judged by an interval over histories; `faithfulness.py` says what the tests are.
"""

import numpy as np
from scipy.integrate import trapezoid
from scipy.stats import spearmanr

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.compare import bootstrap
from mmsr_lite.records.evidence import FaithfulnessTest

SHARES = np.linspace(0, 1, 11)  # shares of the units that are taken away, or brought in
HALF = 5  # the place of one half in SHARES
LEAST_UNITS = 3  # a history with fewer units says nothing about their order


def curve_test(name: str, explains: str, values: np.ndarray) -> FaithfulnessTest:
    """Compare the curve of the explanation with those of random orders, by the area under it.

    Args:
        name: "deletion" or "insertion".
        explains: "attention" or "beta".
        values: (orders, shares, B) the probability of the watched item; the order of the explanation comes first.

    Returns:
        The numbers of the test.

    Example:
        >>> chance = np.random.default_rng(0).uniform(0.5, 1, (3, len(SHARES), 40))  # of random orders
        >>> chance[0] = 0.1  # in the order of the explanation the probability falls at once
        >>> curve_test("deletion", "attention", chance)["passed"]
        True
    """
    areas = trapezoid(values, SHARES, axis=1)  # (orders, B)
    difference, interval = bootstrap(areas[0] - areas[1:].mean(0))
    if name == "deletion":
        passed = interval[1] < 0
        action, change = "Taking units away", "falls"
    else:
        passed = interval[0] > 0
        action, change = "Bringing units in", "rises"
    faster = "faster" if passed else "no faster"
    random = values[1:].mean(2)  # (orders - 1, shares)
    return {
        "share": SHARES.tolist(),
        "ours": values[0].mean(1).tolist(),
        "random": random.mean(0).tolist(),
        "band": [random.min(0).tolist(), random.max(0).tolist()],
        "passed": passed,
        "sentence": (
            f"{action} by {explains}, the first item's probability {change} {faster} than in random orders: "
            f"the area under it differs by {difference:+.3f} ({interval_in_words(interval)})."
        ),
        "area": {
            "ours": float(areas[0].mean()),
            "random": float(areas[1:].mean()),
            "difference": difference,
            "interval": interval,
        },
    }


def fidelity_test(changed: np.ndarray) -> FaithfulnessTest:
    """Fidelity of the more important half of the units compared with random halves.

    Args:
        changed: (2, orders, shares, B) whether another item is ranked first, while units are taken away and while they
            are brought in; the order of the explanation comes first.

    Returns:
        The numbers of the test, with intervals over histories.

    Example:
        >>> changed = np.zeros((2, 3, len(SHARES), 40), bool)
        >>> changed[0, 0] = True  # without the important half, all first items change
        >>> changed[1, 1:] = True  # with a random half alone, too
        >>> test = fidelity_test(changed)
        >>> test["plus"], test["minus"], test["passed"]
        (1.0, 0.0, True)
    """
    half = changed[:, :, HALF].astype(float)  # (2, orders, B)
    plus, minus = half[:, 0].mean(1).tolist()
    random_plus, random_minus = half[:, 1:].mean((1, 2)).tolist()
    differences, intervals = bootstrap(half[:, 0] - half[:, 1:].mean(1))  # of (2, B)
    interval_plus, interval_minus = intervals
    return {
        "plus": plus,
        "minus": minus,
        "random_plus": random_plus,
        "random_minus": random_minus,
        "difference_plus": differences[0],
        "difference_minus": differences[1],
        "interval_plus": interval_plus,
        "interval_minus": interval_minus,
        "share": 0.5,
        "passed": interval_plus[0] > 0 and interval_minus[1] < 0,
        "sentence": (
            f"The first item changes without the better half of the units in {100 * plus:.0f} % of the histories "
            f"(fid+; a random half {100 * random_plus:.0f} %; difference {interval_in_words(interval_plus, 100)}), "
            f"with that half alone in {100 * minus:.0f} % (fid-; random {100 * random_minus:.0f} %; difference "
            f"{interval_in_words(interval_minus, 100)})."
        ),
    }


def gradient_test(importances: list[np.ndarray], slopes: list[np.ndarray]) -> FaithfulnessTest:
    """Compare the importance of units with |gradient x input|.

    Args:
        importances: (units,) of each history.
        slopes: (units,) |gradient x input| of the same units.

    Returns:
        `spearman` (mean over histories), its `interval`, `passed` and `sentence`.

    Raises:
        MMSRError: all histories have fewer than three units.

    Example:
        >>> gradient_test([np.array([1.0, 2.0, 3.0])], [np.array([0.1, 0.2, 0.4])])["spearman"]
        1.0
    """
    mean, interval = bootstrap(correlations_of(importances, slopes))
    passed = interval[0] > 0
    verb = "agrees" if passed else "does not agree"
    return {
        "spearman": mean,
        "interval": interval,
        "passed": passed,
        "sentence": (
            f"It {verb} with gradient x input: mean rank correlation {mean:+.2f} ({interval_in_words(interval)})."
        ),
    }


def rank_correlation(one: np.ndarray, two: np.ndarray) -> float:
    """Spearman's rank correlation, with a value also where all numbers of one side are equal.

    Args:
        one: (U,) values.
        two: (U,) values of the same units.

    Returns:
        The correlation, from -1 to 1; 0 where all values of one side are equal, 1 where those of both sides are.

    Example:
        >>> rank_correlation(np.arange(3), np.array([1, 2, 9])), rank_correlation(np.arange(3), np.ones(3))
        (1.0, 0.0)
    """
    constant = [np.ptp(values) <= 1e-6 * np.abs(values).max() for values in (one, two)]
    if all(constant):
        return 1.0
    if any(constant):
        return 0.0
    return float(spearmanr(one, two).statistic)


def correlations_of(importances: list[np.ndarray], others: list[np.ndarray]) -> np.ndarray:
    """The rank correlation in each history that has three units or more.

    Args:
        importances: (units,) of each history.
        others: (units,) other numbers of the same units.

    Returns:
        (H,) one correlation for each history that is long enough.

    Raises:
        MMSRError: there is no such history.

    Example:
        >>> correlations_of([np.array([1.0, 2.0, 3.0]), np.ones(1)], [np.array([3.0, 2.0, 1.0]), np.ones(1)]).tolist()
        [-1.0]
    """
    pairs = zip(importances, others, strict=True)
    correlations = [rank_correlation(one, other) for one, other in pairs if len(one) >= LEAST_UNITS]
    if not correlations:
        raise MMSRError("no history has three units to put in order; give longer histories")
    return np.array(correlations)


def forced_gate_test(late: np.ndarray, effect: np.ndarray) -> FaithfulnessTest:
    """Compare beta of the last item with the effect of forcing it.

    Args:
        late: (H,) beta of the last item's node in the last layer.
        effect: (H,) how much more log probability the watched item has with hohe than with heho.

    Returns:
        The numbers of the test; the interval is that of Bonett and Wright (2000).

    Example:
        >>> late = np.linspace(0, 1, 40)
        >>> test = forced_gate_test(late, 3 * late - 1)  # where beta is larger, hohe helps more
        >>> test["spearman"], test["passed"]
        (1.0, True)
    """
    correlation = float(correlations_of([late], [effect])[0])
    error = np.sqrt((1 + correlation**2 / 2) / max(1, len(late) - 3))
    centre = np.arctanh(np.clip(correlation, -0.999999, 0.999999))
    interval = np.tanh(centre + 1.96 * error * np.array([-1, 1])).tolist()
    passed = interval[0] > 0
    verb = "leans" if passed else "does not lean"
    return {
        "spearman": correlation,
        "interval": interval,
        "passed": passed,
        "sentence": (
            f"At the last item beta {verb} to the order that, forced, makes the first item more probable: "
            f"rank correlation over histories {correlation:+.2f} ({interval_in_words(interval)})."
        ),
    }


def interval_in_words(interval: list[float], scale: int = 1) -> str:
    """An interval in the words of a sentence.

    Args:
        interval: its two ends.
        scale: a factor for the ends; 100 gives percent.

    Returns:
        The words.

    Example:
        >>> interval_in_words([0.25, 0.5], 100)
        '95 % interval 25 to 50'
    """
    return f"95 % interval {scale * interval[0]:.3g} to {scale * interval[1]:.3g}"
