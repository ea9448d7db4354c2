"""Cards: what a record holds about items, interactions, nodes and users, so that people recognise them."""

from string import Formatter
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


def truth_of(dataset: Dataset, user: int | None, read: int | None = None) -> TargetTruth | None:
    """What decided the target, in a made-up world that knows it.

    Some worlds add the order of fusion that loses there, and a sentence that says why.

    Args:
        dataset: the data set.
        user: the user, from 0; None: the history belongs to no user.
        read: how many items before the target the model reads, of which the first has position 1; None: all.

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
    cause, loser, _ = _why(dataset, user)
    if loser is None:
        return {"cause": cause}
    past = len(dataset.history(user)) - 1
    unread = past - (past if read is None else read)
    said = [part if isinstance(part, str) else where(part + 1 - unread) for part in reason_of(dataset, user)]
    return {"cause": cause, "loser": loser, "reason": "".join(said)}


def reason_of(dataset: Dataset, user: int) -> list[str | int]:
    """The sentence that says why a user's last item came, in pieces.

    Args:
        dataset: a made-up world.
        user: the user, from 0.

    Returns:
        Its texts, and between them the places of the items that it names, from 0; [] where the world says nothing.

    Example:
        >>> from mmsr_lite.data import load
        >>> reason_of(load("worlds:both-small", modalities=()), 15)[:3]
        ['It has the look of ', 'Paula no. 24', 4]
    """
    because = dataset.facts["because"][dataset.offsets[user + 1] - 1]
    pieces: list[str | int] = []
    for words, number, *_ in Formatter().parse(_why(dataset, user)[2]):
        pieces.append(words)
        if number is not None:
            place = int(because[int(number)])
            item = int(dataset.history(user)[place])
            is_named = dataset.titles[item] not in ("", dataset.item_ids[item])  # an id may be private
            pieces += [dataset.titles[item][:60] if is_named else f"item {item}", place]
    return pieces


def _why(dataset: Dataset, user: int) -> tuple[str, str | None, str]:
    """What decided a user's last item, the order of fusion that loses there, and the sentence with its places open."""
    cause = dataset.facts["causes"][int(dataset.facts["cause"][dataset.offsets[user + 1] - 1])]
    return (cause, *dataset.facts.get("reasons", {}).get(cause, (None, "")))


def where(position: int) -> str:
    """Where an item stands, as the end of its name; session.js has the same words.

    Args:
        position: its place in what the model reads, from 1; less for an item before that.

    Returns:
        The words.

    Example:
        >>> where(3), where(0)
        (' at position 3', ' before position 1')
    """
    return f" at position {position}" if position >= 1 else " before position 1"
