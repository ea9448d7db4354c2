"""An edited history: the items as they are now, and what is changed, removed or forced; `edits` says what may be done.

Positions count from 1, the oldest. A modality belongs to its item, so an item that occurs twice has one set of codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.explain.shared_random import RandomSource, SharedRandom
from mmsr_lite.values import quoted

Node: TypeAlias = tuple[str, int]  # node type and id


@dataclass
class EditedHistory:
    """A history with its changes: items, other codes, and what is removed from it or forced in it.

    Attributes:
        history: the items as they are now, the oldest first.
        tables: the codes of all items by modality (V+1, k).
        titles: the title of each item (V+1).
        layers: the number of layers of the model.
        edges: (centre, neighbour, relation) of the clean graph, from which random repeats choose.
        codes: (modality, item) -> codes in place of the item's own.
        gone: nodes that are removed.
        cut: (centre, neighbour) of edges that are removed.
        relations: names of relations whose edges are removed.
        gates: (to what, node type, id, layer) of gates that are forced; None in a place means all.
        rng: the source of random choices.

    Example:
        >>> from mmsr_lite.explain.edits import apply, filled
        >>> edited = EditedHistory([3, 1], {}, ("", "hat", "tie", "belt"), 1, ())
        >>> apply(edited, [filled({"do": "remove", "position": 2})], SharedRandom()), edited.history
        (['“hat” leaves the history'], [3])
    """

    history: list[int]
    tables: Mapping[str, np.ndarray]
    titles: Sequence[str]
    layers: int
    edges: Sequence[tuple[Node, Node, str]]
    codes: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    gone: set[Node] = field(default_factory=set)
    cut: set[tuple[Node, Node]] = field(default_factory=set)
    relations: set[str] = field(default_factory=set)
    gates: list[tuple[str, str | None, int | None, int | None]] = field(default_factory=list)
    rng: RandomSource = field(default_factory=SharedRandom)

    def fresh(self) -> EditedHistory:
        """The same history before any change."""
        return EditedHistory(list(self.history), self.tables, self.titles, self.layers, self.edges)

    def item(self, position: Any) -> int:
        """The item at `position`, from 1.

        Args:
            position: from 1, the oldest.

        Returns:
            The item.
        """
        return self.history[within("position", position, 1, len(self.history)) - 1]

    def codes_of(self, modality: int, item: int) -> list[int]:
        """The present codes of an item in one modality.

        Args:
            modality: its number, from 0.
            item: the item.

        Returns:
            The codes; none where the item has none.
        """
        if (modality, item) in self.codes:
            return self.codes[modality, item]
        table = self.tables[list(self.tables)[modality]]
        return [code for code in table[item].tolist() if code]

    @property
    def nodes(self) -> list[Node]:
        """The nodes that the history touches now, by type and id."""
        nodes: list[Node] = [("item", item) for item in sorted(set(self.history))]
        for modality, name in enumerate(self.tables):
            codes = {code for item in self.history for code in self.codes_of(modality, item)}
            nodes += [(name, code) for code in sorted(codes)]
        return nodes

    def modalities(self, name: str | None) -> list[int]:
        """The modalities that a change is about.

        Args:
            name: the name of a modality; None: all.

        Returns:
            Their numbers, from 0.
        """
        names = list(self.tables)
        if name is None:
            return list(range(len(names)))
        return [names.index(choose("modality", name, names))]

    def name(self, item: int) -> str:
        """The name of an item in a sentence.

        Args:
            item: the item.

        Returns:
            Its title.
        """
        return f"“{self.titles[item] or item}”"

    def name_of(self, node: Node) -> str:
        """The name of a node in a sentence: the title of an item, or modality and number of a code.

        Args:
            node: type and id.

        Returns:
            The name.
        """
        kind, number = node
        return self.name(number) if kind == "item" else f"{kind} code {number}"


def within(what: str, value: Any, least: int, most: int) -> int:
    """A whole number that is in a range.

    Args:
        what: the name of the number in an error.
        value: what was given.
        least: the smallest number.
        most: the largest number.

    Returns:
        The number.

    Raises:
        MMSRError: it is none, or outside.

    Example:
        >>> within("position", 2, 1, 3)
        2
        >>> within("position", 4, 1, 3)
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: position is 4; expected 1 to 3
    """
    if not is_whole(value) or not least <= value <= most:
        raise MMSRError(f"{what} is {quoted(value)}; expected {least} to {most}")
    return int(value)
