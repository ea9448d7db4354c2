"""Attention rollout: how much of the answer comes from each node and along each edge (Abnar and Zuidema, 2020)."""

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsr_lite.explain.contributions import dense
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.probe import Seen


def rollout(model: MMSR, graph: GraphBatch, seen: Seen) -> tuple[Tensor, Tensor]:
    """The share of the last item's final state that comes from each node, by the attention weights.

    This is attention rollout (Abnar and Zuidema, 2020): with a residual connection, half of a state is the node itself.

    Args:
        model: the model.
        graph: B graphs.
        seen: the values at the probes when the model read these graphs.

    Returns:
        (B, N) the share of each node, and (B, N, N) what flows along each edge, centre in rows.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> round(float(rollout(model, graph, seen)[0].sum()), 4)
        1.0
    """
    row = F.one_hot(graph.last, graph.exists.shape[1])[:, None].float()  # (B, 1, N)
    along = torch.zeros((), device=row.device)
    for index in reversed(range(len(model.layers))):
        half = 0.5 if model.layers[index].residual else 1.0
        flow = row.transpose(1, 2) * carried(model, graph, seen, index) * half  # (B, N, N)
        along = along + flow
        row = flow.sum(1, keepdim=True) + row * (1 - half)
        row = row / row.sum(2, keepdim=True).clamp_min(1e-12)
    return row[:, 0], along


def carried(model: MMSR, graph: GraphBatch, seen: Seen, index: int) -> Tensor:
    """The weight with which each node takes the value of each neighbour in one layer, over all paths.

    Paths are weighted by beta. Values come from the input of the layer, so only the last of two phases carries them,
    unless the layer is invasive.

    Args:
        model: the model.
        graph: B graphs.
        seen: the values at the probes when the model read these graphs.
        index: the layer, from 0.

    Returns:
        (B, N, N) weights, centre in rows.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> carried(model, graph, seen, 0).shape
        torch.Size([1, 2, 2])
    """
    layer, name = model.layers[index], f"layers.{index}.probes."
    total = torch.zeros((), device=graph.exists.device)
    for number, (path, families) in enumerate(layer.fusion.paths.items()):
        phases = [dense(seen[f"{name}{path}_{phase}_weights"], graph) for phase, _ in enumerate(families, 1)]
        weight = phases[-1]
        if layer.fusion.invasive and len(phases) == 2:
            weight = phases[-1] @ phases[0]
        share = 1 / len(layer.fusion.paths)
        if layer.gate is not None:
            share = seen[f"{name}beta"][..., number, None]
        total = total + share * weight
    return total
