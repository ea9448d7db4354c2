"""Item-KNN: items that the same users took (Sarwar et al., WWW 2001; Deshpande and Karypis, TOIS 2004).

Let U_i be the users who have item i in their training part. Then `cosine(i, j) = |U_i and U_j| / sqrt(|U_i| |U_j|)`.
Each item keeps its k nearest items, and a history scores an item by the sum over its different items. The authors never
recommend an item that the user has; here the ranking decides this (`evaluation.rankings`), in the same way for every
system. The order of a history does not matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmsr_lite.config import check_settings, setting
from mmsr_lite.data.split import Examples
from mmsr_lite.models.base import Recommender
from mmsr_lite.shared_settings import max_history_setting


@dataclass(frozen=True)
class ItemKNNConfig:
    """The settings of item-KNN.

    Example:
        >>> ItemKNNConfig(neighbours=0)
        Traceback (most recent call last):
        mmsr_lite.errors.SettingError: neighbours is 0; expected a whole number from 1 to 100,000
    """

    neighbours: int = setting(100, "k, the nearest items that each item keeps", at_least=1, at_most=100_000)
    max_history: int = max_history_setting()

    def __post_init__(self) -> None:
        check_settings(self)


class ItemKNN(Recommender):
    """The cosine similarity of items by their common users; nothing is learned.

    Example:
        >>> knn = ItemKNN(ItemKNNConfig(), num_items=3)                     # one user took 1, 2; another took 2, 3
        >>> knn.count(Examples(np.array([1, 2, 2, 3]), np.array([0, 2]), np.array([1, 3]), np.array([0, 1])))
        >>> knn.scores(torch.tensor([[1, 0]]))[0].tolist()                  # 1 / sqrt(1 x 2)
        [-inf, 0.0, 0.7071067690849304, 0.0]
    """

    learns = False
    reads_order = False
    Config = ItemKNNConfig
    label = "item-KNN"
    neighbour: Tensor  # (V+1, k) the nearest items of each item
    similarity: Tensor  # (V+1, k) their cosines

    def __init__(self, config: ItemKNNConfig, num_items: int, codebooks=()):
        super().__init__(config)
        self.register_buffer("neighbour", torch.zeros(num_items + 1, 1, dtype=torch.long))
        self.register_buffer("similarity", torch.zeros(num_items + 1, 1))

    def greatest(self, saved: Mapping[str, Tensor]) -> dict[str, int]:
        """The largest item that a saved table may contain.

        Args:
            saved: the tensors of a file, by name.

        Returns:
            Name of a tensor -> the largest value that it may contain.
        """
        return {"neighbour": len(self.neighbour) - 1}

    def count(self, examples: Examples) -> None:
        """Count the common users of all pairs of items.

        Args:
            examples: the training part.
        """
        from scipy.sparse import coo_array

        size = len(self.neighbour)
        item, user = np.concatenate([examples.targets, examples.items[examples.start]]), np.tile(examples.user, 2)
        has = coo_array((np.ones(len(item)), (item, user)), shape=(size, int(user.max()) + 1)).tocsr()
        has.data[:] = 1
        shared = (has @ has.T).tocoo()
        apart = shared.row != shared.col
        row, column, many = shared.row[apart], shared.col[apart], has.sum(1)
        cosine = shared.data[apart] / np.sqrt(many[row] * many[column])
        order = np.lexsort((column, -cosine, row))
        row, column, cosine = row[order], column[order], cosine[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row)  # 0 is the nearest of its row
        k = min(self.config.neighbours, int(rank.max(initial=0)) + 1)
        neighbour, similarity = np.zeros((size, k), np.int64), np.zeros((size, k), np.float32)
        row, column, cosine, rank = (a[rank < k] for a in (row, column, cosine, rank))
        neighbour[row, rank], similarity[row, rank] = column, cosine
        self.neighbour, self.similarity = torch.from_numpy(neighbour), torch.from_numpy(similarity)

    def scores(self, history: Tensor) -> Tensor:
        """The scores of all items (B, V+1)."""
        times = (history[:, :, None] == history[:, None]).sum(2)  # (B, L) a repeated item counts once
        near = self.similarity[history] / times[:, :, None]  # (B, L, k)
        scores = near.new_zeros(len(history), len(self.neighbour))
        scores.scatter_add_(1, self.neighbour[history].flatten(1), near.flatten(1))
        scores[:, 0] = -torch.inf
        return scores
