"""Values and their types: the plain form of a value, and the words for what was expected."""

import math
import numbers
import os
import types
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, TypeAlias, Union, get_args, get_origin

Plain: TypeAlias = bool | int | float | str | None  # one value that JSON or a cell of a table can hold
SettingValue: TypeAlias = Plain | tuple[Plain, ...] | list[Plain] | dict[str, Plain]
Settings: TypeAlias = dict[str, SettingValue]  # the name of a setting -> its value; the config checks both
AS_IT_IS = (bool, int, str, type(None))  # a value that has just this type is plain already
MOST_QUOTED = 60  # characters of a value that an error message quotes


def plain_value(value: Any, kind: Any) -> Any:
    """Convert a value to a type, where nothing is lost.

    Args:
        value: What was given: 1 is 1.0 as a float, a NumPy integer is an int, a list is a tuple, a path is a str.
        kind: The type: bool, int, float, str, a class, tuple[...], dict[..., ...], a union of them, or Any.

    Returns:
        `value` itself where it has the type, else its plain form.

    Raises:
        TypeError: The value does not fit this type.
        ValueError: It is NaN or infinite, or has more or fewer parts than the type.
        OverflowError: It is too large for a float.

    Example:
        >>> plain_value([5, 15], tuple[int, int]), plain_value(1, float), plain_value(None, int | None)
        ((5, 15), 1.0, None)
    """
    if kind is Any or (kind in AS_IT_IS and type(value) is kind):
        return value
    origin, parts = _taken_apart(kind)
    if origin in (Union, types.UnionType):
        return _plain_of_any(value, parts)
    if origin is tuple:
        return _plain_tuple(value, parts)
    if origin is dict:
        if not isinstance(value, Mapping):
            raise TypeError
        of_key, of_value = parts
        return {plain_value(key, of_key): plain_value(one, of_value) for key, one in value.items()}
    if kind is float:
        return _plain_float(value)
    if kind is int:
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise TypeError
        return int(value)
    if kind is str and isinstance(value, os.PathLike):
        return os.fspath(value)
    if not isinstance(value, kind):
        raise TypeError
    return value


@cache
def _taken_apart(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    """What stands before the brackets of a type, and what stands in them: a study makes thousands of configs."""
    return get_origin(kind), get_args(kind)


def _plain_of_any(value: Any, kinds: tuple[Any, ...]) -> Any:
    for kind in kinds:
        if kind in AS_IT_IS and type(value) is kind:
            return value
        try:
            return plain_value(value, kind)
        except (TypeError, ValueError, OverflowError):
            continue
    raise TypeError


def _plain_tuple(value: Any, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise TypeError
    if kinds[-1] is Ellipsis:
        kinds = (kinds[0],) * len(value)
    return tuple(plain_value(one, kind) for one, kind in zip(value, kinds, strict=True))


def _plain_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def parts_of_union(kind: Any) -> tuple[Any, ...]:
    """The types in a union; for any other type, that type alone.

    Args:
        kind: any type.

    Returns:
        The types.

    Example:
        >>> parts_of_union(int | None), parts_of_union(int)
        ((<class 'int'>, <class 'NoneType'>), (<class 'int'>,))
    """
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def expected(kind: Any, limits: str = "", choices: Collection[str] | None = None) -> str:
    """Say in words which values a type takes.

    Args:
        kind: The type, as for `plain_value`.
        limits: The limits of numbers in words, with a space before them.
        choices: The possible texts; None: any.

    Returns:
        Words that fit after "expected".

    Example:
        >>> expected(int | None, " from 0 to 9")
        'a whole number from 0 to 9, or nothing (null in --set, None in Python)'
        >>> expected(tuple[str, ...]), expected(str, choices=["pca", "autoencoder"])
        ('a list of texts', 'one of: autoencoder, pca')
    """
    if get_origin(kind) in (Union, types.UnionType):
        return ", or ".join(expected(one, limits, choices) for one in get_args(kind))
    if get_origin(kind) is tuple:
        return _expected_tuple(get_args(kind), limits)
    if get_origin(kind) is dict:
        return "names with values"
    if kind is str and choices is not None:
        return f"one of: {', '.join(sorted(choices))}"
    words = {
        int: f"a whole number{limits}",
        float: f"a number{limits}",
        str: "a text",
        bool: "true or false",
        type(None): "nothing (null in --set, None in Python)",
    }
    return words.get(kind) or f"a {getattr(kind, '__name__', kind)}"


def _expected_tuple(kinds: tuple[Any, ...], limits: str) -> str:
    one = {int: "whole numbers", float: "numbers", str: "texts"}.get(kinds[0], "values")
    if kinds[-1] is Ellipsis:
        return f"a list of {one}{limits}"
    return f"a list of {len(kinds)} {one}{limits}"


def quoted(value: Any) -> str:
    """Quote a value for an error message, shortened where it is long.

    Args:
        value: any value.

    Returns:
        Its repr on one line, of 60 letters at most and three dots.

    Example:
        >>> quoted("x" * 100)[-5:]
        'xx...'
    """
    text = " ".join(repr(value).split())  # arrays and tables have several lines
    if len(text) <= MOST_QUOTED:
        return text
    return f"{text[:MOST_QUOTED]}..."
