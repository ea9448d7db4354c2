"""SASRec never looks ahead, and places count from the end."""

import pytest
import torch

from mmsr_lite.models import MODELS
from mmsr_lite.models.sasrec import CausalEncoder, SASRec, SASRecConfig

HISTORY = torch.tensor([[3, 1, 2, 4]])


def test_another_item_changes_no_state_before_it():
    torch.manual_seed(0)
    encoder, x = CausalEncoder(SASRecConfig(dim=8)).eval(), torch.randn(1, 4, 8)
    other = x.clone()
    other[:, 2] = torch.randn(8)
    before, after = encoder(x, HISTORY), encoder(other, HISTORY)
    assert torch.allclose(before[:, :2], after[:, :2], atol=1e-6)
    assert all(not torch.allclose(before[:, t], after[:, t], atol=1e-3) for t in (2, 3))


def test_the_last_item_has_the_first_position_embedding():
    encoder, x = CausalEncoder(SASRecConfig(dim=8, norm_first=False)).eval(), torch.zeros(2, 4, 8)
    encoder.blocks = torch.nn.ModuleList()
    states = encoder(x, torch.tensor([[3, 1, 2, 4], [5, 6, 0, 0]]))
    wanted = encoder.positions.weight[torch.tensor([[3, 2, 1, 0], [1, 0, 0, 0]])] * 8**0.5
    assert torch.allclose(states, wanted)


def test_the_presets_of_table_2_are_late_for_gru4rec_and_early_for_sasrec(books):
    made = [MODELS[name](MODELS[name].Config(dim=8), 12, books(1)) for name in ("gru4rec-f", "sasrec-f")]
    assert [model.label for model in made] == ["GRU4Rec, late fusion", "SASRec, early fusion"]


@pytest.mark.parametrize("name", ["sasrec", "gru4rec"])
def test_features_in_the_embeddings_stand_in_the_history_and_in_the_score(books, name):
    kind, history = MODELS[name], torch.tensor([[1, 2, 3]])
    model = kind(kind.Config(dim=8, item_features=True), 12, books(2)).eval()
    plain = kind(kind.Config(dim=8), 12, books(2)).eval()
    plain.load_state_dict({n: v for n, v in model.state_dict().items() if not n.startswith("content")})
    features = model.content(torch.arange(13))[0].sum(1)
    assert model.reads_modalities and torch.allclose(model.item_table(), plain.item_table() + features)
    with torch.no_grad():
        plain.items.weight += features
    assert torch.allclose(model.scores(history), plain.scores(history), atol=1e-5)


def test_with_cosine_a_score_is_a_scaled_cosine(books):
    model = SASRec(SASRec.Config(dim=8, cosine=20.0), 12, books(0)).eval()
    history = torch.tensor([[1, 2, 3]])
    state = torch.nn.functional.normalize(model._state(history), dim=-1)
    items = torch.nn.functional.normalize(model.items.weight, dim=-1)
    assert torch.allclose(model.scores(history)[:, 1:], (20 * state @ items.T)[:, 1:], atol=1e-5)
