"""A small run of the tiny folder, which every test of training may ask for."""

import pytest

from mmsr_lite.training.run_config import RunConfig


@pytest.fixture
def config(tiny_folder) -> RunConfig:
    """Two epochs of an MMSR of width 8 on six items with titles."""
    run = RunConfig(str(tiny_folder), ("title",), min_count=2)
    return run.with_settings(dim=8, codes=3, codes_per_item=1, epochs=2, batch=4, lr=0.01, device="cpu")
