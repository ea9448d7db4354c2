"""Draft: the state of the explorer that a person edits and can undo."""

from dataclasses import dataclass

from mmsr_lite.explain.edits import FAMILIES


@dataclass(frozen=True)
class Draft:
    """What a person edits.

    Args:
        user: Whose history it began as, a number from 0.
        history: Items from 1, the oldest first.
        target: The item that follows the history.
        codes: C; None where the modalities of the model do not share one.
        codes_per_item: k; None where the modalities of the model do not share one.
        families: The families of relations that there are; all by default.
        model: The number of the model that looks at it; 0 is the first.

    Example:
        >>> Draft(0, (3, 1), 2, codes=7, codes_per_item=1).families
        ('homogeneous', 'heterogeneous')
    """

    user: int
    history: tuple[int, ...]
    target: int
    codes: int | None
    codes_per_item: int | None
    families: tuple[str, ...] = tuple(FAMILIES)
    model: int = 0
