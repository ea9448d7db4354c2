"""Cards: what a record holds about items, interactions, nodes and users, so that people recognise them."""

from typing import Any

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.pictures import data_uri
from mmsr_lite.graph.msgraph import ITEM, MSGraph, Node
from mmsr_lite.records.cards import GraphNode, ItemCard, Step, StepCard, TargetTruth, UserCard

LONGEST = 500  # letters of a title or text in a record, at most


def user_card(dataset: Dataset, number: int) -> UserCard:
    """The card of a user: number and id.

    Args:
        dataset: the data set.
        number: the user, from 0.

    Returns:
        The card.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> user_card(world, 2)
        {'index': 2, 'id': 'u0002'}
    """
    return {"index": number, "id": dataset.user_ids[number]}


def item_card(dataset: Dataset, item: int) -> ItemCard:
    """The card of an item: number, id, title and picture; long texts are cut.

    Args:
        dataset: the data set.
        item: the item, from 1.

    Returns:
        The card.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> item_card(world, 3)["item"]
        3
    """
    picture = data_uri(dataset.pictures[item]) if dataset.pictures else None
    item_id, title = dataset.item_ids[item][:LONGEST], dataset.titles[item][:LONGEST]
    return {"item": item, "item_id": item_id, "title": title, "picture": picture}


def step_card(dataset: Dataset, position: int, item: int) -> StepCard:
    """The card of an interaction: that of its item, its position, and its texts.

    Args:
        dataset: the data set.
        position: its position in the history, from 1.
        item: the item, from 1.

    Returns:
        The card.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> step_card(world, 1, 3)["position"]
        1
    """
    texts = {name: column[item][:LONGEST] for name, column in dataset.texts.items()}
    return {**item_card(dataset, item), "position": position, "texts": texts}


def steps_of(dataset: Dataset, msgraph: MSGraph) -> list[Step]:
    """The interactions of a history, each with the node and the codes of its item.

    Args:
        dataset: the data set.
        msgraph: the graph of a history.

    Returns:
        One step for each position.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> from mmsr_lite.graph.msgraph import build_msgraph
        >>> graph = build_msgraph([3, 1, 3], {})
        >>> [step["node"] for step in steps_of(world, graph)]
        [0, 1, 0]
    """
    modalities = msgraph.node_types[1:]
    steps: list[Any] = [
        step_card(dataset, position, item) | {"codes": {name: [] for name in modalities}}
        for position, item in enumerate(msgraph.history, 1)
    ]
    for index, node in enumerate(msgraph.nodes):
        for position in node.positions:
            if node.type == ITEM:
                steps[position - 1]["node"] = index
            else:
                steps[position - 1]["codes"][node.type].append(node.id)
    return steps


def node_card(dataset: Dataset, msgraph: MSGraph, node: Node) -> GraphNode:
    """A node of the MSGraph with its name in figures.

    Args:
        dataset: the data set.
        msgraph: the graph of a history.
        node: one of its nodes.

    Returns:
        The node as a record has it.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> from mmsr_lite.graph.msgraph import build_msgraph
        >>> graph = build_msgraph([3, 1, 3], {})
        >>> node_card(world, graph, graph.nodes[0])["positions"]
        [1, 3]
    """
    label = f"{node.type} code {node.id}"
    if node.type == ITEM:
        label = dataset.titles[node.id] or dataset.item_ids[node.id]
    return {
        "type": msgraph.node_types.index(node.type),
        "id": node.id,
        "label": label[:LONGEST],
        "positions": list(node.positions),
        "items": list(dict.fromkeys(msgraph.history[position - 1] for position in node.positions)),
    }


def truth_of(dataset: Dataset, user: int | None) -> TargetTruth | None:
    """What decided the target, in a made-up world that knows it.

    Some worlds add the order of fusion that loses there, and a sentence that says why.

    Args:
        dataset: the data set.
        user: the user, from 0; None: the history belongs to no user.

    Returns:
        What decided the last item; None where it is not known.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> truth_of(world, 0), truth_of(world, None)
        ({'cause': 'match'}, None)
    """
    if user is None or "cause" not in dataset.facts:
        return None
    last = dataset.offsets[user + 1] - 1
    cause = dataset.facts["causes"][int(dataset.facts["cause"][last])]
    loser, sentence = dataset.facts.get("reasons", {}).get(cause, (None, ""))
    if loser is None:
        return {"cause": cause}
    decided = [int(place) for place in dataset.facts["because"][last] if place >= 0]
    items = dataset.history(user)[decided].tolist()
    is_named = [dataset.titles[item] not in ("", dataset.item_ids[item]) for item in items]  # an id may be private
    names = [dataset.titles[item][:60] if own else f"item {item}" for item, own in zip(items, is_named, strict=True)]
    return {"cause": cause, "loser": loser, "reason": sentence.format(*names)}
