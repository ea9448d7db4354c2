"""What a run of a study tells about update gates (paper, section 4.3.2): ranks with forced gates, and means of beta."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from torch import Tensor, nn

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.experiments.table import Row
from mmsr_lite.explain.edits import FORCED
from mmsr_lite.explain.gates import gates
from mmsr_lite.models.mmsr import MMSR


def forced(model: nn.Module, gate: str) -> dict[str, Callable[[Tensor], Tensor]]:
    """Make what `listen` needs to force all gates of a model to one value.

    Args:
        model: a model with gates.
        gate: the value, one of `FORCED`.

    Returns:
        Name of a probe -> function of its beta (B, N, 2) that gives the forced beta of the same shape.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> model = MMSR(MMSRConfig(dim=8), num_items=2)
        >>> list(forced(model, "hohe"))
        ['layers.0.probes.beta']
    """

    def force(beta: Tensor) -> Tensor:
        return beta.new_tensor(FORCED[gate]).expand_as(beta)

    return {name: force for name, _ in model.named_modules() if name.endswith("probes.beta")}


def betas(model: MMSR, dataset: Dataset, examples: Examples, counts: np.ndarray, *, most: int = 4096) -> list[Row]:
    """Average the weight of late fusion (beta[0]) over the nodes of some histories.

    Args:
        model: an MMSR with gates.
        dataset: the data set it was trained on.
        examples: whose histories are read.
        counts: (V+1,) how often each item was taken; it orders items by popularity.
        most: how many of the histories are read at most.

    Returns:
        A row for each layer, node type and bin. `by` is "all", "position" (of the node's latest item, from the end: 1
        is the last) or, for item nodes, "popularity": fifths of the interactions, 1 the least popular.

    Example:
        >>> from mmsr_lite.data.split import split
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> model, counts = MMSR(MMSRConfig(dim=8, layers=1), 9), np.bincount(world.item, minlength=10)
        >>> rows = betas(model, world, split(world).train, counts)
        >>> rows[0]["by"], rows[0]["node_type"], 0 <= rows[0]["beta"] <= 1
        ('all', 'item', True)
    """
    order, fifth = np.argsort(counts, kind="stable"), np.empty(len(counts), np.int64)
    fifth[order] = np.minimum(5 * (counts[order].cumsum() - 1) // max(1, counts.sum()), 4) + 1
    some = np.linspace(0, len(examples) - 1, min(most, len(examples))).astype(int)
    table = gates(model, dataset, examples.select(some)).rename(columns={"type": "node_type"})
    items = table[table["node_type"] == model.node_types[0]]
    every = pd.concat(
        [
            table.assign(by="all", bin=0),
            table.assign(by="position", bin=table["position"]),
            items.assign(by="popularity", bin=fifth[items["id"]]),
        ]
    ).assign(layer=lambda whole: whole["layer"] + 1)
    late = every.groupby(["layer", "node_type", "by", "bin"], observed=True)["late"]
    table_of_bins = pd.DataFrame({"beta": late.mean(), "sd": late.std(ddof=0), "nodes": late.size()})
    return table_of_bins.reset_index().to_dict("records")
