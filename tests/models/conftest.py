"""A user-item graph small enough to write down as a matrix."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.split import Examples


@pytest.fixture(scope="session")
def small_graph():
    """The training part of users 5 and 6 over items 0 to 4, and who hears whom (8, 8); node 7 is the history 4, 3."""
    examples = Examples(np.array([1, 2, 3, 2, 4]), np.array([0, 0, 3]), np.array([1, 2, 4]), np.array([0, 0, 1]))
    near = torch.zeros(8, 8, dtype=torch.float64)
    for user, items in {5: (1, 2, 3), 6: (2, 4), 7: (4, 3)}.items():
        near[user, list(items)] = 1
    near[:5] = near[:, :5].T * torch.tensor([1, 1, 1, 1, 1, 1, 1, 0])  # the history is not heard
    return examples, near
