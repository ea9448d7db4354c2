"""Contributions: how much of a score came from each node of a history, along which paths (paper, 4.3.2 and 4.5).

When its attention weights and gates are fixed, a HAN-GNN layer is linear in the values that it sums, invasive or not.
So a score is exactly a sum of signed contributions, one for each node of the history and each path through all layers
from this node to the last item. A path consists of steps. A step stays at its node (residual connection, self-loop),
follows time (a homogeneous edge between two nodes of one type), or crosses (a heterogeneous edge between two nodes of
different types). Paths are grouped by the order of these steps:

    own identity        from the last item's own node, which it never leaves
    own codes           from a code of the last item, or from the item by way of its codes, without a step in time
    shared codes        from any other node, across only: two items that share a code are two steps apart
    crossed, then time  a modality is mixed in first, and then carried along the history (early fusion)
    time, then crossed  a type's own sequence is read first, and then mixed in (late fusion)
    time alone          along the history within the items, never mixed

A longer path, such as one that crosses, follows time and crosses again, is grouped by its first two different kinds of
step. The first state of a node (its embedding, its type, its mean position) belongs to the node. Three departures from
the paper matter:

    item_features       an item's state begins with its features mixed in: this part of it has crossed already
    global_attention    an item also reads codes of other items directly: these are "shared codes", too
    together            the answer is read from all items of the last step: each of them is the "last item"
"""

from collections.abc import Sequence
from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor

from mmsr_lite.errors import MMSRError
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.departures import FeatureNodeEmbedding
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS, HANLayer
from mmsr_lite.nn.probe import Seen
from mmsr_lite.records.flow_parts import FLOW_GROUPS

GROUPS = FLOW_GROUPS
EARLY, LATE = GROUPS.index("crossed, then time"), GROUPS.index("time, then crossed")

STILL, CROSSED, TIMED, CROSSED_TIMED, TIMED_CROSSED = range(5)  # what a path has done so far
AFTER_CROSSING = (CROSSED, CROSSED, TIMED_CROSSED, CROSSED_TIMED, TIMED_CROSSED)  # one more step across
AFTER_TIME = (TIMED, CROSSED_TIMED, TIMED, CROSSED_TIMED, TIMED_CROSSED)  # one more step along the history


def contributions(model: MMSR, graph: GraphBatch, seen: Seen, readouts: Tensor) -> tuple[Tensor, Tensor]:
    """The exact signed contribution of each node, along each group of paths, to what is read from the last item.

    Args:
        model: a trained MMSR of HAN-GNN layers, any fusion, any number of layers and modalities.
        graph: the MSGraphs of B histories.
        seen: the values at the probes of the model when it read `graph`, from `mmsr_lite.nn.probe.listen`.
        readouts: (B, K, D) vectors. What is read is their dot product with the final state of the last item's node: the
            embedding of an item reads its score, a row of the identity matrix reads a component of the state.

    Returns:
        (B, K, N, 6) contributions of the N node slots by `GROUPS`; and (B, K) the part that comes from no node, which
        is the bias of the linear map of synchronous fusion, else zero. Their sum is what is read.

    Raises:
        MMSRError: a layer of the model is not a HAN-GNN layer.

    Source:
        Equations 11 to 17; the derivation is in the documentation, "What beta weighs".

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> readouts = torch.eye(8)[None]  # the components of the last item's state
        >>> parts, rest = contributions(model, graph, seen, readouts)
        >>> bool(torch.allclose(parts.sum((2, 3)) + rest, states[0][0, graph.last], atol=1e-5))
        True
    """
    other = [type(layer).__name__ for layer in model.layers if not isinstance(layer, HANLayer)]
    if other:
        raise MMSRError(
            f"the flow is exact for HAN-GNN layers alone; this model has {other[0]}: use aggregator='han-gnn'"
        )
    batch, nodes = graph.exists.shape
    pooled = F.pad(graph.last_step_items, (0, nodes - graph.widths[0])).to(readouts.dtype)  # (B, N)
    # adjoint[:, :, s, e]: what a unit of value at a node is worth to a path that has done s so far and e in the end
    adjoint = readouts.new_zeros(batch, nodes, 5, 5, *readouts.shape[1:])  # (B, N, 5, 5, K, D)
    for done in range(5):
        adjoint[:, :, done, done] = pooled[:, :, None, None] * readouts[:, None]
    constant = readouts.new_zeros(readouts.shape[:2])  # (B, K)
    for index in reversed(range(len(model.layers))):
        adjoint, bias = _through_layer(model.layers[index], f"layers.{index}.probes.", graph, seen, adjoint)
        constant = constant + bias
    states = torch.cat(seen["layers.0.probes.input"], 1)  # (B, N, D)
    mixed = _features_within(model, graph, states)
    by_end = torch.einsum("bnekd,bnd->bkne", adjoint[:, :, STILL], states - mixed)  # (B, K, N, 5)
    by_end = by_end + torch.einsum("bnekd,bnd->bkne", adjoint[:, :, CROSSED], mixed)
    return _grouped(by_end, graph), constant


