"""Early and late fusion where the order of items, or what belongs to an item, is destroyed (paper, Figure 1)."""

from mmsr_lite.experiments.study import Job, Setting, Study
from mmsr_lite.models import MODELS

BASES = ("gru4rec", "sasrec")  # those of them that there are
FUSIONS = ("early", "late", "none")
AS = {("gru4rec", "late"): "gru4rec-f", ("sasrec", "early"): "sasrec-f"}  # what Table 2 calls them
CORRUPTIONS = ("", "disordered", "mismatched")


def jobs(setting: Setting) -> list[Job]:
    """Model x fusion x corruption, tuned on what is not corrupted; without modalities nothing can be mismatched."""
    found = []
    for model in [base for base in BASES if base in MODELS]:
        for fusion in FUSIONS:
            name = AS.get((model, fusion), model)
            true = setting.config(name, **{} if name != model else {"fusion": fusion})
            for kind in CORRUPTIONS:
                if (fusion, kind) != ("none", "mismatched"):
                    labels = {"model": model, "variant": fusion, "corruption": kind}
                    found.append(Job(labels, true.with_settings(corruption=kind or None), like=true))
    return found


ASKS = "Does disorder hurt late fusion more, and a mismatch early fusion?"
STUDY = Study("Figure 1", ASKS, jobs, {"corruption": ""})
