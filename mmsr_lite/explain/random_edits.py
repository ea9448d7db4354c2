"""Random edits: changes of the same kind as a person's, each choice drawn at random, to compare a what-if with.

Where a person made one choice among few (a position, a node, an edge), nothing is drawn: all other choices are made.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations, permutations
from typing import Any, cast

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.edited_history import EditedHistory, Node
from mmsr_lite.explain.edits import apply
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.explain.shared_random import RandomSource
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.records.cards import Edit


def repeat(edited: EditedHistory, changes: Sequence[Edit], rng: RandomSource) -> None:
    """Apply changes of the same kind at random: each choice of the person is drawn at random, all else stays.

    Args:
        edited: the history, changed in place.
        changes: the changes of the person, with all fields.
        rng: the source of the choices.

    Example:
        >>> from mmsr_lite.explain.shared_random import SharedRandom
        >>> edited = EditedHistory([3, 1, 2], {}, ("", "hat", "tie", "belt"), 1, ())
        >>> repeat(edited, [{"do": "remove", "position": 1}], SharedRandom())
        >>> len(edited.history)
        2
    """
    for change in changes:
        with suppress(MMSRError):  # what this history leaves no room for changes nothing
            apply(edited, [_redrawn(edited, change, rng)], rng)
    edited.gone.discard(("item", edited.history[-1]))


def other_choices(edited: EditedHistory, changes: Sequence[Edit]) -> list[Edit] | None:
    """All other choices that the person could have made; the tested one is not among them.

    Args:
        edited: the history before the change.
        changes: the changes of the person, with all fields.

    Returns:
        The changes; None where the choices cannot be counted, such as the orders of a shuffle.

    Example:
        >>> edited = EditedHistory([3, 1, 2], {}, ("", "hat", "tie", "belt"), 1, ())
        >>> other_choices(edited, [{"do": "remove", "position": 1}])
        [{'do': 'remove', 'position': 2}, {'do': 'remove', 'position': 3}]
    """
    if len(changes) != 1:
        return None
    others = _other_fields(edited, dict(changes[0]))
    return None if others is None else [cast(Edit, {**changes[0], **fields}) for fields in others]


def _other_fields(edited: EditedHistory, change: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The fields in which every other choice differs from a change; None where the choices cannot be counted."""
    if change["do"] == "edge":
        centre, neighbour = tuple(change["centre"]), tuple(change["neighbour"])
        edges = [edge for edge in _edges_alike(edited, centre, neighbour) if edge != (centre, neighbour)]
        return [{"centre": list(one), "neighbour": list(other)} for one, other in edges]
    if change["do"] in ("node", "gate") and change.get("id") is not None:
        last = ("item", edited.history[-1]) if change["do"] == "node" else None
        nodes = [node for node in edited.nodes if node[0] == change["type"] and node != last]
        return [{"id": node[1]} for node in nodes if node[1] != change["id"]]
    if change["do"] in ("remove", "drop") and is_whole(change.get("position")):
        tested = change["position"]
        places = [place for place in range(1, len(edited.history) + 1) if place != tested]
        if change["do"] == "drop":  # an item that occurs twice has one set of codes
            first = {edited.history[place - 1]: place for place in reversed(places)}
            places = sorted(place for item, place in first.items() if item != edited.history[tested - 1])
        return [{"position": place} for place in places]
    if change["do"] == "swap":  # of two items, wherever they occur
        first = {item: place for place, item in reversed(list(enumerate(edited.history, 1)))}
        tested = {edited.item(change["position"]), edited.item(change["other"])}
        pairs = [pair for pair in combinations(first, 2) if set(pair) != tested]
        return [{"position": first[one], "other": first[two]} for one, two in pairs]
    if change["do"] == "move":
        tested = (change["position"], change["to"])
        moves = [pair for pair in permutations(range(1, len(edited.history) + 1), 2) if pair != tested]
        return [{"position": place, "to": to} for place, to in moves]
    return None


def _redrawn(edited: EditedHistory, change: Edit, rng: RandomSource) -> Edit:
    """The same change at another position, of another item, node or edge."""
    length = len(edited.history)
    new: dict[str, Any] = dict(change)
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
    return cast(Edit, new)


def _other_edge(edited: EditedHistory, centre: Any, neighbour: Any, rng: RandomSource) -> Any:
    """An edge of the same relation between nodes of the same types; the same edge when there is no other."""
    alike = _edges_alike(edited, tuple(centre), tuple(neighbour)) or [(centre, neighbour)]
    return alike[rng.integers(len(alike))]


def _edges_alike(edited: EditedHistory, centre: Node, neighbour: Node) -> list[tuple[Node, Node]]:
    """(centre, neighbour) of all edges of the same relation between nodes of the same types, this one among them."""
    now = set(edited.nodes)
    own = [relation for *ends, relation in edited.edges if tuple(ends) == (centre, neighbour)] or RELATIONS
    alike = [
        (one, other)
        for one, other, relation in edited.edges
        if relation in own and (one[0], other[0]) == (centre[0], neighbour[0])
    ]
    return [ends for ends in alike if now.issuperset(ends)]