def _features_within(model: MMSR, graph: GraphBatch, states: Tensor) -> Tensor:
    """(B, N, D) the part of the first `states` that is an item's features: zeros without `item_features`."""
    mixed = torch.zeros_like(states)
    if isinstance(model.nodes, FeatureNodeEmbedding):
        features = model.nodes.items() - model.nodes.tables[0].weight  # (V+1, D)
        of_identity = model.nodes.merge.weight[:, : states.shape[2]]  # (D, D)
        mixed[:, : graph.widths[0]] = features[graph.ids[0]] @ of_identity.T
    return mixed


def _through_layer(layer: HANLayer, name: str, graph: GraphBatch, seen: Seen, adjoint: Tensor) -> tuple[Tensor, Tensor]:
    """One layer backwards: the adjoint (B, N, 5, 5, K, D) before it, and (B, K) what its bias adds."""
    result = adjoint if layer.residual else torch.zeros_like(adjoint)
    bias = adjoint.new_zeros(len(adjoint), adjoint.shape[4])
    if layer.join is not None:
        ends = adjoint[:, :, STILL].sum(2)  # (B, N, K, D); a constant has taken no step: each end is as good as another
        bias = torch.einsum("bnkd,d->bk", ends, layer.join.bias)
    for number, (path, families) in enumerate(layer.fusion.paths.items()):
        reaching = _share(layer, name, number, seen, adjoint)
        phases = list(enumerate(families, 1))
        summed = phases if layer.fusion.invasive else phases[-1:]  # non-invasive: phase 1 only affects the attention
        for phase, family in reversed(summed):
            weights = dense(seen[f"{name}{path}_{phase}_weights"], graph)  # (B, N, N), centre in rows
            reaching = _step_back(reaching, weights, family, graph, layer)
        result = result + reaching
    return result, bias


def _share(layer: HANLayer, name: str, number: int, seen: Seen, adjoint: Tensor) -> Tensor:
    """The adjoint of the end of one path: beta's share, its part of the linear map that joins, or all."""
    if layer.gate is not None:
        return adjoint * seen[f"{name}beta"][:, :, number, None, None, None, None]
    if layer.join is not None:
        return adjoint @ layer.join.weight.split(layer.join.out_features, 1)[number]
    return adjoint


def _step_back(adjoint: Tensor, weights: Tensor, family: str, graph: GraphBatch, layer: HANLayer) -> Tensor:
    """One weighted sum of values backwards: to the neighbours, by what the step adds to the path, through the maps."""
    after = {HOMOGENEOUS: AFTER_TIME, HETEROGENEOUS: AFTER_CROSSING}[family]
    own = weights.diagonal(dim1=1, dim2=2)  # (B, N) the self-loops
    moving = (weights - torch.diag_embed(own)).transpose(1, 2)  # (B, N, N), neighbour in rows
    ahead = adjoint[:, :, list(after)]  # what is ahead of a path once it has made the step
    values = (moving @ ahead.flatten(2)).view_as(adjoint) + adjoint * own[:, :, None, None, None, None]
    parts = zip(values.split(graph.widths, 1), layer.value.maps, strict=True)
    return torch.cat([part @ linear.weight for part, linear in parts], 1)


