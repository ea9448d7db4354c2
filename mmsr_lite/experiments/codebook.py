"""How many codes there are and how many an item gets: C x k (paper, Figure 5), and no codes at all."""

import numpy as np

from mmsr_lite.experiments.study import Job, Setting, Study

SHARES = (1 / 3, 2 / 3, 1, 4 / 3, 5 / 3)  # of the base's C: 10, 20, 30, 40, 50 of 30
CODES_PER_ITEM = (1, 2, 3, 4, 5)


def jobs(setting: Setting) -> list[Job]:
    """Every pair that the features allow, all tuned like the base."""
    true = setting.config()
    most = min(len(np.unique(m.features[m.present], axis=0)) for m in setting.dataset.modalities)
    found = [Job({"model": "mmsr", "variant": "no codes"}, setting.config(modalities=()), like=true)]
    for codes in (round(share * true.codes) for share in SHARES):
        for k in CODES_PER_ITEM:
            if k <= codes <= most:
                config = true.with_settings(codes=codes, codes_per_item=k)
                found.append(Job({"model": "mmsr", "variant": f"C {codes}, k {k}"}, config, like=true))
    return found


STUDY = Study("Figure 5", "Do codes help, and how many?", jobs, {"variant": "no codes"})
