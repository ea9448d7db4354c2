"""HAN-GNN: heterogeneity-aware, asynchronous, non-invasive (Hu et al., CIKM 2023, section 4.3.2).

This is not PyG's `HANConv`, which is another model. One layer does this for each node of a batch of MSGraphs:

    hohe:  h -> homogeneous -> heterogeneous      late fusion: first each modality reads its own sequence
    heho:  h -> heterogeneous -> homogeneous      early fusion: first each item reads its modalities
    beta = gate(h_hohe, h_heho);   h' = beta_0 h_hohe + beta_1 h_heho

Phase 2 computes its logits from the output of phase 1. It sums values of the layer's input (non-invasive) or of the
output of phase 1 (invasive). Axes: B graphs, N_t node slots of type t, N their sum, D width.
"""

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.attention import NUM_RELATIONS, TypedLinear, heterogeneous_logits, homogeneous_logits
from mmsr_lite.nn.gate import UpdateGate
from mmsr_lite.nn.probe import Probe

HOMOGENEOUS, HETEROGENEOUS = "homogeneous", "heterogeneous"


States = TypeVar("States", Tensor, list[Tensor])


@dataclass(frozen=True)
class Fusion:
    """Which paths a layer has, and how their ends become one state.

    Args:
        paths: name of each path -> the families of relations of its phases, in order.
        merge: "only" (the default; there is one path), "gate" (equations 16 and 17) or "linear" (equation 15).
        invasive: whether phase 2 sums the output of phase 1, so that values of codes get into items; default False.

    Source:
        Section 4.3.2 of the paper; the variants are those of Table 4.

    Example:
        >>> FUSIONS["hohe"].paths
        {'hohe': ('homogeneous', 'heterogeneous')}
    """

    paths: dict[str, tuple[str, ...]]
    merge: str = "only"
    invasive: bool = False


Paths = dict[str, tuple[str, ...]]
HOHE: Paths = {"hohe": (HOMOGENEOUS, HETEROGENEOUS)}
HEHO: Paths = {"heho": (HETEROGENEOUS, HOMOGENEOUS)}
HO: Paths = {HOMOGENEOUS: (HOMOGENEOUS,)}
HE: Paths = {HETEROGENEOUS: (HETEROGENEOUS,)}
FUSIONS = {  # the variants of Table 4
    "adaptive": Fusion(HOHE | HEHO, "gate"),
    "adaptive-invasive": Fusion(HOHE | HEHO, "gate", invasive=True),
    "synchronous": Fusion(HO | HE, "linear"),
    "hohe": Fusion(HOHE),
    "hohe-invasive": Fusion(HOHE, invasive=True),
    "heho": Fusion(HEHO),
    "heho-invasive": Fusion(HEHO, invasive=True),
    "homogeneous": Fusion(HO),
    "heterogeneous": Fusion(HE),
}