def _grouped(by_end: Tensor, graph: GraphBatch) -> Tensor:
    """Contributions (B, K, N, 6) by `GROUPS`, from those by what paths did (B, K, N, 5).

    Paths that only crossed types are of two groups: from the last item's own codes, or from other nodes.
    """
    is_last = (graph.last_step_items > 0).to(graph.incidence[0].dtype)  # (B, N_0)
    at_last = graph.incidence[0] @ is_last[:, :, None]  # (B, L, 1) the positions of the last item
    of_last = (torch.cat(graph.incidence, 2).transpose(1, 2) @ at_last)[:, None, :, 0] > 0  # (B, 1, N) it and its codes
    still, crossed, timed, early, late = by_end.unbind(3)  # each (B, K, N)
    nothing = torch.zeros_like(crossed)
    own, shared = torch.where(of_last, crossed, nothing), torch.where(of_last, nothing, crossed)
    return torch.stack([still, own, shared, early, late, timed], 3)


def score_readouts(model: MMSR, state: Tensor, items: Sequence[int] | Tensor) -> Tensor:
    """The vectors whose dot products with the final state of the last item are the scores of items.

    With cosine scores (no part of the paper), the length of the state is fixed too, like attention and gates.

    Args:
        model: the model.
        state: (..., D) final states.
        items: (K,) items, the same for all states; or a tensor (..., K) with items for each state.

    Returns:
        (..., K, D) vectors.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> score_readouts(model, states[0][0, graph.last], [1, 2]).shape
        torch.Size([1, 2, 8])
    """
    chosen = torch.as_tensor(items, device=state.device)
    rows = model.item_table()[chosen].expand(*state.shape[:-1], -1, -1)  # (..., K, D)
    if model.config.cosine:
        rows = rows * model.config.cosine**0.5 / state.norm(dim=-1)[..., None, None].clamp_min(1e-12)
    return rows


def order_shares(model: MMSR, graph: GraphBatch, seen: Seen, items: Tensor) -> Tensor:
    """The shares of early and of late fusion in the flow to one score of each history.

    Args:
        model: an MMSR that `has_flow`.
        graph: the graphs of B histories.
        seen: the values at the probes of the model when it read `graph`.
        items: (B,) for each history, the item whose score is decomposed.

    Returns:
        (B, 2) the shares of early and of late fusion in the sum of the absolute values of all contributions.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> order_shares(model, graph, seen, torch.tensor([1])).shape
        torch.Size([1, 2])
    """
    each = torch.arange(len(items), device=items.device)
    state = seen[f"layers.{len(model.layers) - 1}.probes.output"][0][each, graph.last]  # (B, D)
    parts, _ = contributions(model, graph, seen, score_readouts(model, state, items[:, None]))
    sizes = parts.abs().sum((1, 2))  # (B, 6)
    return sizes[:, [EARLY, LATE]] / sizes.sum(1, keepdim=True).clamp_min(1e-12)


def dense(blocks: Sequence[Tensor], graph: GraphBatch) -> Tensor:
    """The value of an attention probe as one block over all nodes.

    Args:
        blocks: for each node type (B, N_t, N_t) or (B, N_t, N), or one (B, N, N) for all types.
        graph: the graphs, which say how wide the types are.

    Returns:
        (B, N, N); zero across types where the blocks are within types.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSR, MMSRConfig
        >>> from mmsr_lite.nn.probe import listen
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with torch.no_grad(), listen(model) as seen: graph, states = model.states(torch.tensor([[3, 1, 3]]))
        >>> dense(seen["layers.0.probes.hohe_1_weights"], graph).shape
        torch.Size([1, 2, 2])
    """
    width = sum(graph.widths)
    if blocks[0].shape[1:] == (width, width):
        return blocks[0]
    begins = accumulate(graph.widths, initial=0)
    padded = [
        F.pad(block, (begin, width - begin - block.shape[2])) for block, begin in zip(blocks, begins, strict=False)
    ]
    return torch.cat(padded, 1)
