"""What models of a padded history share: embeddings, places counted from the end, the state of the last item."""

from torch import Tensor, arange, nn


def embedding(rows: int, dim: int, padding_idx: int | None = None) -> nn.Embedding:
    """A table (rows, D) that starts normal with standard deviation D^-0.5, as every embedding here does."""
    table = nn.Embedding(rows, dim, padding_idx)
    nn.init.normal_(table.weight, std=dim**-0.5)
    if padding_idx is not None:
        nn.init.zeros_(table.weight[padding_idx])
    return table


def rescaled(rows: Tensor, dim: int) -> Tensor:
    """`rows` with the spread of embeddings, D^-0.5."""
    return rows * (dim**-0.5 / rows.std().clamp_min(1e-12))


def from_end(history: Tensor) -> Tensor:
    """(B, L) how many items follow each one: "the last item" is place 0 whatever the length; padding has 0 too.

    >>> import torch
    >>> from_end(torch.tensor([[5, 6, 7], [5, 0, 0]])).tolist()
    [[2, 1, 0], [0, 0, 0]]
    """
    length = (history > 0).sum(1, keepdim=True)
    return (length - arange(1, history.shape[1] + 1, device=history.device)).clamp_min(0)


def last_state(states: Tensor, history: Tensor) -> Tensor:
    """(B, L, D) -> (B, D): the state at the last item of each history."""
    end = (history > 0).sum(1).sub(1).clamp_min(0)
    return states.gather(1, end[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]
