"""Cross-entropy over all items (paper, section 4.4), without all V x B scores in memory at once.

Where there are more than CHUNK scores, only their log-sum-exp is kept, and the backward pass computes the scores again,
chunk by chunk. Within a block, the loss may be computed in another way: `with sampled(negatives):` estimates it from a
few items.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK = 2**24  # scores in memory at once: 64 MiB of float32
ALIGNED = 8  # the rows of the table are padded to a multiple of this, since tensor cores are slow on other numbers

Loss = Callable[[Tensor, Tensor, Tensor, float], Tensor]  # state, table, target, smoothing -> the mean loss


def linear_cross_entropy(
    state: Tensor, table: Tensor, target: Tensor, *, smoothing: float = 0.0, chunk: int = CHUNK
) -> Tensor:
    """Mean cross-entropy of the targets under the scores `table @ state` of all items (equation 7, section 4.4).

    Args:
        state: (B, D) user states.
        table: (V+1, D) vectors of the items; item 0 is padding and never a candidate.
        target: (B,) the items that came next, from 1 to V.
        smoothing: label smoothing: this share of the aim is spread evenly over the V items; default 0.
        chunk: how many scores are in memory at once; default 2^24, which is 64 MiB of float32.

    Returns:
        The loss, a scalar. Within `loss_computed_by(other)` it is what `other` returns.

    Example:
        >>> state, table = torch.eye(2), torch.tensor([[9., 9.], [0., 0.], [0., 0.]])
        >>> linear_cross_entropy(state, table, torch.tensor([1, 2])).item()     # two items with equal scores: log 2
        0.6931471824645996
    """
    other = _OTHER_LOSS.get()
    if other is not None:
        return other(state, table, target, smoothing)
    return _LinearCrossEntropy.apply(state, table, target, smoothing, chunk)


_OTHER_LOSS: ContextVar[Loss | None] = ContextVar("other_loss", default=None)


@contextmanager
def loss_computed_by(other: Loss | None) -> Iterator[None]:
    """Within the block every `linear_cross_entropy` is computed by `other(state, table, target, smoothing)`.

    Args:
        other: the function; None: the loss of this file.

    Yields:
        Nothing; the block runs.

    Example:
        >>> with loss_computed_by(lambda state, table, target, smoothing: torch.tensor(5.0)):
        ...     linear_cross_entropy(torch.eye(2), torch.eye(2), torch.tensor([1, 1])).item()
        5.0
    """
    token = _OTHER_LOSS.set(other)
    try:
        yield
    finally:
        _OTHER_LOSS.reset(token)


def other_loss() -> Loss | None:
    """The function that `loss_computed_by` has set.

    Returns:
        The function; None outside all such blocks.

    Example:
        >>> other_loss() is None
        True
    """
    return _OTHER_LOSS.get()


def product_dtype(table: Tensor) -> torch.dtype:
    """The dtype in which products with a table are computed.

    Args:
        table: (V+1, D) item vectors.

    Returns:
        The dtype of the surrounding autocast block; outside all such blocks, that of the table.

    Example:
        >>> product_dtype(torch.zeros(2, 2))
        torch.float32
    """
    kind = table.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    return table.dtype


@dataclass(frozen=True)
class Negatives:
    """Random items that represent all others in the loss; each batch draws new ones, popular items more often.

    Attributes:
        count: how many items are drawn for each batch.
        log_chance: (V+1,) the logarithm of the probability of each item in one draw. It is proportional to how often
            the item is a training target, plus one, so that no item is left out.
        reach: (V+1,) float64, the sum of the probabilities of the items up to this one.

    Example:
        >>> negatives = Negatives.of(torch.tensor([1, 1, 2]), num_items=2, count=4)
        >>> negatives.log_chance.exp()[1:]  # (2 + 1) / 5 and (1 + 1) / 5
        tensor([0.6000, 0.4000])
    """

    count: int
    log_chance: Tensor
    reach: Tensor

    @classmethod
    def of(cls, targets: Tensor, num_items: int, count: int) -> Negatives:
        """Make the negatives of a training.

        Args:
            targets: (E,) the training targets, items from 1 to V.
            num_items: V.
            count: how many items are drawn for each batch.

        Returns:
            The negatives, on the device of the targets.
        """
        chance = torch.bincount(targets, minlength=num_items + 1).double() + 1
        chance[0] = 0
        chance /= chance.sum()
        return cls(count, chance.log().float(), chance.cumsum(0))

    def draw(self) -> Tensor:
        """Draw `count` items, with repeats.

        Returns:
            (count,) items.

        Example:
            >>> Negatives.of(torch.tensor([2, 2, 2]), num_items=2, count=5).draw().shape
            torch.Size([5])
        """
        place = torch.rand(self.count, dtype=torch.float64, device=self.reach.device)
        return torch.searchsorted(self.reach, place, right=True).clamp_max(len(self.reach) - 1)


def sampled(negatives: Negatives) -> AbstractContextManager[None]:
    """Within the block, every `linear_cross_entropy` is estimated from random items.

    Args:
        negatives: the items and their probabilities.

    Returns:
        A context manager.

    Example:
        >>> negatives = Negatives.of(torch.tensor([1, 2]), num_items=2, count=1)
        >>> with sampled(negatives): linear_cross_entropy(torch.eye(3), torch.eye(3), torch.tensor([1, 2, 1])).shape
        torch.Size([])
    """

    def loss(state: Tensor, table: Tensor, target: Tensor, smoothing: float) -> Tensor:
        drawn = negatives.draw()
        return sampled_cross_entropy(state, table, target, drawn, negatives.log_chance, smoothing=smoothing)

    return loss_computed_by(loss)


def sampled_cross_entropy(
    state: Tensor, table: Tensor, target: Tensor, drawn: Tensor, log_chance: Tensor, *, smoothing: float = 0.0
) -> Tensor:
    """The loss of `linear_cross_entropy`, estimated from a few drawn items.

    This is the log-Q correction (Bengio and Senécal 2008; Yi et al., RecSys 2019): with the scores `s_v - log(n Q_v)`,
    the sum over the drawn items is an unbiased estimate of the sum over all items. The target is always a candidate,
    without this correction, and counts once. The gradient of the table is dense, because Adam moves every row anyway.

    Args:
        state: (B, D) user states.
        table: (V+1, D) vectors of the items.
        target: (B,) the items that came next.
        drawn: (n,) items that were drawn, with repeats.
        log_chance: (V+1,) log Q_v, the logarithm of the probability of each item in one draw.
        smoothing: label smoothing, default 0.

    Returns:
        The estimated loss, a scalar.

    Example:
        >>> state, table = torch.eye(2), torch.tensor([[9., 9.], [0., 0.], [0., 0.]])
        >>> even = torch.full((3,), 0.5).log()  # each item is drawn once, so this is the full loss, log 2
        >>> sampled_cross_entropy(state, table, torch.tensor([1, 2]), torch.tensor([1, 2]), even).item()
        0.6931471824645996
    """
    own = (state * table.index_select(0, target)).sum(1)  # (B,)
    logits = (state @ table.index_select(0, drawn).T).float() - log_chance[drawn] - math.log(len(drawn))  # (B, n)
    logits = torch.cat([own[:, None], logits.masked_fill(target[:, None] == drawn, -torch.inf)], 1)  # (B, 1 + n)
    aim = own
    if smoothing:
        aim = (1 - smoothing) * own + smoothing * (state @ table[1:].mean(0))
    return (logits.logsumexp(1) - aim).mean()


def _chunks(ctx, state: Tensor, table: Tensor):
    """Yield the first row of each chunk of the table, and its logits (rows, B); padding gets -inf."""
    for begin in range(0, len(table), ctx.rows):
        logits = table[begin : begin + ctx.rows].to(ctx.dtype) @ state.to(ctx.dtype).T
        if begin == 0:
            logits[0] = -torch.inf
        logits[max(0, ctx.size - begin) :] = -torch.inf
        yield begin, logits


class _LinearCrossEntropy(torch.autograd.Function):
    """`linear_cross_entropy` with a backward pass that computes chunks of scores again."""

    @staticmethod
    def forward(ctx, state: Tensor, table: Tensor, target: Tensor, smoothing: float, chunk: int) -> Tensor:
        kind = state.device.type
        size, table = len(table), F.pad(table, (0, 0, 0, -len(table) % ALIGNED))
        ctx.dtype = product_dtype(table)
        ctx.rows, ctx.smoothing, ctx.size = max(1, chunk // len(state)), smoothing, size
        whole, kept = None, None
        with torch.autocast(kind, enabled=False):
            for _, logits in _chunks(ctx, state, table):
                part = logits.to(torch.promote_types(logits.dtype, torch.float32)).logsumexp(0)  # (B,)
                whole = part if whole is None else torch.logaddexp(whole, part)
                kept = logits if len(logits) == len(table) else None
            own = (state * table[target]).sum(1)  # (B,)
            if smoothing:
                own = (1 - smoothing) * own + smoothing * (state @ table[1:size].mean(0))
        ctx.save_for_backward(state, table, target, whole, kept)
        return (whole - own).mean()

    @staticmethod
    @once_differentiable
    def backward(ctx, grad: Tensor):
        state, table, target, whole, kept = ctx.saved_tensors
        scale = grad / len(state)
        to_state, to_table = [], []
        chunks = _chunks(ctx, state, table) if kept is None else [(0, kept)]
        for begin, logits in chunks:
            share = logits.sub_(whole.to(ctx.dtype)).exp_()  # (rows, B) the probability of each item
            if ctx.smoothing:
                share[int(begin == 0) : max(0, ctx.size - begin)] -= ctx.smoothing / (ctx.size - 1)
            row, aim = target, torch.full_like(target, ctx.smoothing - 1, dtype=ctx.dtype)  # (B,)
            if kept is None:  # the target may be in another chunk
                row = (target - begin).clamp(0, len(share) - 1)
                aim = aim * (row == target - begin)
            share.scatter_add_(0, row[None], aim[None])
            to_state.append(share.T @ table[begin : begin + len(share)].to(ctx.dtype))
            to_table.append(share @ (state * scale).to(ctx.dtype))
        of_state = sum(to_state[1:], to_state[0])
        of_table = to_table[0]
        if len(to_table) > 1:
            of_table = torch.cat(to_table)
        return (of_state * scale).to(state.dtype), of_table[: ctx.size].to(table.dtype), None, None, None
