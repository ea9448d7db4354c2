"""Do modalities help? Each model that reads them: with true codes, with codes of other items, and without codes."""

from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Study
from mmsr_lite.models import MODELS
from mmsr_lite.values import Settings

VARIANTS: dict[str, Settings] = {"true": {}, "shuffled": {"corruption": "mismatched"}, "none": {"modalities": ()}}


def jobs(setting: Setting) -> list[Job]:
    """One job for each model and kind of codes, each with trials of its own.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> sorted({str(job.labels["variant"]) for job in jobs(terms)}) == sorted(VARIANTS)
        True
    """
    readers = [name for name, model in MODELS.items() if model.reads_modalities]
    return [
        Job({"model": model, "variant": name}, setting.config(model).with_settings(**change))
        for model in readers
        for name, change in VARIANTS.items()
    ]


STUDY = Study("-", "Do modalities bring more than shuffled ones?", jobs, {"variant": "true"})
