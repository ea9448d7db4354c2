"""What every recommender shares: scores of all items, and one loss (paper, sections 3.1 and 4.4)."""

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
    """Which items a model was made for; `trace` and its like compare this with the data set that they are given.

    Args:
        dataset: The name of their data set.
        num_items: V.
        item_hash: The hash of their ids in their order.

    Example:
        >>> Catalogue("shop", num_items=3, item_hash="3fa2").num_items
        3
    """

    dataset: str
    num_items: int
    item_hash: str


class Recommender(nn.Module, ABC):
    """Scores every item as the next one of a history; item 0 is padding and never scored.

    Every model is made as `Model(config, num_items, codebooks)`. One that learns by gradient gives `user_state` and
    `item_table` (or both by `encode`); one that counts says `learns = False` and gives `count` and `scores`.

    Args:
        config: A config of the class's own `Config`.
        num_items: V; every model that has tables of items takes it, this class itself does not need it.
        codebooks: The codes of each modality; a model that reads modalities takes them.

    Attributes:
        learns: Whether the model learns by gradient; otherwise it counts.
        reads_modalities: Whether codebooks make a difference.
        reads_order: Whether the order of a history makes a difference.
        static_shapes: Whether the sizes of all tensors in `loss` follow from the shape of the batch alone.
        max_history: The longest history that the model reads.
        catalogue: The items that the model was made for, None where it is not known.

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
        """The model's name in tables and pictures."""
        return type(self).__name__

    @property
    def reads_steps(self) -> bool:
        """Whether the model asks which items have one time: histories are then (B, L, 2), item and step."""
        return False

    def user_state(self, history: Tensor) -> Tensor:
        """The state of each user after the history.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            (B, D).
        """
        return self.encode(history)[0]

    def item_table(self) -> Tensor:
        """(V+1, D) vectors that the user state is compared with: the embedding called `items`, where there is one."""
        if hasattr(self, "items"):
            return self.items.weight
        return self.encode(torch.zeros(0, 1, dtype=torch.long, device=next(self.parameters()).device))[1]

    def encode(self, history: Tensor) -> tuple[Tensor, Tensor]:
        """User states (B, D) and item table (V+1, D); a model that has both of one computation gives this instead.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            User states (B, D) and item vectors (V+1, D).
        """
        if type(self).user_state is Recommender.user_state:
            raise NotImplementedError(f"{type(self).__name__} has no user state")
        return self.user_state(history), self.item_table()

    def scores(self, history: Tensor) -> Tensor:
        """(B, V+1): dot product of user state and item table (equation 7); item 0 has -inf.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.

        Returns:
            (B, V+1) the score of each item as the next one.
        """
        return dot_scores(*self.encode(history))

    def loss(self, history: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy over all items of `target` (B,), its labels smoothed as the config says.

        Args:
            history: (B, L) items, the oldest first, padded on the right with 0.
            target: (B,) the items that came next.

        Returns:
            The loss, a scalar.
        """
        state, table = self.encode(history)
        return self.ranking_loss(state, table, history, target)

    def ranking_loss(self, state: Tensor, table: Tensor, history: Tensor, target: Tensor) -> Tensor:
        """Mean cross-entropy as the config says: labels smoothed (`label_smoothing`), own items left out (`mask_own`).

        Args:
            state: (B, D) user states.
            table: (V+1, D) item vectors.
            history: (B, L) histories, or (B, L, 2) of a model that reads steps.
            target: (B,) next items.

        Returns:
            The loss, a scalar.
        """
        if getattr(self.config, "mask_own", False):
            history = history[..., 0] if history.dim() == 3 else history  # the items, without their steps
            return masked_cross_entropy(state, table, history, target, smoothing=self.label_smoothing)
        return linear_cross_entropy(state, table, target, smoothing=self.label_smoothing)

    @property
    def label_smoothing(self) -> float:
        """The share of each target that the loss spreads over all items; 0 for a model without that setting."""
        return getattr(self.config, "label_smoothing", 0.0)

    def observe(self, examples: Examples) -> None:
        """Let modules with an `observe` see the training part; what they keep are buffers, saved with the weights.

        Args:
            examples: the training part.
        """
        for module in self.modules():
            if module is not self and hasattr(module, "observe"):
                module.observe(examples)

    def mean_beta(self, history: Tensor) -> dict[str, float]:
        """Mean weight of late fusion (hohe) in the update gates, by node type; empty for a model without gates.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            Node type -> share from 0 to 1.
        """
        return {}


def dot_scores(users: Tensor, items: Tensor) -> Tensor:
    """Scores of all items: products of user states and item vectors; item 0 gets -inf.

    Args:
        users: (B, D) user states.
        items: (V+1, D) item vectors.

    Returns:
        (B, V+1).

    Source:
        Equation 7 of the paper.

    Example:
        >>> dot_scores(torch.ones(1, 2), torch.ones(2, 2)).tolist()
        [[-inf, 2.0]]
    """
    scores = users @ items.T  # (B, V+1)
    scores[:, 0] = -torch.inf
    return scores
