"""What one model says about a history: beta, attention and flow, by type of node and by position.

Positions and types are the same in all models of the same data, so the numbers of several models can be compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.explain.flow import flow
from mmsr_lite.explain.rollout import rollout
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.probe import listen
from mmsr_lite.records import FlowRecord
from mmsr_lite.records.flow_parts import FLOW_GROUPS

NEAR = 1e-5  # numbers of one model that differ by less than this share of the largest differ by rounding alone
ORDERS = {"early": "crossed, then time", "late": "time, then crossed"}  # order of fusion -> its group of paths
Place = tuple[str, int]  # type of a node, position in the history from 1
Key = tuple[str, int | None, str | None, int | None, str | None]  # measure, layer, type, position, group


@dataclass(frozen=True)
class Said:
    """What one model says about a history.

    Attributes:
        numbers: key of a measure -> its number.
        flow: the flow whose terms the score of the watched item is the sum of.
        last: the position of the last item.

    Example:
        >>> Said({}, flow=None, last=3).last
        3
    """

    numbers: dict[Key, float]
    flow: FlowRecord
    last: int


@torch.no_grad()
def said_by(model: MMSR, dataset: Dataset, past: list[int], watched: int) -> Said:
    """Compute beta by layer, the share of attention, and the flow, for each type of node at each position.

    Args:
        model: an MMSR with a flow.
        dataset: the data set that it was trained on.
        past: the history, items from 1, the oldest first.
        watched: the item whose score is decomposed.

    Returns:
        The numbers. Where an item has several nodes of a type at a position (its codes), beta is their mean, and
        attention and flow are their sum.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> said = said_by(MMSR(MMSRConfig(dim=8), world.num_items), world, [3, 1, 2], watched=4)
        >>> round(sum(value for (measure, *_), value in said.numbers.items() if measure == "attention"), 5)
        1.0
    """
    record = flow(model, dataset, history=past, target=watched, items=[watched])
    with listen(model) as seen:
        graph, _ = model.states(torch.tensor([past], device=model.item_table().device))
    shares, _ = rollout(model, graph, seen)  # (1, N)
    msgraph, slots = msgraph_of(graph, model.node_types)
    attention = shares[0].cpu().numpy()[slots]  # (n,)
    parts = np.array(next(one["nodes"] for one in record.flow["items"] if one["item"] == watched))  # (n, groups)
    betas = [seen.get(f"layers.{index}.probes.beta") for index in range(len(model.layers))]
    numbers: dict[Key, float] = {}
    counts: Counter[Key] = Counter()
    for place, node in enumerate(msgraph.nodes):
        for position in node.positions:
            here = (node.type, position)
            part = 1 / len(node.positions)
            for name, value in (("attention", attention[place]), ("flow", parts[place].sum())):
                key: Key = (name, None, *here, None)
                numbers[key] = numbers.get(key, 0.0) + part * float(value)
            for layer, beta in enumerate(betas):
                if beta is not None:
                    key = ("beta", layer, *here, None)
                    numbers[key] = numbers.get(key, 0.0) + float(beta[0, slots[place], 0])
                    counts[key] += 1
    numbers |= {key: numbers[key] / count for key, count in counts.items()}  # the mean of an item's codes
    for group, size in zip(FLOW_GROUPS, np.abs(parts).sum(0), strict=True):
        numbers["order", None, None, None, group] = float(size)
    return Said(numbers, record, len(past))


def first_place(one: Said, measure: str) -> Place:
    """Find the place with the greatest value.

    Args:
        one: what a model says.
        measure: "attention" or "flow".

    Returns:
        Type of node and position from 1; of equal ones the first. The last item's own node is left out where there are
        others.

    Example:
        >>> numbers = {("attention", None, kind, place, None): value for kind, place, value in
        ...            (("item", 3, 0.6), ("item", 1, 0.1), ("picture", 2, 0.3))}
        >>> first_place(Said(numbers, None, last=3), "attention")  # the last item itself, at 3, is left out
        ('picture', 2)
    """
    places = {
        (kind, position): value
        for (name, _, kind, position, _), value in one.numbers.items()
        if name == measure and kind is not None and position is not None
    }
    others = {place: value for place, value in places.items() if place != ("item", one.last)} or places
    least = max(others.values()) - NEAR * max(map(abs, places.values()))
    return next(place for place, value in others.items() if value >= least)


def larger_order(one: Said) -> str:
    """The order of fusion whose paths contribute more to the score, in absolute value.

    Args:
        one: what a model says.

    Returns:
        "early", "late", or "neither" where both contribute the same.

    Example:
        >>> sizes = dict(zip(ORDERS, (1.0, 2.5), strict=True))
        >>> numbers = {("order", None, None, None, group): sizes[name] for name, group in ORDERS.items()}
        >>> larger_order(Said(numbers, None, last=1)) == list(ORDERS)[1]
        True
    """
    early, late = (one.numbers["order", None, None, None, group] for group in ORDERS.values())
    if abs(early - late) <= NEAR * max(early, late):
        return "neither"
    return "early" if early > late else "late"


def larger_beta(beta: Sequence[float]) -> str:
    """The path that a gate gives more.

    Args:
        beta: the shares of hohe and heho.

    Returns:
        "hohe" or "heho"; of equal ones "hohe".

    Example:
        >>> larger_beta([0.5, 0.5]), larger_beta([0.3, 0.7])
        ('hohe', 'heho')
    """
    hohe, heho = beta
    return "heho" if heho - hohe > NEAR else "hohe"


def place_in_words(place: Place, title: str) -> str:
    """Name a place of a history.

    Args:
        place: type of node and position from 1.
        title: what the item at this position is called.

    Returns:
        The name.

    Example:
        >>> place_in_words(("text", 2), "Red shirt")
        'the text of “Red shirt” (position 2)'
    """
    kind, position = place
    whose = f"“{title}” (position {position})"
    return whose if kind == "item" else f"the {kind} of {whose}"
