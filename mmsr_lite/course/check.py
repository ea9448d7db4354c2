"""Check an answer to an exercise: whether it is right and, if not, what is wrong with it.

The exercises of notebook 02 are the tuple `EXERCISES` in `course/exercises/n02.py`, and so on. The package computes the
right answers; none is written down.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from inspect import signature
from typing import Any

from mmsr_lite.arguments import checked
from mmsr_lite.course.comparing import difference, is_same, kind_of, plain
from mmsr_lite.course.functions import OPEN, Case, fault_of
from mmsr_lite.course.stored import MissingFileError
from mmsr_lite.errors import MMSRError

Hint = tuple[Any, str | Callable[[Any], str]]
KINDS = ("value", "function", "design", "history", "argument")
UNUSABLE = (MMSRError, TypeError, ValueError, LookupError, AttributeError)  # what an unexpected answer can raise


@dataclass(frozen=True)
class Exercise:
    """A question of a notebook, with its right answer and sentences about wrong ones.

    Attributes:
        id: the number of the exercise, such as "02.1".
        answer: a function that computes a right answer.
        why: the sentence after a right answer.
        hints: pairs of a wrong answer and the sentence after it; the first pair that fits is used. A wrong answer is a
            value, a function that computes it, or a function that is true of the given answer when the hint fits. The
            sentence may be a function of the given answer.
        accepts: a function that is true of each right answer, where many are right. None (the default): an answer is
            right when it equals `answer()`.
        within: how much a number with a fraction may differ; default 0.005.
        cases: where a function is asked for, the calls that it has to answer. `answer` then returns such a function.
        asks: what is asked for, one of `KINDS`; default "value".
        level: "easy" (the default), "medium" or "hard".
        minutes: how long it takes most learners; default 2.

    Example:
        >>> exercise = Exercise("99.1", lambda: 1 + 1, "one and one.", hints=((3, "close: that is one too many."),))
        >>> exercise.answer(), exercise.hints[0][1]
        (2, 'close: that is one too many.')
    """

    id: str
    answer: Callable[[], Any]
    why: str
    hints: tuple[Hint, ...] = ()
    accepts: Callable[[Any], Any] | None = None
    within: float = 0.005
    cases: tuple[Case, ...] = ()
    asks: str = "value"
    level: str = "easy"
    minutes: int = 2


@dataclass(frozen=True, repr=False)
class Verdict:
    """The result of `check`; true in a condition only when the answer is right.

    Attributes:
        exercise: The number of the exercise.
        right: True or False; None while there is no answer to judge.
        message: One sentence.

    Example:
        >>> bool(Verdict("02.1", True, "Right.")), bool(Verdict("02.1", None, "Not yet."))
        (True, False)
    """

    exercise: str
    right: bool | None
    message: str

    @property
    def says(self) -> str:
        """The message, under its name in version 0.1."""
        return self.message

    def __bool__(self) -> bool:
        return self.right is True

    def __repr__(self) -> str:
        words = {True: "right", False: "not yet", None: "open"}
        return f"{self.exercise} {words[self.right]}: {self.message}"


@checked()
def check(exercise: str, answer: Any = ...) -> Verdict:
    """Say whether an answer to an exercise is right and, if not, what is wrong with it.

    Args:
        exercise: The number of the exercise, such as "02.1".
        answer: Your answer; numbers of numpy, pandas and torch are read, too. `...` is no answer.

    Returns:
        A verdict that prints itself. It is true in a condition only when the answer is right; it stays open when there
        is no answer, or when a file that the right answer needs is missing.

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
        return _verdict(asked, plain(answer))
    except (MissingFileError, FileNotFoundError) as error:
        message = f"this answer cannot be checked here, and that is not its fault: {error}."
        return Verdict(exercise, None, message)


def find(exercise: str) -> Exercise:
    """Find the exercise with a number.

    Args:
        exercise: its number, such as "03.2".

    Returns:
        The exercise.

    Raises:
        MMSRError: there is no such exercise; the message lists those of its notebook.

    Example:
        >>> find("00.99")
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    number = exercise.partition(".")[0]
    try:
        known = {one.id: one for one in exercises(number)}
    except ModuleNotFoundError:
        known = {}
    if exercise in known:
        return known[exercise]
    if known:
        raise MMSRError(f"there is no exercise {exercise!r}; choose from: {', '.join(known)}")
    if len(number) != 2:
        raise MMSRError(f"there is no exercise {exercise!r}; expected the notebook in two digits, such as '00.1'")
    raise MMSRError(f"there is no exercise {exercise!r}; notebook {number!r} has none")


@cache
def exercises(notebook: str) -> tuple[Exercise, ...]:
    """Return the exercises of the notebook with this number, such as "02".

    Args:
        notebook: the number of a notebook, such as "03".

    Returns:
        The exercises, in their order.

    Example:
        >>> exercises("00")[0].id
        '00.1'
    """
    return import_module(f"mmsr_lite.course.exercises.n{notebook}").EXERCISES


def _verdict(asked: Exercise, given: Any) -> Verdict:
    """Judge an answer; raises an error when a file that the right answer needs is missing."""
    if asked.cases and given is not ...:
        fault = fault_of(given, asked.cases)
        return Verdict(asked.id, None if fault == OPEN else fault is None, fault or asked.why)
    if given is ...:
        kind = ""
        if asked.cases:
            kind = ", a function,"
        elif asked.accepts is None:
            kind = f", {kind_of(plain(asked.answer()))},"
        return Verdict(asked.id, None, f"put your answer{kind} in place of the dots.")
    try:
        right = _is_right(asked, given)
    except MissingFileError:
        raise
    except UNUSABLE as error:
        return Verdict(asked.id, False, f"it cannot be used: {error}. Has it the form that the question asks for?")
    if right:
        return Verdict(asked.id, True, asked.why)
    return Verdict(asked.id, False, _what_is_wrong(asked, given))


def _is_right(asked: Exercise, given: Any) -> bool:
    if asked.accepts is not None:
        return bool(asked.accepts(given))
    return is_same(given, plain(asked.answer()), asked.within)


def _what_is_wrong(asked: Exercise, given: Any) -> str:
    """The sentence of the first hint that fits; without one, how the answer differs from the right one."""
    for wrong, sentence in asked.hints:
        if _fits(wrong, given, asked.within):
            return sentence(given) if callable(sentence) else sentence
    if asked.accepts is not None:
        return "this is not what is asked for; read the question once more."
    return difference(given, plain(asked.answer()))


def _fits(wrong: Any, given: Any, within: float) -> bool:
    """Whether a hint's wrong answer, or its test of an answer, fits the answer `given`."""
    try:
        if not callable(wrong):
            return is_same(given, wrong, within)
        if signature(wrong).parameters:
            return bool(wrong(given))
        return is_same(given, wrong(), within)
    except UNUSABLE:
        return False
