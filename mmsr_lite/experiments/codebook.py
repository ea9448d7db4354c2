"""How many codes there are and how many an item gets: C x k (paper, Figure 5).

Two more rows have no codes. "no codes" is the paper's "not using modality codes": each item's own feature is a node of
the graph, shared with no other item. "no modalities" leaves modalities out.
"""

import numpy as np

from mmsr_lite.errors import MMSRError
from mmsr_lite.experiments.setting import Setting
from mmsr_lite.experiments.study import Job, Study

SHARES = (1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)  # of the base's C: 10, 20, 30, 40, 50 of 30
CODES_PER_ITEM = (1, 2, 3, 4, 5)


def jobs(setting: Setting) -> list[Job]:
    """Every pair of C and k that the features allow, and the two rows without codes, all tuned like the base.

    Args:
        setting: the data set and the terms.

    Returns:
        The jobs.

    Raises:
        MMSRError: The terms give the modalities different numbers of codes.

    Example:
        >>> from mmsr_lite.data.sources.wardrobe import WardrobeConfig, load
        >>> world = load("match", config=WardrobeConfig(looks=3, themes=3, items_per_cell=1, users=4), modalities=())
        >>> jobs(Setting.of(world, {"codes": {"picture": 3}}))
        Traceback (most recent call last):
        mmsr_lite.errors.MMSRError: codes is {'picture': 3}; the study of the codebook's size expected one C for all ...
    """
    true = setting.config()
    if not isinstance(true.codes, int):
        raise MMSRError(f"codes is {true.codes}; the study of the codebook's size expected one C for all modalities")
    sizes = [round(share * true.codes) for share in SHARES]
    most = min(len(np.unique(m.features[m.present], axis=0)) for m in setting.dataset.modalities)
    without = {"no codes": setting.config(codes=0), "no modalities": setting.config(modalities=())}
    chosen = [Job({"model": "mmsr", "variant": name}, config, like=true) for name, config in without.items()]
    for codes in sizes:
        for k in CODES_PER_ITEM:
            if k <= codes <= most:
                config = true.with_settings(codes=codes, codes_per_item=k)
                chosen.append(Job({"model": "mmsr", "variant": f"C {codes}, k {k}"}, config, like=true))
    return chosen


STUDY = Study("Figure 5", "Do codes help, and how many?", jobs, {"variant": "no codes"})
