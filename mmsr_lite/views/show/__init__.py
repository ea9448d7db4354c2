"""One-liners: `show.msgraph(record)` in a cell shows the picture, `.save_html(path)` keeps it.

Each figure is a function in the file of what it shows: one history, a data set, models, a training, studies.
"""

import warnings
from typing import Any

from mmsr_lite.views.show.of_data import codebook, fusion, leaks
from mmsr_lite.views.show.of_models import compare, fidelity, inspector
from mmsr_lite.views.show.of_one_history import (
    attention,
    explorer,
    flow,
    gates,
    msgraph,
    ranking,
    side_by_side,
    stability,
    step,
    what_if,
)
from mmsr_lite.views.show.of_studies import curves, differences, fusion_orders, slopes, study
from mmsr_lite.views.show.of_training import training, training_monitor
from mmsr_lite.views.show.tools import colour, glossary, interact

RENAMED = {"play": "interact", "cockpit": "training_monitor"}  # names until version 0.1 -> names now

__all__ = [
    "attention",
    "codebook",
    "colour",
    "compare",
    "curves",
    "differences",
    "explorer",
    "fidelity",
    "flow",
    "fusion",
    "fusion_orders",
    "gates",
    "glossary",
    "inspector",
    "interact",
    "leaks",
    "msgraph",
    "ranking",
    "side_by_side",
    "slopes",
    "stability",
    "step",
    "study",
    "training",
    "training_monitor",
    "what_if",
]


def __getattr__(name: str) -> Any:
    """Return the function that has taken the place of an old name."""
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"show.{name} is now called show.{RENAMED[name]}", DeprecationWarning, stacklevel=2)
    return globals()[RENAMED[name]]
