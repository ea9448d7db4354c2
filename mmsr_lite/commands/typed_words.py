"""Read typed words: numbers within limits, NAME=VALUE pairs, one value for all modalities or one for each."""

import argparse
import json
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from mmsr_lite.errors import MMSRError


def whole_number(least: int, most: int = 10**9) -> Callable[[str], int]:
    """Make a type for options: a whole number within limits; argparse names the option in the error.

    Args:
        least: the least number that is allowed.
        most: the greatest.

    Returns:
        A function from what was typed to the number.

    Example:
        >>> whole_number(1)("4")
        4
    """

    def read(word: str) -> int:
        with suppress(ValueError):
            if least <= int(word) <= most:
                return int(word)
        wanted = f"a whole number from {least:,} to {most:,}"
        raise argparse.ArgumentTypeError(f"{word!r} is not possible; expected {wanted}")

    return read


def number(least: float) -> Callable[[str], float]:
    """Make a type for options: a number that is at least `least`, perhaps infinite.

    Args:
        least: the least number that is allowed.

    Returns:
        A function from what was typed to the number.

    Example:
        >>> number(0)("2.5")
        2.5
    """

    def read(word: str) -> float:
        with suppress(ValueError):
            if not math.isnan(float(word)) and float(word) >= least:
                return float(word)
        raise argparse.ArgumentTypeError(f"{word!r} is not possible; expected a number of at least {least:,}")

    return read


def one_or_each(option: str, words: Sequence[str]) -> int | dict[str, int]:
    """Parse the words of an option that takes one number for all modalities, or NAME=NUMBER for each.

    Args:
        option: The option, for messages.
        words: What was typed.

    Returns:
        One number, or name of a modality -> its number.

    Raises:
        MMSRError: A word is neither, or a name comes twice.

    Example:
        >>> one_or_each("--codes", ["30"]), one_or_each("--codes", ["title=30", "brand=9"])
        (30, {'title': 30, 'brand': 9})
    """
    wrong = f"{option} {' '.join(words)}: expected one whole number, or a NAME=NUMBER for each modality"
    if len(words) == 1 and words[0].isdecimal():
        return int(words[0])
    numbers: dict[str, int] = {}
    for word in words:
        name, equals, value = word.rpartition("=")
        if not equals or not name or not value.isdecimal() or name in numbers:
            raise MMSRError(wrong)
        numbers[name] = int(value)
    return numbers


def name_value_pairs(words: Sequence[str], json_values: bool = False) -> dict[str, Any]:
    """Parse NAME=VALUE words.

    Args:
        words: What was typed.
        json_values: Whether values such as 8, true, null and [1, 2] are read as JSON; all others are texts.

    Returns:
        Names and values.

    Raises:
        MMSRError: A word is not of that form, or a name comes twice.

    Example:
        >>> name_value_pairs(["dim=8", "fusion=hohe"], json_values=True)
        {'dim': 8, 'fusion': 'hohe'}
    """
    pairs: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise MMSRError(f"{word!r} is not of the form NAME=VALUE")
        if name in pairs:
            raise MMSRError(f"{name!r} is given twice, the second time by {word!r}; give it once")
        pairs[name] = value
        if json_values:
            with suppress(json.JSONDecodeError, RecursionError):
                pairs[name] = json.loads(value)
    return pairs


def encoders_of(words: Sequence[str]) -> str | dict[str, str] | None:
    """Parse `--encoder`: one encoder for all modalities, or one for each.

    Args:
        words: what stands after the option.

    Returns:
        One encoder, or name of a modality -> its encoder; None where it was not typed.

    Raises:
        MMSRError: Several words, and not all of them are MODALITY=ENCODER.

    Example:
        >>> encoders_of(["sentence"]), encoders_of(["title=sentence", "photo=colour-edges"])
        ('sentence', {'title': 'sentence', 'photo': 'colour-edges'})
    """
    if not words:
        return None
    if len(words) == 1 and "=" not in words[0]:
        return words[0]
    return name_value_pairs(words)
