"""The graph of users and items in the training part, with histories in it: collaborative models propagate over it."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from mmsr_lite.data.split import Examples


class InteractionGraph(nn.Module):
    """A graph of V+1 items, U users of the training part and B histories, in this order; interactions are edges.

    A history is like another user, who receives messages from the items and sends none. Users have no vectors of their
    own: each starts as the mean of its items. So a history can be ranked without its user being known, and a history
    with all items of a user has the state of this user in every layer. Padding is an edge from item 0 to itself.

    Args:
        num_items: V.

    Source:
        Not in the paper; it is the graph of MMGCN (Wei et al., 2019) and LightGCN (He et al., 2020).

    Example:
        >>> graph = InteractionGraph(num_items=2)
        >>> graph.observe(Examples(np.array([1, 2]), start=np.array([0]), end=np.array([1]), user=np.array([9])))
        >>> graph(torch.tensor([[2, 0]])).tolist()      # nodes 0 1 2, user 3, history 4: items send, the user answers
        [[1, 2, 3, 3, 2, 0], [3, 3, 1, 2, 4, 0]]
    """

    edges: Tensor
    lengths: Tensor

    def __init__(self, num_items: int):
        super().__init__()
        self.num_items = num_items
        self.register_buffer("edges", torch.zeros(2, 0, dtype=torch.long))  # (2, I) [item, user's node]
        self.register_buffer("lengths", torch.zeros(0))  # (U,) interactions of each user

    def greatest(self, saved: Mapping[str, Tensor]) -> dict[str, int]:
        """The largest number of a node that a saved graph may contain: items come first, then users.

        Args:
            saved: the tensors of a file, by name.

        Returns:
            Name of a tensor -> the largest value that it may contain.
        """
        return {"edges": self.num_items + len(saved["lengths"])}

    def observe(self, examples: Examples) -> None:
        """Store all interactions that occur in the histories and targets of examples.

        Args:
            examples: the training part.
        """
        begin, user = np.unique(examples.start, return_inverse=True)
        end = np.zeros_like(begin)
        np.maximum.at(end, user, examples.end + 1)
        items = np.concatenate([examples.items[b:e] for b, e in zip(begin, end, strict=True)])
        users = np.repeat(np.arange(len(begin)), end - begin) + self.num_items + 1
        self.edges = torch.from_numpy(np.stack([items, users])).to(self.edges.device)
        self.lengths = torch.from_numpy(end - begin).to(self.lengths)

    def forward(self, history: Tensor) -> Tensor:
        """The edges of the graph with some histories in it.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            (2, 2I + BL) edges `[source, target]` for PyG; histories are only targets.
        """
        return torch.cat([self.edges, self.edges.flip(0), self._edges_of(history)], 1)

    def _edges_of(self, history: Tensor) -> Tensor:
        """(2, B L) the edges from items to the histories that hold them."""
        node = torch.arange(len(history), device=history.device)[:, None] + self.num_items + 1 + len(self.lengths)
        return torch.stack([history, torch.where(history > 0, node, 0)]).flatten(1)  # (2, BL)

    def start(self, items: Tensor, history: Tensor) -> Tensor:
        """The first vectors of all nodes: those of users and histories are means of their items.

        Args:
            items: (V+1, D) the vectors of the items.
            history: (B, L) items, padded on the right with 0.

        Returns:
            (V+1+U+B, D) vectors.
        """
        source, target = torch.cat([self.edges, self._edges_of(history)], 1)
        lengths = torch.cat([self.lengths, (history > 0).sum(1)]).clamp_min(1)
        sent = items.index_select(0, source)  # (E, D)
        total = items.new_zeros(len(items) + len(lengths), items.shape[1]).index_add(0, target, sent)
        return torch.cat([items, total[len(items) :] / lengths[:, None]])

    def split(self, nodes: Tensor, history: Tensor) -> tuple[Tensor, Tensor]:
        """Take the vectors of histories and of items from those of all nodes.

        Args:
            nodes: (V+1+U+B, D) vectors of all nodes.
            history: (B, L) the histories in the graph.

        Returns:
            (B, D) vectors of the histories, and (V+1, D) of the items.
        """
        return nodes[len(nodes) - len(history) :], nodes[: self.num_items + 1]
