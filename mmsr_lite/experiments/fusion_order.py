"""Early and late fusion where the order of items, or what belongs to an item, is destroyed (paper, Figure 1).

Three things are destroyed, each by itself:

- *disordered*: the items of every history in another order, their modalities with them;
- *displaced*: the paper's "mismatched", "maintaining the sequence while randomly displacing certain modalities": items
  stay where they are, and positions of a history trade their modalities, at a rate, of one modality or of all, at test
  only or at training too;
- *shuffled codes*, in tables and settings "mismatched": items of the catalogue trade their modalities for good. This
  control is not in the paper: an item always has the same modalities, but they say nothing about it.
"""

from mmsr_lite.data.corruption import DISORDERED, DISPLACED
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import BOTH, TEST, UNDISTURBED, Job, Labels, Reading, Study, damages
from mmsr_lite.models import MODELS

BASES = ("gru4rec", "sasrec")  # as far as `MODELS` has them
FUSIONS = ("early", "late", "none")
AS = {("gru4rec", "late"): "gru4rec-f", ("sasrec", "early"): "sasrec-f"}  # what Table 2 calls them
RATES = (0.5, 1.0)  # of the positions of each history


def jobs(setting: Setting) -> list[Job]:
    """One job for each model, fusion and damage, tuned without damage; without modalities only the order is destroyed.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> terms = Setting.of(world)
        >>> without = [job for job in jobs(terms) if job.labels["variant"] == "none"]  # these read only the order
        >>> {str(job.labels.get("corruption", "")) for job in without} == {"", DISORDERED}
        True
    """
    chosen: list[Job] = []
    for model in [base for base in BASES if base in MODELS]:
        for fusion in FUSIONS:
            name = AS.get((model, fusion), model)
            settings = {"fusion": fusion} if name == model else {}
            undamaged = setting.config(name, **settings)
            labels: Labels = {"model": model, "variant": fusion}
            if fusion == "none":  # it reads no modality, so only the order can be destroyed
                chosen.append(Job(labels, undamaged))
                disordered = undamaged.with_settings(corruption=DISORDERED)
                chosen.append(Job(labels | {"corruption": DISORDERED}, disordered, like=undamaged))
                continue
            displacements = damages(setting, DISPLACED, RATES)
            at_test = (
                Reading(damage.labels | {"at": TEST}, damage.rate, damage.modality, displaced=True)
                for damage in displacements
            )
            chosen.append(Job(labels, undamaged, readings=(Reading(beside="fusion_order"), *at_test)))
            for kind in (DISORDERED, "mismatched"):
                damaged = undamaged.with_settings(corruption=kind)
                chosen.append(Job(labels | {"corruption": kind}, damaged, like=undamaged))
            for damage in displacements:
                damaged = undamaged.with_settings(corruption=DISPLACED, corrupted=damage.modality, rate=damage.rate)
                chosen.append(Job(labels | damage.labels | {"at": BOTH}, damaged, like=undamaged))
    return chosen


ASKS = "Does disorder hurt late fusion more, and a mismatch early fusion?"
STUDY = Study("Figure 1", ASKS, jobs, UNDISTURBED, lambda row: row["at"] == TEST)
