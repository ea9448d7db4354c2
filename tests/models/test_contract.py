"""What every recommender promises, over the whole index and any number of modalities."""

import pytest
import torch

from mmsr_lite.models import MODELS
from mmsr_lite.training.checkpoint import load_weights, save_tensors
from mmsr_lite.training.loop import TrainConfig, train

CASES = [(name, m) for name, kind in MODELS.items() for m in (range(4) if kind.learns else [0])]


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}-{case[1]}")
def make(request, books, cycle):
    """Makes the same kind of model again and again, counted where it counts."""
    name, modalities = request.param

    def made(count: bool = True):
        kind = MODELS[name]
        model = kind(kind.Config(dim=8) if kind.learns else kind.Config(), 12, books(modalities, k=3))
        if count and not kind.learns:
            model.count(cycle.train)
        return model.eval()

    return made


def test_scores_are_finite_but_for_padding_and_repeat_and_ignore_columns_on_the_right(make):
    model, history = make(), torch.tensor([[1, 2, 1, 3], [5, 0, 0, 0]])
    scores = model.scores(history)
    assert scores.shape == (2, 12 + 1) and scores[:, 0].tolist() == [-torch.inf] * 2 and scores[:, 1:].isfinite().all()
    assert torch.equal(model.scores(history), scores)
    wider = torch.nn.functional.pad(history, (0, 3))
    assert torch.allclose(model.scores(wider), scores, atol=1e-6)
    assert torch.allclose(model.scores(history[1:, :1]), scores[1:], atol=1e-6)


def test_what_was_saved_scores_the_same_in_a_new_model(make, tmp_path):
    model, other, history = make(), make(count=False), torch.tensor([[1, 2, 1, 3]])
    if model.learns:
        assert not torch.equal(other.scores(history), model.scores(history))
    save_tensors(tmp_path / "model.safetensors", model.state_dict())
    load_weights(tmp_path / "model.safetensors", other)
    assert torch.equal(other.scores(history), model.scores(history))


def test_a_model_that_learns_falls_along_the_gradient_of_its_loss_and_one_that_counts_is_done_at_once(make, cycle):
    model, history, target = make(), torch.tensor([[1, 2], [3, 0]]), torch.tensor([4, 5])
    if not model.learns:
        assert train(model, cycle, TrainConfig(device="cpu"))["epochs"] == [] and model.mean_beta(history) == {}
        return
    optimiser, before = torch.optim.SGD(model.parameters(), lr=0.1), model.loss(history, target)
    before.backward()
    optimiser.step()
    assert model.user_state(history).shape == (2, 8) and model.loss(history, target) < before
