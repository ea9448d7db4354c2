"""What all recommenders share: the scores of all items, and the loss (paper, sections 3.1 and 4.4)."""

from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmsr_lite.data.split import Examples
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.nn.own_items import masked_cross_entropy
from mmsr_lite.nn.softmax import linear_cross_entropy


@dataclass(frozen=True)
class Catalogue:
    """The items that a model was made for; `trace` and others compare them with the data set that they are given.

    Args:
        dataset: the name of their data set.
        num_items: V.
        item_hash: the hash of their ids in their order.

    Example:
        >>> Catalogue("shop", num_items=3, item_hash="3fa2").num_items
        3
    """

    dataset: str
    num_items: int
    item_hash: str


class Recommender(nn.Module, ABC):
    """Scores every item as the next one of a history; item 0 is padding and never scored.

    All models are made as `Model(config, num_items, codebooks)`. A model that learns by gradient has `user_state` and
    `item_table`, or `encode`, which returns both. A model that counts has `learns = False`, `count` and `scores`.

    Args:
        config: an object of the class's own `Config`.
        num_items: V.
        codebooks: the codes of each modality; only models that read modalities use them. Default none.

    Attributes:
        learns: whether the model learns by gradient; otherwise it counts.
        reads_modalities: whether codebooks make a difference.
        reads_order: whether the order of a history makes a difference.
        static_shapes: whether the sizes of all tensors in `loss` follow from the shape of the batch alone.
        max_history: the length of the longest history that the model reads.
        catalogue: the items that the model was made for; None where they are not known.

    Source:
        Sections 3.1 and 4.4 of the paper: scores of all items, and the loss.

    Example:
        >>> from mmsr_lite.models import MODELS
        >>> model = MODELS["popularity"](MODELS["popularity"].Config(), num_items=2)
        >>> isinstance(model, Recommender), model.learns
        (True, False)
    """

    learns = True
    reads_modalities = False
    reads_order = True
    static_shapes = True
    Config: type

    def __init__(self, config: Any, num_items: int = 0, codebooks: Sequence[Codebook] = ()):
        super().__init__()
        self.config = config
        self.catalogue: Catalogue | None = None
        self.max_history = getattr(config, "max_history", 50)

    @property
    def label(self) -> str:
        """The name of the model in tables and figures."""
        return type(self).__name__

    @property
    def reads_steps(self) -> bool:
        """Whether the model reads which items have the same time: histories are then (B, L, 2), item and step."""
        return False

    def user_state(self, history: Tensor) -> Tensor:
        """The state of each user after the history.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            (B, D) states.
        """
        return self.encode(history)[0]

    def item_table(self) -> Tensor:
        """(V+1, D) the vectors that scores compare user states with: the embedding `items`, where there is one."""
        if hasattr(self, "items"):
            return self.items.weight
        return self.encode(torch.zeros(0, 1, dtype=torch.long, device=next(self.parameters()).device))[1]

    def encode(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """Both user states and item table; a model that computes the two together overrides this method.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            User states (B, D) and item vectors (V+1, D).
        """
        if type(self).user_state is Recommender.user_state:
            raise NotImplementedError(f"{type(self).__name__} has no user state")
        return self.user_state(history), self.item_table()

    def scores(self, history: Tensor) -> Tensor:
        """The scores of all items: products of user states and item vectors (equation 7); item 0 has -inf.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            (B, V+1) the score of each item as the next one.
        """
        return dot_scores(*self.encode(history))

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """The mean cross-entropy of the next items over all items.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.
            target: (B,) the items that came next.

        Returns:
            The loss, a scalar.
        """
        state, table = self.encode(history)
        return self.ranking_loss(state, table, history, target)

    def ranking_loss(self, state: Tensor, table: Tensor, history: Tensor, target: Tensor) -> Tensor:
        """The mean cross-entropy, with `label_smoothing` and `mask_own` of the config.

        Args:
            state: (B, D) user states.
            table: (V+1, D) item vectors.
            history: (B, L) items, or (B, L, 2) for a model that reads steps.
            target: (B,) the items that came next.

        Returns:
            The loss, a scalar.
        """
        if getattr(self.config, "mask_own", False):
            if history.dim() == 3:  # items and steps
                history = history[..., 0]
            return masked_cross_entropy(state, table, history, target, smoothing=self.label_smoothing)
        return linear_cross_entropy(state, table, target, smoothing=self.label_smoothing)

    @property
    def label_smoothing(self) -> float:
        """The share of the aim that the loss spreads over all items; 0 for a model without this setting."""
        return getattr(self.config, "label_smoothing", 0.0)

    def observe(self, examples: Examples) -> None:
        """Show the training part to all modules with an `observe`, which keep it in buffers, saved with the weights.

        Args:
            examples: the training part.
        """
        for module in self.modules():
            if module is not self and hasattr(module, "observe"):
                module.observe(examples)

    def mean_beta(self, history: Tensor) -> dict[str, float]:
        """The mean weight of late fusion (hohe) in the update gates, by node type.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            Node type -> a share from 0 to 1; empty for a model without gates.
        """
        return {}


def dot_scores(users: Tensor, items: Tensor) -> Tensor:
    """The scores of all items: products of user states and item vectors; item 0 gets -inf.

    Args:
        users: (B, D) user states.
        items: (V+1, D) item vectors.

    Returns:
        (B, V+1) scores.

    Source:
        Equation 7 of the paper.

    Example:
        >>> dot_scores(torch.ones(1, 2), torch.ones(2, 2)).tolist()
        [[-inf, 2.0]]
    """
    scores = users @ items.T  # (B, V+1)
    scores[:, 0] = -torch.inf
    return scores
