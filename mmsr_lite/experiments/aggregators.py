"""The graph aggregator inside MMSR exchanged (paper, Table 3)."""

from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.nn.aggregators import AGGREGATORS

OURS = "han-gnn"


def jobs(setting: Setting) -> list[Job]:
    """One for each aggregator; HAN-GNN is MMSR as it is."""
    found = [Job({"model": "mmsr", "variant": OURS}, setting.config())]
    for name in (name for name in AGGREGATORS if name != OURS):
        found.append(Job({"model": "mmsr", "variant": name}, setting.config(aggregator=name)))
    return found


STUDY = Study("Table 3", "Is HAN-GNN ahead of other aggregators?", jobs, lambda labels: labels | {"variant": OURS})
