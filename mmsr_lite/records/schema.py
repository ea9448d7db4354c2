"""What a field of a record may hold: declared once as a type; `mistakes` checks values against it.

The fields of a record and of its parts are annotations. `Annotated[type, "meaning"]` says what a field means;
`NotRequired` (in a `TypedDict`) or `= OPTIONAL` (in a `Record`) says that older records lack it.

    types -> `fields_of(type)`  -> its fields by name
    types -> `table_rows(type)` -> one row of the reference for each field
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
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

Plain: TypeAlias = bool | int | float | str | None  # what one cell of a table may hold
TableRow: TypeAlias = dict[str, Plain | list[int]]  # name of a column -> what the cell holds
Terms: TypeAlias = dict[str, Plain | list[Plain] | dict[str, Plain]]  # settings by name, as JSON holds them
OPTIONAL: Any = object()  # the default of a field that a record may lack; its attribute is None then
NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false", NoneType: "null"}


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
        >>> from mmsr_lite.records.cards import UserCard
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