class HANLayer(nn.Module):
    """One HAN-GNN layer.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Attributes:
        fusion: which paths the layer has, one of FUSIONS.
        query, key, value: one linear map for each node type.
        relation: (R, D) the vector a_r of each homogeneous relation.
        gate: the update gate; None where no gate joins the paths.
        join: the linear map that joins two paths (equation 15); None where there is none.
        probes: the places where the explainer reads or replaces states, logits, attention weights and beta.

    Source:
        Section 4.3.2 of the paper, equations 11 to 17.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> graph = build_graphs(torch.tensor([[3, 1, 3]]), [])
        >>> [state.shape for state in HANLayer(1, MMSRConfig(dim=8))([torch.zeros(1, 2, 8)], graph)]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_types: int, config):
        super().__init__()
        dim, self.fusion = config.dim, FUSIONS[config.fusion]
        self.scale, self.residual, self.slope = config.scale, config.residual, config.slope
        self.query, self.key, self.value = (TypedLinear(num_types, dim) for _ in range(3))
        for linear in self.value.maps:
            nn.init.eye_(linear.weight)  # a layer starts as an average of its neighbours
        self.relation = nn.Parameter(torch.zeros(NUM_RELATIONS, dim))  # a_r; attention starts uniform
        self.gate = self.make_gate(config) if self.fusion.merge == "gate" else None
        self.join = nn.Linear(2 * dim, dim) if self.fusion.merge == "linear" else None
        self.dropout = nn.Dropout(config.dropout)
        names = ["input", "output", "beta", *self.fusion.paths]
        for path, families in self.fusion.paths.items():
            names += [f"{path}_{n}_{what}" for n in range(1, len(families) + 1) for what in ("logits", "weights")]
        self.probes = nn.ModuleDict({name: Probe() for name in names})

    def make_gate(self, config) -> UpdateGate:
        """The gate that weighs late against early fusion.

        Args:
            config: the model's config (`MMSRConfig`).

        Returns:
            The gate.
        """
        return UpdateGate(config.dim)

    def forward(self, states: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        """Compute each path, and merge their ends.

        Args:
            states: the states of the nodes of each type (B, N_t, D).
            graph: the MSGraphs.

        Returns:
            New states of the same shapes.
        """
        states = self.probes["input"](states)
        values = self.value(states)
        ends = {path: self.probes[path](self._walk(path, states, values, graph)) for path in self.fusion.paths}
        merged = self.combine(*(torch.cat(end, 1) for end in ends.values())).split(graph.widths, 1)
        output = [self.dropout(end) for end in merged]
        if self.residual:
            output = [end + state for end, state in zip(output, states, strict=True)]
        return self.probes["output"](output)

    def _walk(self, path: str, states: list[Tensor], values: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        """The end of one path: the states of the nodes of each type (B, N_t, D)."""
        reached = states
        for phase, family in enumerate(self.fusion.paths[path], 1):
            name = f"{path}_{phase}"
            compared = values  # the products of these are the homogeneous logits
            if phase == 2 and (self.fusion.invasive or family == HOMOGENEOUS):
                compared = self.value(reached)
            summed = values  # non-invasive: only the logits depend on phase 1
            if phase == 2 and self.fusion.invasive:
                summed = compared
            if family == HOMOGENEOUS:
                reached = self._read_own_type(name, compared, summed, graph)
            else:
                reached = self._read_other_types(name, self.compared_states(reached, states), summed, graph)
        return reached

    def _read_own_type(self, name: str, compared: list[Tensor], summed: list[Tensor], graph: GraphBatch):
        """Equations 11 and 12: each node sums its neighbours of the same type; list of (B, N_t, D)."""
        pairs = zip(compared, graph.relations, strict=True)
        logits = tuple(homogeneous_logits(own, own, relation, self.relation, self.slope) for own, relation in pairs)
        weights = self._attend(name, logits)  # (B, N_t, N_t)
        return [weight @ value for weight, value in zip(weights, summed, strict=True)]  # (B, N_t, D)

    def _read_other_types(self, name: str, compared: list[Tensor], summed: list[Tensor], graph: GraphBatch):
        """Equations 13 and 14: each node sums the nodes of other types that match it; list of (B, N_t, D)."""
        query, key = self.query(compared), self.key(compared)
        logits = (heterogeneous_logits(query, key, graph, self.scale, self.slope),)
        (weights,) = self._attend(name, logits)  # (B, N, N)
        return list((weights @ torch.cat(summed, 1)).split(graph.widths, 1))  # (B, N_t, D)

    def compared_states(self, reached: States, states: States) -> States:
        """The states that equation 13 compares: here those that the path has reached; a departure takes the input.

        Args:
            reached: the states that the path has reached, of each node type (B, N_t, D).
            states: the layer's input, of the same shapes.

        Returns:
            One of the two.
        """
        return reached

    def _attend(self, name: str, logits: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Attention weights: the softmax of logits, both through their probes."""
        logits = self.probes[f"{name}_logits"](logits)
        return self.probes[f"{name}_weights"](tuple(logit.softmax(-1) for logit in logits))

    def combine(self, *ends: Tensor) -> Tensor:
        """Equations 15 to 17: the ends of the paths, each (..., D), become one state (..., D).

        Args:
            ends: the end of each path (..., D).

        Returns:
            (..., D) one state.
        """
        if self.gate is not None:
            beta = self.probes["beta"](self.gate(*ends))  # (..., 2)
            return beta[..., :1] * ends[0] + beta[..., 1:] * ends[1]
        if self.join is not None:
            return self.join(torch.cat(ends, -1))
        return ends[0]
