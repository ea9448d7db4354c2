"""Does beta name the planted cause? The test of faithfulness for worlds whose causes are known."""

import numpy as np
from sklearn.metrics import roc_auc_score

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.data.split import Examples
from mmsr_lite.explain.compare import bootstrap
from mmsr_lite.explain.faithfulness_scores import interval_in_words
from mmsr_lite.explain.gates import gates
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.records.evidence import FaithfulnessTest

ORDERS = {"cycle": "hohe", "match": "heho", "pick": "heho", "clocks": "hohe"}  # a cause -> the order that sees it


def planted_test(model: MMSR, dataset: Dataset, examples: Examples) -> FaithfulnessTest | None:
    """How often beta of the last item, in the last layer, prefers the order of fusion that sees the cause.

    Args:
        model: an MMSR with gates.
        dataset: the data set; a made-up world knows the cause of each interaction.
        examples: examples; those whose target has such a cause are tested.

    Returns:
        The numbers of the test; None where no target has a known cause.

    Example:
        >>> from mmsr_lite.data.split import split
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> ids = ("", "a", "b")
        >>> data = Dataset("d", np.zeros(4, int), np.array([1, 2, 1, 2]), np.arange(4), ("u",), ids, ids)
        >>> planted_test(MMSR(MMSRConfig(dim=8), 2), data, split(data).test) is None  # these data know no causes
        True
    """
    if not {"causes", "cause"} <= dataset.facts.keys():
        return None
    cause_of = np.array(dataset.facts["causes"])[dataset.facts["cause"]]  # (I,) name of each interaction's cause
    steps = examples.select(np.isin(cause_of[examples.end], list(ORDERS)))
    if not len(steps):
        return None
    steps = steps.select(np.argsort(steps.lengths, kind="stable"))  # in the order of the rows of `gates`
    table = gates(model, dataset, steps)
    is_last_layer = table["layer"] == len(model.layers) - 1
    is_last_item = (table["type"] == model.node_types[0]) & (table["position"] == 1)
    late = table["late"][is_last_layer & is_last_item].to_numpy()  # (S,)
    cause = cause_of[steps.end]  # (S,)
    prefers_hohe = late > 0.5
    needs_hohe = np.array([ORDERS[name] == "hohe" for name in cause])
    is_right = (prefers_hohe == needs_hohe).astype(float)
    share, interval = bootstrap(is_right)
    chance = float(prefers_hohe.mean() * needs_hohe.mean() + (1 - prefers_hohe.mean()) * (1 - needs_hohe.mean()))
    sentence = (
        f"Beta names the planted cause in {100 * share:.1f} % of {len(cause):,} steps "
        f"({interval_in_words(interval, 100)}), chance in {100 * chance:.1f} %"
    )
    auc = None
    if needs_hohe.any() and not needs_hohe.all():  # a ROC curve needs steps of both kinds
        auc = float(roc_auc_score(needs_hohe, late))
        sentence += f"; the area under its ROC curve is {auc:.2f}, chance 0.50"
    return {
        "share": share,
        "chance": chance,
        "interval": interval,
        "auc": auc,
        "steps": len(cause),
        "by": {name: float(is_right[cause == name].mean()) for name in ORDERS if name in cause},
        "passed": interval[0] > chance,
        "sentence": f"{sentence}.",
    }
