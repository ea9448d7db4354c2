"""What a record keeps of the contributions to scores: those of each group of paths, and of each node for some items."""

from collections.abc import Collection

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.explain.contributions import GROUPS, contributions, score_readouts
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.base import Recommender
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HANLayer
from mmsr_lite.nn.probe import Seen
from mmsr_lite.records.flow_parts import Flow, FlowOfItem

SIGNIFICANT = 7  # digits of a number in a record: those of float32


def has_flow(model: Recommender) -> bool:
    """Whether all layers of a model are HAN-GNN layers, so that its scores have a flow.

    Args:
        model: any recommender.

    Returns:
        Whether they are.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> has_flow(MMSR(MMSRConfig(dim=8), num_items=9))
        True
    """
    return isinstance(model, MMSR) and all(isinstance(layer, HANLayer) for layer in model.layers)


def flow_fields(
    model: MMSR, graph: GraphBatch, seen: Seen, slots: np.ndarray, items: list[int], whole: Collection[int]
) -> Flow:
    """The flow of one history, in the form of a record.

    Args:
        model: an MMSR that `has_flow`.
        graph: the graph of this one history.
        seen: the values at the probes.
        slots: (N,) the slot of each node of the record.
        items: K items, whose scores are decomposed.
        whole: the items for which the contributions of each node are kept.

    Returns:
        The flow, for the field `flow` of a trace.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen:
        ...     graph, states = model.states(torch.tensor([[3, 1, 3]]))
        ...     flow = flow_fields(model, graph, seen, np.array([0, 1]), items=[5], whole=[5])
        >>> score = (model.item_table()[5] @ states[0][0, graph.last[0]]).item()
        >>> one = flow["items"][0]
        >>> abs(sum(one["groups"]) + one["rest"] - score) < 1e-4
        True
        >>> len(one["nodes"]), len(flow["groups"])
        (2, 6)
    """
    state = seen[f"layers.{len(model.layers) - 1}.probes.output"][0][:, int(graph.last[0])]  # (1, D)
    parts, rest = contributions(model, graph, seen, score_readouts(model, state, items))
    by_node = parts[0][:, torch.as_tensor(slots, device=parts.device)]  # (K, N, 6)
    found: list[FlowOfItem] = []
    for place, item in enumerate(items):
        own: FlowOfItem = {"item": item, "groups": _short(by_node[place].sum(0)), "rest": _short(rest[0])[place]}
        if item in whole:
            own["nodes"] = [_short(row) for row in by_node[place]]
        found.append(own)
    return {"groups": list(GROUPS), "items": found}


def _short(values: Tensor) -> list[float]:
    """Numbers rounded to the digits of float32."""
    return [float(f"{value:.{SIGNIFICANT}g}") for value in values.tolist()]
