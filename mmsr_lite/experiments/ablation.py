"""MMSR without one of its parts (paper, Table 4); NI is non-invasive."""

from mmsr_lite.experiments.study import Job, Setting, Study

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


def jobs(setting: Setting) -> list[Job]:
    """One for each variant."""
    return [Job({"model": "mmsr", "variant": name}, setting.config(**v)) for name, v in VARIANTS.items()]


STUDY = Study("Table 4", "Does each part of HAN-GNN help?", jobs, lambda labels: labels | {"variant": "HAN-GNN"})
