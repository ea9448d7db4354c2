"""Changes beyond the paper that several studies share; `nn/departures.py` explains each."""

from dataclasses import fields
from typing import Any

from mmsr_lite.models import MODELS

FEATURES = "features in the embeddings"
OWN = "own items left out in training"
CHANGES: dict[str, dict[str, Any]] = {
    FEATURES: {"item_features": True},
    OWN: {"mask_own": True},
    f"{FEATURES}, {OWN}": {"item_features": True, "mask_own": True},
    "cosine": {"cosine": 20.0},
    "features at the start": {"feature_start": 0.5},
}
DAY = "a day as one step"  # --ties together; MMSR alone, because no other model reads steps


def offered(model: str, change: str) -> bool:
    """Whether a model has every setting of a change.

    Args:
        model: name of a model.
        change: one of `CHANGES`.

    Returns:
        True where it has all of them.

    Example:
        >>> offered("sasrec", FEATURES), offered("sr-gnn", FEATURES), offered("sr-gnn", OWN)
        (True, False, True)
    """
    return CHANGES[change].keys() <= {f.name for f in fields(MODELS[model].Config)}
