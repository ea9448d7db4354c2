"""Every system beside MMSR (paper, Table 2), and counting, which the paper leaves out.

MMSR has a second row: features in the items' embeddings, a departure from the paper. The study `departures` has others,
and offers all of them to rivals.
"""

from mmsr_lite.experiments.changes import CHANGES, FEATURES
from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.models import MODELS


def jobs(setting: Setting) -> list[Job]:
    """One for each model there is, and MMSR with features in its embeddings.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> from mmsr_lite.models import MODELS
        >>> len(jobs(terms)) == len(MODELS) + 1  # MMSR once more, with features
        True
    """
    chosen = [Job({"model": name}, setting.config(name)) for name in MODELS]
    if "mmsr" in MODELS:
        chosen.append(Job({"model": "mmsr", "variant": FEATURES}, setting.config(**CHANGES[FEATURES])))
    return chosen


STUDY = Study("Table 2", "Is MMSR ahead of every other system?", jobs, {"model": "mmsr", "variant": ""})
