"""The graph aggregator inside MMSR exchanged (paper, Table 3); HAN-GNN is MMSR as it is."""

from typing import Any

from mmsr_lite.experiments.study import Study, variants_of_mmsr
from mmsr_lite.nn.aggregators import AGGREGATORS

OURS = "han-gnn"
VARIANTS: dict[str, dict[str, Any]] = {OURS: {}} | {name: {"aggregator": name} for name in AGGREGATORS if name != OURS}

STUDY = Study("Table 3", "Is HAN-GNN ahead of other aggregators?", variants_of_mmsr(VARIANTS), {"variant": OURS})
