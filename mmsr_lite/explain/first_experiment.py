"""A first experiment: the question that a world's rule suggests for a history, and the what-if that answers it."""

from typing import Any

import numpy as np

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.cards import Edit, Experiment


def first_experiment(dataset: Dataset, record: TraceRecord) -> Experiment | None:
    """Suggest a first experiment with a history.

    In a made-up world that knows what decided the next item, the experiment changes just this: the deciding item loses
    all its modalities, or the deciding order is shuffled. All of them, because a model may read any one: without the
    picture alone the answer often stays, as if the world's reason were wrong. Elsewhere the last item loses its first
    modality.

    Args:
        dataset: the data set of the history.
        record: its trace.

    Returns:
        `question`, a sentence for people, and `change`, as `what_if` takes it; None for a graph without modalities in
        a history of one item.

    Example:
        >>> from mmsr_lite.views.samples import sample
        >>> first_experiment(Dataset("shop", *[np.array([0])] * 3, ("u",), ("", "a"), ("", "A")), sample("trace"))
        {'question': 'Navy scarf loses its picture: does the answer need it?', 'change': {'do': 'drop', ...}}
    """
    history, modalities = record["history"], record["node_types"][1:]
    decided = _deciding_positions(dataset, record)
    cause = (record.get("truth") or {}).get("cause")
    shuffled: Edit = {"do": "shuffle"}
    if cause == "cycle" and len(history) > 1:
        return {"question": "The order decided here: what happens when it is shuffled?", "change": shuffled}
    if not modalities:
        if len(history) < 2:
            return None
        return {"question": "What happens when the order is shuffled?", "change": shuffled}
    if decided:
        names = [_name(history[position - 1]) for position in decided[:2]]
        lost = " and ".join(modalities)
        lost = f"its {lost}" if len(names) == 1 else f"the {lost} of {names[0]}"
        question = f"{' and '.join(names)} decided what came next: does the answer change without {lost}?"
        return {"question": question, "change": {"do": "drop", "position": decided[0]}}
    question = f"{_name(history[-1])} loses its {modalities[0]}: does the answer need it?"
    return {"question": question, "change": {"do": "drop", "modality": modalities[0], "position": len(history)}}


def _name(step: Any) -> str:
    """What a sentence calls an item of the history."""
    return str(step["title"] or step["item_id"])[:60]


def _deciding_positions(dataset: Dataset, record: TraceRecord) -> list[int]:
    """Positions of the history, from 1, that decided the next item, as the world planted them; [] where unknown."""
    user = record.get("user")
    if user is None or record.get("truth") is None or "because" not in dataset.facts:
        return []
    begin, end = dataset.offsets[user["index"]], dataset.offsets[user["index"] + 1]
    places = np.asarray(dataset.facts["because"])[end - 1]
    cut = int(end - begin) - 1 - len(record["history"])  # items before those that the model reads
    positions = [int(place) + 1 - cut for place in places if place >= 0]
    return [position for position in positions if 1 <= position <= len(record["history"])]
