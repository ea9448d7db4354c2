"""Choices that the paper leaves open, each made the other way round, one at a time.

`docs/open-choices.md` lists all such choices with reasons. The studies `released`, `ablation` (Table 4) and `codebook`
(its sizes) have some of them; the others are here.
"""

from mmsr_lite.experiments.study import Study, variants_of_mmsr
from mmsr_lite.values import Settings

OURS = "as chosen"
VARIANTS: dict[str, Settings] = {
    OURS: {},
    "LeakyReLU slope 0.1": {"slope": 0.1},
    "LeakyReLU slope 0.2": {"slope": 0.2},
    "equation 13 not scaled": {"scale": False},
    "no residual connection": {"residual": False},
    "a trained linear autoencoder": {"reduction": "autoencoder"},
    "global attention": {"global_attention": True},
}

ASKS = "What would the other ways to read the paper cost?"
STUDY = Study("-", ASKS, variants_of_mmsr(VARIANTS), {"variant": OURS})
