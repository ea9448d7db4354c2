"""Early and late fusion where the order of items, or what belongs to an item, is destroyed (paper, Figure 1).

Three things are destroyed, each for itself:

- *disordered*: the items of every history in another order, their modalities with them;
- *displaced*: the paper's "mismatched", "maintaining the sequence while randomly displacing certain modalities": items
  stay where they are, and positions of a history trade their modalities, at a rate, of one modality or of all, at test
  only or at training too;
- *mismatched*: items trade their modalities across the catalogue, once and for all. It is not in the paper: it is the
  control in which modalities carry no information about their item, and yet are always the same.
"""

from mmsr_lite.data.corruption import DISPLACED
from mmsr_lite.experiments.study import BOTH, MIXED, TEST, UNDISTURBED, Job, Reading, Setting, Study
from mmsr_lite.models import MODELS

BASES = ("gru4rec", "sasrec")  # those of them that there are
FUSIONS = ("early", "late", "none")
AS = {("gru4rec", "late"): "gru4rec-f", ("sasrec", "early"): "sasrec-f"}  # what Table 2 calls them
CORRUPTIONS = ("disordered", "mismatched")
RATES = (0.5, 1.0)  # of the positions of each history


def jobs(setting: Setting) -> list[Job]:
    """Model x fusion x what is destroyed, tuned on what is not; without modalities only the order can be destroyed.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.
    """
    found = []
    for model in [base for base in BASES if base in MODELS]:
        for fusion in FUSIONS:
            name = AS.get((model, fusion), model)
            settings = {} if name != model else {"fusion": fusion}
            true, labels = setting.config(name, **settings), {"model": model, "variant": fusion}
            cases = _displaced(setting) if fusion != "none" else []
            at_test = (Reading(told | {"at": TEST}, rate, one, displaced=True) for told, rate, one in cases)
            beside = "" if fusion == "none" else "fusion_order"
            found.append(Job(labels, true, readings=(Reading(beside=beside), *at_test)))
            for kind in CORRUPTIONS:
                if (fusion, kind) != ("none", "mismatched"):
                    found.append(Job(labels | {"corruption": kind}, true.with_settings(corruption=kind), like=true))
            for told, rate, one in cases:
                config = true.with_settings(corruption=DISPLACED, corrupted=one, rate=rate)
                found.append(Job(labels | told | {"at": BOTH}, config, like=true))
    return found


def _displaced(setting: Setting) -> list[tuple[dict, float, str | None]]:
    """Labels, rate and modality (None: all) of every displacement within histories."""
    names = [*setting.names, *([MIXED] if len(setting.names) > 1 else [])]
    return [
        ({"corruption": DISPLACED, "modality": name, "rate": rate}, rate, None if name == MIXED else name)
        for name in names
        for rate in RATES
    ]


ASKS = "Does disorder hurt late fusion more, and a mismatch early fusion?"
STUDY = Study("Figure 1", ASKS, jobs, UNDISTURBED, lambda row: row["at"] == TEST)
