"""Flow: how much of a score came from each node of a history, and along which kind of path (paper, 4.3.2 and 4.5).

With its attention weights and gates held as they are, a HAN-GNN layer is linear in the values that it sums, invasive or
not. So a score is exactly a sum of signed contributions, one for each node of the history and each path through all
layers that leads from this node to the last item. A path is a sequence of steps: it stays where it is (residual
connection, self-loop), it follows time (a homogeneous edge between two nodes of one type), or it crosses (a
heterogeneous edge between two nodes of different types). What a learner asks is in which order a path does this:

    own identity        from the last item's own node, which it never leaves
    own codes           from a code of the last item, or from the item by way of its codes, without a step in time
    shared codes        from any other node, across only: two items that share a code are two steps apart
    crossed, then time  a modality is mixed in first, and then carried along the history (early fusion)
    time, then crossed  a type's own sequence is read first, and then mixed in (late fusion)
    time alone          along the history within the items, never mixed

A longer path, such as across, along and across again, counts by its first two different kinds of step.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmsr_lite.errors import MMSRError
from mmsr_lite.explain.trace import dense
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS, HANLayer

GROUPS = ("own identity", "own codes", "shared codes", "crossed, then time", "time, then crossed", "time alone")
EARLY, LATE = GROUPS.index("crossed, then time"), GROUPS.index("time, then crossed")

STILL, CROSSED, TIMED, CROSSED_TIMED, TIMED_CROSSED = range(5)  # what a path has done so far
AFTER_CROSSING = (CROSSED, CROSSED, TIMED_CROSSED, CROSSED_TIMED, TIMED_CROSSED)  # one more step across
AFTER_TIME = (TIMED, CROSSED_TIMED, TIMED, CROSSED_TIMED, TIMED_CROSSED)  # one more step along the history


def contributions(model: MMSR, graph: GraphBatch, seen: dict[str, Any], readouts: Tensor) -> tuple[Tensor, Tensor]:
    """The exact signed contributions of each node, along each group of paths, to what is read from the last item.

    Args:
        model: a trained MMSR of HAN-GNN layers, any fusion, any number of layers and modalities.
        graph: one history's MSGraph (B = 1).
        seen: what passed the probes of the model when it read `graph`, from `mmsr_lite.nn.probe.listen`.
        readouts: (K, D) vectors; what is read is their dot product with the final state of the last item's node. With
            the embedding of an item that is the item's score, with a row of the identity a component of the state.

    Returns:
        (K, N, 6) contributions of the N node slots by `GROUPS`, and (K,) the part that no node brings: the bias of the
        linear map that joins the paths of synchronous fusion, else zero. Together they add up to what is read.

    Raises:
        MMSRError: if a layer of the model is not a HAN-GNN layer.

    Source:
        Equations 11 to 17; the derivation is in the documentation, "What beta weighs".
    """
    other = [type(layer).__name__ for layer in model.layers if not isinstance(layer, HANLayer)]
    if other:
        raise MMSRError(
            f"the flow is exact for HAN-GNN layers alone; this model has {other[0]}: use aggregator='han-gnn'"
        )
    count, nodes = len(readouts), graph.exists.shape[1]
    # adjoint[s, e]: what a unit of value at a node is worth to a path that has done s so far and will have done e
    adjoint = readouts.new_zeros(5, 5, count, nodes, readouts.shape[1])  # (5, 5, K, N, D)
    for done in range(5):
        adjoint[done, done, :, int(graph.last[0])] = readouts
    constant = readouts.new_zeros(count)
    for index in reversed(range(len(model.layers))):
        adjoint, bias = _through_layer(model.layers[index], f"layers.{index}.probes.", graph, seen, adjoint)
        constant = constant + bias
    states = torch.cat(seen["layers.0.probes.input"], 1)[0]  # (N, D)
    by_end = torch.einsum("eknd,nd->kne", adjoint[STILL], states)  # (K, N, 5)
    return _grouped(by_end, graph), constant


def _through_layer(
    layer: HANLayer, name: str, graph: GraphBatch, seen: dict[str, Any], adjoint: Tensor
) -> tuple[Tensor, Tensor]:
    """One layer backwards: the adjoint (5, 5, K, N, D) before it, and (K,) what its bias adds."""
    result = adjoint.clone() if layer.residual else torch.zeros_like(adjoint)
    bias = adjoint.new_zeros(adjoint.shape[2])
    if layer.join is not None:
        ends = adjoint[STILL].sum(0)  # (K, N, D); a constant has taken no step, so each end is as good as another
        bias = torch.einsum("knd,d->k", ends, layer.join.bias)
    for number, (path, families) in enumerate(layer.fusion.paths.items()):
        reaching = _share(layer, name, number, seen, adjoint)
        phases = list(enumerate(families, 1))
        summed = phases if layer.fusion.invasive else phases[-1:]  # non-invasive: phase 1 steers the attention alone
        for phase, family in reversed(summed):
            weights = dense(seen[f"{name}{path}_{phase}_weights"], graph)[0]  # (N, N), centre in rows
            reaching = _step_back(reaching, weights, family, graph, layer)
        result = result + reaching
    return result, bias


def _share(layer: HANLayer, name: str, number: int, seen: dict[str, Any], adjoint: Tensor) -> Tensor:
    """The adjoint of the end of one path: beta's share, its part of the linear map that joins, or all."""
    if layer.gate is not None:
        return adjoint * seen[f"{name}beta"][0, :, number, None]
    if layer.join is not None:
        return adjoint @ layer.join.weight.split(layer.join.out_features, 1)[number]
    return adjoint


