"""The columns of the paper's Table 1, and how much of each modality is there."""

from __future__ import annotations

from typing import Any

from mmsr_lite.data.dataset import Dataset


def statistics(dataset: Dataset) -> dict[str, Any]:
    """Counts, average length and sparsity (percent of user-item pairs without interaction); share present (percent).

    >>> import numpy as np
    >>> statistics(Dataset("d", np.array([0, 0]), np.array([1, 2]), np.arange(2), ("u",), tuple("-ab"), tuple("-ab")))
    {'users': 1, 'items': 2, 'interactions': 2, 'average length': 2.0, 'sparsity': 0.0, 'present': {}}
    """
    users, items, interactions = dataset.num_users, dataset.num_items, len(dataset.item)
    return {
        "users": users,
        "items": items,
        "interactions": interactions,
        "average length": interactions / users,
        "sparsity": 100 * (1 - interactions / (users * items)),
        "present": {modality.name: 100 * float(modality.present[1:].mean()) for modality in dataset.modalities},
    }
