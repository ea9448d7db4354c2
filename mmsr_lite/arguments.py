"""Checks of arguments of public functions: they accept the usual forms of a value, and quote a wrong one in the error.

    @checked(seed=SEED, bins=(1, 1000))
    def summary(table: pd.DataFrame, bins: int = 8, seed: int = 0) -> Record: ...

The type of an argument is read from its annotation; the decorator adds limits of numbers.
"""

import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, wraps
from types import NoneType, SimpleNamespace
from typing import Any, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

from mmsr_lite.errors import MMSRError
from mmsr_lite.values import expected, parts_of_union, plain_value, quoted

P = ParamSpec("P")
R = TypeVar("R")
SEED = (0, 2**32 - 1)  # what NumPy, scikit-learn and torch all take
AS_GIVEN = {"user", "history", "target", "change"}  # told by the functions themselves, which know the data set; so is
# a model that is no MMSR, because they know what it lacks
WORDS = {  # class -> what is expected, and how to get it
    "Dataset": "a data set, such as load('wardrobe:match')",
    "Modality": "a modality, such as dataset.modality('picture')",
    "Recommender": "a model, such as open_run('runs/demo').model",
    "Examples": "examples, such as split(dataset).test",
    "Split": "the parts of a data set, as split(dataset) gives them",
    "RunConfig": "settings of a run, such as RunConfig('wardrobe:match')",
    "TrainConfig": "settings of training, such as TrainConfig()",
    "DataFrame": "a table of pandas",
    "ndarray": "an array",
    "PathLike": "a path",
    "Mapping": "names with values",
    "Callable": "a function",
    "list": "a list",
    "Sequence": "a list",
    "Iterable": "a list",
}

RECORD = "a record of mmsr_lite's, such as trace(model, dataset, user=12)"


def checked(**limits: tuple[float, float]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a decorator that checks the arguments of a function at each call.

    Args:
        limits: the least and the greatest number, by the name of the argument.

    Returns:
        The decorator. The function then gets plain values: an `int` for a NumPy integer, a `float` for 1.

    Raises:
        MMSRError: (by the function) an argument is of another type, no finite number, or outside its limits.

    Example:
        >>> @checked(rate=(0, 1))
        ... def keep(rate: float, names: list[str] | None = None) -> float: return rate
        >>> keep(1)
        1.0
        >>> keep("much")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: rate is 'much'; expected a number from 0 to 1
        >>> keep(0.5, names=3)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: names is 3; expected a list, or nothing (None)
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        skipped = {
            name for name, one in signature.parameters.items() if one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        }

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                bound = signature.bind(*args, **kwargs)
            except TypeError:
                return function(*args, **kwargs)  # Python itself says which argument is missing or unknown
            kinds = _kinds(function)
            for name, value in bound.arguments.items():
                if name in kinds and name not in skipped and value is not signature.parameters[name].default:
                    bound.arguments[name] = _plain(name, value, kinds[name], limits.get(name))
            return function(*bound.args, **bound.kwargs)

        return call

    return decorate


@cache
def _kinds(function: Callable[..., Any]) -> dict[str, Any]:
    """The types of a function's arguments, without those that only type checkers import."""
    kinds: dict[str, Any] = {}
    for name, kind in function.__annotations__.items():
        alone = SimpleNamespace(__annotations__={name: kind})
        with suppress(NameError):
            kinds |= get_type_hints(alone, function.__globals__)
    told_elsewhere = {name for name in AS_GIVEN & set(kinds) if not isinstance(kinds[name], type)}
    told_elsewhere |= {name for name, kind in kinds.items() if getattr(kind, "__name__", "") == "MMSR"}
    return {name: kind for name, kind in kinds.items() if name not in told_elsewhere and name != "return"}


def _plain(name: str, value: Any, kind: Any, limits: tuple[float, float] | None) -> Any:
    """Convert an argument to its type.

    Raises:
        MMSRError: it does not fit the type, or is outside the limits.
    """
    for one in _kinds_of(kind):
        try:
            plain = _of_kind(value, one)
        except (TypeError, ValueError, OverflowError):
            continue
        if limits is None or plain is None or not isinstance(plain, int | float) or limits[0] <= plain <= limits[1]:
            return plain
    words = "" if limits is None else f" from {limits[0]:,} to {limits[1]:,}"
    kinds = [_words(one, words) for one in _kinds_of(kind) if one is not NoneType]
    if NoneType in _kinds_of(kind):
        kinds.append("nothing (None)")
    if name == "record":
        kinds = [RECORD if words == WORDS["Mapping"] else words for words in kinds]
    raise MMSRError(f"{name} is {quoted(value)}; expected {', or '.join(dict.fromkeys(kinds))}")


def _kinds_of(kind: Any) -> tuple[Any, ...]:
    """The types that an argument may have."""
    return kind.__constraints__ if isinstance(kind, TypeVar) and kind.__constraints__ else parts_of_union(kind)


def _of_kind(value: Any, kind: Any) -> Any:
    """`value` where it is of one kind, a number in its plain form; else TypeError."""
    if kind is Any or (isinstance(kind, TypeVar) and not kind.__constraints__):
        return value
    origin = get_origin(kind)
    if kind in (int, float, bool) and getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        value = value.item()  # of NumPy, or a tensor with one number
    if kind in (int, float, bool, NoneType) or origin is tuple:
        return plain_value(value, kind)
    if origin is not None:
        _refuse_other_parts(value, origin, get_args(kind))
        return value
    if isinstance(kind, type) and issubclass(kind, dict) and isinstance(value, Mapping):
        return value  # a record from a file; its reader checks the fields
    if isinstance(kind, type) and not isinstance(value, kind):
        raise TypeError
    return value


def _refuse_other_parts(value: Any, origin: Any, parts: tuple[Any, ...]) -> None:
    """Raise TypeError when a list or dict is none, or holds something else than it should; numbers look the same."""
    if origin in (Sequence, Iterable) and hasattr(value, "ndim"):
        value = value.tolist() if value.ndim == 0 else list(value)  # arrays count as lists
    if not isinstance(value, (list, tuple) if origin is list else origin):
        raise TypeError
    if isinstance(value, str | bytes) and origin is not os.PathLike:
        raise TypeError
    inner = parts[-1] if parts else Any
    if isinstance(value, Mapping | Sequence) and isinstance(inner, type) and inner not in (Any, int, float):
        for one in value.values() if isinstance(value, Mapping) else value:
            if not isinstance(one, inner):
                raise TypeError


def _words(kind: Any, limits: str) -> str:
    origin = get_origin(kind)
    name = getattr(origin or kind, "__name__", str(kind))
    if origin is dict or origin is Mapping:
        return "names with values"
    return WORDS.get(name) or expected(kind, limits)
