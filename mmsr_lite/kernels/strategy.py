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
    """Whether kernels can read a tensor; a model may be moved to the CPU after its training.

    Args:
        tensor: any tensor.

    Returns:
        Whether it is on a CUDA device.

    Example:
        >>> on_gpu(torch.ones(2))
        False
    """
    return tensor.is_cuda


class KernelStrategy(Strategy):
    """Computes by kernels what has kernels, and everything else the plain way.

    Example:
        >>> embedding = nn.Embedding(17, 2)
        >>> KernelStrategy().adopt(embedding)
        >>> embedding.weight.untyped_storage().nbytes() // (2 * 4)  # rows: room for a multiple of 16
        32
    """

    name = "kernels"

    def adopt(self, model: nn.Module) -> None:
        """Give the embeddings of a model the memory behind them with which products are fastest.

        Args:
            model: the model; its values do not change.
        """
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
        """The mean loss of `target` (B,) after `history` (B, L); a loss that `loss_computed_by` has set is used."""
        if not on_gpu(history):
            return super().loss(model, history, target)
        if served(model, history):
            return fused_loss(model, history, target)
        with loss_computed_by(other_loss() or fused_cross_entropy):
            return super().loss(model, history, target)

    def update(self, optimiser: torch.optim.AdamW, clip: float) -> None:
        """Clip the gradients and update the weights; by kernels where the learning rate is on the GPU."""
        rate = optimiser.param_groups[0]["lr"]
        if isinstance(rate, Tensor) and on_gpu(rate):
            clipped_step(optimiser, clip)
        else:
            super().update(optimiser, clip)
