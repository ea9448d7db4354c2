"""A probe changes nothing, is heard by its dotted name, and forgets its hooks."""

import pytest
import torch
from torch import nn

from mmsr_lite.nn.probe import Probe, Seen, listen


class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.before, self.after = Probe(), nn.Sequential(Probe())

    def forward(self, value):
        return self.after(2 * self.before(value))


def test_listening_sees_every_probe_and_a_replacement_is_what_follows_while_it_lasts():
    model = Twice()
    with listen(model) as seen:
        assert model(3) == 6 and seen == {"before": 3, "after.0": 6}
    with listen(model, {"before": lambda value: value + 1}) as seen:
        assert model(3) == 8 and seen == {"before": 4, "after.0": 8}
    assert model(3) == 6 and seen == {"before": 4, "after.0": 8}  # no hook is left, not even after an error
    with pytest.raises(KeyError), listen(model, {"before": lambda value: 0}):
        raise KeyError
    assert model(3) == 6 and not any(module._forward_hooks for module in model.modules())


def test_what_was_seen_shows_names_and_shapes_and_not_all_numbers():
    seen = Seen({f"layers.{layer}.beta": torch.zeros(2, 5, 2) for layer in range(6)})
    assert len(repr(seen)) < 200
    assert repr(seen).startswith("Seen(6 probes: layers.0.beta (2, 5, 2), ") and repr(seen).endswith("and 2 more)")
