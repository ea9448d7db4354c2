"""Equations 3 to 6, written out channel by channel."""

import pytest
import torch
from torch import nn

from mmsr_lite.errors import MMSRError
from mmsr_lite.models.early_late_fusion import FusedSequences
from mmsr_lite.models.sasrec import SASRecConfig

HISTORY = torch.tensor([[3, 1, 2], [5, 0, 0]])


class Walk(nn.Module):
    """A sequence model: a map of its own, then a running sum."""

    def __init__(self, config):
        super().__init__()
        self.map = nn.Linear(config.dim, config.dim)

    def forward(self, x, history):
        return self.map(x).cumsum(1)


class Walker(FusedSequences):
    label, sequence = "walk", Walk


def made(books, fusion, modalities=2):
    """The model and the channels that it reads."""
    model = Walker(SASRecConfig(dim=8, fusion=fusion), 12, books(modalities))
    channels = [model.items(HISTORY)]
    return model, channels if model.fusion == "none" else [*channels, *model.modalities(HISTORY)[0].unbind(2)]


def last(states):
    return torch.stack([states[0, 2], states[1, 0]])


def test_early_fusion_merges_the_channels_of_each_item_and_then_walks(books):
    model, channels = made(books, "early")
    (walk,) = model.sequences
    wanted = last(walk(torch.tanh(model.merge(torch.cat(channels, 2))), HISTORY))
    assert torch.allclose(model.user_state(HISTORY), wanted, atol=1e-6)


def test_late_fusion_walks_each_channel_with_a_model_of_its_own_and_then_merges(books):
    model, channels = made(books, "late")
    ends = [last(walk(x, HISTORY)) for walk, x in zip(model.sequences, channels, strict=True)]
    assert torch.allclose(model.user_state(HISTORY), torch.tanh(model.merge(torch.cat(ends, 1))), atol=1e-6)


@pytest.mark.parametrize(("fusion", "modalities"), [("none", 2), ("early", 0), ("late", 0)])
def test_without_modalities_or_without_fusion_items_walk_alone(books, fusion, modalities):
    model, (items,) = made(books, fusion, modalities)
    assert torch.equal(model.user_state(HISTORY), last(model.sequences[0](items, HISTORY)))
    assert [name for name, _ in model.named_children()] == ["items", "sequences"]


def test_an_unknown_order_is_told():
    with pytest.raises(MMSRError, match="unknown fusion 'both'; choose from: early, late, none"):
        SASRecConfig(fusion="both")
