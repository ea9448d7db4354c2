"""A user-item graph for each modality, which MMGCN and MGAT share; the papers are named there."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import check_settings
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.interactions import InteractionGraph
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.own_items import mask_own_setting
from mmsr_lite.nn.sequence import embedding
from mmsr_lite.shared_settings import (
    dim_setting,
    dropout_setting,
    label_smoothing_setting,
    layers_setting,
    max_history_setting,
)


@dataclass(frozen=True)
class PropagationConfig:
    """The settings that all models of the user-item graph share.

    Example:
        >>> PropagationConfig(layers=3).layers
        3
    """

    dim: int = dim_setting()
    layers: int = layers_setting(2)
    dropout: float = dropout_setting(0.3, "share of the states that training sets to zero before each layer")
    label_smoothing: float = label_smoothing_setting()
    max_history: int = max_history_setting()
    mask_own: bool = mask_own_setting()

    def __post_init__(self) -> None:
        check_settings(self)


class ModalityGraphs(Recommender):
    """A propagation over the user-item graph for each modality, with layers of its own; the results are summed.

    `hear(dim)` makes a module from states (N, D), edges (2, E) and histories to what each node receives from its
    neighbours (N, D). With the identity e, a layer is

        x' = LeakyReLU(W_3 LeakyReLU(hear(x)) + LeakyReLU(W_2 x) + e)

    x starts as the features of the item in the modality. Without modalities there is one propagation, of the
    identities.

    Args:
        config: the settings.
        num_items: V.
        codebooks: the codes and features of each modality; default none.

    Example:
        >>> from mmsr_lite.models.mmgcn import MMGCN
        >>> model = MMGCN(MMGCN.Config(dim=8, layers=3), num_items=3)
        >>> isinstance(model, ModalityGraphs), [len(layers) for layers in model.channels]  # one propagation
        (True, [3])
    """

    Config = PropagationConfig
    reads_modalities, reads_order = True, False
    hear: type[nn.Module]

    def __init__(self, config: PropagationConfig, num_items: int, codebooks: Sequence[Codebook] = ()):
        super().__init__(config)
        dim = config.dim

        def layer() -> nn.ModuleDict:
            return nn.ModuleDict({"hear": self.hear(dim), "own": nn.Linear(dim, dim), "join": nn.Linear(dim, dim)})

        self.graph, self.identity = InteractionGraph(num_items), embedding(num_items + 1, dim, padding_idx=0)
        self.modalities, self.dropout = ItemModalities(codebooks, dim, "features"), nn.Dropout(config.dropout)
        self.channels = nn.ModuleList(
            nn.ModuleList(layer() for _ in range(config.layers)) for _ in range(max(1, len(codebooks)))
        )

    def encode(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """The states of histories (B, D), and of all items (V+1, D)."""
        edges, identity = self.graph(history), self.graph.start(self.identity.weight, history)
        every = torch.arange(len(self.identity.weight), device=history.device)
        features = [self.graph.start(x, history) for x in self.modalities(every)[0].unbind(1)] or [identity]
        ends = []
        for x, layers in zip(features, self.channels, strict=True):
            for layer in layers:
                x = self.dropout(x)  # (V+1+U+B, D)
                received = layer["join"](F.leaky_relu(layer["hear"](x, edges, history)))
                x = F.leaky_relu(received + F.leaky_relu(layer["own"](x)) + identity)
            ends.append(x)
        return self.graph.split(torch.stack(ends).sum(0), history)
