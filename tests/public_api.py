"""Everything that a person reaches from the public names: the names, what they return, and the attributes of that.

`reached()` walks from `mmsr_lite`, `mmsr_lite.show` and `mmsr_lite.records` along annotations: from a function to its
arguments and to what it returns, from a class to its attributes and methods, and so on within the package.
"""

import ast
import importlib
import inspect
import sys
from collections.abc import Iterator
from functools import cache, partialmethod
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

import mmsr_lite
from mmsr_lite import records
from mmsr_lite.views import show


@cache
def names_for_type_checkers(module: str) -> dict[str, Any]:
    """What a module imports inside `if TYPE_CHECKING:`, by name."""
    source = inspect.getsource(sys.modules[module])
    found: dict[str, Any] = {}
    for block in ast.walk(ast.parse(source)):
        if not isinstance(block, ast.If) or ast.unparse(block.test) != "TYPE_CHECKING":
            continue
        for node in block.body:
            if isinstance(node, ast.ImportFrom):
                home = importlib.import_module(node.module or "")
                found |= {alias.asname or alias.name: getattr(home, alias.name) for alias in node.names}
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    whole = importlib.import_module(alias.name)
                    found[alias.asname or alias.name.split(".")[0]] = (
                        whole if alias.asname else sys.modules[alias.name.split(".")[0]]
                    )
    return found


def hints_of(owner: Any) -> dict[str, Any]:
    """The annotations of a function, a class or a module, with their names looked up."""
    module = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
    return get_type_hints(owner, localns=names_for_type_checkers(module))


def parts_of(kind: Any) -> Iterator[Any]:
    """A type and all types in its brackets."""
    yield kind
    for part in get_args(kind):
        for one in part if isinstance(part, list) else [part]:  # the arguments of a Callable stand in a list
            if not isinstance(one, str):
                yield from parts_of(one)


def is_untyped(kind: Any) -> bool:
    """Whether a type is a plain `dict` whose values may be anything."""
    if kind is dict:
        return True
    return get_origin(kind) is dict and get_args(kind)[1] is Any


def is_ours(kind: Any) -> bool:
    """Whether a class or function belongs to the package."""
    return (getattr(kind, "__module__", None) or "").startswith("mmsr_lite")


@cache
def public() -> dict[str, Any]:
    """Dotted name -> each public name of `mmsr_lite`, `mmsr_lite.show` and `mmsr_lite.records`."""
    found = {f"mmsr_lite.{name}": getattr(mmsr_lite, name) for name in mmsr_lite._HOMES}
    found |= {f"mmsr_lite.records.{name}": getattr(records, name) for name in records.__all__}
    shown = {name: one for name, one in vars(show).items() if not name.startswith("_") and inspect.isfunction(one)}
    return found | {f"mmsr_lite.show.{name}": one for name, one in shown.items() if is_ours(one)}


def functions_of(kind: type) -> Iterator[tuple[str, Any]]:
    """The public methods and properties of a class, and its `__init__`, by name."""
    for name, one in inspect.getmembers_static(kind):
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(one, property):
            one = one.fget
        elif isinstance(one, classmethod | staticmethod):
            one = one.__func__
        elif not isinstance(one, partialmethod):
            one = getattr(one, "func", one)  # of a cached property
        if inspect.isfunction(one) and is_ours(one):
            yield name, one


@cache
def reached() -> list[tuple[str, Any]]:
    """(place, type) of every annotation that a person can meet, from the public names on."""
    found: list[tuple[str, Any]] = []
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = list(public().items())
    for name, home in mmsr_lite._HOMES.items():  # constants have their type in the module
        module, _, attribute = home.partition(":")
        declared = hints_of(importlib.import_module(module)).get(attribute or name)
        if declared is not None:
            found.append((f"mmsr_lite.{name}", declared))
    while waiting:
        place, one = waiting.pop()
        if id(one) in seen or not (inspect.isfunction(one) or isinstance(one, type)):
            continue
        seen.add(id(one))
        here = [(f"{place}({name})", kind) for name, kind in hints_of(one).items() if not name.startswith("_")]
        if isinstance(one, type):
            home = f"{one.__module__}.{one.__qualname__}"
            here = [(f"{home}.{name}", kind) for name, kind in hints_of(one).items() if not name.startswith("_")]
            waiting += [(f"{home}.{name}", function) for name, function in functions_of(one)]
        found += here
        for where, kind in here:
            waiting += [(where, part) for part in parts_of(kind) if isinstance(part, type) and is_ours(part)]
    return found


def untyped() -> list[str]:
    """Every place of the public API with a plain `dict` whose values may be anything."""
    return sorted({f"{place}: {kind}" for place, kind in reached() if any(map(is_untyped, parts_of(kind)))})
