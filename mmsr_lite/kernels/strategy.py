"""The kernels as a `Strategy`: batches, scores, losses and AdamW steps on a GPU."""

import torch
from torch import Tensor, nn

from mmsr_lite.evaluation.device_examples import DeviceExamples
from mmsr_lite.evaluation.strategy import Strategy
from mmsr_lite.kernels.adam import clipped_step
from mmsr_lite.kernels.gather import gather
from mmsr_lite.kernels.loss import with_room
from mmsr_lite.kernels.mmsr import fused_cross_entropy, fused_loss, fused_state, served
from mmsr_lite.models.base import Recommender, dot_scores
from mmsr_lite.nn.softmax import loss_computed_by, other_loss


def on_gpu(tensor: Tensor) -> bool:
    """Whether kernels can read this tensor; a model may be moved to the CPU after its training."""
    return tensor.is_cuda


class KernelStrategy(Strategy):
    """Computes by kernels what they are made for, and the rest the plain way."""

    name = "kernels"

    def adopt(self, model: nn.Module) -> None:
        """Give the embeddings of `model` the room behind them with which products of them are fastest."""
        for part in model.modules():
            if isinstance(part, nn.Embedding):
                part.weight.data = with_room(part.weight.data)

    def batch(self, examples: DeviceExamples, rows: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Histories (B, width) and targets (B,) of the examples `rows` (B,)."""
        if on_gpu(rows) and len(rows) and width and examples.steps is None:
            return gather(examples.items, examples.end, examples.lengths, rows, width)
        return super().batch(examples, rows, width)

    def scores(self, model: Recommender, history: Tensor) -> Tensor:
        """Scores of all items (B, V+1) after `history` (B, L)."""
        if on_gpu(history) and served(model, history):
            return dot_scores(fused_state(model, history), model.item_table())
        return super().scores(model, history)

    def loss(self, model: Recommender, history: Tensor, target: Tensor) -> Tensor:
        """The mean loss of `target` (B,) after `history` (B, L); a loss that a block asks for stays as it is."""
        if not on_gpu(history):
            return super().loss(model, history, target)
        if served(model, history):
            return fused_loss(model, history, target)
        with loss_computed_by(other_loss() or fused_cross_entropy):
            return super().loss(model, history, target)

    def update(self, optimiser: torch.optim.AdamW, clip: float) -> None:
        """Clip and step; by kernels where the learning rate lies on the GPU."""
        rate = optimiser.param_groups[0]["lr"]
        if isinstance(rate, Tensor) and on_gpu(rate):
            clipped_step(optimiser, clip)
        else:
            super().update(optimiser, clip)
