"""MMSR without one of its parts (paper, Table 4); NI is non-invasive."""

from mmsr_lite.experiments.study import Study, variants_of_mmsr

VARIANTS = {
    "HAN-GNN": {},
    "Synchronous": {"fusion": "synchronous"},
    "NI(hohe)": {"fusion": "hohe"},
    "NI(heho)": {"fusion": "heho"},
    "hohe": {"fusion": "hohe-invasive"},
    "heho": {"fusion": "heho-invasive"},
    "ho": {"fusion": "homogeneous"},
    "he": {"fusion": "heterogeneous"},
    "without position": {"position": False},
    "without type": {"node_type": False},
}

STUDY = Study("Table 4", "Does each part of HAN-GNN help?", variants_of_mmsr(VARIANTS), {"variant": "HAN-GNN"})
