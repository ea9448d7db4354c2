"""A rule lifts what it says that it lifts."""

from types import SimpleNamespace

import numpy as np
import torch

from mmsr_lite.data.split import Examples
from mmsr_lite.evaluation.rules import rule_of_popularity_now


def test_the_rule_of_popularity_now_lifts_what_is_taken_at_the_time_of_the_target():
    times, items = np.arange(4000), np.repeat([1, 2, 3, 4], 1000)  # each item is in fashion for a quarter of the time
    fashion = Examples(items, np.arange(4000), np.arange(4000), np.zeros(4000, int), 50, times)
    late = Examples(items, np.array([0, 0]), np.array([2000, 3990]), np.zeros(2, int), 50, times)
    rule = rule_of_popularity_now(fashion, late, 4)
    lifted = rule.apply(torch.zeros(2, 5), SimpleNamespace(rows=np.arange(2)), 1.0)
    assert lifted.argmax(1).tolist() == [2, 4] and (lifted >= 0).all()
