"""HAN-GNN: heterogeneity-aware, asynchronous, non-invasive (Hu et al., CIKM 2023, section 4.3.2).

It is not PyG's `HANConv`, which is another model. One layer, for every node of a batch of MSGraphs:

    hohe:  h -> homogeneous -> heterogeneous      late fusion: each modality's own sequence first
    heho:  h -> heterogeneous -> homogeneous      early fusion: the item's modalities first
    beta = gate(h_hohe, h_heho);   h' = beta_0 h_hohe + beta_1 h_heho

Phase 2 takes its logits from phase 1's output; its values come from the layer's input (non-invasive) or from phase 1's
output (invasive). Axes: B graphs, N_t node slots of type t, N their sum, D width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.attention import NUM_RELATIONS, TypedLinear, heterogeneous_logits, homogeneous_logits
from mmsr_lite.nn.gate import UpdateGate
from mmsr_lite.nn.probe import Probe

HOMOGENEOUS, HETEROGENEOUS = "homogeneous", "heterogeneous"


@dataclass(frozen=True)
class Fusion:
    """Which paths a layer walks (name -> families in order) and how their ends become one state."""

    paths: dict[str, tuple[str, ...]]
    merge: str = "only"
    invasive: bool = False


HOHE, HEHO = {"hohe": (HOMOGENEOUS, HETEROGENEOUS)}, {"heho": (HETEROGENEOUS, HOMOGENEOUS)}
HO, HE = {HOMOGENEOUS: (HOMOGENEOUS,)}, {HETEROGENEOUS: (HETEROGENEOUS,)}
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
    """One HAN-GNN layer: states of each node type, list of (B, N_t, D), to the same; `config` is the model's."""

    def __init__(self, num_types: int, config):
        super().__init__()
        dim, self.fusion = config.dim, FUSIONS[config.fusion]
        self.scale, self.residual, self.hohe_reads_input = config.scale, config.residual, config.hohe_reads_input
        self.query, self.key, self.value = (TypedLinear(num_types, dim) for _ in range(3))
        if config.tied_maps:
            self.query = self.key = self.value
        for linear in self.value.maps:
            nn.init.eye_(linear.weight)  # a layer starts as an average of its neighbours
        self.relation = nn.Parameter(torch.zeros(NUM_RELATIONS, dim))  # a_r; attention starts uniform
        self.gate = UpdateGate(dim, config.separate_gate) if self.fusion.merge == "gate" else None
        self.join = nn.Linear(2 * dim, dim) if self.fusion.merge == "linear" else None
        self.dropout = nn.Dropout(config.dropout)
        names = ["input", "output", "beta", *self.fusion.paths]
        for path, families in self.fusion.paths.items():
            names += [f"{path}_{n}_{what}" for n in range(1, len(families) + 1) for what in ("logits", "weights")]
        self.probes = nn.ModuleDict({name: Probe() for name in names})

    def forward(self, states: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        """Walk each path and merge."""
        states = self.probes["input"](states)
        values = self.value(states)
        ends = {path: self.probes[path](self._walk(path, states, values, graph)) for path in self.fusion.paths}
        merged = self.combine(*(torch.cat(end, 1) for end in ends.values())).split(graph.widths, 1)
        output = [self.dropout(end) for end in merged]
        if self.residual:
            output = [end + state for end, state in zip(output, states, strict=True)]
        return self.probes["output"](output)

    def _walk(self, path: str, states: list[Tensor], values: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        reached = states
        for phase, family in enumerate(self.fusion.paths[path], 1):
            read = values if phase == 1 else None
            if phase == 2 and (self.fusion.invasive or family == HOMOGENEOUS):
                read = self.value(reached)
            summed = read if self.fusion.invasive and phase > 1 else values  # non-invasive: only the logits see phase 1
            if family == HOMOGENEOUS:
                pairs = zip(read, graph.relations, strict=True)
                logits = tuple(homogeneous_logits(value, value, relation, self.relation) for value, relation in pairs)
                weights = self._attend(f"{path}_{phase}", logits)
                reached = [weight @ value for weight, value in zip(weights, summed, strict=True)]  # (B, N_t, D)
            else:
                reached = states if self.hohe_reads_input else reached
                logits = (heterogeneous_logits(self.query(reached), self.key(reached), graph, self.scale),)
                (weights,) = self._attend(f"{path}_{phase}", logits)
                reached = list((weights @ torch.cat(summed, 1)).split(graph.widths, 1))
        return reached

    def _attend(self, name: str, logits: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        logits = self.probes[f"{name}_logits"](logits)
        return self.probes[f"{name}_weights"](tuple(logit.softmax(-1) for logit in logits))

    def combine(self, *ends: Tensor) -> Tensor:
        """Equations 15 to 17: the ends of the paths (..., D) become one state."""
        if self.gate is not None:
            beta = self.probes["beta"](self.gate(*ends))  # (..., 2)
            return beta[..., :1] * ends[0] + beta[..., 1:] * ends[1]
        return self.join(torch.cat(ends, -1)) if self.join is not None else ends[0]
