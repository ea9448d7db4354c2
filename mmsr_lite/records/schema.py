"""What a field of a record may hold: declared once as a type, then checked against values and printed as a table.

The fields of a record and of its parts are annotations. `Annotated[type, "meaning"]` says what a field means;
`NotRequired` (in a `TypedDict`) or `= OPTIONAL` (in a `Record`) says that older records lack it.

    types -> `first_mistake(value, type)` -> (path, sentence) or None
    types -> `table_rows(type)`           -> one row of the reference for each field
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from math import isfinite
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Literal,
    NotRequired,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

Mistake: TypeAlias = tuple[str, str]  # the path of a field, and what is wrong there: ("nodes[3].type", "is missing")
Plain: TypeAlias = bool | int | float | str | None  # what one cell of a table may hold
TableRow: TypeAlias = dict[str, Plain | list[int]]  # name of a column -> what the cell holds
Terms: TypeAlias = dict[str, Plain | list[Plain] | dict[str, Plain]]  # settings by name, as JSON holds them
OPTIONAL: Any = object()  # the default of a field that a record may lack; its attribute is None then
NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false", NoneType: "null"}
ARTICLES = {int: "a ", float: "a "}
EXACT = {int: {int}, float: {float, int}, str: {str}, bool: {bool}, NoneType: {NoneType}}  # JSON types of each
LONGEST_QUOTE = 40  # letters of a wrong value that an error repeats


@dataclass(frozen=True)
class Field:
    """A field of a record: its name, its type without the marks around it, its meaning, whether it must be there.

    Args:
        name: its name.
        type: its type without the marks around it.
        meaning: what it means, in words.
        required: whether every record must have it.

    Example:
        >>> Field("beta", float, "a share", required=True).name
        'beta'
    """

    name: str
    type: Any
    meaning: str
    required: bool


@cache
def fields_of(kind: type) -> dict[str, Field]:
    """The declared fields of a `Record` class or of a `TypedDict`, by name, in the order of the file.

    Args:
        kind: a class whose annotations are its fields; `ClassVar` annotations are none.

    Returns:
        Name -> field.

    Example:
        >>> from mmsr_lite.records import HistoryRecord
        >>> list(fields_of(HistoryRecord))[:2]
        ['epochs', 'best_epoch']
    """
    fields = {}
    optional: frozenset[str] = getattr(kind, "optional_fields", frozenset())
    for name, declared in get_type_hints(kind, include_extras=True).items():
        if get_origin(declared) is ClassVar:
            continue
        required, meaning = name not in optional, ""
        if get_origin(declared) is NotRequired:
            required, (declared,) = False, get_args(declared)
        if get_origin(declared) is Annotated:
            declared, meaning = get_args(declared)[:2]
        fields[name] = Field(name, declared, meaning, required)
    return fields


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
    origin, parts = get_origin(declared), get_args(declared)
    if declared is Any:
        return None
    if origin is Annotated:
        return first_mistake(value, parts[0], path)
    if origin in (Union, UnionType):
        return _mistake_in_union(value, declared, path)
    if origin is Literal:
        if isinstance(value, str | int) and value in parts:
            return None
        return path, f"is {quote(value)}, expected {describe(declared)}"
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
    return path, f"is {quote(value)}, expected {ARTICLES.get(declared, '')}{NAMES[declared]}"


def mistake_in_fields(value: Any, kind: type, path: str = "") -> Mistake | None:
    """Find the first field of `kind` that `value` lacks or has wrong; unknown fields are ignored.

    Args:
        value: what JSON gave.
        kind: a `TypedDict` or a `Record` class.
        path: the place of `value` in the record.

    Returns:
        (path, phrase), or None.

    Example:
        >>> from mmsr_lite.records.trace import UserCard
        >>> mistake_in_fields({"index": 3}, UserCard, "user")
        ('user.id', 'is missing')
    """
    if not isinstance(value, Mapping):
        return path, f"is {quote(value)}, expected {describe(kind)}"
    for name, field in fields_of(kind).items():
        if name not in value:
            if field.required:
                return join(path, name), "is missing"
            continue
        if mistake := first_mistake(value[name], field.type, join(path, name)):
            return mistake
    return None


def is_record(declared: Any) -> bool:
    """Whether a type is a record class; such a class has rules of its own.

    Args:
        declared: any type.

    Returns:
        Whether it is one.

    Example:
        >>> from mmsr_lite.records import HistoryRecord
        >>> is_record(HistoryRecord), is_record(dict)
        (True, False)
    """
    return isinstance(declared, type) and hasattr(declared, "broken_rule")


def join(path: str, name: str) -> str:
    """The path of a field, or of a place such as [3], within what is at `path`.

    Args:
        path: the place of the whole; empty at the top.
        name: a field, or a place such as [3].

    Returns:
        The path.

    Example:
        >>> join("layers[0]", "beta"), join("layers", "[0]")
        ('layers[0].beta', 'layers[0]')
    """
    if not path or name.startswith("["):
        return path + name
    return f"{path}.{name}"


def quote(value: Any) -> str:
    """Quote a value for an error message: all of it when it is short, else its beginning.

    Args:
        value: any value.

    Returns:
        Its repr on one line, of 40 letters at most and three dots.

    Example:
        >>> quote("hat")
        "'hat'"
    """
    text = " ".join(repr(value).split())  # arrays and tables have several lines
    return text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}..."


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
    mistakes = [first_mistake(value, part, path) for part in others]
    if None in mistakes:
        return None
    if len(others) == 1:
        return mistakes[0]
    return path, f"is {quote(value)}, expected {describe(declared)}"


def _mistake_in_list(value: Any, inner: Any, path: str) -> Mistake | None:
    if not isinstance(value, list | tuple):
        return path, f"is {quote(value)}, expected {describe(list[inner])}"
    if _all_scalars(value, inner):
        return None
    for place, one in enumerate(value):
        if mistake := first_mistake(one, inner, f"{path}[{place}]"):
            return mistake
    return None


def _mistake_in_dict(value: Any, inner: Any, path: str) -> Mistake | None:
    if not isinstance(value, Mapping):
        return path, f"is {quote(value)}, expected {describe(dict[str, inner])}"
    for name, one in value.items():
        if not isinstance(name, str):
            return path, f"has the name {quote(name)}, expected names that are text"
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
    union = get_args(inner) if get_origin(inner) in (Union, UnionType) else (inner,)
    if not all(isinstance(part, type) and part in EXACT for part in union):
        return False
    allowed: set[type] = set().union(*(EXACT[part] for part in union))  # type: ignore[arg-type]
    if not set(map(type, values)) <= allowed:
        return False
    return float not in union or all(isfinite(value) for value in values if value is not None)


def describe(declared: Any, many: bool = False) -> str:
    """Say a type in words, such as "list of numbers or null".

    Args:
        declared: a type, as `first_mistake` takes it.
        many: whether the words follow "list of".

    Returns:
        The words.

    Example:
        >>> describe(list[float | None]), describe(dict[str, list[int]])
        ('list of (numbers or null)', 'lists of whole numbers by name')
    """
    origin, parts = get_origin(declared), get_args(declared)
    plural = "s" if many else ""
    if origin is Annotated:
        return describe(parts[0], many)
    if declared is Any:
        return "anything"
    if origin in (Union, UnionType):
        named = [describe(part, many) for part in parts if part is not NoneType]
        if NoneType in parts:
            named.append("null")
        return " or ".join(named)
    if origin is Literal:
        return " or ".join(f"`{part}`" for part in parts)
    if origin is list:
        inner = describe(parts[0], many=True)
        inner = f"({inner})" if " or " in inner else inner
        return f"list{plural} of {inner}"
    if origin is dict:
        return f"{describe(parts[1], many=True)} by name"
    if is_record(declared):
        return f"{declared.kind} record{plural}"
    if is_typeddict(declared):
        return f"object{plural}"
    if declared in (int, float):
        return f"{NAMES[declared]}{plural}"
    return NAMES[declared]


def table_rows(kind: type, path: str = "") -> Iterator[tuple[str, str, str]]:
    """List path, type and meaning of each field of `kind` and of its parts; other records are only named.

    In a path `[]` stands for every place of a list and `*` for every name.

    Args:
        kind: a `TypedDict` or a `Record` class.
        path: the place of `kind` in the record.

    Yields:
        A row for each field.

    Example:
        >>> from mmsr_lite.records.trace import UserCard
        >>> next(table_rows(UserCard))
        ('index', 'whole number', "the user's number, from 0")
    """
    for name, field in fields_of(kind).items():
        here, words = join(path, name), describe(field.type)
        yield here, words if field.required else f"{words}; may be absent", field.meaning
        inner, steps = _innermost(field.type)
        if is_typeddict(inner):
            yield from table_rows(inner, here + steps)


def _innermost(declared: Any) -> tuple[Any, str]:
    """The type inside the lists and dicts of a type, and the path to it: `[]` for a list, `.*` for a dict."""
    origin, parts = get_origin(declared), get_args(declared)
    if origin in (list, dict):
        inner, steps = _innermost(parts[-1])
        return inner, ("[]" if origin is list else ".*") + steps
    if origin in (Union, UnionType):
        others = [part for part in parts if part is not NoneType]
        if len(others) == 1:
            return _innermost(others[0])
    return declared, ""
