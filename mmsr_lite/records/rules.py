"""Rules between fields that several kinds of record share: lengths that agree, indexes that exist, sums of one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any

from mmsr_lite.records.schema import Mistake

CLOSE = 1e-3  # sums of float32 shares come this near to one


def one_for_each(path: str, values: Sized | None, count: int, what: str) -> Iterator[Mistake]:
    """A list has one value for each of `count` things.

    Example:
        >>> list(one_for_each("layers[0].beta", [1, 2, 3], 12, "nodes"))
        [('layers[0].beta', 'has 3 values, expected one for each of 12 nodes')]
    """
    if values is not None and len(values) != count:
        yield path, f"has {len(values)} values, expected one for each of {count} {what}"


def exactly(path: str, values: Sized | None, count: int, what: str) -> Iterator[Mistake]:
    """A list has exactly `count` values, which `what` names."""
    if values is not None and len(values) != count:
        yield path, f"has {len(values)} values, expected {count}: {what}"


def in_range(path: str, value: Any, least: int, most: int, what: str) -> Iterator[Mistake]:
    """A number lies in `least` to `most`; None is no number and is let be."""
    if value is not None and not least <= value <= most:
        yield path, f"is {value}, expected {least} to {most}, {what}"


def sums_to_one(path: str, values: Sequence[float], what: str) -> Iterator[Mistake]:
    """Shares sum to one."""
    total = sum(values)
    if abs(total - 1) > CLOSE:
        yield path, f"sums to {total:.4g}, expected 1: {what}"


def ordered(path: str, interval: Sequence[float] | None, what: str) -> Iterator[Mistake]:
    """The two ends of an interval are there, the lower one first."""
    if interval is None:
        return
    if len(interval) != 2 or interval[0] > interval[1]:
        yield path, f"is {list(interval)}, expected [low, high]: {what}"
