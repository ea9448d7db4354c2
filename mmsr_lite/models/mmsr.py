"""MMSR: Adaptive Multi-Modalities Fusion in Sequential Recommendation Systems (Hu et al., CIKM 2023).

history -> MSGraph -> node states -> HAN-GNN layers -> state of the last item -> dot product with every item
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.errors import choose
from mmsr_lite.graph.batch import GraphBatch, build_graphs
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.kernels import fusable
from mmsr_lite.kernels.side_stream import PendingGradient
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.aggregators import AGGREGATORS
from mmsr_lite.nn.han import FUSIONS
from mmsr_lite.nn.han_last import last_item_state
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.nodes import NodeEmbedding
from mmsr_lite.nn.probe import listen
from mmsr_lite.nn.softmax import linear_cross_entropy


@dataclass(frozen=True)
class MMSRConfig:
    """Sizes and the paper's open choices; `aggregator` is one of AGGREGATORS, `fusion` (of HAN-GNN) one of FUSIONS."""

    dim: int = 128
    layers: int = 1
    aggregator: str = "han-gnn"
    fusion: str = "adaptive"
    scale: bool = True  # equation 13 divided by sqrt(D)
    residual: bool = True
    dropout: float = 0.3
    input_dropout: float = 0.4
    separate_gate: bool = False  # the released code's gate
    tied_maps: bool = False  # the released code's Q, K and V: one map for each node type
    hohe_reads_input: bool = False  # the released code's hohe: its logits never see phase 1
    position: bool = True
    node_type: bool = True
    global_attention: bool = False  # section 5.4
    label_smoothing: float = 0.0
    feature_start: float = 0.0  # share of the items' features in the embeddings they start with
    item_features: bool = False  # no part of the paper: an item's embedding is its identity and a map of its features
    cosine: float = 0.0  # no part of the paper: scores are this times the cosine of state and item, 0 for their product
    max_history: int = 50

    def __post_init__(self) -> None:
        choose("aggregator", self.aggregator, AGGREGATORS)
        choose("fusion", self.fusion, FUSIONS)


class MMSR(Recommender):
    """The paper's model over any number of modalities; codes travel with the weights.

    >>> from mmsr_lite.data.dataset import Modality
    >>> import numpy as np
    >>> book = Codebook("toy", np.array([[0], [1], [2]]), np.zeros((3, 8), np.float32), np.zeros((3, 8), np.float32))
    >>> model = MMSR(MMSRConfig(dim=8), num_items=2, codebooks=[book])
    >>> model.scores(torch.tensor([[1, 2, 1]])).shape
    torch.Size([1, 3])
    """

    Config = MMSRConfig
    reads_modalities = True

    def __init__(self, config: MMSRConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        self.node_types = ("item", *(book.name for book in codebooks))
        self.codes = nn.ParameterList(
            nn.Parameter(torch.from_numpy(book.codes), requires_grad=False) for book in codebooks
        )
        centres = [torch.from_numpy(book.centres) for book in codebooks]
        content = ItemModalities(codebooks, config.dim, "features") if config.item_features and codebooks else None
        self.nodes = NodeEmbedding(num_items, centres, config, content)
        if config.feature_start and codebooks:
            self.nodes.start_items([torch.from_numpy(book.reduced) for book in codebooks], config.feature_start)
        self.input_dropout = nn.Dropout(config.input_dropout)
        layer = AGGREGATORS[config.aggregator]
        self.layers = nn.ModuleList(layer(1 + len(codebooks), config) for _ in range(config.layers))

    @property
    def label(self) -> str:
        """The model and its fusion, or its aggregator."""
        return f"MMSR, {self.config.fusion if self.config.aggregator == 'han-gnn' else self.config.aggregator}"

    def graphs(self, history: Tensor) -> GraphBatch:
        """The MSGraphs of `history` (B, L), longer ones cut to their last `max_history` items by the caller."""
        sizes = [len(table.weight) - 1 for table in self.nodes.tables[1:]] if history.is_cuda else None
        return build_graphs(history, self.codes, num_codes=sizes, global_attention=self.config.global_attention)

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D): last pooling, the state of the node that holds the last item (section 4.4)."""
        if (fused := self._fused_state(history)) is not None:
            return self._scaled(fused)
        graph = self.graphs(history)
        states = [self.input_dropout(state) for state in self.nodes(graph)]
        for layer in self.layers[:-1]:
            states = layer(states, graph)
        return self._scaled(last_item_state(self.layers[-1], states, graph))

    def _fused_state(self, history: Tensor, held: PendingGradient | None = None) -> Tensor | None:
        """The state before scaling, by kernels made for it, where there are such."""
        if len(self.layers) > 1 or self.config.global_attention or not fusable(history):
            return None
        from mmsr_lite.kernels.last import last_state, serves  # needs triton

        codes, rates = tuple(self.codes), (self.config.input_dropout, self.config.dropout)
        if not serves(self.nodes, self.layers[0], history, codes):
            return None
        return last_state(self.nodes, self.layers[0], history, codes, *(rates if self.training else (0.0, 0.0)), held)

    def states(self, history: Tensor) -> tuple[GraphBatch, list[Tensor]]:
        """The graph and every node's final state of each type (B, N_t, D): what `user_state` reads, in full."""
        graph = self.graphs(history)
        states = self.nodes(graph)
        for layer in self.layers:
            states = layer(states, graph)
        return graph, states

    def item_table(self) -> Tensor:
        """(V+1, D): the embeddings of the items."""
        return self._scaled(self.nodes.items())

    def _scaled(self, vectors: Tensor) -> Tensor:
        scale = self.config.cosine
        return F.normalize(vectors, dim=-1) * scale**0.5 if scale else vectors

    @torch.no_grad()
    def mean_beta(self, history: Tensor) -> dict[str, float]:
        """Mean weight of late fusion (hohe) over all nodes and layers, by node type; `explain.gates` tells them apart.

        Of the last layer's gates the last item's alone reaches a score (last pooling, section 4.4).
        """
        if self.layers[0].gate is None:
            return {}
        with listen(self) as seen:
            graph, _ = self.states(history)
        late = torch.stack([seen[f"layers.{index}.probes.beta"][..., 0] for index in range(len(self.layers))])
        pairs = zip(self.node_types, late.split(graph.widths, 2), graph.exists.split(graph.widths, 1), strict=True)
        return {name: float(beta[:, real].mean()) for name, beta, real in pairs if real.any()}

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy over all items of `target` (B,)."""
        table, held, state = self.item_table(), None, None
        if fusable(history) and isinstance(table, nn.Parameter):  # one table looks up and scores
            held = PendingGradient()
            state = self._fused_state(history, held)
        if state is None:
            state, held = self.user_state(history), None
        return linear_cross_entropy(state, table, target, smoothing=self.config.label_smoothing, held=held)
