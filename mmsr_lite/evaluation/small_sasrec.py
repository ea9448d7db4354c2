"""A small SASRec that learns in seconds: it trains all positions of a history at once, with sampled items in the loss.

It shows what a learned model makes of an order, and does not converge: its numbers can be compared with each other, not
with those of a tuned model. The full model is in `models.sasrec` (Kang and McAuley, ICDM 2018).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mmsr_lite.data.split import Examples
from mmsr_lite.models.base import Recommender
from mmsr_lite.nn.self_attention import AttentionConfig, blocks, causal
from mmsr_lite.nn.sequence import embedding, last_state
from mmsr_lite.nn.softmax import Negatives, linear_cross_entropy, sampled


@dataclass(frozen=True)
class SmallSASRecConfig(AttentionConfig):
    """The sizes of the small model and of its training; in the loss, `negatives` random items stand for all items.

    Example:
        >>> SmallSASRecConfig().dim, SmallSASRecConfig().epochs
        (32, 8)
    """

    dim: int = 32
    layers: int = 1
    heads: int = 1
    epochs: int = 8
    batch: int = 128
    lr: float = 1e-2
    negatives: int = 512
    seed: int = 0


class SmallSASRec(Recommender):
    """One block of causal self-attention over items and their places, counted from the first item that is read.

    Args:
        config: the sizes.
        num_items: V.

    Example:
        >>> SmallSASRec(SmallSASRecConfig(dim=8), num_items=3).scores(torch.tensor([[1, 2, 0]])).shape
        torch.Size([1, 4])
    """

    Config, label = SmallSASRecConfig, "small SASRec"

    def __init__(self, config: SmallSASRecConfig, num_items: int, codebooks=()):
        super().__init__(config)
        self.items = embedding(num_items + 1, config.dim, padding_idx=0)
        self.positions = embedding(config.max_history, config.dim)
        self.dropout, self.scale = nn.Dropout(config.dropout), math.sqrt(config.dim)
        self.blocks, self.norm = blocks(config), nn.LayerNorm(config.dim)

    def states(self, history: Tensor) -> Tensor:
        """The state after each item.

        Args:
            history: (B, L) items, padded on the right with 0.

        Returns:
            (B, L, D) states.
        """
        x = self.items(history) + self.positions.weight[: history.shape[1]]  # (B, L, D)
        x = self.dropout(x * self.scale)
        for block in self.blocks:
            x = block(x, causal(history.shape[1], history.device))
        return self.norm(x)

    def user_state(self, history: Tensor) -> Tensor:
        """(B, D) the state after the last item."""
        return last_state(self.states(history), history)

    def learn(self, examples: Examples) -> None:
        """Train on all training targets; each is predicted from the items before it, at most `max_history`.

        Args:
            examples: the training part.
        """
        config = self.config
        torch.manual_seed(config.seed)
        windows = _windows(examples, config.max_history)
        negatives = Negatives.of(torch.from_numpy(examples.targets), self.items.num_embeddings - 1, config.negatives)
        optimiser = torch.optim.Adam(self.parameters(), lr=config.lr)
        steps = config.epochs * -(-len(windows) // config.batch)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / steps)
        self.train()
        for epoch in range(config.epochs):
            for rows in _batches(windows, config.batch, (config.seed, epoch)):
                history, target = rows[:, :-1], rows[:, 1:]  # (B, L) each
                real = target > 0
                optimiser.zero_grad(set_to_none=True)
                with sampled(negatives):
                    loss = linear_cross_entropy(self.states(history)[real], self.item_table(), target[real])
                loss.backward()
                optimiser.step()
                schedule.step()
        self.eval()


def _windows(examples: Examples, longest: int) -> list[np.ndarray]:
    """The training items of each user in pieces of at most `longest` targets with the item before the first of them."""
    windows = []
    first = np.flatnonzero(np.diff(examples.user, prepend=-1))  # where each user's examples begin
    last = np.append(first[1:], len(examples)) - 1
    for start, end in zip(examples.start[first], examples.end[last], strict=True):
        for begin in range(start, end, longest):
            windows.append(examples.items[begin : min(begin + longest, end) + 1])
    return windows


def _batches(windows: list[np.ndarray], size: int, seed: tuple[int, int]) -> Iterator[Tensor]:
    """Windows of similar lengths in random batches (B, L+1), padded on the right with 0."""
    rng = np.random.default_rng(seed)
    lengths = np.array([len(window) for window in windows])
    order = np.lexsort((rng.random(len(windows)), lengths))
    begins = rng.permutation(range(0, len(order), size))
    for begin in begins:
        some = [windows[index] for index in order[begin : begin + size]]
        rows = np.zeros((len(some), max(map(len, some))), np.int64)
        for row, window in zip(rows, some, strict=True):
            row[: len(window)] = window
        yield torch.from_numpy(rows)
