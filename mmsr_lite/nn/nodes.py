"""Node representation: identity, node type and mean position in one vector (paper, section 4.2)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.graph.batch import GraphBatch
from mmsr_lite.nn.sequence import rescaled

SMALL = 64  # rows of a small table: codebooks and positions are small, catalogues are not


class NodeEmbedding(nn.Module):
    """`e~ = W [e ; type ; mean of the embeddings of all positions that the node occupies]`.

    Positions count back from the end of the history, so "the last item" is the same position for every length.

    Args:
        num_items: V.
        centres: (C+1, D) for each modality; the embeddings of codes start there, rescaled to the spread of the other
            embeddings.
        config: the model's config: `dim`, `max_history`, `position`, `node_type`.

    Source:
        Section 4.2 of the paper.

    Example:
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> nodes = NodeEmbedding(num_items=3, centres=[], config=MMSRConfig(dim=8))
        >>> [state.shape for state in nodes(build_graphs(torch.tensor([[3, 1, 3]]), []))]
        [torch.Size([1, 2, 8])]
    """

    def __init__(self, num_items: int, centres: list[Tensor], config):
        super().__init__()
        dim, position, node_type = config.dim, config.position, config.node_type
        sizes = [num_items + 1, *(len(rows) for rows in centres)]
        self.tables = nn.ModuleList(nn.Embedding(size, dim, padding_idx=0) for size in sizes)
        self.types = nn.Embedding(len(sizes), dim) if node_type else None
        self.positions = nn.Embedding(config.max_history, dim) if position else None
        self.merge = nn.Linear(dim * (1 + node_type + position), dim, bias=False)
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=dim**-0.5)
        with torch.no_grad():  # the merge starts as a sum, so that every part counts from the first step
            self.merge.weight.copy_(torch.eye(dim).repeat(1, 1 + node_type + position))
            for table in self.tables:
                table.weight[0] = 0
            for table, rows in zip(self.tables[1:], centres, strict=True):
                table.weight[1:] = rescaled(rows[1:], dim)

    def items(self) -> Tensor:
        """(V+1, D) the embeddings of the items, which are used in the graph and in the score."""
        return self.tables[0].weight

    def forward(self, graph: GraphBatch) -> list[Tensor]:
        """The first states of all nodes.

        Since W [e ; type ; position] = W_e e + W_t type + W_p position, each part can be mapped by itself. A table with
        fewer rows than are looked up is mapped before the look-up, which is less work.

        Args:
            graph: the MSGraphs.

        Returns:
            The states of the nodes of each type (B, N_t, D).
        """
        identity, *others = self.merge.weight.split(self.merge.out_features, 1)  # each (D, D)
        types = [None] * len(self.tables) if self.types is None else self.types.weight @ others[0].T  # (T, D)
        where = self._mean_positions(graph, others[-1] if others else identity)
        states = []
        tables = [self.items(), *(table.weight for table in self.tables[1:])]
        for t, (table, ids, kind) in enumerate(zip(tables, graph.ids, types, strict=True)):
            if len(table) < ids.numel():
                state = rows_of(F.linear(table, identity, kind), ids)
            else:
                state = F.linear(rows_of(table, ids), identity, kind)  # (B, N_t, D)
            states.append(state if where is None else state + where[t])
        return states

    def _mean_positions(self, graph: GraphBatch, weight: Tensor) -> tuple[Tensor, ...] | None:
        """The mean mapped embedding of each node's positions, for each type (B, N_t, D); None without positions."""
        if self.positions is None:
            return None
        vectors = rows_of(self.positions.weight @ weight.T, graph.from_end)  # (B, L, D)
        return (graph.occupancy.to(vectors.dtype) @ vectors).split(graph.widths, 1)


def rows_of(table: Tensor, ids: Tensor) -> Tensor:
    """Look up rows: `table[ids]`.

    In a small table this is a product with ones and zeros, because the gradient of a product is a product too, while
    that of a look-up is a sort.

    Args:
        table: (S, D) the rows.
        ids: numbers of rows, of any shape (...).

    Returns:
        (..., D) the rows that were looked up.

    Example:
        >>> rows_of(torch.tensor([[1.0], [2.0]]), torch.tensor([[1, 0]])).tolist()
        [[[2.0], [1.0]]]
    """
    if len(table) <= SMALL:
        return (ids[..., None] == torch.arange(len(table), device=ids.device)).to(table.dtype) @ table
    return table.index_select(0, ids.flatten()).view(*ids.shape, table.shape[1])
