"""Exercises that ask for an argument in words: its length is checked, and what it has to mention, not its quality."""

import re
from collections.abc import Mapping
from typing import Any

from mmsr_lite.errors import MMSRError


def states(text: str, pattern: str) -> bool:
    """Whether a text mentions something, found by a pattern of words.

    Args:
        text: The text.
        pattern: A regular expression; case does not count.

    Returns:
        Whether it is found.

    Example:
        >>> states("Five Seeds agree.", "seed"), states("It works.", "seed")
        (True, False)
    """
    return re.search(pattern, text, re.IGNORECASE) is not None


def fault_of_text(given: Any, least: int, most: int, points: Mapping[str, str]) -> str | None:
    """Say what an argument lacks.

    Args:
        given: The learner's text.
        least: Words that it has to have.
        most: Words that it may have.
        points: What it has to mention -> a pattern of words that mention it.

    Returns:
        A sentence, or None when length and points are there.

    Raises:
        MMSRError: It is no text.

    Example:
        >>> fault_of_text("One run.", 1, 5, {"other seeds": "seed"})
        'it does not name other seeds.'
    """
    if not isinstance(given, str):
        raise MMSRError(f"a text is asked for, got {given!r}; write it between quotes")
    count = len(given.split())
    if not least <= count <= most:
        return f"it has {count} words; write {least} to {most}."
    absent = [point for point, pattern in points.items() if not states(given, pattern)]
    return f"it does not name {'; '.join(absent)}." if absent else None
