"""A mismatch within a history: positions keep their items and exchange their modalities (paper, Figure 1).

The paper's "mismatched" is "maintaining the sequence while randomly displacing certain modalities". The exchange is
drawn from the history itself. So the same history is displaced in the same way in each epoch, at training and at test,
on each device and in batches of any width. Another history, or another seed, gives another exchange.
"""

import torch
from torch import Tensor

from mmsr_lite.errors import MMSRError

MIX = (-0x61C8864680B583EB, -0x40A7B892E31B1A47, -0x6B2FB644ECCEEE15)  # odd numbers of 64 bits, as two's complement


class Displacement:
    """Choose, for each position of a history, the item whose modality it shows.

    Args:
        modalities: names of all modalities of the model, in its order.
        corrupted: the modality that is displaced; None (the default): every one, each by itself.
        rate: the share of the positions of each history that exchange, rounded; default 1. None of these positions
            keeps its own modality; a single one has no other to exchange with.
        seed: the seed of the draw, default 0.

    Example:
        >>> shown = Displacement(["picture", "words"], "words", rate=1.0)(torch.tensor([[5, 6, 7, 0]]))
        >>> shown[0].tolist(), sorted(shown[1][0].tolist())
        ([[5, 6, 7, 0]], [0, 5, 6, 7])
        >>> bool((shown[1] == torch.tensor([[5, 6, 7, 0]]))[0, :3].any())
        False
    """

    def __init__(self, modalities: list[str], corrupted: str | None = None, *, rate: float = 1.0, seed: int = 0):
        if not 0 <= rate <= 1:
            raise MMSRError(f"rate is {rate}; expected a share from 0 to 1")
        if corrupted is not None and corrupted not in modalities:
            raise MMSRError(f"unknown modality {corrupted!r}; choose from: {', '.join(modalities) or 'none there'}")
        self.rate, self.seed = rate, seed
        self.hit = [corrupted in (None, name) for name in modalities]

    def __call__(self, history: Tensor) -> list[Tensor]:
        """The items whose modality is shown.

        Args:
            history: (B, L) items, 0 for padding on the right.

        Returns:
            For each modality (B, L) the item whose vector each position has.
        """
        shown = []
        for number, hit in enumerate(self.hit):
            if hit:
                source = traded(history > 0, self.rate, _keys(history, self.seed, number))
                shown.append(history.gather(1, source))
            else:
                shown.append(history)
        return shown


def traded(real: Tensor, rate: float, keys: tuple[Tensor, Tensor]) -> Tensor:
    """For each position the one that it takes from; a share of the real positions forms one cycle.

    Args:
        real: (B, L) bool, True where there is an item.
        rate: the share of the real positions of each row, rounded.
        keys: two tensors (B, L) of numbers in [0, 1). The positions with the smallest first keys form the cycle, in the
            order of their second keys.

    Returns:
        (B, L) positions.

    Example:
        >>> first, second = torch.tensor([[0.1, 0.2, 0.3]]), torch.tensor([[0.5, 0.9, 0.1]])
        >>> traded(torch.tensor([[True, True, True]]), 1.0, (first, second)).tolist()    # 2 -> 0 -> 1 -> 2
        [[1, 2, 0]]
    """
    place = torch.arange(real.shape[1], device=real.device).expand_as(real)  # (B, L)
    rank = keys[0].masked_fill(~real, 2).argsort(dim=1, stable=True).argsort(1)
    chosen = real & (rank < (rate * real.sum(1, keepdim=True)).round())  # (B, L)
    count = chosen.sum(1, keepdim=True)  # (B, 1)
    order = keys[1].masked_fill(~chosen, 2).argsort(dim=1, stable=True)  # (B, L), the chosen first
    following = order.gather(1, (place + 1) % count.clamp_min(1))
    following = torch.where(place < count, following, order)
    return torch.zeros_like(order).scatter(1, order, following)


def _keys(history: Tensor, seed: int, number: int) -> tuple[Tensor, Tensor]:
    """Two pseudo-random numbers in [0, 1) for each position, from its history, its place, the seed, the modality."""
    place = torch.arange(1, history.shape[1] + 1, device=history.device)  # (L,)
    row = _mixed(history * _mixed(place)).sum(1, keepdim=True)  # (B, 1), padding adds _mixed(0) = 0
    draw = _mixed(torch.full_like(row, 256 * seed + number + 1))  # another one for each seed and modality
    base = _mixed(row + draw) + place * MIX[2]  # (B, L)
    return _unit(_mixed(base)), _unit(_mixed(base + MIX[0]))


def _mixed(value: Tensor) -> Tensor:
    """64 bits, each of which depends on all bits of the value; 0 stays 0."""
    for shift, times in ((30, MIX[1]), (27, MIX[2])):
        value = (value ^ _shifted(value, shift)) * times
    return value ^ _shifted(value, 31)


def _shifted(value: Tensor, by: int) -> Tensor:
    """The value shifted to the right as an unsigned number."""
    return (value >> by) & ((1 << (64 - by)) - 1)


def _unit(value: Tensor) -> Tensor:
    """64 bits as a number in [0, 1)."""
    return _shifted(value, 11).double() / 2**53
