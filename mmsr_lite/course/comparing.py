"""Whether an answer equals the right one, and how it differs from it, in words that do not give the right one away."""

from collections.abc import Mapping
from numbers import Real
from typing import Any


def plain(value: Any) -> Any:
    """Arrays, tensors and series as Python values.

    Args:
        value: any value.

    Returns:
        A number or nested lists of numbers; any other value as it is.

    Example:
        >>> import numpy as np
        >>> plain(np.arange(2)), plain("in")
        ([0, 1], 'in')
    """
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def kind_of(value: Any) -> str:
    """What kind of value this is, in words.

    Args:
        value: any value.

    Returns:
        Words with their article.

    Example:
        >>> kind_of(0.5), kind_of({"item"})
        ('a number', 'a set')
    """
    if isinstance(value, bool):
        return "True or False"
    if isinstance(value, Real):
        return "a number"
    if isinstance(value, str):
        return "a word"
    if isinstance(value, Mapping):
        return "a dict"
    if isinstance(value, set | frozenset):
        return "a set"
    if isinstance(value, list | tuple):
        return "a list"
    return f"a {type(value).__name__}"


def is_same(given: Any, wanted: Any, within: float) -> bool:
    """Whether two answers are equal; fractions up to `within`, words without case, sets also when given as lists.

    Args:
        given: what was answered.
        wanted: what is right.
        within: by how much a fraction may differ.

    Returns:
        Whether they are equal.

    Example:
        >>> is_same(0.333, 1 / 3, 0.005), is_same(" HoHe ", "hohe", 0)
        (True, True)
    """
    if isinstance(wanted, str):
        return isinstance(given, str) and given.strip().casefold() == wanted.casefold()
    if isinstance(wanted, bool):
        return given is wanted
    if isinstance(wanted, Real):
        allowed = 0 if isinstance(wanted, int) else within
        return _is_number(given) and abs(float(given) - float(wanted)) <= allowed
    if isinstance(wanted, Mapping):
        if not isinstance(given, Mapping) or set(given) != set(wanted):
            return False
        return all(is_same(plain(given[key]), wanted[key], within) for key in wanted)
    if isinstance(wanted, list | tuple):
        if not isinstance(given, list | tuple) or len(given) != len(wanted):
            return False
        return all(is_same(one, other, within) for one, other in zip(given, wanted, strict=True))
    if isinstance(wanted, set | frozenset):
        return set(given) == wanted
    return bool(given == wanted)


def difference(given: Any, wanted: Any) -> str:
    """How `given` differs from `wanted`, without giving that away.

    Args:
        given: what was answered.
        wanted: what is right, which is another value.

    Returns:
        A sentence without its capital letter.

    Example:
        >>> difference([1, 5, 3], [1, 2, 3])
        'look again at entry 2 of 3.'
    """
    if isinstance(wanted, set | frozenset) and isinstance(given, list | tuple | set | frozenset):
        return _difference_of_sets(list(given), wanted)
    if kind_of(given) != kind_of(wanted):
        return f"expected {kind_of(wanted)}, got {given!r}."
    if _is_number(wanted):
        close = "close, but " if abs(given - wanted) <= 0.1 * abs(wanted) else ""
        side = "large" if given > wanted else "small"
        return f"{close}{given:g} is too {side}."
    if isinstance(wanted, Mapping):
        return _difference_of_dicts(given, wanted)
    if isinstance(wanted, list | tuple):
        return _difference_of_lists(given, wanted)
    return f"it is not {given!r}."


def _difference_of_sets(given: list[Any], wanted: set[Any] | frozenset[Any]) -> str:
    parts = []
    unexpected = [repr(one) for one in given if one not in wanted]
    absent = len(wanted - set(given))
    if unexpected:
        parts.append(f"{', '.join(unexpected)} should not be there")
    if absent:
        parts.append(f"{absent} missing")
    return "; ".join(parts) + "."


def _difference_of_dicts(given: Mapping[Any, Any], wanted: Mapping[Any, Any]) -> str:
    keys = {
        "look again at": [key for key in wanted if key in given and not is_same(plain(given[key]), wanted[key], 0.005)],
        "not asked for:": [key for key in given if key not in wanted],
        "missing:": [key for key in wanted if key not in given],
    }
    return "; ".join(f"{words} {', '.join(map(repr, some))}" for words, some in keys.items() if some) + "."


def _difference_of_lists(given: list[Any] | tuple[Any, ...], wanted: list[Any] | tuple[Any, ...]) -> str:
    if len(given) != len(wanted):
        return f"expected {len(wanted)} entries, got {len(given)}."
    pairs = enumerate(zip(given, wanted, strict=True), 1)
    wrong = [str(place) for place, (one, other) in pairs if not is_same(one, other, 0.005)]
    return f"look again at entry {', '.join(wrong)} of {len(wanted)}."
