"""MMSR with other graph aggregators (paper, Table 3); HAN-GNN is its own."""

from mmsr_lite.experiments.study import Study, variants_of_mmsr
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.values import Settings

OURS = "han-gnn"
VARIANTS: dict[str, Settings] = {OURS: {}} | {name: {"aggregator": name} for name in AGGREGATORS if name != OURS}

STUDY = Study("Table 3", "Is HAN-GNN ahead of other aggregators?", variants_of_mmsr(VARIANTS), {"variant": OURS})
