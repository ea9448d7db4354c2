"""Changes: what a person may do to one history, its modalities, its graph and its gates, and the same done at random.

A change is a plain dict: `do` names it, its other fields are in `CHANGES`. Positions count from 1, the oldest. A
modality belongs to its item: an item that occurs twice in the history keeps one set of codes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import Parameter, signature
from typing import Any

import numpy as np

from mmsr_lite.data.corruption import displaced, shuffled
from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.graph.relations import RELATIONS

FORCED = {"hohe": (1.0, 0.0), "heho": (0.0, 1.0), "half": (0.5, 0.5)}  # the shares of a forced gate
FAMILIES = {"homogeneous": ("out", "in", "both"), "heterogeneous": ("match",)}
LAST = "the last item's node holds the answer and cannot be removed; remove the item from the history instead"
Node = tuple[str, int]


@dataclass
class EditedHistory:
    """One history on its way through changes: its items, other codes, and what is taken away from or forced in it.

    `tables` are the codes of all items by modality (V+1, k); `edges` (centre, neighbour, relation) are those of the
    clean graph, from which random repeats choose.
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
    rng: np.random.Generator = field(default_factory=np.random.default_rng)

    def fresh(self) -> EditedHistory:
        """The same history before any change."""
        return EditedHistory(list(self.history), self.tables, self.titles, self.layers, self.edges)

    def item(self, position: Any) -> int:
        """The item at `position`."""
        return self.history[_within("position", position, 1, len(self.history)) - 1]

    def carried(self, modality: int, item: int) -> list[int]:
        """The codes of `item` as they are now."""
        if (modality, item) in self.codes:
            return self.codes[modality, item]
        return [code for code in self.tables[list(self.tables)[modality]][item].tolist() if code]

    @property
    def nodes(self) -> list[Node]:
        """The nodes that the history touches now, by type and id."""
        codes = [{code for item in self.history for code in self.carried(m, item)} for m in range(len(self.tables))]
        found = zip(("item", *self.tables), [set(self.history), *codes], strict=True)
        return [(name, id) for name, ids in found for id in sorted(ids)]

    def cuts(self, centre: Node, neighbour: Node, relation: str) -> bool:
        """Whether this edge is taken away."""
        lost = (centre, neighbour) in self.cut or relation in self.relations
        return lost or not self.gone.isdisjoint((centre, neighbour))

    def chosen(self, modality: str | None) -> list[int]:
        """The modalities a change is about: all when None."""
        names = list(self.tables)
        return list(range(len(names))) if modality is None else [names.index(choose("modality", modality, names))]

    def name(self, item: int) -> str:
        """How a sentence calls an item."""
        return f"“{self.titles[item] or item}”"


def _within(what: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int | np.integer) or not least <= value <= most:
        raise MMSRError(f"{what} is {value!r}; expected {least} to {most}")
    return int(value)


def _known(scene: EditedHistory, type: Any, id: Any) -> None:
    if (type, id) not in scene.nodes:
        raise MMSRError(f"the graph has no node {type!r} {id!r}; give type and id of a node of the history")


def _words(modality: str | None) -> str:
    return "modalities" if modality is None else modality


def _shuffle(scene: EditedHistory, *, rate=1.0) -> str:
    scene.history = shuffled(np.array(scene.history), rate=rate, seed=int(scene.rng.integers(2**31))).tolist()
    return f"{100 * rate:.0f} % of the history is shuffled"


def _mismatch(scene: EditedHistory, *, modality=None, rate=1.0) -> str:
    for m in scene.chosen(modality):
        held = {item: own for item in dict.fromkeys(scene.history) if (own := scene.carried(m, item))}
        source = displaced(np.array([*held] or [0]), rate=rate, seed=int(scene.rng.integers(2**31)))
        codes = list(held.values())
        scene.codes |= {(m, item): codes[place] for item, place in zip(held, source, strict=False)}
    return f"{100 * rate:.0f} % of the items trade their {_words(modality)}"


def _noise(scene: EditedHistory, *, modality=None, rate=1.0) -> str:
    if not 0 <= rate <= 1:
        raise MMSRError(f"rate is {rate}; expected a share from 0 to 1")
    for m in scene.chosen(modality):
        table = list(scene.tables.values())[m]
        items = [item for item in dict.fromkeys(scene.history) if scene.carried(m, item)]
        for item in scene.rng.permutation(items)[: round(rate * len(items))].tolist():
            scene.codes[m, item] = [int(code) for code in table[scene.rng.choice(np.flatnonzero(table.any(1)))] if code]
    return f"{100 * rate:.0f} % of the items get the {_words(modality)} of random items"


def _swap(scene: EditedHistory, *, modality=None, position, other) -> str:
    one, two = scene.item(position), scene.item(other)
    for m in scene.chosen(modality):
        scene.codes |= {(m, one): scene.carried(m, two), (m, two): scene.carried(m, one)}
    return f"{scene.name(one)} and {scene.name(two)} swap their {_words(modality)}"


def _drop(scene: EditedHistory, *, modality=None, position=None) -> str:
    items = set(scene.history) if position is None else {scene.item(position)}
    scene.codes |= {(m, item): [] for m in scene.chosen(modality) for item in items}
    who = "every item loses its" if position is None else f"{scene.name(min(items))} loses its"
    return f"{who} {_words(modality)}"


