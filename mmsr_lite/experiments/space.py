"""The space that every system's trials are drawn from: equal terms for all, counting included.

Each setting of the space has an ordered list of values, and a trial takes a random value for each setting that the
system has. When the best trial of a system has a value at the end of a list, a value beyond it might be better still:
the list is then extended by one step, and further trials are drawn there. An end that cannot be passed (dropout 0) is
no edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from mmsr_lite.errors import MMSRError, in_words

TRIALS = 16  # of every system
EXTRA_TRIALS = 4  # for each time the space is extended
EXTENSIONS = 3  # at most, of one system
SEED = 0  # of the draw: every system meets the same trials


@dataclass(frozen=True)
class Values:
    """The values of one setting, and how they go on beyond the two ends.

    Attributes:
        values: the values from the lowest to the highest.
        step: factor of one step beyond: the highest value is multiplied by it, the lowest divided; 0: no step.
        least: no value below this is ever tried; None: there is no such bound.
        most: no value above this is ever tried; None: there is no such bound.

    Example:
        >>> Values((0.1, 0.2), step=2, most=0.3).beyond(0.2), Values((0.1, 0.2), step=2).beyond(0.1)
        (0.3, 0.05)
    """

    values: tuple[float, ...]
    step: float = 0
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        if not self.values or list(self.values) != sorted(set(self.values)):
            raise MMSRError(
                f"a setting has the values {in_words(self.values)}; expected one or more, each higher than the last"
            )

    def beyond(self, value: float) -> float | None:
        """The value one step beyond an end of the list.

        Args:
            value: a value of the list.

        Returns:
            The value beyond; None where `value` is no end, or where the list cannot be extended.
        """
        if not self.step or len(self.values) < 2:
            return None
        whole = all(isinstance(one, int) for one in self.values)
        if value == self.values[-1]:
            further = value * self.step if self.most is None else min(value * self.step, self.most)
        elif value == self.values[0]:
            further = value / self.step if self.least is None else max(value / self.step, self.least)
        else:
            return None
        further = round(further) if whole else float(f"{further:.6g}")
        return None if further == value else further


Space = dict[str, Values]

SPACE: Space = {  # "dropout" is every setting of a model whose name ends so; the first end of a rate of 0 is no edge
    "lr": Values((0.0005, 0.001, 0.002, 0.005, 0.01, 0.02), step=2),
    "dropout": Values((0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), step=1.15, least=0.0, most=0.9),
    "weight_decay": Values((0.0, 0.001, 0.01, 0.1, 0.3), step=3, least=0.0),
    "epochs": Values((5, 10, 20, 30), step=2, least=1, most=120),
    "label_smoothing": Values((0.0, 0.05, 0.1, 0.2), step=2, least=0.0, most=0.5),
    "layers": Values((1, 2, 3)),  # for every system that has layers, MMSR or not
    "decay": Values((0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), step=1.4, least=0.05, most=0.99),
    "max_history": Values((5, 10, 20, 50), step=2, least=1, most=200),
}
LEARNED = ("lr", "dropout", "weight_decay", "epochs", "label_smoothing", "layers")  # of systems that learn
COUNTED = ("decay", "max_history", "neighbours")  # of systems that count; max_history is the window
SPACE["neighbours"] = Values((20, 50, 100, 200, 500), step=2, least=1, most=5000)


def changed(space: Space, changes: dict[str, Any]) -> Space:
    """Replace the values of some settings of the space; a list that was given is not extended later.

    Args:
        space: the space.
        changes: setting -> one value or a list of values; settings that the space lacks are ignored.

    Returns:
        The new space.

    Raises:
        MMSRError: a value is no number, or a list is empty.

    Example:
        >>> changed(SPACE, {"lr": [0.01, 0.02], "epochs": 2, "dim": 8})["epochs"].values
        (2,)
    """
    narrowed = dict(space)
    for name, values in changes.items():
        if name in space:
            listed = values if isinstance(values, list | tuple) else [values]
            if not listed or not all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed):
                wanted = f"expected a number, or a list of numbers to draw from, such as {name}=[0.1,0.2]"
                raise MMSRError(f"{name} has the values {in_words(listed)}; {wanted}")
            narrowed[name] = Values(tuple(sorted(set(listed))))
    return narrowed


def draw(space: Space, names: Sequence[str], count: int = TRIALS, seed: int = SEED) -> list[dict[str, float]]:
    """Draw the trials of a system: different points of the space, at random.

    A system with fewer points than `count` gets all of them. Each setting has a random generator of its own, so two
    systems that share settings get the same values of these in each trial (a repeated point is drawn again).

    Args:
        space: the space.
        names: the settings that the system has.
        count: how many trials.
        seed: of the draw.

    Returns:
        The trials, setting -> value.

    Example:
        >>> draw({"lr": Values((0.1, 0.2))}, ["lr"])
        [{'lr': 0.1}, {'lr': 0.2}]
        >>> len(draw(SPACE, ["lr", "dropout"]))
        16
    """
    size = prod(len(space[name].values) for name in names)
    if size <= count:
        points: list[dict[str, float]] = [{}]
        for name in names:
            points = [point | {name: value} for point in points for value in space[name].values]
        return points
    drawn: list[dict[str, float]] = []
    chances = {name: np.random.default_rng([seed, *name.encode()]) for name in names}
    while len(drawn) < count:
        point = {name: space[name].values[int(chances[name].integers(len(space[name].values)))] for name in names}
        if point not in drawn:
            drawn.append(point)
    return drawn


def edges(space: Space, best: dict[str, float], open_ends: Iterable[str] = ()) -> dict[str, float]:
    """Find the settings whose best value is at an edge of the space, each with the value one step beyond.

    Args:
        space: the space.
        best: the best trial.
        open_ends: settings such as "epochs" that are at an edge only if named here, since the best epoch may come
            before the last one; all other settings are always examined.

    Returns:
        Setting -> value beyond.

    Example:
        >>> edges(SPACE, {"lr": 0.02, "dropout": 0.0, "decay": 0.4})
        {'lr': 0.04}
    """
    beyond = {}
    for name, value in best.items():
        further = space[name].beyond(value)
        if further is not None and (name != "epochs" or name in open_ends):
            beyond[name] = further
    return beyond


def extended(
    space: Space, best: dict[str, float], further: dict[str, float], count: int = EXTRA_TRIALS, seed: int = SEED
) -> tuple[Space, list[dict[str, float]]]:
    """Extend the space by one step, and draw trials there.

    Args:
        space: the space.
        best: the best trial so far.
        further: setting -> value beyond an edge, as `edges` gives it.
        count: how many trials.
        seed: of the draw.

    Returns:
        The wider space, and the trials: the best one with every value beyond, then the best one with each setting left
        as it is or taken beyond, and the others drawn anew or left as they are, at random.

    Example:
        >>> wider, trials = extended({"lr": Values((0.1, 0.2), step=2)}, {"lr": 0.2}, {"lr": 0.4})
        >>> wider["lr"].values, trials
        ((0.1, 0.2, 0.4), [{'lr': 0.4}])
    """
    wider = space | {
        name: replace(space[name], values=tuple(sorted({*space[name].values, value})))
        for name, value in further.items()
    }
    chance = np.random.default_rng([seed, len(further), *(len(wider[name].values) for name in further)])
    trials = [best | further]
    for _ in range(50 * count):
        if len(trials) == count:
            break
        taken = [name for name in further if chance.random() < 0.5] or [*further]
        point = best | {name: further[name] for name in taken}
        for name, some in wider.items():
            if name in best and name not in further and chance.random() < 0.5:
                point[name] = some.values[int(chance.integers(len(some.values)))]
        if point not in trials:
            trials.append(point)
    return wider, trials
