"""Trace: everything that a model did with one history, as a plain record that the views show without torch.

Of MMSR the record holds the codes, the MSGraph, for each layer, path and phase the attention on each edge, the update
gate's beta of each node, the norms of the states, the scores, how they split by path in the last layer, their
terms over all layers (`explain.flow`), and the rank of the target. For any other model it has no graph, but the values
at its probes: attention weights, gates.

    history -> graph and states (model.states) -> what each probe saw -> `TraceRecord`
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.cards import item_card, step_card, truth_of, user_card
from mmsr_lite.explain.flow_fields import flow_fields, has_flow
from mmsr_lite.explain.inputs import HistoryLike, UserLike, count_of, history_of, refuse_other_items
from mmsr_lite.explain.trace_graph import by_graph
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models import MODELS
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.probe import Seen, listen
from mmsr_lite.records import TraceRecord
from mmsr_lite.records.cards import ModelCard, RankedItem, Target
from mmsr_lite.records.flow_parts import Flow

FROZEN = ("_weights", "_logits", ".beta")  # probes whose values a flow holds as they are; ends of their names


@checked()
@torch.no_grad()
def trace(
    model: Recommender,
    dataset: Dataset,
    user: UserLike | None = None,
    *,
    history: HistoryLike | None = None,
    target: int | None = None,
    top: int = 10,
    replace: dict[str, Callable[[Any], Any]] | None = None,
) -> TraceRecord:
    """Record everything that a model does with one history.

    Give either `user` or `history`.

    Args:
        model: any recommender.
        dataset: the data set that it was trained on, with the names and pictures of items.
        user: a number from 0, or an id: the history is all items of the user before the last one, the target is the
            last one.
        history: items from 1, the oldest first; only the model's last `max_history` count.
        target: with `history`, the item whose rank is computed.
        top: the number of the best items in the record.
        replace: name of a probe -> a function of its value, whose result replaces the value, such as a forced gate.

    Returns:
        The record; see `mmsr_lite.records.TraceRecord` for its fields.

    Raises:
        MMSRError: a user or an item does not exist, or the user has a single item.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = trace(MMSR(MMSRConfig(dim=8), world.num_items), world, history=[3, 1, 3], target=2)
        >>> record
        TraceRecord(a history in wardrobe-match; MMSR, adaptive: 3 interactions, 2 nodes, 4 edges, 1 layers)
        >>> [record.relations[relation] for neighbour, centre, relation in record.edges]
        ['self', 'both', 'both', 'self']
    """
    if model.reads_steps:
        advice = "train with ties='random' to look into it"
        raise MMSRError(f"{model.label} takes items of one time as one step, which a trace cannot show; {advice}")
    refuse_other_items(model, dataset)
    number, past, target = history_of(dataset, user, history, target, model.max_history)
    top = count_of(top, "top")
    device = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    model.eval()
    trace_kind = by_graph if isinstance(model, MMSR) else _by_probes
    with listen(model, replace) as seen:
        scores, parts, fields = trace_kind(model, dataset, torch.tensor([past], device=device), seen)
    scores[0] = -torch.inf
    chance = scores.softmax(0)
    if not model.learns:  # a counting model's score is a count: its share stands for a probability
        counts = scores.clamp_min(0)
        chance = counts / counts.sum().clamp_min(1e-12)
    best = scores.topk(min(top, len(scores) - 1)).indices.tolist()
    items = best if target is None else [*best, target]
    ranked = _ranked(model, dataset, items, scores, chance, parts)
    goal: Target | None = None
    if target is not None:
        rank = float(rank_of(scores[None], torch.tensor([target], device=device)))
        goal = {**ranked.pop(), "rank": rank}
    if has_flow(model) and all(name.endswith(FROZEN) for name in replace or ()):
        fields["flow"] = _flow(model, past, seen, items, device)
    return TraceRecord(
        {
            "schema": TraceRecord.schema,
            "dataset": {"name": dataset.name, "items": dataset.num_items},
            "model": model_card(model),
            "user": None if number is None else user_card(dataset, number),
            "relations": list(RELATIONS),
            "target": goal,
            **fields,
            "answer": {"parts": list(parts), "top": ranked},
            "truth": truth_of(dataset, number, len(past)),
        }
    )


def _flow(model: Any, past: list[int], seen: Seen, items: list[int], device: torch.device) -> Flow:
    """What the scores of `items` are the sum of; node by node for the first of them and the last, the target."""
    graph = model.graphs(torch.tensor([past], device=device))
    _, slots = msgraph_of(graph, model.node_types)
    return flow_fields(model, graph, seen, slots, list(dict.fromkeys(items)), (items[0], items[-1]))


def model_card(model: Recommender) -> ModelCard:
    """The card of a model in a record.

    Args:
        model: any recommender.

    Returns:
        The card.

    Example:
        >>> model_card(MODELS["mmsr"](MODELS["mmsr"].Config(dim=8), 2))
        {'name': 'mmsr', 'label': 'MMSR, adaptive', 'layers': 1, 'fusion': 'adaptive'}
    """
    layers, fusion = getattr(model.config, "layers", 0), getattr(model.config, "fusion", None)
    return {"name": _name(model), "label": model.label, "layers": layers, "fusion": fusion}


def _name(model: Recommender) -> str:
    """The model's name in the index of models; of a subclass that is not in it, that of the class it comes from."""
    names = (name for kind in type(model).__mro__ for name, indexed in MODELS.items() if indexed is kind)
    return next(names, model.label)


def _ranked(
    model: Recommender, dataset: Dataset, items: list[int], scores: Tensor, chance: Tensor, parts: dict[str, Tensor]
) -> list[RankedItem]:
    """The cards of `items` with their score, their probability and the parts that the score is a sum of."""
    splits: list[list[float]] = [[]] * len(items)
    if parts:
        splits = (model.item_table()[items] @ torch.stack(list(parts.values())).T).tolist()  # (items, parts)
    columns = zip(items, scores[items].tolist(), chance[items].tolist(), splits, strict=True)
    return [
        {**item_card(dataset, item), "score": score, "probability": probability, "parts": split}
        for item, score, probability, split in columns
    ]


def _by_probes(
    model: Recommender, dataset: Dataset, history: Tensor, seen: Seen
) -> tuple[Tensor, dict[str, Tensor], dict[str, Any]]:
    """The same of a model without an MSGraph: every probe that saw one value for this history, None where masked."""
    scores = model.scores(history)[0]  # fills `seen`
    values = {name: value[0].cpu().numpy() for name, value in seen.items() if len(value) == 1}
    fields: dict[str, Any] = {
        "node_types": [],
        "history": [
            {**step_card(dataset, position, item), "node": None, "codes": {}}
            for position, item in enumerate(history[0].tolist(), 1)
        ],
        "nodes": [],
        "edges": [],
        "layers": [],
        "stages": [],
        "probes": {name: _none_where_masked(value) for name, value in values.items()},
    }
    return scores, {}, fields


def _none_where_masked(value: np.ndarray) -> list[Any]:
    """What a probe saw as nested lists; None in place of an entry that attention was told to leave out."""
    shown = value.astype(object)
    shown[~(value > MASKED / 2)] = None
    return shown.tolist()
