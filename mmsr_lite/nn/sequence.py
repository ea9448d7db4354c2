"""What models of padded histories share: embeddings, places from the end, the last state (paper, 4.2 and 4.4)."""

from torch import Tensor, arange, nn


def embedding(rows: int, dim: int, padding_idx: int | None = None) -> nn.Embedding:
    """An embedding whose values start normally distributed, with standard deviation D^-0.5, as all embeddings here.

    Args:
        rows: the number of vectors.
        dim: D, the width of a vector.
        padding_idx: the row that stays zero; None (the default): no row does.

    Returns:
        The embedding (rows, D).

    Example:
        >>> embedding(3, 4, padding_idx=0).weight[0].tolist()
        [0.0, 0.0, 0.0, 0.0]
    """
    table = nn.Embedding(rows, dim, padding_idx)
    nn.init.normal_(table.weight, std=dim**-0.5)
    if padding_idx is not None:
        nn.init.zeros_(table.weight[padding_idx])
    return table


def rescaled(rows: Tensor, dim: int) -> Tensor:
    """Scale vectors to the spread of embeddings: a standard deviation of D^-0.5 over all their numbers.

    Args:
        rows: (S, D) vectors.
        dim: D.

    Returns:
        (S, D) the vectors, all multiplied by one number.

    Example:
        >>> import torch
        >>> round(float(rescaled(torch.tensor([[3.0], [-3.0]]), dim=4).std()), 3)
        0.5
    """
    return rows * (dim**-0.5 / rows.std().clamp_min(1e-12))


def from_end(history: Tensor) -> Tensor:
    """Count the items that follow each one, so that the last item has place 0 in a history of any length.

    Args:
        history: (B, L) items, padded on the right with 0.

    Returns:
        (B, L) places; padding has 0 too.

    Example:
        >>> import torch
        >>> from_end(torch.tensor([[5, 6, 7], [5, 0, 0]])).tolist()
        [[2, 1, 0], [0, 0, 0]]
    """
    length = (history > 0).sum(1, keepdim=True)
    return (length - arange(1, history.shape[1] + 1, device=history.device)).clamp_min(0)


def last_state(states: Tensor, history: Tensor) -> Tensor:
    """The state at the last item of each history.

    Args:
        states: (B, L, D) a state for each position.
        history: (B, L) items, padded on the right with 0.

    Returns:
        (B, D) states.

    Example:
        >>> import torch
        >>> last_state(torch.tensor([[[1.0], [2.0], [3.0]]]), torch.tensor([[5, 6, 0]])).tolist()
        [[2.0]]
    """
    end = (history > 0).sum(1).sub(1).clamp_min(0)
    return states.gather(1, end[:, None, None].expand(-1, 1, states.shape[2]))[:, 0]
