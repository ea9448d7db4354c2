"""A small world and models with random weights, for all tests of the explainer."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.dataset import Dataset
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.mmsr import MMSR, MMSRConfig


@pytest.fixture(scope="session")
def world() -> Dataset:
    """Eight users of nine of 12 items, the last four of one item; "noise", "cycle" and "match" are planted causes."""
    rng = np.random.default_rng(3)
    item = np.concatenate([rng.integers(1, 13, 72), rng.integers(1, 13, 4)])
    user = np.concatenate([np.repeat(np.arange(8), 9), np.arange(8, 12)])
    names, users = tuple(f"i{item}" for item in range(13)), tuple(f"u{user}" for user in range(12))
    return Dataset("d", user, item, np.arange(76), users, names, names)


@pytest.fixture(scope="session")
def random_model(books):
    """Makes an MMSR whose every weight is drawn; the same settings and seed give the same weights."""

    def made(modalities: int = 2, seed: int = 1, codebooks: tuple[Codebook, ...] | None = None, **settings) -> MMSR:
        torch.manual_seed(seed)
        found = books(modalities) if codebooks is None else codebooks
        model = MMSR(MMSRConfig(**{"dim": 8, "layers": 2} | settings), 12, found)
        for parameter in model.parameters():
            if parameter.requires_grad:
                torch.nn.init.normal_(parameter, std=0.5)
        return model.eval()

    return made
