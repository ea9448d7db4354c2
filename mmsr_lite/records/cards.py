"""Parts that several records share: what people are shown of an item, a user, a data set or a model, and an edit."""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict


class ItemCard(TypedDict):
    """What people are shown of an item."""

    item: Annotated[int, "the item, from 1"]
    item_id: Annotated[str, "its id in the data set"]
    title: Annotated[str, "its title; not escaped"]
    picture: NotRequired[Annotated[str | None, "its picture as a data address, or null"]]


class RankedItem(ItemCard):
    """An item and its score."""

    score: Annotated[float, "the model's score"]
    probability: Annotated[float, "the softmax of the scores over all items; of a counting model its share"]
    parts: NotRequired[Annotated[list[float], "the score as a sum, one number for each of `answer.parts`"]]


class Target(RankedItem):
    """The item that came next, and where the model ranks it."""

    rank: Annotated[float, "1 is the best; the mean of the places that equal scores share"]


class StepCard(ItemCard):
    """What people are shown of one interaction of the history."""

    position: Annotated[int, "1 is the oldest"]
    texts: NotRequired[Annotated[dict[str, str], "what the item's text columns say; not escaped"]]


class Step(StepCard):
    """One interaction of the history, with its place in the graph."""

    node: Annotated[int | None, "the item's node, an index of `nodes`; null without an MSGraph"]
    codes: Annotated[dict[str, list[int]], "the item's codes in each modality, none where it is missing"]


class GraphNode(TypedDict):
    """A node of the MSGraph: an item or a code."""

    type: Annotated[int, "an index of `node_types`"]
    id: Annotated[int, "the item or the code"]
    label: Annotated[str, "what a picture calls it; not escaped"]
    name: NotRequired[Annotated[str, "of a code in an explorer: its telling words or examples; not escaped"]]
    positions: Annotated[list[int], "the positions of the history that it occupies, from 1"]
    items: NotRequired[Annotated[list[int], "the items at these positions, each once"]]
    removed: NotRequired[Annotated[bool, "true for a node that a what-if took out"]]


class DatasetCard(TypedDict):
    """The data set in two words."""

    name: Annotated[str, "the data set"]
    items: Annotated[int, "V, how many items it has"]


class ModelCard(TypedDict):
    """The model in a few words."""

    name: Annotated[str, "its name in the index of models"]
    label: Annotated[str, "what a picture calls it"]
    layers: Annotated[int, "how many layers it has"]
    fusion: NotRequired[Annotated[str | None, "its order of fusion, where it has one"]]


class UserCard(TypedDict):
    """A user."""

    index: Annotated[int, "the user's number, from 0"]
    id: Annotated[str, "the user's id in the data set"]


class Edit(TypedDict):
    """One change of a history, its modalities, its graph or its gates: `do` and the fields that it needs."""

    do: Annotated[str, "a name in `explain.edits.CHANGES`, such as drop"]
    rate: NotRequired[Annotated[float, "of shuffle, mismatch and noise: the share that is changed"]]
    modality: NotRequired[Annotated[str | None, "of which modality; null: all"]]
    position: NotRequired[Annotated[int | None, "where in the history, from 1; null: everywhere, or at the end"]]
    other: NotRequired[Annotated[int, "of swap: the other position"]]
    item: NotRequired[Annotated[int, "of add and replace: the item"]]
    to: NotRequired[Annotated[int | str, "of move: the new position; of gate: hohe, heho or half"]]
    type: NotRequired[Annotated[str | None, "of node and gate: the node type; null: all"]]
    id: NotRequired[Annotated[int | None, "of node and gate: the item or the code; null: all"]]
    layer: NotRequired[Annotated[int | None, "of gate: the layer, from 0; null: all"]]
    centre: NotRequired[Annotated[list[str | int], "of edge: type and id of the node that attends"]]
    neighbour: NotRequired[Annotated[list[str | int], "of edge: type and id of the node that it attends to"]]
    relation: NotRequired[Annotated[str, "of relation: its name, or that of its family"]]


class TargetTruth(TypedDict):
    """What a made-up world knows of a target."""

    cause: NotRequired[Annotated[str, "why it came next, such as cycle or match"]]
    loser: NotRequired[Annotated[str, "the order of fusion that loses where this is the cause: early or late"]]
    reason: NotRequired[Annotated[str, "one sentence: what decided, and what the losing order does not know"]]


class Experiment(TypedDict):
    """What a newcomer can try first with a history."""

    question: Annotated[str, "a sentence"]
    change: Annotated[Edit, "the what-if that answers it"]
