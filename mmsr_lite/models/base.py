"""What every recommender shares: scores of all items, and one loss (paper, sections 3.1 and 4.4)."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Recommender(nn.Module, ABC):
    """Scores every item as the next one of a history.

    A model that learns by gradient gives `user_state` (B, D) and `item_table` (V+1, D); one that counts overrides
    `scores` and `count`. Item 0 is padding and never scored.
    """

    learns = True

    @abstractmethod
    def user_state(self, history: Tensor) -> Tensor:
        """(B, L) histories padded on the right with 0 -> (B, D)."""

    @abstractmethod
    def item_table(self) -> Tensor:
        """(V+1, D)."""

    def scores(self, history: Tensor) -> Tensor:
        """(B, V+1): dot product of user state and item table (equation 7); item 0 has -inf."""
        scores = self.user_state(history) @ self.item_table().T
        return scores.index_fill(1, torch.zeros(1, dtype=torch.long, device=scores.device), -torch.inf)

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy over all items of `target` (B,)."""
        return F.cross_entropy(self.scores(history).float(), target)
