"""What the update gates do (paper, section 4.3.2): beta by layer, node type, position and popularity; forced gates."""

from mmsr_lite.experiments.study import Job, Labels, Reading, Setting, Study
from mmsr_lite.explain.edits import FORCED


def jobs(setting: Setting) -> list[Job]:
    """MMSR, read with its own gates and with each that is forced.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.
    """
    forced = (Reading({"variant": f"forced: {name}"}, gate=name) for name in FORCED)
    labels: Labels = {"model": "mmsr", "variant": "own gates"}
    return [Job(labels, setting.config(), readings=(Reading(beside="gates"), *forced), betas=True)]


STUDY = Study("-", "What do the gates do, and do they matter?", jobs, {"variant": "own gates"}, lambda row: True)
