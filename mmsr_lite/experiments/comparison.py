"""Every system beside MMSR (paper, Table 2), and counting, which the paper leaves out."""

from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.models import MODELS


def jobs(setting: Setting) -> list[Job]:
    """One for each model there is."""
    return [Job({"model": name}, setting.config(name)) for name in MODELS]


STUDY = Study("Table 2", "Is MMSR ahead of every other system?", jobs, {"model": "mmsr"})
