"""What the aggregators beside HAN-GNN share: one synchronous step over all neighbours (paper, section 4.3.1)."""

from abc import ABC, abstractmethod

from torch import Tensor, nn

from mmsr_lite.graph.batch import BOTH, MATCH, SELF, GraphBatch
from mmsr_lite.nn.attention import MASKED
from mmsr_lite.nn.han import HETEROGENEOUS, HOMOGENEOUS, Fusion
from mmsr_lite.nn.probe import Probe


class Aggregator(nn.Module, ABC):
    """A layer in place of `HANLayer`: `h' = dropout(aggregate(h)) + h` for the states of each node type.

    `aggregate` reads all neighbours at once, from the dense block `graph.edges` (B, N, N), which holds relations, and 0
    where there is no edge. The weight of each neighbour (column) for each centre (row) goes through the probe
    "neighbours_1_weights". For equal terms with HAN-GNN, there is one head and no bias, and maps start as the identity.

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
        """Compute new states of all nodes from their neighbours.

        Args:
            states: the states of the nodes of each type (B, N_t, D).
            graph: B graphs of N nodes.

        Returns:
            (B, N, D) states.
        """

    def forward(self, states: list[Tensor], graph: GraphBatch) -> list[Tensor]:
        """Aggregate, apply dropout, and add the old states.

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
        """Pass weights through their probe, where the explainer reads or replaces them.

        Args:
            weights: (B, N, N) the weight of each neighbour (column) for each centre (row).

        Returns:
            (B, N, N) the weights after the probe.
        """
        return self.probes["neighbours_1_weights"]((weights,))[0]

    def attend(self, logits: Tensor, near: Tensor) -> Tensor:
        """The softmax of logits over the neighbours of each node.

        Args:
            logits: (B, N, N), centres in rows.
            near: (B, N, N) bool, which nodes are neighbours.

        Returns:
            (B, N, N) weights; each row sums to one.
        """
        (logits,) = self.probes["neighbours_1_logits"]((logits.masked_fill(~near, MASKED),))
        return self.weigh(logits.softmax(-1))


def identity_map(dim: int) -> nn.Linear:
    """A linear map that starts as the identity, so that a layer starts as an average of the neighbours.

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
    """Which nodes are neighbours, by some of the relations of a graph.

    Args:
        graph: B graphs of N nodes.
        families: "homogeneous": by out, in and both, within a node type; "heterogeneous": by match, across types;
            anything else: by all relations. A node is always its own neighbour.

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
    """The weights of equation 8: `1 / sqrt(|N_i| |N_j|)` for each edge.

    Args:
        near: (B, N, N) which nodes are neighbours; each node is its own neighbour too.

    Returns:
        (B, N, N) weights, 0 where there is no edge.

    Example:
        >>> import torch
        >>> normalised(torch.ones(1, 4, 4))[0, 0].tolist()
        [0.25, 0.25, 0.25, 0.25]
    """
    inverse = near.sum(-1).clamp_min(1).rsqrt()  # (B, N)
    return near * inverse[..., :, None] * inverse[..., None, :]
