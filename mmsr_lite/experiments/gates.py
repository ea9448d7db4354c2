"""What the update gates do (paper, section 4.3.2): beta by layer, node type, position and popularity; forced gates."""

from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Labels, Reading, Study
from mmsr_lite.explain.edits import FORCED


def jobs(setting: Setting) -> list[Job]:
    """A job of MMSR, ranked with its own gates and with each forced gate.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> [job] = jobs(terms)
        >>> len(job.readings) == 1 + len(FORCED)  # the model's own gates, then each forced one
        True
    """
    forced = (Reading({"variant": f"forced: {name}"}, gate=name) for name in FORCED)
    labels: Labels = {"model": "mmsr", "variant": "own gates"}
    return [Job(labels, setting.config(), readings=(Reading(beside="gates"), *forced), betas=True)]


STUDY = Study("-", "What do the gates do, and do they matter?", jobs, {"variant": "own gates"}, lambda row: True)
