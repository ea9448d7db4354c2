"""Check: what is wrong with an answer to an exercise, not only that; the package computes what is right.

The exercises of notebook 02 are `course/exercises/n02.py`, and so on: a tuple `EXERCISES`, one entry a question.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from numbers import Real
from typing import Any

from mmsr_lite.course.stored import MissingFileError
from mmsr_lite.errors import MMSRError

Hint = tuple[Any, str | Callable[[Any], str]]


@dataclass(frozen=True)
class Exercise:
    """A question: `answer()` computes a right answer, `why` is said of one that is right.

    `hints` are pairs (wrong answer, what is wrong with it); the first that fits is said. A wrong answer is a value, a
    function that computes it, or a test of what was given. Where many answers are right, `accepts` decides instead of
    equality with `answer()`. Numbers with a fraction may differ by `within`.
    """

    id: str
    answer: Callable[[], Any]
    why: str
    hints: tuple[Hint, ...] = ()
    accepts: Callable[[Any], Any] | None = None
    within: float = 0.005


@dataclass(frozen=True, repr=False)
class Verdict:
    """What is said of an answer; `right` is None as long as there is none. True in a condition only when right."""

    exercise: str
    right: bool | None
    says: str

    def __bool__(self) -> bool:
        return self.right is True

    def __repr__(self) -> str:
        return f"{self.exercise} {({True: 'right', False: 'not yet', None: 'open'})[self.right]}: {self.says}"


def check(exercise: str, answer: Any = ...) -> Verdict:
    """Say whether an answer to an exercise is right, and otherwise what is wrong with it.

    Args:
        exercise: The number of the exercise, such as "02.1".
        answer: Your answer; numbers of numpy, pandas and torch are read, too. `...` is no answer.

    Returns:
        A verdict that prints itself. It is true in a condition only when the answer is right; it stays open when
        there is no answer, or when a file that the right answer is computed from is missing.

    Raises:
        MMSRError: There is no such exercise.

    Example:
        >>> check("02.1", 6)
        02.1 not yet: these are the interactions times the node types; what repeats is one node.
        >>> check("02.1")
        02.1 open: put your answer, a number, in place of the dots.
    """
    asked = find(exercise)
    try:
        return _verdict(exercise, asked, _plain(answer))
    except (MissingFileError, FileNotFoundError) as error:
        return Verdict(exercise, None, f"this answer cannot be checked here, and that is not its fault: {error}.")


def _verdict(exercise: str, asked: Exercise, given: Any) -> Verdict:
    """What `check` says of the answer `given`; raises when a file that the right answer is computed from is missing."""
    if given is ...:
        kind = "" if asked.accepts else f", {_kind(_plain(asked.answer()))},"
        return Verdict(exercise, None, f"put your answer{kind} in place of the dots.")
    try:
        right = bool(asked.accepts(given)) if asked.accepts else _same(given, _plain(asked.answer()), asked.within)
    except MissingFileError:
        raise
    except (MMSRError, TypeError, ValueError, LookupError, AttributeError) as error:
        right, asked = False, Exercise(exercise, asked.answer, "", ((lambda _: True, f"it cannot be used: {error}."),))
    if right:
        return Verdict(exercise, True, asked.why)
    told = next((says for wrong, says in asked.hints if _fits(wrong, given, asked.within)), None)
    if told is None and asked.accepts:
        told = "this is not what is asked for; read the question once more."
    told = told or _difference(given, _plain(asked.answer()))
    return Verdict(exercise, False, told if isinstance(told, str) else told(given))


def find(exercise: str) -> Exercise:
    """The exercise called `exercise`."""
    number = exercise.partition(".")[0]
    try:
        known = {one.id: one for one in exercises(number)}
    except ModuleNotFoundError:
        known = {}
    if exercise not in known:
        choices = f"choose from: {', '.join(known)}" if known else f"notebook {number!r} has none"
        raise MMSRError(f"there is no exercise {exercise!r}; {choices}")
    return known[exercise]


@cache
def exercises(notebook: str) -> tuple[Exercise, ...]:
    """The exercises of the notebook with this number, such as "02"."""
    return import_module(f"mmsr_lite.course.exercises.n{notebook}").EXERCISES


def _plain(value: Any) -> Any:
    """Arrays, tensors and series as Python values."""
    return value.tolist() if hasattr(value, "tolist") else value


def _kind(value: Any) -> str:
    kinds = {Real: "a number", str: "a word", Mapping: "a dict", (set, frozenset): "a set", (list, tuple): "a list"}
    found = next((told for kind, told in kinds.items() if isinstance(value, kind)), f"a {type(value).__name__}")
    return "True or False" if isinstance(value, bool) else found


def _same(given: Any, wanted: Any, within: float) -> bool:
    if isinstance(wanted, str):
        return isinstance(given, str) and given.strip().casefold() == wanted.casefold()
    if isinstance(wanted, bool):
        return given is wanted
    if isinstance(wanted, Real):
        close = 0 if isinstance(wanted, int) else within
        return isinstance(given, Real) and not isinstance(given, bool) and abs(given - wanted) <= close
    if isinstance(wanted, Mapping):
        pairs = isinstance(given, Mapping) and set(given) == set(wanted)
        return pairs and all(_same(_plain(given[key]), wanted[key], within) for key in wanted)
    if isinstance(wanted, list | tuple):
        fits = isinstance(given, list | tuple) and len(given) == len(wanted)
        return fits and all(_same(one, other, within) for one, other in zip(given, wanted, strict=True))
    return set(given) == wanted if isinstance(wanted, set | frozenset) else given == wanted


def _fits(wrong: Any, given: Any, within: float) -> bool:
    try:
        if callable(wrong) and signature(wrong).parameters:
            return bool(wrong(given))
        return _same(given, wrong() if callable(wrong) else wrong, within)
    except (MMSRError, TypeError, ValueError, LookupError, AttributeError):
        return False


def _difference(given: Any, wanted: Any) -> str:
    """How `given` differs from `wanted`, without giving that away."""
    lists = isinstance(wanted, set | frozenset) and isinstance(given, list | tuple | set | frozenset)
    if _kind(given) != _kind(wanted) and not lists:
        return f"expected {_kind(wanted)}, got {given!r}."
    if isinstance(wanted, Real) and not isinstance(wanted, bool):
        near = abs(given - wanted) <= 0.1 * abs(wanted)
        return f"{'close, but ' if near else ''}{given:g} is too {'large' if given > wanted else 'small'}."
    if lists:
        strange, lost = [one for one in given if one not in wanted], len(wanted - set(given))
        said = [f"{', '.join(map(repr, strange))} should not be there"] if strange else []
        return "; ".join(said + ([f"{lost} missing"] if lost else [])) + "."
    if isinstance(wanted, Mapping):
        wrong = [key for key in wanted if key in given and not _same(_plain(given[key]), wanted[key], 0.005)]
        strange, lost = [key for key in given if key not in wanted], [key for key in wanted if key not in given]
        parts = {"look again at": wrong, "not asked for:": strange, "missing:": lost}
        return "; ".join(f"{told} {', '.join(map(repr, keys))}" for told, keys in parts.items() if keys) + "."
    if isinstance(wanted, list | tuple):
        if len(given) != len(wanted):
            return f"expected {len(wanted)} entries, got {len(given)}."
        wrong = [n for n, (a, b) in enumerate(zip(given, wanted, strict=True), 1) if not _same(a, b, 0.005)]
        return f"look again at entry {', '.join(map(str, wrong))} of {len(wanted)}."
    return f"it is not {given!r}."
