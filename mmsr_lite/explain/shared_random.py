"""Random numbers that are the same in Python and JavaScript, so that a saved page has the same band of a what-if.

The generator hashes a counter: draw number n is `mixed(key + n * STEP)`, all in 32 bits, where the key comes from the
seeds. `views/static/engine/random.js` is the same in JavaScript; a test in the browser compares the two.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

BITS = 2**32
STEP = 0x9E3779B9  # 2^32 divided by the golden ratio, odd: the counter meets every 32-bit number once


class RandomSource(Protocol):
    """What edits draw from: a `numpy.random.Generator` or a `SharedRandom`.

    Example:
        >>> sources: list[RandomSource] = [np.random.default_rng(0), SharedRandom(0)]
    """

    @property
    def integers(self) -> Any:
        """`integers(low, high)`: one whole number from `low` to `high` - 1."""

    @property
    def permutation(self) -> Any:
        """`permutation(values)`: the values in a random order."""

    @property
    def choice(self) -> Any:
        """`choice(values)`: one of the values."""


def mixed(value: int) -> int:
    """A number of 32 bits, each of which depends on every bit of `value` ("lowbias32", C. Wellons, public domain).

    Args:
        value: any whole number.

    Returns:
        A number from 0 to 2**32 - 1.

    Example:
        >>> mixed(0), mixed(1), mixed(2)
        (0, 1753845952, 3507691905)
    """
    value ^= value >> 16
    value = value * 0x7FEB352D % BITS
    value ^= value >> 15
    value = value * 0x846CA68B % BITS
    return value ^ value >> 16


class SharedRandom:
    """A random number generator with the part of `numpy.random.Generator` that edits of a history use.

    Args:
        seeds: whole numbers; the same ones give the same draws, in Python and in JavaScript.

    Example:
        >>> rng = SharedRandom(0, 1)
        >>> rng.integers(10), rng.integers(5, 7), rng.permutation(4).tolist()
        (3, 6, [3, 2, 0, 1])
    """

    def __init__(self, *seeds: int):
        self._key = 0
        for seed in seeds:
            self._key = mixed((self._key + STEP + seed) % BITS)
        self._drawn = 0

    def integers(self, low: int, high: int | None = None) -> int:
        """One whole number from `low` to `high` - 1, or from 0 to `low` - 1 where `high` is None.

        Args:
            low: the least number; without `high` the end.
            high: the end, which is not drawn.

        Returns:
            The number.
        """
        if high is None:
            low, high = 0, low
        self._drawn += 1
        share = mixed((self._key + self._drawn * STEP) % BITS) / BITS  # 0 to 1, without 1
        return low + int(share * (high - low))

    def permutation(self, values: int | Sequence[Any]) -> np.ndarray:
        """The values, or 0 to `values` - 1, in a random order (Fisher and Yates, from the last place to the first).

        Args:
            values: what is put in order, or how many numbers.

        Returns:
            The values in their new order.
        """
        order = np.arange(values) if isinstance(values, int) else np.array(values)
        for place in range(len(order) - 1, 0, -1):
            other = self.integers(place + 1)
            order[[place, other]] = order[[other, place]]
        return order

    def choice(self, values: Sequence[Any]) -> Any:
        """One of the values.

        Args:
            values: one or more values.

        Returns:
            One of them.
        """
        return values[self.integers(len(values))]


def traded(count: int, rate: float, rng: RandomSource) -> list[int]:
    """For each place the one that it takes from: a share of the places, rounded, forms one random cycle.

    None of these keeps its own; a single one has no other to exchange with.

    Args:
        count: the number of places.
        rate: the share, from 0 to 1; a larger one has the same places and more.
        rng: the source of the choice.

    Returns:
        Places from 0, one for each place.

    Example:
        >>> traded(4, 1.0, SharedRandom(3)), traded(4, 0.25, SharedRandom(3))
        ([1, 2, 3, 0], [0, 1, 2, 3])
    """
    chosen = rng.permutation(count)[: round(rate * count)].tolist()
    source = list(range(count))
    for here, there in zip(chosen, chosen[1:] + chosen[:1], strict=True):
        source[here] = there
    return source
