"""What every recommender shares: scores of all items, and one loss (paper, sections 3.1 and 4.4)."""

from __future__ import annotations

from abc import ABC

import torch
from torch import Tensor, nn

from mmsr_lite.data.split import Examples
from mmsr_lite.nn.softmax import linear_cross_entropy


class Recommender(nn.Module, ABC):
    """Scores every item as the next one of a history; item 0 is padding and never scored.

    Every model is made as `Model(config, num_items, codebooks)` with `config` of its class `Config`. One that learns by
    gradient gives `user_state` and `item_table`; one that counts says `learns = False` and gives `count` and `scores`.
    """

    learns = True
    static_shapes = True  # no size inside `loss` depends on the data, so a GPU may replay a captured training step
    Config: type
    max_history = 50

    @property
    def label(self) -> str:
        """What people call it in tables and pictures."""
        return type(self).__name__

    def user_state(self, history: Tensor) -> Tensor:
        """(B, L) histories padded on the right with 0 -> (B, D)."""
        raise NotImplementedError(f"{type(self).__name__} has no user state")

    def item_table(self) -> Tensor:
        """(V+1, D) vectors that the user state is compared with."""
        raise NotImplementedError(f"{type(self).__name__} has no item table")

    def scores(self, history: Tensor) -> Tensor:
        """(B, V+1): dot product of user state and item table (equation 7); item 0 has -inf."""
        scores = self.user_state(history) @ self.item_table().T
        return scores.index_fill(1, torch.zeros(1, dtype=torch.long, device=scores.device), -torch.inf)

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy over all items of `target` (B,)."""
        return linear_cross_entropy(self.user_state(history), self.item_table(), target)

    def observe(self, examples: Examples) -> None:
        """Look at the training part before training on it; what is kept of it are buffers, saved with the weights."""

    def mean_beta(self, history: Tensor) -> dict[str, float]:
        """Mean weight of late fusion (hohe) in the update gates, by node type; empty for a model without gates."""
        return {}
