"""Cross-entropy over all items of `table @ state` (section 4.4) without the V x B logits ever being held at once.

Written for memory: of logits larger than CHUNK only their log-sum-exp is kept, and the backward pass makes them again,
chunk by chunk. `with sampled(negatives):` estimates it from a few items instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from mmsr_lite.kernels import fusable
from mmsr_lite.kernels.side_stream import PendingGradient

CHUNK = 2**24  # logits held at once: 64 MiB of float32
ALIGNED = 8  # rows: tensor cores are slow on other numbers of items


def linear_cross_entropy(
    state: Tensor,
    table: Tensor,
    target: Tensor,
    *,
    smoothing: float = 0.0,
    chunk: int = CHUNK,
    held: PendingGradient | None = None,
) -> Tensor:
    """Mean cross-entropy of `target` (B,) in 1..V under the scores of `state` (B, D) and `table` (V+1, D).

    Item 0 is padding and no candidate. `smoothing` is label smoothing, a share spread over the V items evenly. `held`
    is a `PendingGradient` of the table, for fused kernels.

    >>> state, table = torch.eye(2), torch.tensor([[9., 9.], [0., 0.], [0., 0.]])
    >>> linear_cross_entropy(state, table, torch.tensor([1, 2])).item()     # two items alike: log 2
    0.6931471824645996
    """
    if (negatives := _NEGATIVES.get()) is not None:
        return sampled_cross_entropy(state, table, target, negatives.draw(), negatives.log_chance, smoothing=smoothing)
    if fusable(state) and state.dtype == table.dtype == torch.float32 and len(state) * len(table) <= chunk:
        from mmsr_lite.kernels.loss import FusedCrossEntropy  # needs triton

        return FusedCrossEntropy.apply(state, table, target, smoothing, _product_dtype(table), held)
    return _LinearCrossEntropy.apply(state, table, target, smoothing, chunk)


def _product_dtype(table: Tensor) -> torch.dtype:
    kind = table.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else table.dtype


@dataclass(frozen=True)
class Negatives:
    """Items to stand for all: `count` of them are drawn for each batch, item v with the chance exp(log_chance[v]).

    `log_chance` (V+1,) is that of being a training target, one added to each count so that no item is left out.
    """

    count: int
    log_chance: Tensor
    reach: Tensor  # (V+1,) float64, how far the chances of the items up to v reach

    @classmethod
    def of(cls, targets: Tensor, num_items: int, count: int) -> Negatives:
        """The negatives of training `targets` (E,) in 1..V."""
        chance = torch.bincount(targets, minlength=num_items + 1).double() + 1
        chance[0] = 0
        chance /= chance.sum()
        return cls(count, chance.log().float(), chance.cumsum(0))

    def draw(self) -> Tensor:
        """(count,) items with repeats.

        >>> Negatives.of(torch.tensor([2, 2, 2]), num_items=2, count=5).draw().shape
        torch.Size([5])
        """
        place = torch.rand(self.count, dtype=torch.float64, device=self.reach.device)
        return torch.searchsorted(self.reach, place, right=True).clamp_max(len(self.reach) - 1)


_NEGATIVES: ContextVar[Negatives | None] = ContextVar("negatives", default=None)


@contextmanager
def sampled(negatives: Negatives) -> Iterator[None]:
    """Within the block `linear_cross_entropy`, whoever calls it, draws negatives instead of reading all items."""
    before = _NEGATIVES.set(negatives)
    try:
        yield
    finally:
        _NEGATIVES.reset(before)


def sampled_cross_entropy(
    state: Tensor, table: Tensor, target: Tensor, drawn: Tensor, log_chance: Tensor, *, smoothing: float = 0.0
) -> Tensor:
    """What `linear_cross_entropy` says, estimated from `drawn` (n,) items, of which item v had exp(log_chance[v]).

    The log-Q correction (Bengio and Senécal 2008; Yi et al., RecSys 2019): with `s_v - log(n Q_v)` the sum over those
    drawn is an unbiased estimate of the sum over all; the target is always there, uncorrected, and counts once. The
    table's gradient stays dense: Adam moves every row anyway.

    >>> state, table = torch.eye(2), torch.tensor([[9., 9.], [0., 0.], [0., 0.]])
    >>> even = torch.full((3,), 0.5).log()                                  # all items drawn once: the full loss, log 2
    >>> sampled_cross_entropy(state, table, torch.tensor([1, 2]), torch.tensor([1, 2]), even).item()
    0.6931471824645996
    """
    own = (state * table.index_select(0, target)).sum(1)  # (B,)
    logits = (state @ table.index_select(0, drawn).T).float() - log_chance[drawn] - math.log(len(drawn))  # (B, n)
    logits = torch.cat([own[:, None], logits.masked_fill(target[:, None] == drawn, -torch.inf)], 1)
    aim = (1 - smoothing) * own + smoothing * (state @ table[1:].mean(0)) if smoothing else own
    return (logits.logsumexp(1) - aim).mean()


def _chunks(ctx, state: Tensor, table: Tensor):
    """(first row, logits (rows, B)) of each chunk of the table; row 0 of all is never a candidate."""
    for begin in range(0, len(table), ctx.rows):
        logits = table[begin : begin + ctx.rows].to(ctx.dtype) @ state.to(ctx.dtype).T
        if begin == 0:
            logits[0] = -torch.inf
        logits[max(0, ctx.size - begin) :] = -torch.inf
        yield begin, logits


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx, state: Tensor, table: Tensor, target: Tensor, smoothing: float, chunk: int) -> Tensor:
        kind = state.device.type
        size, table = len(table), F.pad(table, (0, 0, 0, -len(table) % ALIGNED))
        ctx.dtype = _product_dtype(table)
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
        for begin, logits in [(0, kept)] if kept is not None else _chunks(ctx, state, table):
            share = logits.sub_(whole.to(ctx.dtype)).exp_()  # (rows, B) what the softmax gives each item
            if ctx.smoothing:
                share[int(begin == 0) : max(0, ctx.size - begin)] -= ctx.smoothing / (ctx.size - 1)
            row, aim = target, torch.full_like(target, ctx.smoothing - 1, dtype=ctx.dtype)  # (B,)
            if kept is None:  # the target may be in another chunk
                row = (target - begin).clamp(0, len(share) - 1)
                aim = aim * (row == target - begin)
            share.scatter_add_(0, row[None], aim[None])
            to_state.append(share.T @ table[begin : begin + len(share)].to(ctx.dtype))
            to_table.append(share @ (state * scale).to(ctx.dtype))
        to_state, to_table = sum(to_state[1:], to_state[0]), torch.cat(to_table) if to_table[1:] else to_table[0]
        return (to_state * scale).to(state.dtype), to_table[: ctx.size].to(table.dtype), None, None, None
