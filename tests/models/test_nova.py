"""NOVA is not invasive: what is summed never sees a position or a modality."""

import torch

from mmsr_lite.models.nova import NOVA
from mmsr_lite.nn.probe import listen

HISTORY = torch.tensor([[1, 4, 2], [3, 0, 0]])


def other_sides(model: NOVA) -> None:
    with torch.no_grad():
        for table in [model.positions.weight, *(reader.table.weight for reader in model.modalities.readers)]:
            table.copy_(torch.randn_like(table))


def test_side_information_changes_the_attention_and_nothing_else(books):
    model = NOVA(NOVA.Config(dim=8), 12, books(2)).eval()
    names = [f"blocks.{number}.attention.probes.weights" for number in (0, 1)]
    with listen(model) as seen:
        before = model.user_state(HISTORY)
    attention = {name: seen[name] for name in names}
    other_sides(model)
    assert not torch.allclose(model.user_state(HISTORY), before, atol=1e-3)
    with listen(model, {name: lambda _, kept=kept: kept for name, kept in attention.items()}):
        assert torch.equal(model.user_state(HISTORY), before)


def test_nobody_sees_padding_and_channels_are_gated_of_which_a_missing_modality_has_no_share(books):
    model = NOVA(NOVA.Config(dim=8), 12, books(2)).eval()
    with listen(model) as seen:
        model.user_state(HISTORY)
    weights = seen["blocks.0.attention.probes.weights"]  # (B, H, L+1, L+1), the mask behind the last item
    assert (weights[1, :, :, 2:] == 0).all() and (weights[1, :, :, :2] > 0).all() and (weights[0] > 0).all()
    gate, present = seen["probes.0"], model.modalities.present[HISTORY]  # (B, L+1, 2+M)
    assert torch.allclose(gate.sum(-1), torch.ones(2, 4)) and not present.all()
    assert torch.equal(gate[:, :3, 2:] > 0, present) and (gate[:, 3, 2:] == 0).all()
