"""Mistakes: the first place at which a value is not what its declared type says.

value, types of `schema` -> `first_mistake` -> (path, sentence) or None
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import isfinite
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, is_typeddict

from mmsr_lite.records.schema import NAMES, describe, fields_of, is_record, join
from mmsr_lite.values import quoted

Mistake: TypeAlias = tuple[str, str]  # the path of a field, and what is wrong there: ("nodes[3].type", "is missing")
ARTICLES = {int: "a ", float: "a "}
LARGE = 2**60  # numbers below are finite
# JSON types of each
EXACT: dict[Any, set[type]] = {int: {int}, float: {float, int}, str: {str}, bool: {bool}, NoneType: {NoneType}}


def first_mistake(value: Any, declared: Any, path: str = "") -> Mistake | None:
    """Find the first place at which `value` is not what `declared` says.

    Args:
        value: what JSON gave, or what Python code made in the same form.
        declared: a type: a scalar, `Any`, `Literal`, a union, `list[T]`, `dict[str, T]`, a `TypedDict` or a `Record`.
        path: the place of `value` in the record, as `layers[0].beta`.

    Returns:
        (path, phrase), or None.

    Example:
        >>> first_mistake({"a": [1, "2"]}, dict[str, list[int]])
        ('a[1]', "is '2', expected a whole number")
    """
    if declared is Any or _fits_at_once(value, declared):
        return None
    origin, parts = _taken_apart(declared)
    if origin is Annotated:
        return first_mistake(value, parts[0], path)
    if origin in (Union, UnionType):
        return _mistake_in_union(value, declared, path)
    if origin is Literal:
        if isinstance(value, str | int) and value in parts:
            return None
        return path, f"is {quoted(value)}, expected {describe(declared)}"
    if origin is list:
        return _mistake_in_list(value, parts[0], path)
    if origin is dict:
        return _mistake_in_dict(value, parts[1], path)
    if is_record(declared):
        return _mistake_in_record(value, declared, path)
    if is_typeddict(declared):
        return mistake_in_fields(value, declared, path)
    if _is_scalar(value, declared):
        return None
    return path, f"is {quoted(value)}, expected {ARTICLES.get(declared, '')}{NAMES[declared]}"


def mistake_in_fields(value: Any, kind: type, path: str = "") -> Mistake | None:
    """Find the first field of `kind` that `value` lacks or has wrong; unknown fields are ignored.

    Args:
        value: what JSON gave.
        kind: a `TypedDict` or a `Record` class.
        path: the place of `value` in the record.

    Returns:
        (path, phrase), or None.

    Example:
        >>> from mmsr_lite.records.cards import UserCard
        >>> mistake_in_fields({"index": 3}, UserCard, "user")
        ('user.id', 'is missing')
    """
    if not isinstance(value, Mapping):
        return path, f"is {quoted(value)}, expected {describe(kind)}"
    for name, field in fields_of(kind).items():
        if name not in value:
            if field.required:
                return join(path, name), "is missing"
            continue
        if mistake := first_mistake(value[name], field.type, join(path, name)):
            return mistake
    return None


def _mistake_in_record(value: Any, declared: Any, path: str) -> Mistake | None:
    mistake = mistake_in_fields(value, declared, path)
    if mistake is None:
        broken = declared(value).broken_rule()
        mistake = broken and (join(path, broken[0]), broken[1])
    return mistake


def _mistake_in_union(value: Any, declared: Any, path: str) -> Mistake | None:
    others = [part for part in get_args(declared) if part is not NoneType]
    if value is None and len(others) < len(get_args(declared)):
        return None
    if len(others) == 1:
        return first_mistake(value, others[0], path)
    if any(_may_fit(value, part) and first_mistake(value, part, path) is None for part in others):
        return None
    return path, f"is {quoted(value)}, expected {describe(declared)}"


def _mistake_in_list(value: Any, inner: Any, path: str) -> Mistake | None:
    if not isinstance(value, list | tuple):
        return path, f"is {quoted(value)}, expected {describe(list[inner])}"
    if _all_scalars(value, inner):
        return None
    for place, one in enumerate(value):
        if mistake := first_mistake(one, inner, f"{path}[{place}]"):
            return mistake
    return None


def _mistake_in_dict(value: Any, inner: Any, path: str) -> Mistake | None:
    if not isinstance(value, Mapping):
        return path, f"is {quoted(value)}, expected {describe(dict[str, inner])}"
    for name, one in value.items():
        if not isinstance(name, str):
            return path, f"has the name {quoted(name)}, expected names that are text"
        if _fits_at_once(one, inner):
            continue
        if mistake := first_mistake(one, inner, join(path, name)):
            return mistake
    return None


def _is_scalar(value: Any, declared: type) -> bool:
    if type(value) is bool or declared is bool:
        return type(value) is bool and declared is bool
    if declared is int:
        return isinstance(value, Integral)
    if declared is float:
        return isinstance(value, Real) and isfinite(value)
    return isinstance(value, declared)


def _all_scalars(values: list | tuple, inner: Any) -> bool:
    """Whether every value has exactly the scalar type `inner`: a quick check of long lists of numbers."""
    origin, parts = _taken_apart(inner)
    union = parts if origin in (Union, UnionType) else (inner,)
    if not all(isinstance(part, type) and part in EXACT for part in union):
        return False
    if not set(map(type, values)) <= _exact_types(inner):
        return False
    return float not in union or all(isfinite(value) for value in values if value is not None)


@cache
def _taken_apart(declared: Any) -> tuple[Any, tuple[Any, ...]]:
    """The origin and the arguments of a type; records have few types and many values."""
    return get_origin(declared), get_args(declared)


@cache
def _exact_types(declared: Any) -> frozenset[type]:
    """The types of JSON whose values a scalar, or a scalar of a union, takes."""
    origin, parts = _taken_apart(declared)
    if origin is Annotated:
        return _exact_types(parts[0])
    if origin in (Union, UnionType):
        return frozenset(kind for part in parts for kind in _exact_types(part))
    return frozenset(EXACT.get(declared, ()))


def _fits_at_once(value: Any, declared: Any) -> bool:
    """Whether a scalar fits, where that is seen at its type; False says nothing."""
    kind = type(value)
    if kind not in _exact_types(declared):
        return False
    return -LARGE < value < LARGE if kind is int or kind is float else True


@cache
def _holds(declared: Any) -> type | tuple[type, ...]:
    """What a value of a type must be at least: a list, a mapping, or anything."""
    origin, parts = _taken_apart(declared)
    if origin is Annotated:
        return _holds(parts[0])
    if origin is list:
        return (list, tuple)
    return Mapping if origin is dict or is_record(declared) or is_typeddict(declared) else object


def _may_fit(value: Any, declared: Any) -> bool:
    """False where a value cannot fit, so that no words are made for a mistake that nobody reads."""
    return isinstance(value, _holds(declared))
