"""Rules between fields that several kinds of record share: lengths that agree, indexes that exist, sums of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any

from mmsr_lite.records.mistakes import Mistake

CLOSE = 1e-3  # float32 shares sum to one this exactly


def one_for_each(path: str, values: Sized | None, count: int, what: str) -> Iterator[Mistake]:
    """Check that a list has one value for each of `count` things.

    Args:
        path: the place in the record, such as layers[0].beta.
        values: the list; None is let be.
        count: how many values it must have.
        what: what the values are of.

    Yields:
        Mistakes: a path and a sentence each; none where the rule holds.

    Example:
        >>> list(one_for_each("layers[0].beta", [1, 2, 3], 12, "nodes"))
        [('layers[0].beta', 'has 3 values, expected one for each of 12 nodes')]
    """
    if values is not None and len(values) != count:
        yield path, f"has {len(values)} values, expected one for each of {count} {what}"


def exactly(path: str, values: Sized | None, count: int, what: str) -> Iterator[Mistake]:
    """Check that a list has exactly `count` values, which `what` names.

    Args:
        path: the place in the record, such as layers[0].beta.
        values: the list; None is let be.
        count: how many values it must have.
        what: the names of the values.

    Yields:
        Mistakes: a path and a sentence each; none where the rule holds.

    Example:
        >>> list(exactly("beta[0]", [0.5], 2, "the shares of hohe and heho"))
        [('beta[0]', 'has 1 values, expected 2: the shares of hohe and heho')]
    """
    if values is not None and len(values) != count:
        yield path, f"has {len(values)} values, expected {count}: {what}"


def in_range(path: str, value: Any, least: int, most: int, what: str) -> Iterator[Mistake]:
    """Check that a number lies in `least` to `most`.

    Args:
        path: the place in the record, such as layers[0].beta.
        value: the number; None is let be.
        least: the least number that is allowed.
        most: the greatest.
        what: what the range is.

    Yields:
        Mistakes: a path and a sentence each; none where the rule holds.

    Example:
        >>> list(in_range("position", 9, 1, 5, "a position of the history"))
        [('position', 'is 9, expected 1 to 5, a position of the history')]
    """
    if value is not None and not least <= value <= most:
        yield path, f"is {value}, expected {least} to {most}, {what}"


def sums_to_one(path: str, values: Sequence[float], what: str) -> Iterator[Mistake]:
    """Check that shares sum to one.

    Args:
        path: the place in the record, such as layers[0].beta.
        values: the shares.
        what: what they are shares of.

    Yields:
        Mistakes: a path and a sentence each; none where the rule holds.

    Example:
        >>> list(sums_to_one("beta[0]", [0.5, 0.6], "the shares of hohe and heho"))
        [('beta[0]', 'sums to 1.1, expected 1: the shares of hohe and heho')]
    """
    total = sum(values)
    if abs(total - 1) > CLOSE:
        yield path, f"sums to {total:.4g}, expected 1: {what}"


def ordered(path: str, interval: Sequence[float] | None, what: str) -> Iterator[Mistake]:
    """Check that an interval has two ends, the lower one first.

    Args:
        path: the place in the record, such as layers[0].beta.
        interval: its two ends; None is let be.
        what: what the interval is.

    Yields:
        Mistakes: a path and a sentence each; none where the rule holds.

    Example:
        >>> list(ordered("interval", [2.0, 1.0], "95 % interval"))
        [('interval', 'is [2.0, 1.0], expected [low, high]: 95 % interval')]
    """
    if interval is None:
        return
    if len(interval) != 2 or interval[0] > interval[1]:
        yield path, f"is {list(interval)}, expected [low, high]: {what}"
