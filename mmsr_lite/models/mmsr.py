"""MMSR: Adaptive Multi-Modalities Fusion in Sequential Recommendation Systems (Hu et al., CIKM 2023).

history -> MSGraph -> node states -> HAN-GNN layers -> state of the last item -> dot product with every item

Graphs are built in graph/batch.py (section 4.1) and node states in nn/nodes.py (4.2). A layer is in nn/han.py (4.3).
The score and the loss are here (4.4). All options that depart from the paper are in nn/departures.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mmsr_lite.arguments import checked
from mmsr_lite.config import check_settings, setting
from mmsr_lite.graph.batch import GraphBatch, build_graphs
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn import departures
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.attention import SLOPE
from mmsr_lite.nn.departures import Departures
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.han_last import last_item_state
from mmsr_lite.nn.probe import listen
from mmsr_lite.shared_settings import dim_setting, dropout_setting, layers_setting, max_history_setting


@dataclass(frozen=True)
class MMSRConfig(Departures):
    """The sizes, and the choices that the paper leaves open; the fields of `Departures` are no part of the paper.

    Example:
        >>> MMSRConfig(fusion="hohe", layers=2).fusion
        'hohe'
    """

    dim: int = dim_setting()
    layers: int = layers_setting(1, "number of HAN-GNN layers")
    aggregator: str = setting("han-gnn", "how nodes read their neighbours (Table 3)", one_of=AGGREGATORS)
    fusion: str = setting(
        "adaptive", "order of fusion in HAN-GNN (Table 4), hohe is late, heho is early", one_of=FUSIONS
    )
    scale: bool = setting(True, "divide the attention logits of equation 13 by sqrt(D)")
    slope: float = setting(
        SLOPE, "slope of LeakyReLU below zero in equation 11; GAT, its source, has 0.2", at_least=0, in_id=False
    )
    residual: bool = setting(True, "add a layer's input to its output")
    dropout: float = dropout_setting(0.3, "share of each layer's output that training sets to zero")
    input_dropout: float = dropout_setting(0.4, "share of the first layer's input that training sets to zero")
    position: bool = setting(True, "a node's state holds its mean position (section 4.2)")
    node_type: bool = setting(True, "a node's state holds its type (section 4.2)")
    global_attention: bool = setting(False, "every item also reads every code of the history (section 5.4)")
    label_smoothing: float = setting(0.0, "share of the target that is spread over all items", at_least=0, below=1)
    max_history: int = max_history_setting()

    def __post_init__(self) -> None:
        check_settings(self)


class MMSR(Recommender):
    """The paper's model over any number of modalities; codes are saved with the weights.

    Args:
        config: the settings.
        num_items: V.
        codebooks: the codes of each modality; the node types are "item" and then these, in this order. Default none.

    Source:
        Section 4 of the paper; departures from it are in nn/departures.py.

    Example:
        >>> import numpy as np
        >>> centres = np.zeros((3, 8), np.float32)
        >>> book = Codebook("toy", np.array([[0], [1], [2]]), centres, reduced=centres)
        >>> model = MMSR(MMSRConfig(dim=8), num_items=2, codebooks=[book])
        >>> model.scores(torch.tensor([[1, 2, 1]])).shape
        torch.Size([1, 3])
    """

    Config = MMSRConfig
    reads_modalities = True

    @checked(num_items=(1, 10**9))
    def __init__(self, config: MMSRConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        self.node_types = ("item", *(book.name for book in codebooks))
        self.codes = nn.ParameterList(
            nn.Parameter(torch.from_numpy(book.codes), requires_grad=False) for book in codebooks
        )
        self.nodes = departures.node_embedding(num_items, codebooks, config)
        self.input_dropout = nn.Dropout(config.input_dropout)
        layer = departures.layer_class(AGGREGATORS[config.aggregator], config)
        self.layers = nn.ModuleList(layer(1 + len(codebooks), config) for _ in range(config.layers))
        self.compared = departures.comparison(config)

    def greatest(self, saved: Mapping[str, Tensor]) -> dict[str, int]:
        """The largest code of each modality that a file of weights may contain.

        Args:
            saved: the tensors of the file, by name.

        Returns:
            Name of a table of codes -> the largest code.
        """
        tables = self.nodes.tables[1:]
        return {f"codes.{number}": len(table.weight) - 1 for number, table in enumerate(tables)}

    @property
    def reads_steps(self) -> bool:
        """Whether items of one time are one step; histories are then (B, L, 2), item and step."""
        return self.config.together

    @property
    def label(self) -> str:
        """The name of the model with its fusion, or with its aggregator where that is not HAN-GNN."""
        if self.config.aggregator == "han-gnn":
            return f"MMSR, {self.config.fusion}"
        return f"MMSR, {self.config.aggregator}"

    def graphs(self, history: Tensor) -> GraphBatch:
        """The MSGraphs of histories.

        In histories (B, L), each item is a step of its own; histories (B, L, 2) have the step of each item, see
        `reads_steps`. On a GPU there are as many node slots as any history of L items could need, so that all shapes
        follow from L.

        Args:
            history: (B, L) items, or (B, L, 2) items and their steps; L is at most `max_history`.

        Returns:
            The MSGraphs of all histories.
        """
        sizes = None
        if history.is_cuda:
            sizes = [len(table.weight) - 1 for table in self.nodes.tables[1:]]
        steps = None
        if history.dim() == 3:
            history, steps = history.unbind(2)  # (B, L) each
        everywhere = self.config.global_attention
        return build_graphs(history, self.codes, num_codes=sizes, global_attention=everywhere, steps=steps)

    def user_state(self, history: Tensor) -> Tensor:
        """Last pooling (section 4.4): the state of the node of the last item.

        Args:
            history: (B, L) items, or (B, L, 2) items and their steps.

        Returns:
            (B, D) the state of each user.
        """
        graph = self.graphs(history)
        states = [self.input_dropout(state) for state in self.nodes(graph)]  # (B, N_t, D)
        for layer in self.layers[:-1]:
            states = layer(states, graph)
        return self.compared(last_item_state(self.layers[-1], states, graph))

    def states(self, history: Tensor) -> tuple[GraphBatch, list[Tensor]]:
        """The graphs of histories, and the final states of all their nodes.

        Args:
            history: (B, L) items, or (B, L, 2) items and their steps.

        Returns:
            The graphs, and for each node type the states (B, N_t, D).
        """
        graph = self.graphs(history)
        states = self.nodes(graph)
        for layer in self.layers:
            states = layer(states, graph)
        return graph, states

    def item_table(self) -> Tensor:
        """(V+1, D) the embeddings of the items, the same in the graph and in the score."""
        return self.compared(self.nodes.items())

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """The mean cross-entropy of the next items over all items (section 4.4).

        Args:
            history: (B, L) items, or (B, L, 2) items and their steps.
            target: (B,) the items that came next.

        Returns:
            The loss, a scalar.
        """
        return self.ranking_loss(self.user_state(history), self.item_table(), history, target)

    @torch.no_grad()
    def mean_beta(self, history: Tensor) -> dict[str, float]:
        """The mean weight of late fusion (hohe) over all nodes and layers, by node type.

        In the last layer, only the gate of the last item affects a score (last pooling); `explain.gates` lists all
        gates one by one.

        Args:
            history: (B, L) items, or (B, L, 2) items and their steps.

        Returns:
            Node type -> a share from 0 to 1; empty for a model without gates.
        """
        if self.layers[0].gate is None:
            return {}
        with listen(self) as seen:
            graph, _ = self.states(history)
        late = torch.stack([seen[f"layers.{index}.probes.beta"][..., 0] for index in range(len(self.layers))])
        pairs = zip(self.node_types, late.split(graph.widths, 2), graph.exists.split(graph.widths, 1), strict=True)
        return {name: float(beta[:, real].mean()) for name, beta, real in pairs if real.any()}
