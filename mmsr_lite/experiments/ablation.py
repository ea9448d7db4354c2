"""MMSR without one of its parts (paper, Table 4); NI means non-invasive.

`ho` and `he`, each with a single family of relations, use a GCN aggregator as in the paper ("The relation ablation is
based on a GCN aggregator"). Beside them are rows with HAN-GNN's own attention over one family.
"""

from mmsr_lite.experiments.study import Study, variants_of_mmsr
from mmsr_lite.values import Settings

VARIANTS: dict[str, Settings] = {
    "HAN-GNN": {},
    "Synchronous": {"fusion": "synchronous"},
    "NI(hohe)": {"fusion": "hohe"},
    "NI(heho)": {"fusion": "heho"},
    "hohe": {"fusion": "hohe-invasive"},
    "heho": {"fusion": "heho-invasive"},
    "ho": {"aggregator": "gcn", "fusion": "homogeneous"},
    "he": {"aggregator": "gcn", "fusion": "heterogeneous"},
    "ho, attention": {"fusion": "homogeneous"},
    "he, attention": {"fusion": "heterogeneous"},
    "without position": {"position": False},
    "without type": {"node_type": False},
}

STUDY = Study("Table 4", "Does each part of HAN-GNN help?", variants_of_mmsr(VARIANTS), {"variant": "HAN-GNN"})
