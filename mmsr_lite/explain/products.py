"""Products: one attention logit as a sum, number by number (paper, equations 12 and 13).

homogeneous    e_ij = LeakyReLU(sum over d of a_r[d] V_i[d] V_j[d])    the relation r weighs both values
heterogeneous  e_ij = LeakyReLU(sum over d of K h_i[d] Q h_j[d])       the neighbour j has the query, the centre i the
key
"""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.explain.contributions import dense
from mmsr_lite.explain.inputs import is_whole
from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.graph.msgraph import msgraph_of
from mmsr_lite.graph.relations import RELATIONS
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.han import HOMOGENEOUS, HANLayer
from mmsr_lite.nn.probe import Seen, listen
from mmsr_lite.records.explorer import Product
from mmsr_lite.values import quoted


@torch.no_grad()
def product(model: MMSR, history: Sequence[int], *, layer: int, path: str, phase: int, edge: int) -> Product:
    """Compute the terms of one attention logit.

    Args:
        model: an MMSR of HAN-GNN layers.
        history: the items that the model reads.
        layer: the layer, from 0.
        path: "hohe" or "heho".
        phase: the phase of the path, from 0.
        edge: an index of the edges of the history's trace.

    Returns:
        The arguments, and `family`; `terms`, D numbers; their `sum`; the `slope` of leaky ReLU below zero; and the
        `logit`, which is the sum after leaky ReLU.

    Raises:
        MMSRError: there is no such layer, path, phase or edge, or the phase does not use the edge.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> found = product(MMSR(MMSRConfig(dim=8), 9), [3, 1], layer=0, path="hohe", phase=0, edge=0)
        >>> len(found["terms"]), found["family"]
        (8, 'homogeneous')
    """
    number = _index("layer", layer, len(model.layers))
    read = model.layers[number]
    if type(read) is not HANLayer:
        raise MMSRError(f"{model.label} has layers with other products than the paper's; give aggregator 'han-gnn'")
    families = read.fusion.paths[choose("path", path, read.fusion.paths)]
    phase = _index("phase", phase, len(families))
    device = model.item_table().device
    model.eval()
    with listen(model) as seen:
        graph, _ = model.states(torch.tensor([list(history)], device=device))
    msgraph, slots = msgraph_of(graph, model.node_types)
    chosen = msgraph.edges[_index("edge", edge, len(msgraph.edges))]
    centre, neighbour = int(slots[chosen.centre]), int(slots[chosen.neighbour])
    logits = dense(seen[f"layers.{number}.probes.{path}_{phase + 1}_logits"], graph)[0]
    compared = _compared(read, f"layers.{number}.probes.{path}", families, phase, seen, graph)
    family = families[phase]
    if chosen.relation != "self" and (family == HOMOGENEOUS) == (chosen.relation == "match"):
        raise MMSRError(f"phase {phase} of {path} is {family} and does not use edge {edge}: {chosen.relation!r}")
    if family == HOMOGENEOUS:
        values = torch.cat(compared, 1)[0]  # (N, D)
        terms = read.relation[RELATIONS.index(chosen.relation)] * values[centre] * values[neighbour]
    else:
        key, query = torch.cat(read.key(compared), 1)[0], torch.cat(read.query(compared), 1)[0]  # (N, D)
        terms = key[centre] * query[neighbour]
        if read.scale:
            terms = terms / math.sqrt(len(terms))
    return {
        "layer": number,
        "path": path,
        "phase": phase,
        "edge": edge,
        "family": "homogeneous" if family == HOMOGENEOUS else "heterogeneous",
        "terms": terms.tolist(),
        "sum": float(terms.sum()),
        "slope": read.slope,
        "logit": float(logits[centre, neighbour]),
    }


def _compared(
    layer: HANLayer, name: str, families: Sequence[str], phase: int, seen: Seen, graph: GraphBatch
) -> list[Tensor]:
    """What the logits of a phase compare, (B, N_t, D) of each type: values if homogeneous, else states."""
    states = list(seen[f"{name.rsplit('.', 1)[0]}.input"])
    values = layer.value(states)
    if phase == 0:
        return values if families[0] == HOMOGENEOUS else states
    weights = dense(seen[f"{name}_1_weights"], graph)  # (B, N, N)
    reached = list((weights @ torch.cat(values, 1)).split(graph.widths, 1))  # what phase 1 has made
    return layer.value(reached) if families[1] == HOMOGENEOUS else layer.compared_states(reached, states)


def _index(what: str, value: Any, count: int) -> int:
    """`value` where it is an index of `count` things."""
    if not is_whole(value) or not 0 <= value < count:
        raise MMSRError(f"{what} is {quoted(value)}; expected 0 to {count - 1}")
    return int(value)
