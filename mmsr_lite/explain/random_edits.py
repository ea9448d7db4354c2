"""Random edits: changes of the same kind as a person's, each choice drawn anew; a what-if is compared with them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.edits import EditedHistory, apply
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.graph.relations import RELATIONS


def repeat(edited: EditedHistory, changes: Sequence[Mapping[str, Any]], rng: np.random.Generator) -> None:
    """Do changes of the same kind at random: each choice that a person made is drawn anew, all else stays."""
    for change in changes:
        with suppress(MMSRError):  # what this history leaves no room for changes nothing
            apply(edited, [_redrawn(edited, change, rng)], rng)
    edited.gone.discard(("item", edited.history[-1]))


def _redrawn(edited: EditedHistory, change: Mapping[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The same change at another position, of another item, node or edge."""
    length, new = len(edited.history), dict(change)
    places = (rng.permutation(length) + 1).tolist()
    one, two = places[0], places[min(1, length - 1)]
    for name, place in {"position": one, "other": two, "to": two}.items():
        if is_whole(new.get(name)):
            new[name] = place
    if "item" in new:
        new["item"] = int(rng.integers(1, len(edited.titles)))
    if new.get("id") is not None:
        last = ("item", edited.history[-1]) if new["do"] == "node" else None
        nodes = [node for node in edited.nodes if node[0] == new["type"] and node != last]
        new["id"] = nodes[rng.integers(len(nodes))][1] if nodes else None
    if "centre" in new:
        new["centre"], new["neighbour"] = _other_edge(edited, new["centre"], new["neighbour"], rng)
    return new


def _other_edge(edited: EditedHistory, centre: Any, neighbour: Any, rng: np.random.Generator) -> Any:
    """An edge of the same relation between nodes of the same types; the same edge when there is no other."""
    ends, types, now = (tuple(centre), tuple(neighbour)), (centre[0], neighbour[0]), set(edited.nodes)
    relations = [relation for *pair, relation in edited.edges if tuple(pair) == ends] or RELATIONS
    alike = [pair for *pair, name in edited.edges if name in relations and (pair[0][0], pair[1][0]) == types]
    alike = [pair for pair in alike if now.issuperset(pair)] or [[centre, neighbour]]
    return alike[rng.integers(len(alike))]
