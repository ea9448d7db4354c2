"""Equations 3 to 6, written out channel by channel."""

import pytest
import torch
from torch import nn

from mmsr_lite.errors import MMSRError
from mmsr_lite.nn.fusion_order import FusedChannels

HISTORY = torch.tensor([[3, 1, 2], [5, 0, 0]])


class Walk(nn.Module):
    """A sequence model: a map of its own, then a running sum."""

    def __init__(self):
        super().__init__()
        self.map = nn.Linear(8, 8)

    def forward(self, x, history):
        return self.map(x).cumsum(1)


def channels_of(model):
    return [model.items(HISTORY), *model.modalities(HISTORY)[0].unbind(2)]


def test_early_fusion_merges_the_channels_of_each_item_and_then_walks(books):
    model = FusedChannels(Walk, 12, books(2), 8, "early", "codes")
    fused = torch.tanh(model.merge(torch.cat(channels_of(model), 2)))
    states = model.sequences[0](fused, HISTORY)
    assert len(model.sequences) == 1
    assert torch.allclose(model(HISTORY), torch.stack([states[0, 2], states[1, 0]]), atol=1e-6)


def test_late_fusion_walks_each_channel_with_a_model_of_its_own_and_then_merges(books):
    model = FusedChannels(Walk, 12, books(2), 8, "late", "codes")
    ends = [walk(x, HISTORY) for walk, x in zip(model.sequences, channels_of(model), strict=True)]
    ends = [torch.stack([states[0, 2], states[1, 0]]) for states in ends]
    assert torch.allclose(model(HISTORY), torch.tanh(model.merge(torch.cat(ends, 1))), atol=1e-6)


@pytest.mark.parametrize("fusion", ["none", "early", "late"])
def test_without_modalities_or_without_fusion_items_walk_alone(books, fusion):
    model = FusedChannels(Walk, 12, books(0 if fusion != "none" else 2), 8, fusion, "codes")
    states = model.sequences[0](model.items(HISTORY), HISTORY)
    assert torch.equal(model(HISTORY), torch.stack([states[0, 2], states[1, 0]]))
    assert [name for name, _ in model.named_children()] == ["items", "sequences"]


def test_an_unknown_order_is_told(books):
    with pytest.raises(MMSRError, match="unknown fusion 'both'; choose from: early, late, none"):
        FusedChannels(Walk, 12, books(1), 8, "both", "codes")
