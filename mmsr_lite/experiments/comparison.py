"""MMSR beside all other systems (paper, Table 2), and beside counting, which the paper leaves out.

MMSR has a second row: features in the items' embeddings, a departure from the paper. The study `departures` has more of
these, and tries them with the other models as well.
"""

from mmsr_lite.experiments.changes import CHANGES, FEATURES
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Study
from mmsr_lite.models import MODELS


def jobs(setting: Setting) -> list[Job]:
    """One job for each model, and one for MMSR with features in its embeddings.

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
