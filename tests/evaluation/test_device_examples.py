"""Batches on a device hold the histories, targets and steps of their examples, with nothing in the padding."""

import numpy as np
import pytest
import torch

from mmsr_lite.data.split import Examples
from mmsr_lite.evaluation.device_examples import WIDTHS, DeviceExamples, width_for

CPU, GPU = torch.device("cpu"), torch.device("cuda")
SOME = Examples(
    items=np.array([7, 8, 9, 6, 5]),
    start=np.array([0, 0, 3, 0]),
    end=np.array([1, 2, 4, 3]),
    user=np.array([0, 0, 1, 0]),
    max_history=2,
    times=np.array([10, 10, 20, 30, 40]),
)


def test_a_batch_has_the_last_items_before_each_target_and_their_steps_from_zero_and_padding_has_neither():
    history, target = DeviceExamples(SOME, CPU, steps=True)(torch.tensor([3, 0, 2, 1]), width=3)
    assert history[..., 0].tolist() == [[8, 9, 0], [7, 0, 0], [6, 0, 0], [7, 8, 0]] and target.tolist() == [6, 8, 5, 9]
    assert history[..., 1].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]]  # 7 and 8 are of one time


def test_without_steps_a_history_is_items_alone():
    history, _ = DeviceExamples(SOME, CPU)(torch.tensor([1]), width=2)
    assert history.tolist() == [[7, 8]]


@pytest.mark.parametrize("longest", [*range(1, 51), 51, 99, 100, 101])
def test_on_a_gpu_a_width_is_the_next_of_a_few_and_on_a_cpu_the_longest_history_itself(longest):
    few = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 25, 32, 40, *range(50, 200, 50)]
    assert width_for(longest, GPU) == min(width for width in few if width >= longest)
    assert width_for(longest, CPU) == longest and WIDTHS.max() == 50
