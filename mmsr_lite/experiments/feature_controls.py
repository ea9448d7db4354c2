"""Do modalities help a departure? Each departure with true features and codes, and with those of other items.

The study `controls` asks this of the models as their papers have them. Here every departure that reads features in the
embeddings, and every departure of MMSR, whose graph reads codes, is also trained on shuffled ones, with as many trials.
"""

from mmsr_lite.experiments.changes import CHANGES, DAY, offered
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Labels, Study
from mmsr_lite.models import MODELS


def jobs(setting: Setting) -> list[Job]:
    """Two jobs for each departure, true and shuffled, each with trials of its own.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> len(jobs(terms)) % 2  # with each departure its control
        0
    """
    chosen: list[Job] = []
    for model in [name for name in MODELS if MODELS[name].learns]:
        for change, settings in CHANGES.items():
            reads = model == "mmsr" or "item_features" in settings
            if reads and offered(model, change):
                chosen += _pair(model, change, setting, settings)
        if model == "mmsr" and setting.ties == "random":
            chosen += _pair(model, DAY, setting, {"ties": "together"})
    return chosen


def _pair(model: str, change: str, setting: Setting, settings: dict) -> list[Job]:
    """A departure with true modalities and with shuffled ones."""
    labels: Labels = {"model": model, "variant": change}
    true = setting.config(model).with_settings(**settings)
    return [Job(labels, true), Job(labels | {"corruption": "mismatched"}, true.with_settings(corruption="mismatched"))]


ASKS = "With a departure from the paper, do modalities bring more than shuffled ones?"
STUDY = Study("-", ASKS, jobs, {"corruption": ""})
