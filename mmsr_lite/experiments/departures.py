"""Changes beyond the paper, one at a time and some together, each with trials of its own.

Every model that has the settings for a change is run with it: what helps MMSR may help another model more. "A day as
one step" is MMSR's alone, because no other model reads steps, and is there only where times tie.
"""

from mmsr_lite.experiments.changes import CHANGES, DAY, offered
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Study
from mmsr_lite.models import MODELS

ASKS = "Does what the paper does not have help MMSR, and does it help others as much?"


def jobs(setting: Setting) -> list[Job]:
    """One job for each model that learns and each change that it has settings for, each with trials of its own.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> of_sasrec = [job for job in jobs(terms) if job.labels["model"] == "sasrec"]
        >>> of_sasrec[0].labels, len(of_sasrec) > 1  # first as it is, then with changes
        ({'model': 'sasrec'}, True)
    """
    chosen: list[Job] = []
    for model in [name for name in MODELS if MODELS[name].learns]:
        chosen.append(Job({"model": model}, setting.config(model)))
        for name in [one for one in CHANGES if offered(model, one)]:
            config = setting.config(model).with_settings(**CHANGES[name])
            chosen.append(Job({"model": model, "variant": name}, config))
        if model == "mmsr" and setting.ties == "random":
            together = setting.config(model).with_settings(ties="together")
            chosen.append(Job({"model": model, "variant": DAY}, together))
    return chosen


STUDY = Study("-", ASKS, jobs, {"variant": ""})
