"""A loss that does not push down the scores of items that the user has already taken (no part of the paper).

Where own items are masked in the ranking, they do not compete with the target; this loss leaves them out in training
too.
"""

from typing import Any

import torch
from torch import Tensor

from mmsr_lite.config import setting


def mask_own_setting() -> Any:
    """The setting `mask_own`, which the configs of all models that learn have.

    Returns:
        A field for a config.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class ToyConfig:
        ...     mask_own: bool = mask_own_setting()
        >>> ToyConfig().mask_own
        False
    """
    return setting(False, "not in the paper: the loss leaves out the items of the history", in_id=False)


def masked_cross_entropy(
    state: Tensor, table: Tensor, history: Tensor, target: Tensor, *, smoothing: float = 0.0
) -> Tensor:
    """Mean cross-entropy of the targets among all items that are not in their own history.

    All B x V scores are in memory at once. Of a history that is longer than the model reads, only the items that the
    model reads are left out.

    Args:
        state: (B, D) user states.
        table: (V+1, D) item vectors; item 0 is padding and no candidate.
        history: (B, L) items, 0 for padding.
        target: (B,) items; a target that is in its own history stays a candidate.
        smoothing: label smoothing: this share of the aim is spread evenly over the candidates; default 0.

    Returns:
        The loss, a scalar.

    Example:
        >>> state, table = torch.ones(1, 1), torch.tensor([[0.0], [5.0], [1.0], [1.0]])
        >>> masked_cross_entropy(state, table, torch.tensor([[1, 0]]), torch.tensor([2])).item()    # 2 and 3 are left
        0.6931471824645996
    """
    scores = (state @ table.T).float()  # (B, V+1)
    out = torch.zeros_like(scores, dtype=torch.bool).scatter(1, history, True)
    out = out.scatter(1, target[:, None], False)
    out[:, 0] = True
    log = scores.masked_fill(out, -torch.inf).log_softmax(1)
    own = -log.gather(1, target[:, None])[:, 0]  # (B,)
    if not smoothing:
        return own.mean()
    spread = -log.masked_fill(out, 0).sum(1) / (~out).sum(1)
    return ((1 - smoothing) * own + smoothing * spread).mean()
