"""Flow: the terms of the scores of one history, path by path ("What beta weighs" in the documentation).

The gate's beta says how a layer weighs two paths, but not what flows along them. The flow does: it is the exact signed
contribution of each node to a score, in groups by the order in which a path follows time and crosses node types.
`show.flow` draws the record, and a trace has the same in its field `flow`. For many histories see
explain/flow_table.py.
"""

from collections.abc import Sequence

import torch

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.ranks import rank_of
from mmsr_lite.explain.cards import item_card, node_card, user_card
from mmsr_lite.explain.flow_fields import flow_fields, has_flow
from mmsr_lite.explain.inputs import HistoryLike, UserLike, count_of, history_of, items_of, refuse_other_items
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.probe import listen
from mmsr_lite.records import FlowRecord


def refuse_without_flow(model: Recommender) -> None:
    """Raise when the scores of a model have no flow.

    Args:
        model: any recommender.

    Raises:
        MMSRError: a layer of the model is not a HAN-GNN layer, or it has no layers.

    Example:
        >>> from mmsr_lite.models import MODELS
        >>> refuse_without_flow(MODELS["popularity"](MODELS["popularity"].Config(), num_items=2))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: ...
    """
    if not has_flow(model):
        raise MMSRError(
            f"{getattr(model, 'label', model)} has no flow, which is exact for HAN-GNN layers alone; "
            "give an MMSR with aggregator 'han-gnn'"
        )
    if model.reads_steps:
        advice = "train with ties='random' to see its flow"
        raise MMSRError(f"{model.label} takes items of one time as one step, which a flow cannot show; {advice}")


@checked()
@torch.no_grad()
def flow(
    model: Recommender,
    dataset: Dataset,
    user: UserLike | None = None,
    *,
    history: HistoryLike | None = None,
    target: int | None = None,
    items: Sequence[int] | None = None,
    top: int = 5,
) -> FlowRecord:
    """Decompose scores into the signed contributions of each node of one history, along each group of paths.

    Attention and gates are fixed; then the contributions add up to the score exactly.

    Args:
        model: a trained MMSR of HAN-GNN layers.
        dataset: the data set that it was trained on.
        user: a number from 0, or an id: the history is all items of the user before the last one, the target is the
            last one. Give either `user` or `history`.
        history: items from 1, the oldest first; only the model's last `max_history` count.
        target: with `history`, an item whose score is decomposed too.
        items: the items whose scores are decomposed; None (the default): the best ones. The target is always one of
            them.
        top: the number of the best items, where `items` is None.

    Returns:
        The record: for each item the sum of each group, and the contribution of each of N nodes along each of 6 groups.

    Raises:
        MMSRError: a user or an item does not exist, or a layer of the model is not a HAN-GNN layer.

    Source:
        Equations 11 to 17; the documentation derives it in "What beta weighs".

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> record = flow(MMSR(MMSRConfig(dim=8), world.num_items), world, history=[3, 1, 3], target=2, top=1)
        >>> record.validate().flow["groups"][0], len(record.flow["items"][0]["nodes"])
        ('own identity', 2)
    """
    refuse_without_flow(model)
    assert isinstance(model, MMSR)
    refuse_other_items(model, dataset)
    number, past, target = history_of(dataset, user, history, target, model.max_history)
    model.eval()
    device = model.item_table().device
    with listen(model) as seen:
        graph, states = model.states(torch.tensor([past], device=device))
    last = int(graph.last[0])
    scores = model.item_table() @ model.compared(states[0][0, last])  # (V+1,)
    scores[0] = -torch.inf
    if items is None:
        chosen = scores.topk(min(count_of(top, "top"), len(scores) - 1)).indices.tolist()
    else:
        chosen = items_of(dataset, items, "items")
    if target is not None:
        chosen = [*chosen, target]
    chosen = list(dict.fromkeys(chosen))
    ranks = rank_of(scores.expand(len(chosen), -1), torch.tensor(chosen, device=device)).tolist()
    rank_by_item = dict(zip(chosen, map(float, ranks), strict=True))
    chosen.sort(key=lambda item: rank_by_item[item])
    msgraph, slots = msgraph_of(graph, model.node_types)
    betas = [seen.get(f"layers.{index}.probes.beta") for index in range(len(model.layers))]
    cards = [{**item_card(dataset, item), "score": float(scores[item]), "rank": rank_by_item[item]} for item in chosen]
    return FlowRecord(
        {
            "schema": FlowRecord.schema,
            "dataset": {"name": dataset.name, "items": dataset.num_items},
            "model": {
                "name": "mmsr",
                "label": model.label,
                "layers": model.config.layers,
                "fusion": model.config.fusion,
            },
            "user": None if number is None else user_card(dataset, number),
            "target": target,
            "node_types": list(msgraph.node_types),
            "nodes": [node_card(dataset, msgraph, node) for node in msgraph.nodes],
            "last": slots.tolist().index(last),
            "beta": [None if beta is None else beta[0, last].tolist() for beta in betas],
            "ranked": cards,
            "flow": flow_fields(model, graph, seen, slots, chosen, chosen),
        }
    )
