"""The flow over a data set: the terms of the scores of many targets, by user, position and group of paths.

many histories -> `flow_table` -> a table by user, position and group -> `flow_summary` -> `FlowSummaryRecord`
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from mmsr_lite import __version__
from mmsr_lite.arguments import checked
from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.contributions import EARLY, GROUPS, LATE, contributions, score_readouts
from mmsr_lite.explain.flow import refuse_without_flow
from mmsr_lite.explain.gates import kinds_of, last_examples
from mmsr_lite.explain.inputs import count_of, refuse_other_items, refuse_other_table
from mmsr_lite.explain.interventions import rerun
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records import FlowSummaryRecord
from mmsr_lite.records.flow import FlowShares

POSITIONS = 10  # positions in a summary; the last one stands for all older ones


@checked(batch=(1, 10**9))
@torch.no_grad()
def flow_table(
    model: Recommender,
    dataset: Dataset,
    examples: Examples | None = None,
    *,
    batch: int = 64,
    progress: bool = False,
) -> pd.DataFrame:
    """Decompose the scores of many targets, as a table by user, position and group of paths.

    Args:
        model: a trained MMSR of HAN-GNN layers.
        dataset: the data set that it was trained on.
        examples: the histories with their targets; None (the default): the last history of each user.
        batch: how many histories are run at once.
        progress: whether to show a bar.

    Returns:
        One row for each example, position and group. Columns: `example`, its number from 0; `user`; `kind` of the user
        and `cause` of the target where the data set plants them, else ""; `length` of the history; `target`; its
        `score`; `rest`, the part that comes from no node; `late_0`, `late_1` and so on, beta for hohe of the last item
        in each layer, where there is a gate; `position` from the end of the history, at which a node has its last place
        (1 is the last item); `group`; `contribution`, the signed sum over the nodes at this position; `size`, the sum
        of their absolute values.

    Raises:
        MMSRError: a layer of the model is not a HAN-GNN layer.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> table = flow_table(MMSR(MMSRConfig(dim=8), world.num_items), world)
        >>> sums = table.groupby("user").agg({"contribution": "sum", "score": "first"})
        >>> bool(np.allclose(sums["contribution"], sums["score"], atol=1e-5))
        True
    """
    refuse_without_flow(model)
    assert isinstance(model, MMSR)
    refuse_other_items(model, dataset)
    batch = count_of(batch, "batch")
    examples = last_examples(dataset, model.max_history) if examples is None else examples
    order, device = np.argsort(examples.lengths, kind="stable"), model.item_table().device
    planted = {"kind": kinds_of(dataset, examples), "cause": _causes(dataset, examples)}  # (E,) each
    tables = []
    for begin in tqdm(range(0, len(order), batch), "flow", disable=not progress):
        rows = order[begin : begin + batch]
        tables.append(_of_batch(model, examples, rows, {name: one[rows] for name, one in planted.items()}, device))
    if not tables:
        raise MMSRError("there are no examples to take apart; give a data set with users of two items or more")
    table = pd.concat(tables, ignore_index=True)
    table["group"] = pd.Categorical(table["group"], GROUPS)
    table.attrs = {"dataset": dataset.name, "model": model.label, "version": __version__}
    return table


def _causes(dataset: Dataset, examples: Examples) -> np.ndarray:
    """(E,) the planted cause of each target; "" where the data set has none, or the examples are not its own."""
    is_own = len(examples.items) == len(dataset.item) and np.array_equal(examples.items, dataset.item)
    if "cause" not in dataset.facts or not is_own:
        return np.full(len(examples), "", object)
    return np.asarray(dataset.facts["causes"], object)[np.asarray(dataset.facts["cause"], int)[examples.end]]


def _of_batch(
    model: MMSR, examples: Examples, rows: np.ndarray, planted: dict[str, np.ndarray], device: Any
) -> pd.DataFrame:
    """The rows of the table of B examples; `planted` is what the data set planted in each."""
    graph = model.graphs(torch.from_numpy(examples.histories(rows)).to(device))
    scores, seen = rerun(model, graph)
    targets = torch.from_numpy(examples.targets[rows]).to(device)  # (B,)
    each = torch.arange(len(rows), device=device)
    state = seen[f"layers.{len(model.layers) - 1}.probes.output"][0][each, graph.last]  # (B, D)
    parts, rest = contributions(model, graph, seen, score_readouts(model, state, targets[:, None]))
    occupied, length = torch.cat(graph.incidence, 2), (graph.history > 0).sum(1)  # (B, L, N), (B,)
    place = torch.arange(1, occupied.shape[1] + 1, device=device)
    position = length[:, None] - (occupied * place[:, None]).amax(1).long()  # (B, N) from 0, the newest
    at = torch.zeros(len(rows), occupied.shape[1] + 1, position.shape[1], device=device, dtype=parts.dtype)
    at.scatter_(1, position[:, None], graph.exists[:, None].to(parts.dtype))  # (B, L + 1, N)
    signed, size = at @ parts[:, 0], at @ parts[:, 0].abs()  # (B, L + 1, 6)
    example, where = (at.sum(2) > 0).nonzero(as_tuple=True)  # positions that hold a node
    about = {
        "example": rows,
        "user": examples.user[rows],
        **planted,
        "length": length.cpu().numpy(),
        "target": examples.targets[rows],
        "score": scores[each, targets].cpu().numpy(),
        "rest": rest[:, 0].cpu().numpy(),
    }
    for index, layer in enumerate(model.layers):
        if layer.gate is not None:
            about[f"late_{index}"] = seen[f"layers.{index}.probes.beta"][each, graph.last, 0].cpu().numpy()
    of_row = np.repeat(example.cpu().numpy(), len(GROUPS))
    table = pd.DataFrame(about).iloc[of_row].reset_index(drop=True)
    table["position"] = np.repeat(where.cpu().numpy() + 1, len(GROUPS))
    table["group"] = np.tile(np.array(GROUPS, object), len(example))
    table["contribution"] = signed[example, where].flatten().cpu().numpy()
    table["size"] = size[example, where].flatten().cpu().numpy()
    return table


@checked()
def flow_summary(table: pd.DataFrame) -> FlowSummaryRecord:
    """Summarise a table of contributions: mean shares over all users, by kind, by cause, by position.

    Shares are of the sum of the absolute values of all contributions to a target's score, so that contributions of
    opposite sign do not cancel.

    Args:
        table: what `flow_table` gave.

    Returns:
        `by["all"]`; `by["kind"]` of users and `by["cause"]` of targets, where the data set plants them; and
        `by["position"]`, whose shares sum to one over all positions together.

    Example:
        >>> rows = {"example": 0, "user": 0, "kind": "", "cause": "", "position": 1}
        >>> parts = {"group": list(GROUPS), "contribution": [3, -1, 0, 0, 0, 0], "size": [3, 1, 0, 0, 0, 0]}
        >>> table = pd.DataFrame(rows | parts)
        >>> table.attrs = {"dataset": "d", "model": "m"}
        >>> flow_summary(table).by["all"][0]["shares"]
        [0.75, 0.25, 0.0, 0.0, 0.0, 0.0]
    """
    refuse_other_table(table, ("example", "group", "contribution", "size"), "flow_table")
    table = table.astype({"contribution": float, "size": float})
    total = table.groupby("example")["size"].transform("sum").clip(lower=1e-12)
    table = table.assign(share=table["size"] / total)
    by: dict[str, list[FlowShares]] = {"all": [_means(table, table["example"].nunique(), None, None)]}
    for name in ("kind", "cause"):
        if (table[name] != "").any():
            kinds = table.groupby(name, sort=True)
            by[name] = [_means(some, some["example"].nunique(), str(kind), None) for kind, some in kinds]
    by["position"] = []
    for place, some in table.groupby(table["position"].clip(upper=POSITIONS)):
        ends = [int(place), int(some["position"].max())]
        by["position"].append(_means(some, table["example"].nunique(), None, ends))
    record = {"schema": FlowSummaryRecord.schema, **table.attrs, "users": int(table["user"].nunique())}
    return FlowSummaryRecord(record, groups=list(GROUPS), by=by, sentence=_sentence(by))


def _means(some: pd.DataFrame, count: int, kind: str | None, position: list[int] | None) -> FlowShares:
    """The mean over `count` examples of what the rows `some` hold of them."""
    sums = some.groupby("group", observed=False)[["share", "contribution"]].sum().reindex(GROUPS) / count
    gates = [name for name in some if str(name).startswith("late_")]
    beta: list[float] | None = None
    if gates and position is None:
        beta = some.drop_duplicates("example")[gates].astype(float).mean().round(6).tolist()
    shares, signed = sums["share"].round(6).tolist(), sums["contribution"].round(6).tolist()
    return {
        "kind": kind,
        "position": position,
        "users": some["user"].nunique(),
        "shares": shares,
        "contributions": signed,
        "beta": beta,
    }


def _sentence(by: dict[str, list[FlowShares]]) -> str:
    """The largest group, and how much is early and late fusion, of all users and of each kind."""
    whole = by["all"][0]
    largest = int(np.argmax(whole["shares"]))
    sentence = (
        f"Of the contributions to the targets' scores {_percent(whole['shares'][largest])} are {GROUPS[largest]}, "
    )
    sentence += f"{_percent(whole['shares'][EARLY])} early fusion, {_percent(whole['shares'][LATE])} late fusion."
    for row in by.get("kind", by.get("cause", [])):
        sentence += f" {row['kind']}: {_percent(row['shares'][EARLY])} early, {_percent(row['shares'][LATE])} late."
    return sentence


def _percent(share: float) -> str:
    """A share in words; a share that is not zero is never "0 %"."""
    if 0 < share < 0.005:
        return "less than 1 %"
    return f"{100 * share:.0f} %"
