"""Recommendations as a table: the best items of many users, with columns that explain each of them.

users or new histories -> batches of scores -> the best items -> one row for each user and item
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from tqdm.auto import tqdm

from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.histories import read_histories
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.evaluation.device_examples import DeviceExamples, width_for
from mmsr_lite.evaluation.rankings import OwnItems
from mmsr_lite.evaluation.ranks import SCORES
from mmsr_lite.evaluation.strategy import strategy_of
from mmsr_lite.explain.contributions import contributions, score_readouts
from mmsr_lite.explain.inputs import count_of, is_whole, refuse_other_items, user_index
from mmsr_lite.explain.rollout import rollout
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import ITEM, msgraph_of
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.nn.probe import listen

EDGES = 3  # edges that are named beside an item


@checked()
@torch.no_grad()
def recommend(
    run: Any,
    dataset: Dataset | None = None,
    *,
    users: Any = None,
    histories: Any = None,
    top: int = 10,
    new_items_only: bool = False,
    explain: bool = False,
    batch: int | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """The best next items of many users, as a table with a row for each user and item.

    The whole history of a user is read, with the last test item: the answer is what may come next. Scores are computed
    in batches on the device of the model, so that no matrix of users x items is in memory.

    Args:
        run: a run, or a model alone.
        dataset: the data set that the model was trained on; None: that of the run.
        users: one user or several, by id or by number from 0; None (the default): all.
        histories: histories of users who were not in training: a file or a table with user_id, item_id and perhaps
            timestamp, or what `read_histories` made of one. `users` then names users of that table.
        top: the number of items of each user.
        new_items_only: whether the items of the user's own history are left out.
        explain: whether to add columns that explain; for an MMSR of HAN-GNN layers. It takes a pass for each user.
        batch: how many histories are scored at once; None: as many as keep the scores near 128 MiB.
        progress: whether to show a bar.

    Returns:
        A table with the columns `user_id`, `rank` from 1, `item_id`, `title` and `score` (to be compared within a user
        only), users in their order. A user for whom fewer than `top` items are left has fewer rows. With `explain`:
        `from_item` and `from_MODALITY`, the signed parts of the score that come from nodes of each type, and
        `from_no_node`, the part that comes from no node; their sum is the score. `late_fusion`, the mean over the
        layers of the last item's beta for late fusion (hohe), where the model has gates. `edge_1` to `edge_3`, the
        edges of the history that mattered most by attention rollout, which are the same for all items of a user.

    Raises:
        MMSRError: a user or a file does not exist, a row cannot be read, or the model cannot be explained.

    Source:
        Equations 7 and 11 to 17; attention rollout is Abnar and Zuidema (2020).

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> table = recommend(MMSR(MMSRConfig(dim=8), world.num_items), world, users=[0, "u0001"], top=2)
        >>> table["user_id"].tolist(), table["rank"].tolist()
        (['u0000', 'u0000', 'u0001', 'u0001'], [1, 2, 1, 2])
    """
    model, dataset = _model_and_data(run, dataset)
    refuse_other_items(model, dataset)
    if explain:
        _refuse_to_explain(model)
    top = min(count_of(top, "top"), dataset.num_items)
    if isinstance(histories, Dataset):
        if histories.item_ids != dataset.item_ids:
            raise MMSRError("the histories have other items than the model's data set; read them with that one")
        dataset = histories
    elif histories is not None:
        dataset = read_histories(histories, dataset)
    rows = _user_numbers(dataset, users)
    examples = _whole_histories(dataset, rows, model.max_history)
    was_training = model.training
    model.eval()
    try:
        items, scores = _best(model, examples, dataset.num_items, top, new_items_only, batch, progress)
        left = np.isfinite(scores)  # (U, top): where own items are left out, fewer may remain
        table = _table(dataset, rows, items, scores, left)
        if explain:
            explained = [
                row
                for place in tqdm(range(len(rows)), "explain", disable=not progress)
                for row in _explained(model, dataset, examples, place, items[place][left[place]])
            ]
            table = pd.concat([table, pd.DataFrame(explained, columns=_columns(model))], axis=1)
    finally:
        model.train(was_training)
    return table


def _model_and_data(run: Any, dataset: Dataset | None) -> tuple[Recommender, Dataset]:
    """The model and the data set of a run, or as they were given."""
    if isinstance(run, Recommender):
        if dataset is None:
            raise MMSRError("recommend got a model without its data set; give both, or the run")
        return run, dataset
    if not hasattr(run, "model") or not hasattr(run, "dataset"):
        raise MMSRError(f"recommend got a {type(run).__name__}; give a run, such as open_run('runs/demo'), or a model")
    return run.model, run.dataset if dataset is None else dataset


def _refuse_to_explain(model: Recommender) -> None:
    if not isinstance(model, MMSR):
        raise MMSRError(f"{model.label} has no MSGraph to explain by; leave the explanation out, or give an MMSR")
    if any(not isinstance(layer, HANLayer) for layer in model.layers):
        raise MMSRError(f"{model.label} has no HAN-GNN layers to explain by; leave the explanation out")
    if model.reads_steps:
        raise MMSRError(f"{model.label} takes items of one time as one step, which cannot be explained item by item")


def _user_numbers(dataset: Dataset, users: Any) -> np.ndarray:
    """(U,) the numbers of users; all where none is named; a user who is named twice counts once."""
    if users is None:
        return np.arange(dataset.num_users)
    if isinstance(users, str) or is_whole(users):
        users = [users]
    if not isinstance(users, Iterable):
        raise MMSRError(f"users is a {type(users).__name__}; expected ids or numbers of users")
    by_id = {own: number for number, own in enumerate(dataset.user_ids)}
    numbers = [by_id[one] if isinstance(one, str) and one in by_id else user_index(dataset, one) for one in users]
    if not numbers:
        raise MMSRError("users is empty; name at least one, or give None for all")
    return np.array(list(dict.fromkeys(numbers)))


def _whole_histories(dataset: Dataset, rows: np.ndarray, max_history: int) -> Examples:
    """The whole history of each user as an example; its target would be the item after the last one and is not read."""
    items, time = np.append(dataset.item, 0), np.append(dataset.time, dataset.time[-1:])  # so that each end is a place
    return Examples(items, dataset.offsets[rows], dataset.offsets[rows + 1], rows, max_history, time)


def _best(
    model: Recommender,
    examples: Examples,
    num_items: int,
    top: int,
    new_items_only: bool,
    batch: int | None,
    progress: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """The best items (U, top) and their scores, -inf where no item is left; the users as in `examples`."""
    device = next((tensor.device for tensor in [*model.parameters(), *model.buffers()]), torch.device("cpu"))
    most = 256 if device.type == "cpu" else 2048  # the cache of a CPU is small; a GPU takes long to start a batch
    batch = max(16, min(most, SCORES // num_items)) if batch is None else count_of(batch, "batch")
    on_device, own_items = DeviceExamples(examples, device, steps=model.reads_steps), OwnItems(examples, device)
    lengths, strategy = examples.lengths, strategy_of(model)
    order = np.lexsort((own_items.counts, lengths))  # similar lengths together need little padding
    items, scores = np.empty((len(order), top), np.int64), np.empty((len(order), top))
    for begin in tqdm(range(0, len(order), batch), "recommend", disable=not progress):
        numbers = order[begin : begin + batch]
        rows = torch.from_numpy(numbers).to(device)
        history, _ = strategy.batch(on_device, rows, width_for(lengths[numbers[-1]], device))
        of_all = strategy.scores(model, history)  # (B, V+1)
        if new_items_only:
            of_all = of_all.scatter(1, own_items(rows, int(own_items.counts[numbers].max())), -torch.inf)
        best = of_all.topk(top)  # (B, top)
        items[numbers], scores[numbers] = best.indices.cpu().numpy(), best.values.cpu().numpy()
    return items, scores


def _table(dataset: Dataset, rows: np.ndarray, items: np.ndarray, scores: np.ndarray, left: np.ndarray) -> pd.DataFrame:
    """The table without explanations, of users `rows` (U,), their best items (U, top), and which of them count."""
    of_user, place = left.nonzero()
    item = items[left]
    ids, titles = np.array(dataset.item_ids, dtype=object), np.array(dataset.titles, dtype=object)
    return pd.DataFrame(
        {
            "user_id": np.array(dataset.user_ids, dtype=object)[rows[of_user]],
            "rank": place + 1,
            "item_id": ids[item],
            "title": titles[item],
            "score": scores[left],
        }
    )


def _columns(model: MMSR) -> list[str]:
    """The names of the columns that explain."""
    late = ["late_fusion"] if model.layers[0].gate is not None else []
    parts = [f"from_{name}" for name in model.node_types]
    return [*parts, "from_no_node", *late, *(f"edge_{number}" for number in range(1, EDGES + 1))]


def _explained(
    model: MMSR, dataset: Dataset, examples: Examples, place: int, items: np.ndarray
) -> list[list[float | str]]:
    """What explains each of a user's `items` (K,), in the order of `_columns`."""
    history = torch.from_numpy(examples.histories(np.array([place]))).to(model.item_table().device)  # (1, L)
    with listen(model) as seen:
        graph, states = model.states(history)
    last = int(graph.last[0])
    readouts = score_readouts(model, states[0][:, last], items.tolist())  # (1, K, D)
    parts, rest = contributions(model, graph, seen, readouts)  # (1, K, N, 6), (1, K)
    by_node = parts[0].sum(2)  # (K, N)
    columns = [*(by_node[:, graph.types == kind].sum(1) for kind in range(len(model.node_types))), rest[0]]
    if model.layers[0].gate is not None:
        late = torch.stack([seen[f"layers.{index}.probes.beta"][0, last, 0] for index in range(len(model.layers))])
        columns.append(late.mean().expand(len(items)))
    numbers = torch.stack(columns, 1).tolist()
    edges = _edges(model, dataset, graph, rollout(model, graph, seen)[1])
    return [[*row, *edges] for row in numbers]


def _edges(model: MMSR, dataset: Dataset, graph: GraphBatch, along: Tensor) -> list[str]:
    """The edges along which most flows (1, N, N), centre in rows, as texts; empty texts where there are fewer."""
    msgraph, slots = msgraph_of(graph, model.node_types)
    flows = along[0].cpu().numpy()
    edges = [edge for edge in msgraph.edges if edge.neighbour != edge.centre]
    strength = np.array([flows[slots[edge.centre], slots[edge.neighbour]] for edge in edges])
    words = []
    for index in np.argsort(-strength, kind="stable")[:EDGES]:
        edge = edges[index]
        ends = [msgraph.nodes[end] for end in (edge.neighbour, edge.centre)]
        names = [dataset.item_ids[node.id] if node.type == ITEM else node.id for node in ends]
        one, other = (f"{node.type} {name}" for node, name in zip(ends, names, strict=True))
        words.append(f"{one} -> {other} ({edge.relation}, {strength[index]:.3f})")
    return words + [""] * (EDGES - len(words))
