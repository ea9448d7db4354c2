"""Where this library can depart from the paper, on request: every option is off by default, and the core ignores it.

`Departures` is the part of the model's config with these options. The functions below return the paper's module unless
the config asks for another one. What each option changes, and what it costs:

| option | what it changes | HR@5 of the paper's equations -> with it |
|---|---|---|
| `tied_maps` | Q, K and V of a node type are one map (released code) | cycle 70.3 -> 69.2, Beauty 7.60 -> 7.55 |
| `hohe_reads_input` | late fusion compares input states (released code) | cycle 70.3 -> 67.6, Beauty 7.60 -> 7.59 |
| `separate_gate` | the gate scores each path alone (released code) | cycle 70.3 -> 70.3, Beauty 7.60 -> 7.57 |
| `item_features` | an item's embedding also maps its features | Beauty: 7.99 with it, see below |
| `feature_start` | items start from a share of their features | Beauty 7.79 -> 7.90 (share 0.5) |
| `cosine` | a score is a scaled cosine, not a product | not measured alone |
| `together` | items of one time are one step of the graph | not measured |
| `mask_own` | the loss leaves out what the user has already taken | not measured alone |

Sources: the first three are from the studies `released` in assets/results. On wardrobe-cycle there are five seeds, with
standard deviations 0.2, 0.6, 1.6 and 0.4. On amazon-beauty there are five seeds of the paper's equations and three of
the others, and no difference is clear. The others are from benchmarks/README.md. `feature_start` is from the recipe of
"Beauty: can counting and shuffled codes be beaten?", with five seeds and standard deviations 0.21 and 0.09.
`item_features` is from "with the features in the score", where other settings were searched together with it. `cosine`
occurs there only in searched settings. Two more departures of the released code concern the codes and not the model:
`distance` and `reduction` of `fit_codebook`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmsr_lite.config import setting
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.nn.gate import UpdateGate
from mmsr_lite.nn.han import HANLayer, States
from mmsr_lite.nn.modality import ItemModalities
from mmsr_lite.nn.nodes import NodeEmbedding
from mmsr_lite.nn.own_items import mask_own_setting
from mmsr_lite.nn.sequence import rescaled


@dataclass(frozen=True, kw_only=True)
class Departures:
    """Options that are in no equation of the paper; the table at the top of this file says what they cost.

    Example:
        >>> Departures().cosine  # by default nothing departs from the paper
        0.0
    """

    tied_maps: bool = setting(False, "Q, K and V of a node type are one map, as in the released code")
    hohe_reads_input: bool = setting(
        False, "phase 2 of late fusion compares the layer's input, not phase 1's output, as in the released code"
    )
    separate_gate: bool = setting(False, "the update gate scores each path alone, as in the released code")
    item_features: bool = setting(
        False, "an item's embedding, in the graph and in the score, is its identity plus a map of its features"
    )
    feature_start: float = setting(
        0.0, "share of the items' features in the embeddings that they start with", at_least=0, at_most=1
    )
    cosine: float = setting(
        0.0, "scores are this times the cosine of state and item; 0: their product, as in the paper", at_least=0
    )
    together: bool = setting(
        False,
        "items of one time are one step: no transition between them, each directly before each item of the next step; "
        "pooling is the mean over the last step's items (--ties together sets it)",
    )
    mask_own: bool = mask_own_setting()


@dataclass(frozen=True, kw_only=True)
class OfferedDepartures:
    """The departures that other models can use too, since what helps MMSR may help others more.

    Example:
        >>> OfferedDepartures().item_features
        False
    """

    item_features: bool = setting(
        False, "not in the paper: an item is its identity plus a map of its features", in_id=False
    )
    cosine: float = setting(
        0.0, "not in the paper: scores are this times the cosine of state and item", at_least=0, in_id=False
    )
    mask_own: bool = mask_own_setting()


def node_embedding(num_items: int, codebooks: Sequence[Codebook], config) -> NodeEmbedding:
    """The paper's `NodeEmbedding`, or one that reads the items' features (`item_features`, `feature_start`).

    Args:
        num_items: V.
        codebooks: the codes of each modality; without any, there are no features to read.
        config: the model's config.

    Returns:
        The embedding.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> type(node_embedding(3, [], MMSRConfig(dim=8))).__name__
        'NodeEmbedding'
    """
    centres = [torch.from_numpy(book.centres) for book in codebooks]
    if config.item_features and codebooks:
        content = ItemModalities(codebooks, config.dim, "features")
        nodes: NodeEmbedding = FeatureNodeEmbedding(num_items, centres, config, content)
    else:
        nodes = NodeEmbedding(num_items, centres, config)
    if config.feature_start and codebooks:
        start_items(nodes, [torch.from_numpy(book.reduced) for book in codebooks], config.feature_start)
    return nodes


def layer_class(layer: type[nn.Module], config) -> type[nn.Module]:
    """The class of a layer: for HAN-GNN one that follows the released code where the config asks for it.

    Args:
        layer: a class in `AGGREGATORS`.
        config: the model's config.

    Returns:
        `layer` itself, or `ReleasedHANLayer`.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> layer_class(HANLayer, MMSRConfig(separate_gate=True)).__name__
        'ReleasedHANLayer'
    """
    if layer is HANLayer and (config.tied_maps or config.hohe_reads_input or config.separate_gate):
        return ReleasedHANLayer
    return layer


def comparison(config) -> Callable[[Tensor], Tensor]:
    """The function that user states and item vectors go through before their dot product.

    Args:
        config: the model's config, of which `cosine` is read.

    Returns:
        A function of vectors (..., D): they are unchanged, or brought to one length when `cosine` is set.

    Example:
        >>> from types import SimpleNamespace
        >>> comparison(SimpleNamespace(cosine=4.0))(torch.tensor([3.0, 4.0]))       # length 5 becomes length 2
        tensor([1.2000, 1.6000])
    """
    if not config.cosine:
        return _unchanged
    length = config.cosine**0.5

    def of_length(vectors: Tensor) -> Tensor:
        return F.normalize(vectors, dim=-1) * length

    return of_length


def _unchanged(vectors: Tensor) -> Tensor:
    """The identity."""
    return vectors


class FeatureNodeEmbedding(NodeEmbedding):
    """A `NodeEmbedding` in which an item is its identity plus a learned map of its features (`item_features`).

    Args:
        num_items: V.
        centres: (C+1, D) for each modality.
        config: the model's config.
        content: the module that reads the features of items.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> features = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]]).numpy()
        >>> book = Codebook("toy", (features.argmax(1) + features.any(1))[:, None], features, features)
        >>> nodes = node_embedding(2, [book], MMSRConfig(dim=2, item_features=True))
        >>> bool((nodes.items() == nodes.tables[0].weight).all())  # items are more than their identities
        False
    """

    def __init__(self, num_items: int, centres: list[Tensor], config, content: ItemModalities):
        super().__init__(num_items, centres, config)
        self.content = content

    def items(self) -> Tensor:
        """(V+1, D) the identity of each item plus its mapped features of all modalities."""
        identity = self.tables[0].weight
        return identity + self.content(torch.arange(len(identity), device=identity.device))[0].sum(1)


@torch.no_grad()
def start_items(nodes: NodeEmbedding, features: list[Tensor], share: float) -> None:
    """Mix features into the first embeddings of items, without changing their spread (`feature_start`).

    Args:
        nodes: the embedding; it is changed in place.
        features: (V+1, D) for each modality; a row of zeros is an item without the modality.
        share: the share of the features, from 0 to 1; the rest stays random.

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> nodes = NodeEmbedding(1, [], MMSRConfig(dim=2))
        >>> with torch.no_grad(): start_items(nodes, [torch.zeros(2, 2)], share=0.5)  # no item has a feature
        >>> nodes.items().shape
        torch.Size([2, 2])
    """
    total = torch.stack([F.normalize(rows, dim=1) for rows in features]).sum(0)  # (V+1, D)
    has_any, table = total.any(1), nodes.tables[0].weight
    if not has_any.any():
        return
    table[has_any] = (1 - share) ** 0.5 * table[has_any] + share**0.5 * rescaled(total[has_any], table.shape[1])


class SeparateGate(UpdateGate):
    """The update gate of the released code: one MLP scores each path by itself (`separate_gate`).

    Args:
        dim: D, the width of the states.

    Example:
        >>> SeparateGate(4)(torch.zeros(3, 4), torch.zeros(3, 4)).shape
        torch.Size([3, 2])
    """

    def make_mlp(self, dim: int) -> nn.Sequential:
        """Make the MLP: from D to D, then to one score."""
        return nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 1))

    def logits(self, hohe: Tensor, heho: Tensor) -> Tensor:
        """The scores of both paths (..., 2), before the softmax."""
        return torch.cat([self.mlp(hohe), self.mlp(heho)], -1)


class ReleasedHANLayer(HANLayer):
    """A HAN-GNN layer with the options of the released code; its weights have the same names.

    Args:
        num_types: the item and M modalities, 1 + M.
        config: the model's config (`MMSRConfig`).

    Example:
        >>> from mmsr_lite.models.mmsr import MMSRConfig
        >>> type(ReleasedHANLayer(1, MMSRConfig(dim=8, separate_gate=True)).gate).__name__
        'SeparateGate'
    """

    def __init__(self, num_types: int, config):
        super().__init__(num_types, config)
        self.hohe_reads_input = config.hohe_reads_input
        if config.tied_maps:
            self.query = self.key = self.value

    def make_gate(self, config) -> UpdateGate:
        """The gate of the paper, or that of the released code."""
        if config.separate_gate:
            return SeparateGate(config.dim)
        return super().make_gate(config)

    def compared_states(self, reached: States, states: States) -> States:
        """The input of the layer with `hohe_reads_input`, else the output of phase 1."""
        if self.hohe_reads_input:
            return states
        return reached
