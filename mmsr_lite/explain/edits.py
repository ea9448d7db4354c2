"""Edits: what a person may do to one history, its modalities, its graph and its gates.

A change is a dictionary: `do` is its name, and its other fields are the arguments of its function in `CHANGES`, which
changes an `EditedHistory`. This module uses no model: `interventions` turns an edited history into graphs and forced
gates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, signature
from numbers import Real
from typing import Any, cast

import numpy as np

from mmsr_lite.errors import MMSRError, choose, in_words
from mmsr_lite.explain.edited_history import EditedHistory, Node, within
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.explain.shared_random import RandomSource, traded
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.records.cards import Edit
from mmsr_lite.values import quoted

FORCED = {"hohe": (1.0, 0.0), "heho": (0.0, 1.0), "half": (0.5, 0.5)}  # the shares of a forced gate
FAMILIES = {"homogeneous": ("out", "in", "both"), "heterogeneous": ("match",)}
LAST = "the last item's node holds the answer and cannot be removed; remove the item from the history instead"


def _share(value: Any) -> float:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else -1.0
    if not 0 <= number <= 1:
        raise MMSRError(f"rate is {quoted(value)}; expected a share from 0 to 1")
    return number


def _known(edited: EditedHistory, type: Any, id: Any) -> Node:
    """The node, which must be in the graph."""
    known = isinstance(type, str) and is_whole(id) and (type, int(id)) in edited.nodes
    if not known:
        raise MMSRError(f"the graph has no node {quoted(type)} {quoted(id)}; give type and id of a node of the history")
    return type, int(id)


def _end(edited: EditedHistory, what: str, end: Any) -> Node:
    """The node at one end of an edge, given as (type, id)."""
    if not isinstance(end, list | tuple) or len(end) != 2:
        raise MMSRError(f"{what} is {quoted(end)}; expected the type and the id of a node, such as ['item', 3]")
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
    edited.history[position - 1] = within("item", item, 1, len(edited.titles) - 1)
    return f"{edited.name(old)} becomes {edited.name(item)}"


def _move(edited: EditedHistory, *, position, to) -> str:
    item, to = edited.item(position), within("to", to, 1, len(edited.history))
    edited.history.insert(to - 1, edited.history.pop(position - 1))
    return f"{edited.name(item)} moves from position {position} to {to}"


def _add(edited: EditedHistory, *, item, position=None) -> str:
    end = len(edited.history) + 1
    place = end if position is None else within("position", position, 1, end)
    edited.history.insert(place - 1, within("item", item, 1, len(edited.titles) - 1))
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
        within("layer", layer, 0, edited.layers - 1)
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
        raise MMSRError(f"a change is {quoted(change)}; expected a name such as 'shuffle', or a dict with 'do'")
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
        >>> from mmsr_lite.explain.shared_random import SharedRandom
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
