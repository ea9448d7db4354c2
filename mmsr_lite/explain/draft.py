"""Draft: the state of the explorer that a person edits and can undo."""

from dataclasses import dataclass

from mmsr_lite.explain.edits import FAMILIES


@dataclass(frozen=True)
class Draft:
    """What a person edits in the explorer.

    Args:
        user: the user whose history it was at first, from 0.
        history: items from 1, the oldest first.
        target: the item after the history.
        codes: C; None where the modalities of the model do not share one.
        codes_per_item: k; None where the modalities of the model do not share one.
        families: the families of relations that are switched on; default all.
        model: the number of the model, from 0; default 0.

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
