"""The paper's studies and some of our own, one in each file; `STUDIES` lists them, `run_studies` carries them out."""

from mmsr_lite.experiments import (
    ablation,
    aggregators,
    codebook,
    comparison,
    controls,
    departures,
    feature_controls,
    fusion_order,
    gates,
    missing,
    open_choices,
    released,
)

STUDIES = {
    "comparison": comparison.STUDY,
    "aggregators": aggregators.STUDY,
    "ablation": ablation.STUDY,
    "fusion_order": fusion_order.STUDY,
    "missing": missing.STUDY,
    "codebook": codebook.STUDY,
    "released": released.STUDY,
    "controls": controls.STUDY,
    "feature_controls": feature_controls.STUDY,
    "gates": gates.STUDY,
    "departures": departures.STUDY,
    "open_choices": open_choices.STUDY,
}
