"""Do modalities bring anything once features are in the embeddings? True features and codes, and those of other items.

The study `controls` asks it of every model as its paper has it; this one of the models with the departure, each tuned
by itself. Without any modality they are the models without the departure: see "none" in `controls`.
"""

from typing import Any

from mmsr_lite.experiments.changes import CHANGES, FEATURES, offered
from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.models import MODELS

VARIANTS: dict[str, dict[str, Any]] = {"true": {}, "shuffled": {"corruption": "mismatched"}}


def jobs(setting: Setting) -> list[Job]:
    """Model x what it reads, each tuned by itself.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.
    """
    readers = [name for name in MODELS if MODELS[name].learns and offered(name, FEATURES)]
    return [
        Job({"model": model, "variant": name}, setting.config(model).with_settings(**CHANGES[FEATURES], **change))
        for model in readers
        for name, change in VARIANTS.items()
    ]


ASKS = "With features in the embeddings, do modalities bring more than shuffled ones?"
STUDY = Study("-", ASKS, jobs, {"variant": "true"})
