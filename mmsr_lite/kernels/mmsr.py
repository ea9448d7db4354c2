"""MMSR computed by kernels: the state of the last item and the loss, for the models that have kernels."""

import torch
from torch import Tensor, nn

from mmsr_lite.kernels.last import last_state, serves
from mmsr_lite.kernels.loss import FusedCrossEntropy
from mmsr_lite.kernels.side_stream import PendingGradient
from mmsr_lite.models.mmsr import MMSR
from mmsr_lite.nn.softmax import CHUNK, linear_cross_entropy, loss_computed_by, other_loss, product_dtype


def served(model: nn.Module, history: Tensor) -> bool:
    """Whether the kernels compute the user state of a model: it is MMSR with one layer and the paper's fusion.

    Args:
        model: any model.
        history: (B, L) items, padded on the right with 0.

    Returns:
        Whether they do.

    Example:
        >>> served(nn.Linear(2, 2), torch.ones(1, 3, dtype=torch.long))  # this is not MMSR
        False
    """
    if not isinstance(model, MMSR) or len(model.layers) > 1 or model.config.global_attention or model.config.together:
        return False
    return serves(model.nodes, model.layers[0], history, tuple(model.codes))


def fused_state(model: MMSR, history: Tensor, pending: PendingGradient | None = None) -> Tensor:
    """As `MMSR.user_state`, by kernels.

    Args:
        model: a model that `served` accepts.
        history: (B, L) items, padded on the right with 0.
        pending: where the loss leaves the gradient of the item table; None (the default): it leaves none.

    Returns:
        (B, D) user states.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> def skip(kernel, *grid): return lambda *arguments, **options: None  # on a GPU it would run
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9).eval()
        >>> with launched_by(skip): state = fused_state(model, torch.tensor([[3, 1, 3], [2, 5, 0]]))
        >>> state.shape
        torch.Size([2, 8])
    """
    rates = (0.0, 0.0)
    if model.training:
        rates = (model.config.input_dropout, model.config.dropout)
    state = last_state(model.nodes, model.layers[0], history, tuple(model.codes), *rates, pending)
    return model.compared(state)


def fused_loss(model: MMSR, history: Tensor, target: Tensor) -> Tensor:
    """As `MMSR.loss`, by kernels.

    Where one table both gives the items their states and scores them, its two gradients are added by the later kernel.

    Args:
        model: a model that `served` accepts.
        history: (B, L) items, padded on the right with 0.
        target: (B,) the next items.

    Returns:
        The mean loss, a scalar.

    Example:
        >>> from mmsr_lite.kernels.launch import launched_by
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> def skip(kernel, *grid): return lambda *arguments, **options: None  # on a GPU it would run
        >>> model = MMSR(MMSRConfig(dim=8), num_items=9)
        >>> with launched_by(skip): loss = fused_loss(model, torch.tensor([[3, 1, 3], [2, 5, 0]]), torch.tensor([4, 6]))
        >>> loss.shape
        torch.Size([])
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
    """As `linear_cross_entropy`, by one kernel; the plain way where the scores are too many to be in memory at once.

    Args:
        state: (B, D) user states.
        table: (V+1, D) item vectors.
        target: (B,) items.
        smoothing: the share of label smoothing.
        pending: where the gradient of the table is left; None (the default): it goes to the table.

    Returns:
        The mean loss, a scalar.

    Example:
        >>> state, table = torch.zeros(1, 2, dtype=torch.float64), torch.ones(5, 2, dtype=torch.float64)
        >>> loss = fused_cross_entropy(state, table, torch.tensor([3]), 0.0)  # float64 is computed the plain way
        >>> round(loss.item(), 4)  # four items of equal score: log(4)
        1.3863
    """
    if state.dtype == table.dtype == torch.float32 and len(state) * len(table) <= CHUNK:
        return FusedCrossEntropy.apply(state, table, target, smoothing, product_dtype(table), pending)
    with loss_computed_by(None):
        return linear_cross_entropy(state, table, target, smoothing=smoothing)