def _step_back(adjoint: Tensor, weights: Tensor, family: str, graph: GraphBatch, layer: HANLayer) -> Tensor:
    """One weighted sum of values backwards: to the neighbours, by what the step adds to the path, through the maps."""
    own = torch.eye(len(weights), dtype=torch.bool, device=weights.device)
    after = {HOMOGENEOUS: AFTER_TIME, HETEROGENEOUS: AFTER_CROSSING}[family]
    staying, moving = weights * own, weights * ~own
    moved = torch.stack([adjoint[done] for done in after])  # what is ahead of a path once it has made the step
    values = torch.einsum("ij,sekid->sekjd", staying, adjoint) + torch.einsum("ij,sekid->sekjd", moving, moved)
    parts = zip(values.split(graph.widths, 3), layer.value.maps, strict=True)
    return torch.cat([part @ linear.weight for part, linear in parts], 3)


def _grouped(by_end: Tensor, graph: GraphBatch) -> Tensor:
    """(K, N, 6) by `GROUPS` from (K, N, 5) by what paths did; who the source is tells the paths across apart."""
    last = int(graph.last[0])
    at_last = graph.incidence[0][0, :, last]  # (L,) the positions of the last item
    of_last = torch.cat(graph.incidence, 2)[0].T @ at_last > 0  # (N,) the last item's node and its codes
    still, crossed, timed, early, late = by_end.unbind(2)  # each (K, N)
    nothing = torch.zeros_like(crossed)
    own, shared = torch.where(of_last, crossed, nothing), torch.where(of_last, nothing, crossed)
    return torch.stack([still, own, shared, early, late, timed], 2)


def score_readouts(model: MMSR, state: Tensor, items: Sequence[int]) -> Tensor:
    """(K, D) vectors whose dot product with the last item's final `state` (D,) are the scores of `items`.

    With cosine scores (no part of the paper) the length of the state is held as it is, like attention and gates.
    """
    rows = model.item_table()[list(items)]  # (K, D)
    scale = model.config.cosine
    if scale:
        rows = rows * scale**0.5 / state.norm().clamp_min(1e-12)
    return rows
