"""The way of computing is chosen in one place, and without any faster way everything is computed the plain way."""

import gc

import pytest
import torch

from mmsr_lite.evaluation import strategy
from mmsr_lite.evaluation.ranks import ranks
from mmsr_lite.evaluation.strategy import PLAIN, Strategy, accelerator, choose_strategy, strategy_of
from mmsr_lite.models.mmsr import MMSR, MMSRConfig

CUDA = torch.device("cuda")


def test_a_gpu_has_no_accelerator_when_its_module_is_not_there(monkeypatch):
    monkeypatch.setattr(strategy, "ACCELERATORS", {"gone": "mmsr_lite.gone"})
    assert accelerator(CUDA) is None


@pytest.mark.parametrize("there", [True, False])
def test_a_module_that_says_it_is_available_is_the_accelerator(monkeypatch, there):
    monkeypatch.setattr("mmsr_lite.kernels.available", lambda device: there)
    found = accelerator(CUDA)
    assert (found is not None and found.__name__ == "mmsr_lite.kernels") == there


def test_ranks_are_those_of_the_chosen_strategy_and_a_model_forgotten_is_forgotten(books, cycle):
    class Backwards(Strategy):
        def scores(self, model, history):
            return -model.scores(history)

    torch.manual_seed(0)
    model = MMSR(MMSRConfig(dim=8), 12, books(1))
    before = ranks(model, cycle.test)
    choose_strategy(model, Backwards())
    after = ranks(model, cycle.test)  # item 0, never a candidate, now has +inf
    assert (before + after == 12 + 2).all() and before.max() > before.min()
    count = len(strategy._CHOSEN)
    del model
    gc.collect()
    assert len(strategy._CHOSEN) == count - 1 and strategy_of(torch.nn.Linear(1, 1)) is PLAIN


def test_a_step_is_one_of_adamw_after_gradients_that_are_too_long_were_scaled_down():
    start, gradient = torch.randn(2, 5), torch.randn(2, 5) * 10
    ends = []
    for is_ours in (True, False):
        weights = [torch.nn.Parameter(part.clone()) for part in start]
        optimiser = torch.optim.AdamW(weights, lr=0.1, fused=is_ours)
        for weight, part in zip(weights, gradient, strict=True):
            weight.grad = part.clone()
        if is_ours:
            PLAIN.update(optimiser, 1.0)
        else:
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
        ends.append(torch.stack([weight.detach() for weight in weights]))
    assert torch.allclose(*ends, atol=1e-6) and not torch.allclose(ends[0], start)
