"""How a device computes what training and ranking need; the plain way is the one that the models define themselves.

A faster way is a leaf: it subclasses `Strategy`, is listed in ACCELERATORS, and gives the same results except for
rounding.
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
    """The plain way to compute batches, scores, losses and steps; a leaf may offer another one.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([1.0]))
        >>> weight.grad = torch.tensor([2.0])
        >>> Strategy().update(torch.optim.AdamW([weight], 0.1, weight_decay=0.0, fused=True), clip=1.0)
        >>> round(weight.item(), 3)  # the first step of AdamW is as long as the learning rate
        0.9
    """

    name = "plain"

    def batch(self, examples: DeviceExamples, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """The histories and targets of some examples.

        Args:
            examples: the examples, on the device.
            rows: (B,) indexes of examples.
            width: L, the width of the histories.

        Returns:
            Histories (B, L) and targets (B,).
        """
        return examples(rows, width)

    def scores(self, model: Recommender, history: Tensor) -> Tensor:
        """The scores of all items; item 0 has -inf.

        Args:
            model: a recommender that learns.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, V+1) scores.
        """
        return model.scores(history)

    def loss(self, model: Recommender, history: Tensor, target: Tensor) -> Tensor:
        """The mean loss of the next items.

        Args:
            model: a recommender that learns.
            history: (B, L) items, padded on the right with 0.
            target: (B,) the items that came next.

        Returns:
            The loss, a scalar.
        """
        return model.loss(history, target)

    def update(self, optimiser: torch.optim.AdamW, clip: float) -> None:
        """One step of AdamW; gradients whose common norm is above `clip` are scaled down to it.

        Args:
            optimiser: AdamW, whose weights have gradients.
            clip: the largest norm of all gradients together.
        """
        gradients = [weight.grad for weight in optimiser.param_groups[0]["params"] if weight.grad is not None]
        norm = torch.stack(torch._foreach_norm(gradients)).norm()
        optimiser.grad_scale = (norm / clip).clamp_min(1)  # torch's fused AdamW divides the gradients by this
        optimiser.step()


PLAIN = Strategy()
_CHOSEN: WeakKeyDictionary[nn.Module, Strategy] = WeakKeyDictionary()


def strategy_of(model: nn.Module) -> Strategy:
    """The strategy that was chosen for a model; the plain one where none was chosen.

    Args:
        model: any module.

    Returns:
        The strategy.

    Example:
        >>> strategy_of(nn.Linear(1, 1)).name
        'plain'
    """
    return _CHOSEN.get(model, PLAIN)


def choose_strategy(model: nn.Module, strategy: Strategy) -> None:
    """From now on, train and rank a model by a strategy.

    Args:
        model: any module.
        strategy: the strategy.

    Example:
        >>> model = nn.Linear(1, 1)
        >>> choose_strategy(model, strategy_of(model))
        >>> strategy_of(model).name
        'plain'
    """
    _CHOSEN[model] = strategy


def accelerator(device: torch.device) -> ModuleType | None:
    """The first module of ACCELERATORS that works on a device.

    Args:
        device: the device of a training.

    Returns:
        The module; None where none works there.

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
