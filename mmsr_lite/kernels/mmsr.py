"""MMSR by kernels: the state of the last item and the loss, where there are kernels for the model."""

import torch
from torch import Tensor, nn

from mmsr_lite.kernels.last import last_state, serves
from mmsr_lite.kernels.loss import FusedCrossEntropy
from mmsr_lite.kernels.side_stream import PendingGradient
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.softmax import CHUNK, linear_cross_entropy, loss_computed_by, other_loss, product_dtype


def served(model: nn.Module, history: Tensor) -> bool:
    """Whether the kernels compute the user state of this model for `history` (B, L): one layer, the paper's fusion."""
    if not isinstance(model, MMSR) or len(model.layers) > 1 or model.config.global_attention or model.config.together:
        return False
    return serves(model.nodes, model.layers[0], history, tuple(model.codes))


def fused_state(model: MMSR, history: Tensor, pending: PendingGradient | None = None) -> Tensor:
    """The user state (B, D) of `MMSR.user_state`; `pending` is where the loss leaves the item table's gradient."""
    rates = (0.0, 0.0)
    if model.training:
        rates = (model.config.input_dropout, model.config.dropout)
    state = last_state(model.nodes, model.layers[0], history, tuple(model.codes), *rates, pending)
    return model.compared(state)


def fused_loss(model: MMSR, history: Tensor, target: Tensor) -> Tensor:
    """The loss of `MMSR.loss`.

    Where one table both looks items up and scores them, its two gradients are added by the kernel that comes last.
    """
    table, smoothing = model.item_table(), model.config.label_smoothing
    if model.config.mask_own:
        return model.ranking_loss(fused_state(model, history), table, history, target)
    if other_loss() is not None or not isinstance(table, nn.Parameter):
        return linear_cross_entropy(fused_state(model, history), table, target, smoothing=smoothing)
    pending = PendingGradient()
    return fused_cross_entropy(fused_state(model, history, pending), table, target, smoothing, pending)


def fused_cross_entropy(
    state: Tensor, table: Tensor, target: Tensor, smoothing: float, pending: PendingGradient | None = None
) -> Tensor:
    """`linear_cross_entropy` by one kernel, or its plain form where the scores are too many to be held at once."""
    if state.dtype == table.dtype == torch.float32 and len(state) * len(table) <= CHUNK:
        return FusedCrossEntropy.apply(state, table, target, smoothing, product_dtype(table), pending)
    with loss_computed_by(None):
        return linear_cross_entropy(state, table, target, smoothing=smoothing)
