"""Items that lack a modality (paper, Figure 4), always or at test only, with and without global attention.

At training and test, codes are learned without what is missing. At test only, a model trained on everything meets
histories whose items have lost their codes. What is missing at a smaller rate is also missing at a larger one.
"""

from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import BOTH, TEST, UNDISTURBED, Job, Labels, Reading, Study, damages
from mmsr_lite.models import MODELS
from mmsr_lite.values import Settings

SYSTEMS: dict[str, dict[str, Settings]] = {  # model -> variant -> its settings
    "mmsr": {"": {}, "global attention": {"global_attention": True}},
    "sasrec-f": {"": {}},
    "dif-sr": {"": {}},
}
RATES = (0.1, 0.3, 0.5, 0.7)


def jobs(setting: Setting) -> list[Job]:
    """One job for each system without damage, and for each modality and rate; all are tuned without damage.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> len(jobs(terms)[0].readings)  # this world has no modality that could be missing
        1
    """
    chosen: list[Job] = []
    losses = damages(setting, "missing", RATES)
    for model, variants in SYSTEMS.items():
        if model not in MODELS:
            continue
        for variant, settings in variants.items():
            undamaged = setting.config(model, **settings)
            labels: Labels = {"model": model, "variant": variant}
            at_test = (Reading(loss.labels | {"at": TEST}, loss.rate, loss.modality) for loss in losses)
            chosen.append(Job(labels, undamaged, readings=(Reading(beside="missing"), *at_test)))
            for loss in losses:
                damaged = undamaged.with_settings(corruption="missing", corrupted=loss.modality, rate=loss.rate)
                chosen.append(Job(labels | loss.labels | {"at": BOTH}, damaged, like=undamaged))
    return chosen


ASKS = "How much does each system lose when modalities are missing?"
STUDY = Study("Figure 4", ASKS, jobs, UNDISTURBED, lambda row: row["at"] == TEST)
