"""Widths at which two models have equally many parameters, so that neither order of fusion has more to learn with.

Late fusion reads each channel with a sequence model of its own, early fusion has one for all; so at the same width D
late fusion has more parameters (paper, equations 3 to 6; Figure 1). `equal_width` finds the width of a twin: an early
fusion as large as a late one, or a late one as small as an early one. All parameters are counted, or all but the tables
of embeddings, which have most of them and also grow with D.
"""

from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from mmsr_lite.errors import MMSRError, choose
from mmsr_lite.graph.codes import Codebook
from mmsr_lite.shared_settings import MOST_DIM

COUNTED = {
    "all": "every parameter that is learned",
    "encoders": "all but the tables of embeddings: what reads the sequence and merges the channels",
}


def num_parameters(model: nn.Module, counted: str = "all") -> int:
    """Count the numbers that a model learns.

    Args:
        model: any module.
        counted: "all", or "encoders" to leave out the tables of embeddings.

    Returns:
        The number of parameters.

    Raises:
        MMSRError: `counted` is neither.

    Example:
        >>> num_parameters(nn.Linear(3, 2))  # 3 * 2 weights and 2 biases
        8
    """
    choose("count", counted, COUNTED)
    tables = set()
    if counted == "encoders":
        tables = {id(one.weight) for one in model.modules() if isinstance(one, nn.Embedding)}
    return sum(one.numel() for one in model.parameters() if one.requires_grad and id(one) not in tables)


def equal_width(
    make: Callable[[int], nn.Module], parameters: int, *, counted: str = "all", multiple_of: int = 1
) -> int:
    """Find the width D at which a model is as large as another one.

    Args:
        make: a function that makes the model of a width; the number of its parameters must grow with the width.
        parameters: the number of parameters of the other model.
        counted: "all" (the default), or "encoders" to leave out the tables of embeddings.
        multiple_of: the width is a multiple of this, such as the number of attention heads; default 1.

    Returns:
        The width whose number of parameters is nearest; of two equally near ones, the smaller.

    Raises:
        MMSRError: no possible width is large enough.

    Example:
        >>> equal_width(lambda dim: nn.Linear(dim, dim), parameters=12 * 12 + 12)
        12
    """

    def size(steps: int) -> int:
        return num_parameters(make(steps * multiple_of), counted)

    large = 1
    while size(large) < parameters:
        large *= 2
        if large * multiple_of > MOST_DIM:
            raise MMSRError(f"no width up to {MOST_DIM:,} gives {parameters:,} parameters; give fewer")
    small = large // 2  # too small, or 0
    while large - small > 1:
        middle = (small + large) // 2
        if size(middle) < parameters:
            small = middle
        else:
            large = middle
    if small and parameters - size(small) <= size(large) - parameters:
        return small * multiple_of
    return large * multiple_of


def fusion_twin(
    model_class: Any,
    settings: dict[str, Any],
    num_items: int,
    books_of_width: Callable[[int], Sequence[Codebook]],
    *,
    like: str,
    counted: str = "all",
) -> Any:
    """Make the config of one order of fusion with the width at which it is as large as the other order.

    Args:
        model_class: a base of Figure 1, such as `GRU4Rec` or `SASRec`.
        settings: the settings of the model; `fusion` is the wanted order, and `dim` the width of the other order.
        num_items: V.
        books_of_width: a function from a width to the codebooks with centres of this width.
        like: the other order, "early" or "late", whose number of parameters is wanted.
        counted: "all" (the default), or "encoders" to leave out the tables of embeddings.

    Returns:
        A config of `model_class`, with another width.

    Example:
        >>> from mmsr_lite.models.gru4rec import GRU4Rec
        >>> import numpy as np
        >>> def books(dim):
        ...     centres = np.zeros((3, dim), np.float32)
        ...     return [Codebook(name, np.array([[0], [1], [2]]), centres, centres) for name in ("a", "b")]
        >>> fusion_twin(GRU4Rec, {"dim": 16, "fusion": "early"}, 2, books, like="late", counted="encoders").dim
        25
    """

    def make(order: str) -> Callable[[int], nn.Module]:
        def of_width(dim: int) -> nn.Module:
            config = model_class.Config(**settings | {"fusion": order, "dim": dim})
            return model_class(config, num_items, books_of_width(dim))

        return of_width

    wanted = num_parameters(make(like)(settings["dim"]), counted)
    heads = settings.get("heads", getattr(model_class.Config(), "heads", 1))
    dim = equal_width(make(settings["fusion"]), wanted, counted=counted, multiple_of=heads)
    return model_class.Config(**settings | {"dim": dim})