def _remove(scene: EditedHistory, *, position) -> str:
    if len(scene.history) == 1:
        raise MMSRError("the history has one item, which cannot be removed; add another first")
    item = scene.item(position)
    del scene.history[position - 1]
    return f"{scene.name(item)} leaves the history"


def _replace(scene: EditedHistory, *, position, item) -> str:
    old, scene.history[position - 1] = scene.item(position), _within("item", item, 1, len(scene.titles) - 1)
    return f"{scene.name(old)} becomes {scene.name(item)}"


def _move(scene: EditedHistory, *, position, to) -> str:
    item, to = scene.item(position), _within("to", to, 1, len(scene.history))
    scene.history.insert(to - 1, scene.history.pop(position - 1))
    return f"{scene.name(item)} moves from position {position} to {to}"


def _add(scene: EditedHistory, *, item, position=None) -> str:
    place = len(scene.history) + 1 if position is None else _within("position", position, 1, len(scene.history) + 1)
    scene.history.insert(place - 1, _within("item", item, 1, len(scene.titles) - 1))
    return f"{scene.name(item)} comes in at position {place}"


def _node(scene: EditedHistory, *, type, id) -> str:
    _known(scene, type, id)
    scene.gone.add((type, id))
    return f"the node of {type} {id} is taken out"


def _edge(scene: EditedHistory, *, centre, neighbour) -> str:
    for end in (centre, neighbour):
        _known(scene, *end)
    scene.cut.add((tuple(centre), tuple(neighbour)))
    return f"{' '.join(map(str, centre))} no longer listens to {' '.join(map(str, neighbour))}"


def _relation(scene: EditedHistory, *, relation) -> str:
    scene.relations |= set(FAMILIES.get(relation, (choose("relation", relation, (*RELATIONS, *FAMILIES)),)))
    return f"edges of {relation!r} are cut"


def _gate(scene: EditedHistory, *, to, type=None, id=None, layer=None) -> str:
    choose("gate", to, FORCED)
    if type is not None:
        choose("node type", type, ("item", *scene.tables))
    if id is not None:
        _known(scene, type, id)
    if layer is not None:
        _within("layer", layer, 0, scene.layers - 1)
    scene.gates.append((to, type, id, layer))
    who = "all gates" if type is None else f"the gates of {type}" if id is None else f"the gate of {type} {id}"
    return f"{who} {'are' if id is None else 'is'} forced to {to}"


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


def filled(change: str | Mapping[str, Any]) -> dict[str, Any]:
    """A change with all its fields, defaults where none was given.

    >>> filled("shuffle"), filled({"do": "drop", "position": 2})
    ({'do': 'shuffle', 'rate': 1.0}, {'do': 'drop', 'modality': None, 'position': 2})
    """
    given = {"do": change} if isinstance(change, str) else dict(change)
    name = choose("change", given.pop("do", None), CHANGES)
    fields = {key: one.default for key, one in signature(CHANGES[name]).parameters.items() if key != "scene"}
    if set(given) - set(fields) or Parameter.empty in (fields | given).values():
        needed = ", ".join(f"{key} (needed)" if value is Parameter.empty else key for key, value in fields.items())
        raise MMSRError(f"change {name!r} with {given}: expected the fields {needed}")
    return {"do": name} | fields | given


def apply(scene: EditedHistory, changes: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> list[str]:
    """Do `changes`, each with all fields, one after the other to `scene`; a phrase for each says what was done."""
    scene.rng = rng
    told = [CHANGES[c["do"]](scene, **{key: value for key, value in c.items() if key != "do"}) for c in changes]
    if ("item", scene.history[-1]) in scene.gone:
        raise MMSRError(LAST)
    return told


def repeat(scene: EditedHistory, changes: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> None:
    """Do changes of the same kind at random: each choice a person made is drawn anew, all else stays."""
    for change in changes:
        with suppress(MMSRError):  # what this history leaves no room for changes nothing
            apply(scene, [_redrawn(scene, change, rng)], rng)
    scene.gone.discard(("item", scene.history[-1]))


def _redrawn(scene: EditedHistory, change: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    length, new = len(scene.history), dict(change)
    places = (rng.permutation(length) + 1).tolist()
    one, two = places[0], places[min(1, length - 1)]
    drawn = {"position": one, "other": two, "to": two}
    new |= {name: place for name, place in drawn.items() if isinstance(new.get(name), int)}
    if "item" in new:
        new["item"] = int(rng.integers(1, len(scene.titles)))
    if new.get("id") is not None:
        last = ("item", scene.history[-1]) if new["do"] == "node" else None
        nodes = [node for node in scene.nodes if node[0] == new["type"] and node != last]
        new["id"] = nodes[rng.integers(len(nodes))][1] if nodes else None
    if "centre" in new:
        types, ends, now = (new["centre"][0], new["neighbour"][0]), (new["centre"], new["neighbour"]), set(scene.nodes)
        kinds = [kind for *pair, kind in scene.edges if pair == [tuple(end) for end in ends]] or RELATIONS
        alike = [pair for *pair, kind in scene.edges if kind in kinds and (pair[0][0], pair[1][0]) == types]
        alike = [pair for pair in alike if now.issuperset(pair)] or [ends]
        new["centre"], new["neighbour"] = alike[rng.integers(len(alike))]
    return new
