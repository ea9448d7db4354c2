"""Items that lack a modality (paper, Figure 4), everywhere or at test only, with and without global attention.

At training and test the codes are learned without what is missing; at test only, a model trained on everything meets
histories whose items have lost their codes. A smaller rate loses a part of what a larger one loses.
"""

from typing import Any

from mmsr_lite.experiments.study import BOTH, MIXED, TEST, UNDISTURBED, Job, Reading, Setting, Study
from mmsr_lite.models import MODELS

SYSTEMS: dict[str, dict[str, dict[str, Any]]] = {  # model -> variant -> its settings
    "mmsr": {"": {}, "global attention": {"global_attention": True}},
    "sasrec-f": {"": {}},
    "dif-sr": {"": {}},
}
RATES = (0.1, 0.3, 0.5, 0.7)


def jobs(setting: Setting) -> list[Job]:
    """System x modality x rate; every system is tuned once, on everything."""
    found, names = [], [*setting.names, *([MIXED] if len(setting.names) > 1 else [])]
    for model, variants in SYSTEMS.items():
        if model not in MODELS:
            continue
        for variant, settings in variants.items():
            true, labels = setting.config(model, **settings), {"model": model, "variant": variant}
            cases = [({"corruption": "missing", "modality": n, "rate": r}, r, n) for n in names for r in RATES]
            lost = [(told, rate, None if name == MIXED else name) for told, rate, name in cases]
            at_test = (Reading(told | {"at": TEST}, rate, name) for told, rate, name in lost)
            found.append(Job(labels, true, readings=(Reading(beside="missing"), *at_test)))
            for told, rate, name in lost:
                config = true.with_settings(corruption="missing", corrupted=name, rate=rate)
                found.append(Job(labels | told | {"at": BOTH}, config, like=true))
    return found


ASKS = "How much does each system lose when modalities are missing?"
STUDY = Study("Figure 4", ASKS, jobs, UNDISTURBED, lambda row: row["at"] == TEST)
