"""What the paper leaves open and we had to choose, the other way round, one choice at a time.

`docs/open-choices.md` lists all such choices with reasons. Those of the released code are in `released`, those of
Table 4 in `ablation`, the codebook's sizes in `codebook`; here are the rest.
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
