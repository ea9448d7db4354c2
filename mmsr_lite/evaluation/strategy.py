"""How a device computes what training and ranking need; the plain way is what the models themselves say.

A faster way is a leaf: it subclasses `Strategy`, stands in ACCELERATORS, and gives the same answers but for rounding.
"""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.models.base import Recommender

ACCELERATORS = {"kernels": "mmsr_lite.kernels"}  # name -> module with `available` and `prepare`


class Strategy:
    """The plain way of computing: examples gather, models score, torch's optimiser steps."""

    name = "plain"

    def batch(self, examples: DeviceExamples, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Histories (B, width) and targets (B,) of the examples `rows` (B,)."""
        return examples(rows, width)

    def scores(self, model: Recommender, history: Tensor) -> Tensor:
        """Scores of all items (B, V+1) after `history` (B, L); item 0 has -inf."""
        return model.scores(history)

    def loss(self, model: Recommender, history: Tensor, target: Tensor) -> Tensor:
        """The mean loss of the next items `target` (B,) after `history` (B, L)."""
        return model.loss(history, target)

    def update(self, optimiser: torch.optim.AdamW, clip: float) -> None:
        """Take one step of AdamW; where the norm of all gradients exceeds `clip`, they are scaled down to it."""
        gradients = [weight.grad for weight in optimiser.param_groups[0]["params"] if weight.grad is not None]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        optimiser.grad_scale = (norm / clip).clamp_min(1)  # torch's fused AdamW divides the gradients by this
        optimiser.step()


PLAIN = Strategy()
_CHOSEN: WeakKeyDictionary[nn.Module, Strategy] = WeakKeyDictionary()


def strategy_of(model: nn.Module) -> Strategy:
    """The strategy chosen for `model`, the plain one where none was chosen.

    Example:
        >>> strategy_of(nn.Linear(1, 1)).name
        'plain'
    """
    return _CHOSEN.get(model, PLAIN)


def choose_strategy(model: nn.Module, strategy: Strategy) -> None:
    """From now on `model` is trained and ranked by `strategy`."""
    _CHOSEN[model] = strategy


def accelerator(device: torch.device) -> ModuleType | None:
    """The first module of ACCELERATORS that works on `device`, None where there is none.

    Example:
        >>> accelerator(torch.device("cpu")) is None
        True
    """
    if device.type == "cpu":
        return None
    for module in ACCELERATORS.values():
        if find_spec(module) is not None and import_module(module).available(device):
            return import_module(module)
    return None
