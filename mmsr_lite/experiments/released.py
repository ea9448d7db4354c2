"""The paper's equations beside what the released code does instead, one departure at a time."""

from mmsr_lite.experiments.study import Study, variants_of_mmsr
from mmsr_lite.values import Settings

VARIANTS: dict[str, Settings] = {
    "the paper": {},
    "one map for Q, K and V": {"tied_maps": True},
    "hohe never sees phase 1": {"hohe_reads_input": True},
    "Euclidean codes over a sigmoid": {"distance": "euclidean", "reduction": "sigmoid-autoencoder"},
    "the gate scores each path alone": {"separate_gate": True},
}

ASKS = "What do the released code's departures change?"
STUDY = Study("-", ASKS, variants_of_mmsr(VARIANTS), {"variant": "the paper"})
