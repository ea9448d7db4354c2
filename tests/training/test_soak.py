"""A long training: its memory stays, and its loss stays a number."""

import numpy as np
import pytest

from benchmarks.soak import MEBIBYTES, soak_a_training


@pytest.mark.slow
def test_a_training_of_many_epochs_keeps_its_memory_and_a_finite_loss():
    history, memory = soak_a_training(20)
    assert len(history.epochs) == 20 and len(memory) == 10
    assert np.isfinite([epoch["loss"] for epoch in history.epochs]).all()
    assert max(memory) - memory[0] < MEBIBYTES
