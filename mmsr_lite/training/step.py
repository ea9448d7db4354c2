"""One training step: gather a batch, forward, backward, clip, AdamW."""

from contextlib import nullcontext

import torch
from torch import Tensor

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.evaluation.strategy import strategy_of
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.softmax import Negatives, sampled
from mmsr_lite.training.distributed import add_up


class Step:
    """Trains a model on batches, and sums up the losses.

    Args:
        model: the model, on the device of `examples`; it is changed in place.
        examples: the training examples.
        lr: the first learning rate; each step is given its own.
        weight_decay: the weight decay of AdamW.
        clip: the largest norm of all gradients together; larger ones are scaled down to it.
        autocast: the type of matrix products; None: the type of the weights.
        negatives: the number of drawn items from which the loss is estimated; 0: all items are used.

    Example:
        >>> step = Step(model, examples, lr=0.01, weight_decay=0.0, clip=5.0)                      # doctest: +SKIP
        >>> step(torch.tensor([0, 1, 2]), width=50, lr=0.01)                                       # doctest: +SKIP
        >>> step.take_loss() / 3                                                                   # doctest: +SKIP
        4.56
    """

    def __init__(
        self,
        model: Recommender,
        examples: DeviceExamples,
        lr: float,
        weight_decay: float,
        clip: float,
        autocast: torch.dtype | None = None,
        negatives: int = 0,
    ):
        self.model, self.examples, self.clip, self.autocast = model, examples, clip, autocast
        self.device = examples.items.device
        self.nobody = torch.zeros(1, dtype=torch.long, device=self.device)  # in place of an empty share
        self.negatives = None
        if negatives:
            targets = examples.items[examples.end]
            self.negatives = Negatives.of(targets, len(model.item_table()) - 1, negatives)
        self.optimiser = self.make_optimiser(lr, weight_decay)
        self.total = torch.zeros((), device=self.device)

    def make_optimiser(self, lr: float, weight_decay: float) -> torch.optim.AdamW:
        """AdamW over the weights that are learned.

        Args:
            lr: the learning rate.
            weight_decay: the weight decay.

        Returns:
            The optimiser.
        """
        learned = [weight for weight in self.model.parameters() if weight.requires_grad]
        return torch.optim.AdamW(learned, lr=lr, weight_decay=weight_decay, fused=True)

    def __call__(self, rows: Tensor, width: int, lr: float, of: int | None = None) -> None:
        """Train on some examples.

        Args:
            rows: (B,) indexes of the examples; none of their histories is longer than `width`.
            width: L, the width of the padded histories.
            lr: the learning rate of this step.
            of: the number of examples of all processes in this step; None (the default): B.
        """
        self.optimiser.param_groups[0]["lr"] = lr
        self.compute(rows, width, of or len(rows))

    def compute(self, rows: Tensor, width: int, of: int) -> None:
        """The step itself, with the learning rate of the optimiser.

        Args:
            rows: the indexes of the examples of this process.
            width: L, the width of the histories.
            of: the number of examples of all processes.
        """
        self.backward(rows, width, of)
        add_up([weight.grad for weight in self.model.parameters() if weight.grad is not None])
        strategy_of(self.model).update(self.optimiser, self.clip)

    def backward(self, rows: Tensor, width: int, of: int) -> None:
        """Compute the gradients of this process's part of the mean loss, and add the loss to the sum.

        Args:
            rows: the indexes of the examples of this process.
            width: L, the width of the histories.
            of: the number of examples of all processes.
        """
        strategy = strategy_of(self.model)
        history, target = strategy.batch(self.examples, rows if len(rows) else self.nobody, width)
        self.optimiser.zero_grad(set_to_none=True)
        with self._precision(), self._candidates():
            loss = strategy.loss(self.model, history, target)
        if len(rows) != of:
            loss = loss * (len(rows) / of)
        loss.backward()
        self.total.add_(loss.detach(), alpha=of)

    def _precision(self):
        if self.autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type, self.autocast, cache_enabled=False)

    def _candidates(self):
        if self.negatives is None:
            return nullcontext()
        return sampled(self.negatives)

    def take_loss(self) -> float:
        """The sum of the losses of all examples of all processes since the last call; it waits for the device."""
        add_up([self.total])
        total = float(self.total)
        self.total.zero_()
        return total

    def forget(self) -> None:
        """Drop what was prepared for later steps; called when the strategy changes, and at the end."""
