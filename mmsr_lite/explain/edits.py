"""Edits: what a person may do to one history, its modalities, its graph and its gates.

A change is a dictionary: `do` is its name, and its other fields are the arguments of its function in `CHANGES`.
Positions count from 1, the oldest. A modality belongs to its item, so an item that occurs twice has one set of codes.
This module uses no model: `interventions` turns an `EditedHistory` into graphs and forced gates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter, signature
from numbers import Real
from typing import Any, TypeAlias, cast

import numpy as np

from mmsr_lite.errors import MMSRError, choose, in_words
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.explain.shared_random import RandomSource, SharedRandom, traded
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.records.schema import quote
from mmsr_lite.records.trace import Edit

FORCED = {"hohe": (1.0, 0.0), "heho": (0.0, 1.0), "half": (0.5, 0.5)}  # the shares of a forced gate
FAMILIES = {"homogeneous": ("out", "in", "both"), "heterogeneous": ("match",)}
LAST = "the last item's node holds the answer and cannot be removed; remove the item from the history instead"
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
        return self.history[_within("position", position, 1, len(self.history)) - 1]

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


def _within(what: str, value: Any, least: int, most: int) -> int:
    if not is_whole(value) or not least <= value <= most:
        raise MMSRError(f"{what} is {quote(value)}; expected {least} to {most}")
    return int(value)


def _share(value: Any) -> float:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else -1.0
    if not 0 <= number <= 1:
        raise MMSRError(f"rate is {quote(value)}; expected a share from 0 to 1")
    return number


def _known(edited: EditedHistory, type: Any, id: Any) -> Node:
    """The node, which must be in the graph."""
    known = isinstance(type, str) and is_whole(id) and (type, int(id)) in edited.nodes
    if not known:
        raise MMSRError(f"the graph has no node {quote(type)} {quote(id)}; give type and id of a node of the history")
    return type, int(id)


def _end(edited: EditedHistory, what: str, end: Any) -> Node:
    """The node at one end of an edge, given as (type, id)."""
    if not isinstance(end, list | tuple) or len(end) != 2:
        raise MMSRError(f"{what} is {quote(end)}; expected the type and the id of a node, such as ['item', 3]")
    return _known(edited, *end)


def _words(modality: str | None) -> str:
    return "modalities" if modality is None else modality


def _shuffle(edited: EditedHistory, *, rate=1.0) -> str:
    source = traded(len(edited.history), _share(rate), edited.rng)
    edited.history = [edited.history[place] for place in source]
    return f"{100 * rate:.0f} % of the history is shuffled"


def _mismatch(edited: EditedHistory, *, modality=None, rate=1.0) -> str:
    for m in edited.modalities(modality):
        codes_by_item = {item: edited.codes_of(m, item) for item in dict.fromkeys(edited.history)}
        items = [item for item, codes in codes_by_item.items() if codes]
        source = traded(len(items), _share(rate), edited.rng)
        for item, place in zip(items, source, strict=True):
            edited.codes[m, item] = codes_by_item[items[place]]
    return f"{100 * rate:.0f} % of the items trade their {_words(modality)}"


def _noise(edited: EditedHistory, *, modality=None, rate=1.0) -> str:
    rate = _share(rate)
    for m in edited.modalities(modality):
        table = list(edited.tables.values())[m]
        items = [item for item in dict.fromkeys(edited.history) if edited.codes_of(m, item)]
        for item in edited.rng.permutation(items)[: round(rate * len(items))].tolist():
            other = table[edited.rng.choice(np.flatnonzero(table.any(1)))]
            edited.codes[m, item] = [int(code) for code in other if code]
    return f"{100 * rate:.0f} % of the items get the {_words(modality)} of random items"


def _swap(edited: EditedHistory, *, modality=None, position, other) -> str:
    one, two = edited.item(position), edited.item(other)
    for m in edited.modalities(modality):
        edited.codes |= {(m, one): edited.codes_of(m, two), (m, two): edited.codes_of(m, one)}
    return f"{edited.name(one)} and {edited.name(two)} swap their {_words(modality)}"


def _drop(edited: EditedHistory, *, modality=None, position=None) -> str:
    items, who = set(edited.history), "every item loses its"
    if position is not None:
        item = edited.item(position)
        items, who = {item}, f"{edited.name(item)} loses its"
    edited.codes |= {(m, item): [] for m in edited.modalities(modality) for item in items}
    return f"{who} {_words(modality)}"


def _remove(edited: EditedHistory, *, position) -> str:
    if len(edited.history) == 1:
        raise MMSRError("the history has one item, which cannot be removed; add another first")
    item = edited.item(position)
    del edited.history[position - 1]
    return f"{edited.name(item)} leaves the history"


def _replace(edited: EditedHistory, *, position, item) -> str:
    old = edited.item(position)
    edited.history[position - 1] = _within("item", item, 1, len(edited.titles) - 1)
    return f"{edited.name(old)} becomes {edited.name(item)}"


def _move(edited: EditedHistory, *, position, to) -> str:
    item, to = edited.item(position), _within("to", to, 1, len(edited.history))
    edited.history.insert(to - 1, edited.history.pop(position - 1))
    return f"{edited.name(item)} moves from position {position} to {to}"


def _add(edited: EditedHistory, *, item, position=None) -> str:
    end = len(edited.history) + 1
    place = end if position is None else _within("position", position, 1, end)
    edited.history.insert(place - 1, _within("item", item, 1, len(edited.titles) - 1))
    return f"{edited.name(item)} comes in at position {place}"


def _node(edited: EditedHistory, *, type, id) -> str:
    node = _known(edited, type, id)
    edited.gone.add(node)
    return f"the node of {edited.name_of(node)} is taken out"


def _edge(edited: EditedHistory, *, centre, neighbour) -> str:
    ends = _end(edited, "centre", centre), _end(edited, "neighbour", neighbour)
    edited.cut.add(ends)
    here, there = map(edited.name_of, ends)
    return f"{here} no longer attends to {there}"


def _relation(edited: EditedHistory, *, relation) -> str:
    name = choose("relation", relation, (*RELATIONS, *FAMILIES))
    edited.relations |= set(FAMILIES.get(name, (name,)))
    return f"edges of {relation!r} are cut"


def _gate(edited: EditedHistory, *, to, type=None, id=None, layer=None) -> str:
    choose("gate", to, FORCED)
    if type is not None:
        choose("node type", type, ("item", *edited.tables))
    if id is not None:
        _known(edited, type, id)
    if layer is not None:
        _within("layer", layer, 0, edited.layers - 1)
    edited.gates.append((to, type, id, layer))
    if type is None:
        return f"all gates are forced to {to}"
    if id is None:
        return f"the gates of {type} are forced to {to}"
    return f"the gate of {edited.name_of((type, int(id)))} is forced to {to}"


CHANGES: dict[str, Callable[..., str]] = {
    "shuffle": _shuffle,
    "mismatch": _mismatch,
    "noise": _noise,
    "swap": _swap,
    "drop": _drop,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "add": _add,
    "node": _node,
    "edge": _edge,
    "relation": _relation,
    "gate": _gate,
}


def filled(change: str | Mapping[str, Any]) -> Edit:
    """Complete a change with the defaults of the fields that were not given.

    Args:
        change: a name in `CHANGES`, or a dict whose field `do` is one.

    Returns:
        The change.

    Raises:
        MMSRError: there is no such change, a field is missing, or there is no such field.

    Example:
        >>> filled("shuffle"), filled({"do": "drop", "position": 2})
        ({'do': 'shuffle', 'rate': 1.0}, {'do': 'drop', 'modality': None, 'position': 2})
    """
    if not isinstance(change, str | Mapping):
        raise MMSRError(f"a change is {quote(change)}; expected a name such as 'shuffle', or a dict with 'do'")
    given = {"do": change} if isinstance(change, str) else dict(change)
    name = choose("change", given.pop("do", ""), CHANGES)
    fields = {key: one.default for key, one in signature(CHANGES[name]).parameters.items() if key != "edited"}
    if set(given) - set(fields) or Parameter.empty in (fields | given).values():
        needed = ", ".join(f"{key} (needed)" if value is Parameter.empty else key for key, value in fields.items())
        got = f"with {in_words(given)}" if given else "without a field"
        raise MMSRError(f"change {name!r} {got}: expected {needed or 'no field'}")
    return cast(Edit, {"do": name} | fields | given)


def apply(edited: EditedHistory, changes: Sequence[Edit], rng: RandomSource) -> list[str]:
    """Apply changes to a history, one after the other.

    Args:
        edited: the history, changed in place.
        changes: the changes, each with all its fields, as `filled` gives them.
        rng: the source of random choices.

    Returns:
        For each change a phrase that says what was done.

    Raises:
        MMSRError: a change is not possible, or removes the node of the last item.

    Example:
        >>> edited = EditedHistory([3, 1], {}, ("", "hat", "tie", "belt"), 1, ())
        >>> apply(edited, [filled({"do": "move", "position": 1, "to": 2})], SharedRandom())
        ['“belt” moves from position 1 to 2']
    """
    edited.rng, phrases = rng, []
    for change in changes:
        fields = {key: value for key, value in change.items() if key != "do"}
        phrases.append(CHANGES[change["do"]](edited, **fields))
    if ("item", edited.history[-1]) in edited.gone:
        raise MMSRError(LAST)
    return phrases
