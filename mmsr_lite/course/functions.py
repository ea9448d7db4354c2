"""Exercises that ask for a function: it is called with arguments whose result is known.

A case is one such call. Cases are tried in order, simple ones first; the first case that fails gives the sentence that
the learner reads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmsr_lite.errors import MMSRError

OPEN = "write the function's body in place of the dots."


@dataclass(frozen=True)
class Case:
    """One call of a learner's function.

    Attributes:
        arguments: Makes the arguments, anew for each call.
        accepts: Whether what the function returned is right.
        says: The sentence when it is wrong, or a function of the result that makes the sentence.

    Example:
        >>> Case(lambda: (1,), lambda answer: answer == 2, "One more.").accepts(2)
        True
    """

    arguments: Callable[[], tuple[Any, ...]]
    accepts: Callable[[Any], Any]
    says: str | Callable[[Any], str]


def fault_of(function: Any, cases: Sequence[Case]) -> str | None:
    """Find what is wrong with a function that a learner wrote.

    Args:
        function: The answer that was given.
        cases: The calls that it has to answer.

    Returns:
        A sentence; `OPEN` while the function returns dots; None when all cases are right.

    Example:
        >>> twice = [Case(lambda: (2,), lambda found: found == 4, "2 should become 4.")]
        >>> fault_of(lambda number: number + 1, twice)
        '2 should become 4.'
        >>> print(fault_of(lambda number: 2 * number, twice))
        None
    """
    if not callable(function):
        return f"a function is asked for, got {function!r}; give its name without calling it."
    for number, case in enumerate(cases, 1):
        try:
            found = function(*case.arguments())
        except Exception as error:  # the learner is told whatever the function raises
            return f"call {number} of {len(cases)} stops with {type(error).__name__}: {error}."
        if found is ...:
            return OPEN
        try:
            right = bool(case.accepts(found))
        except Exception:  # the result is of another kind than asked for
            right = False
        if not right:
            return case.says(found) if callable(case.says) else case.says
    return None


def close_to(wanted: Any, within: float = 1e-4) -> Callable[[Any], bool]:
    """Make a test of whether numbers, arrays or tensors have the wanted shape and values.

    Args:
        wanted: A number, or an array of any shape.
        within: How much each number may differ.

    Returns:
        The test of an answer.

    Example:
        >>> close_to([1.0, 2.0])([1.0, 2.00001]), close_to([1.0, 2.0])([[1.0, 2.0]])
        (True, False)
    """
    expected = np.asarray(wanted, float)

    def test(found: Any) -> bool:
        given = as_array(found)
        return given.shape == expected.shape and bool(np.allclose(given, expected, rtol=0, atol=within))

    return test


def as_array(found: Any) -> np.ndarray:
    """Turn what a function returned into an array, also a tensor with gradients.

    Args:
        found: A number, a list, an array or a tensor.

    Returns:
        An array of floats.

    Raises:
        MMSRError: It holds no numbers.

    Example:
        >>> as_array([1, 2]).tolist()
        [1.0, 2.0]
    """
    try:
        return np.asarray(found.detach() if hasattr(found, "detach") else found, float)
    except (TypeError, ValueError) as error:
        raise MMSRError(f"expected numbers, got {found!r}") from error
