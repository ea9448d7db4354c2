"""What the aggregators beside HAN-GNN share: one synchronous step over all neighbours (paper, section 4.3.1)."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from mmsr_lite.graph.batch import BOTH, MATCH, SELF, GraphBatch
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS, Fusion
from mmsr_lite.nn.probe import Probe


class Aggregator(nn.Module, ABC):
    """A layer in place of `HANLayer`: `h' = dropout(aggregate(h)) + h` for the states of each node type.

    `aggregate` reads all neighbours at once, in the dense (B, N, N) block `graph.edges`: 0 where there is no edge, else
    the relation. What each centre (row) takes from each neighbour (column) passes the probe "neighbours_1_weights".
    One head, no bias, and maps that start as the identity: equal terms with HAN-GNN.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Source:
        Section 5.2 of the paper and its Table 3.

    Example:
        >>> from mmsr_lite.nn.aggregators import AGGREGATORS
        >>> issubclass(AGGREGATORS["gcn"], Aggregator)
        True
    """

    fusion = Fusion({"neighbours": ("every",)})
    gate = join = None

    def __init__(self, num_types: int, config):
        super().__init__()
        self.residual, self.dropout = config.residual, nn.Dropout(config.dropout)
        names = ("input", "output", "neighbours", "neighbours_1_logits", "neighbours_1_weights")
        self.probes = nn.ModuleDict({name: Probe() for name in names})

    @abstractmethod
    def aggregate(self, states: list[Tensor], graph: GraphBatch) -> Tensor:
        """What each node becomes of its neighbours.

        Args:
            states: the states of the nodes of each type (B, N_t, D).
            graph: B graphs of N nodes.

        Returns:
            (B, N, D).
        """

    def forward(self, states: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        """Aggregate, drop out, and add what was there.

        Args:
            states: the states of the nodes of each type (B, N_t, D).
            graph: B graphs of N nodes.

        Returns:
            New states of the same shapes.
        """
        states = self.probes["input"](states)
        ends = self.probes["neighbours"](list(self.aggregate(states, graph).split(graph.widths, 1)))
        pairs = zip(ends, states, strict=True)
        return self.probes["output"]([self.dropout(end) + self.residual * state for end, state in pairs])

    def weigh(self, weights: Tensor) -> Tensor:
        """Let the explainer read weights, or put others in their place.

        Args:
            weights: (B, N, N) what each centre (row) takes from each neighbour.

        Returns:
            (B, N, N) the weights as the probe leaves them.
        """
        return self.probes["neighbours_1_weights"]((weights,))[0]

    def attend(self, logits: Tensor, near: Tensor) -> Tensor:
        """Softmax of logits over the neighbours of each node.

        Args:
            logits: (B, N, N), centres in rows.
            near: (B, N, N) bool, which nodes are neighbours.

        Returns:
            (B, N, N) weights; those of each row sum to one.
        """
        (logits,) = self.probes["neighbours_1_logits"]((logits.masked_fill(~near, MASKED),))
        return self.weigh(logits.softmax(-1))


def identity_map(dim: int) -> nn.Linear:
    """A linear map that starts as the identity: a layer starts as an average of its neighbours.

    Args:
        dim: D, the width of the states.

    Returns:
        The map, without bias.

    Example:
        >>> import torch
        >>> identity_map(2)(torch.tensor([3.0, 4.0])).tolist()
        [3.0, 4.0]
    """
    linear = nn.Linear(dim, dim, bias=False)
    nn.init.eye_(linear.weight)
    return linear


def neighbours(graph: GraphBatch, families: str) -> Tensor:
    """Which nodes are neighbours along some of the relations of a graph.

    Args:
        graph: B graphs of N nodes.
        families: "homogeneous": along out, in and both within a node type; "heterogeneous": along "belongs to the same
            item" across types; anything else: along all of them. A node is its own neighbour in every case.

    Returns:
        (B, N, N) bool, the centre in rows.

    Example:
        >>> import torch
        >>> from mmsr_lite.graph.batch import build_graphs
        >>> graph = build_graphs(torch.tensor([[1]]), torch.tensor([[[0], [1]]]))  # one item with one code
        >>> neighbours(graph, "homogeneous")[0].tolist(), neighbours(graph, "heterogeneous")[0].tolist()
        ([[True, False], [False, True]], [[True, True], [True, True]])
    """
    if families == HOMOGENEOUS:
        return (graph.edges >= SELF) & (graph.edges <= BOTH)
    if families == HETEROGENEOUS:
        return (graph.edges == MATCH) | (graph.edges == SELF)
    return graph.edges > 0


def normalised(near: Tensor) -> Tensor:
    """`1 / sqrt(|N_i| |N_j|)` for the edges of `near` (B, N, N), as equation 8 has it; `near` holds the self-loops.

    Args:
        near: (B, N, N) which nodes are neighbours, each its own one too.

    Returns:
        (B, N, N) weights, 0 where there is no edge.

    Example:
        >>> import torch
        >>> normalised(torch.ones(1, 4, 4))[0, 0].tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    inverse = near.sum(-1).clamp_min(1).rsqrt()  # (B, N)
    return near * inverse[..., :, None] * inverse[..., None, :]
