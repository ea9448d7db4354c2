"""What is no part of the paper, one change at a time, each with trials of its own.

A change that fits a rival is offered to it as well: what helps MMSR may help SASRec more.
"""

from typing import Any

from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.models import MODELS

OFFERED = {  # model -> the changes that it has a setting for
    "mmsr": ("features in the embeddings", "features at the start", "cosine", "own items left out in training"),
    "sasrec": ("features in the embeddings", "cosine", "own items left out in training"),
    "gru4rec": ("features in the embeddings", "cosine", "own items left out in training"),
}
CHANGES: dict[str, dict[str, Any]] = {
    "features in the embeddings": {"item_features": True},
    "features at the start": {"feature_start": 0.5},
    "cosine": {"cosine": 20.0},
    "own items left out in training": {"mask_own": True},
}
ASKS = "Does what the paper does not have help MMSR, and does it help others as much?"


def jobs(setting: Setting) -> list[Job]:
    """Each model as it is, and with each change, every one tuned by itself.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.
    """
    chosen: list[Job] = []
    for model in [name for name in OFFERED if name in MODELS]:
        chosen.append(Job({"model": model}, setting.config(model)))
        for name in OFFERED[model]:
            config = setting.config(model).with_settings(**CHANGES[name])
            chosen.append(Job({"model": model, "variant": name}, config))
    return chosen


STUDY = Study("-", ASKS, jobs, {"variant": ""})
